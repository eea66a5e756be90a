"""Trainers that lie, break or crash: the agent refuses their results, the coordinator hears why, and
the model is what the honest nodes alone make of it."""
import sys
import unittest

import deployment
import linear

# What awkward_trainer.py does, and what it is called.
HOSTILE = {
    "nan": "UPDATE_NON_FINITE",
    "infinite": "UPDATE_NON_FINITE",
    "flat": "UPDATE_WRONG_LAYOUT",
    "single": "UPDATE_WRONG_LAYOUT",
    "half": "UPDATE_WRONG_DTYPE",
    "garbage": "UPDATE_UNREADABLE",
    "boast": "UPDATE_BAD_METRICS",
    "crash": "TASK_FAILED",
}
ROUNDS = 3


class HostileTrainerTest(deployment.DeploymentCase):
    def run_fleet(self, d, hostile):
        linear.start(d)
        nodes = linear.node(d, "test-1", 100, role="test")
        for i in (1, 2, 3):
            nodes |= linear.node(d, f"honest-{i}", i)
        for how in hostile:
            trainer = (sys.executable, deployment.HERE / "awkward_trainer.py", how)
            nodes |= linear.node(d, f"hostile-{how}", 50, trainer=trainer)
        agent = d.start_agent("edge-1", nodes)
        # All who train are asked in each round, and the honest ones are enough.
        everyone = 3 + len(hostile)
        d.apply(linear.campaign(rounds=ROUNDS, goal=everyone, minimum=3, testers=1))
        view = d.finish("learn")
        self.assertIsNone(agent.process.poll())
        return view

    def test_bad_results_are_refused_by_name_and_leave_the_model_alone(self):
        d = self.d
        view = self.run_fleet(d, HOSTILE)
        self.assertEqual(ROUNDS, view["rounds_published"])
        self.assertEqual(0, view["rounds_abandoned"])
        for how, reason in HOSTILE.items():
            device = d.device(f"hostile-{how}")
            self.assertEqual({reason: str(ROUNDS)}, device["marks"], how)
        for i in (1, 2, 3):
            self.assertEqual({}, d.device(f"honest-{i}")["marks"])
        dropped = [fact["reason"] for _, fact in d.facts("round/learn/1/%")
                   if fact["type"] == "DeviceDropped"]
        self.assertEqual(sorted(HOSTILE.values()), sorted(dropped))
        d.close()

        honest = self.deploy()
        alone = self.run_fleet(honest, {})
        self.assertEqual(alone["latest_digest"], view["latest_digest"])
        self.assertEqual(alone["evaluations"], view["evaluations"])

    def test_an_update_far_too_large_moves_the_model_by_its_bound_at_most(self):
        d = self.d
        view = self.run_fleet(d, ["huge"])
        self.assertEqual(ROUNDS, view["rounds_published"])
        d.muster("model", "download", "law@2", "--out", "got")
        weight = linear.linear_trainer.read_safetensors(d.dir / "got/params.safetensors")["weight"][1]
        # One of four with the default bound of 16: at most 4, beside what the honest ones do.
        for value in weight:
            self.assertLess(abs(value), 4 + 4)


if __name__ == "__main__":
    unittest.main()
