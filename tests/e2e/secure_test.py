"""A fleet learns by secure aggregation: the coordinator holds sums and no update."""
import unittest

import deployment
import linear

SECURE = "secure: {least: 3, corrupt: 0.1, dropout: 0.2, window: 20s}\n"
TESTERS = 3  # Their errors are a secure sum too.


def fleet(d):
    nodes = {}
    for i in range(1, TESTERS + 1):
        nodes |= linear.node(d, f"test-{i}", 99 + i, role="test")
    for i in range(1, 6):
        nodes |= linear.node(d, f"train-{i}", i)
    return nodes


class SecureTest(deployment.DeploymentCase):
    def test_a_fleet_learns_the_same_law_from_masked_updates(self):
        d = self.d
        linear.start(d)
        d.start_agent("edge-1", fleet(d))
        d.apply(linear.campaign(rounds=3, goal=5, minimum=3, testers=TESTERS) + SECURE)
        view = d.finish("learn")

        rmse = [each["metrics"]["rmse"] for each in view["evaluations"]]
        self.assertEqual(3, len(rmse))
        self.assertLess(rmse[-1], 0.7 * rmse[0])
        self.assertEqual(3, view["rounds_published"])
        self.assertEqual({}, view["refused_updates"])
        facts = [fact["type"] for _, fact in d.facts("secure/%")]
        self.assertEqual(3 + 3, facts.count("SecureSumOpened"))
        self.assertEqual(3 * (5 + TESTERS), facts.count("VectorReceived"))
        # Nothing that devices dealt or masked outlives its session.
        self.assertEqual([], [p for p in (d.data_dir / "files").glob("secure/**/*") if p.is_file()])

    def test_a_killed_coordinator_goes_on_with_the_session_or_tries_the_round_again(self):
        d = self.d
        linear.start(d)
        d.start_agent("edge-1", fleet(d))
        d.apply(linear.campaign(rounds=3, goal=5, minimum=3, testers=TESTERS) + SECURE)
        for number, fact in enumerate(("KeysAdvertised", "SharesDealt", "VectorReceived"), 1):
            d.until(f"{fact} in round {number}", lambda: any(
                f["type"] == fact for _, f in d.facts(f"secure/learn/{number}-%")))
            d.programs["musterd"].kill()
            d.start_coordinator()
        view = d.finish("learn")
        self.assertEqual(3, view["rounds_published"])
        self.assertEqual([], [p for p in (d.data_dir / "files").glob("secure/**/*") if p.is_file()])


if __name__ == "__main__":
    unittest.main()
