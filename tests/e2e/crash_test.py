"""kill -9 of the coordinator in mid-round and of an agent in mid-task change nothing in the result."""
import sys
import unittest

import deployment
import gate
import linear

TRAIN = [f"train-{i}" for i in range(1, 5)]
ROUNDS = 6


class CrashTest(deployment.DeploymentCase):
    def start(self, d):
        gates = d.dir / "gates"
        gates.mkdir()
        trainer = (sys.executable, deployment.HERE / "awkward_trainer.py", f"gate={gates}")
        linear.start(d)
        for agent in (1, 2):
            nodes = linear.node(d, f"test-{agent}", 100 + agent, role="test", trainer=trainer)
            for name in TRAIN[agent - 1::2]:
                nodes |= linear.node(d, name, int(name[-1]), trainer=trainer)
            d.start_agent(f"edge-{agent}", nodes)

    def gate(self, d, device, round_number):
        made = gate.Gate(d.dir / "gates", device, round_number)
        self.addCleanup(made.remove)
        return made

    def kill_coordinator(self, d):
        d.programs["musterd"].kill()
        d.start_coordinator()

    def disturb(self, d):
        first, second, third = (self.gate(d, "train-1", 2), self.gate(d, "train-2", 3),
                                self.gate(d, "train-3", 4))
        d.apply(self.campaign)

        # Three updates are counted, the fourth is in the making.
        first.await_arrival()
        d.watch("learn", lambda v: v["round"]["counted"] == 3)
        self.kill_coordinator(d)
        first.open()

        # Twice in one round, some of whose updates may be received and not yet counted.
        second.await_arrival()
        self.kill_coordinator(d)
        self.kill_coordinator(d)
        second.open()

        # An agent in mid-task, and the coordinator while that agent is away.
        third.await_arrival()
        d.programs["edge-1"].kill()
        self.kill_coordinator(d)
        third.remove()
        d.restart_agent("edge-1")

        # And wherever it happens to be.
        d.watch("learn", lambda v: v["rounds_published"] >= 4)
        self.kill_coordinator(d)
        return d.finish("learn")

    def test_kills_at_any_moment_leave_the_digest_of_the_undisturbed_run(self):
        # Each round asks all four, so what a crash loses or doubles would show in the digest.
        self.campaign = linear.campaign(rounds=ROUNDS, goal=4, rule="fedavgm: {momentum: 0.5}")
        calm = self.d
        self.start(calm)
        calm.apply(self.campaign)
        undisturbed = calm.finish("learn")
        calm.close()

        d = self.deploy()
        self.start(d)
        disturbed = self.disturb(d)
        self.assertEqual(ROUNDS, disturbed["rounds_published"])
        self.assertEqual(0, disturbed["rounds_abandoned"])
        self.assertEqual(undisturbed["latest_digest"], disturbed["latest_digest"])
        self.assertEqual(undisturbed["evaluations"], disturbed["evaluations"])
        # The journal agrees: every device counted exactly once in every round.
        ids = sorted(d.device(name)["id"] for name in TRAIN)
        for number in range(1, ROUNDS + 1):
            counted = [device for _, fact in d.facts(f"round/learn/{number}/%")
                       if fact["type"] == "UpdatesCounted" for device in fact["devices"]]
            self.assertEqual(ids, sorted(counted))


if __name__ == "__main__":
    unittest.main()
