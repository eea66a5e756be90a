"""A fleet learns, with trainers in two languages."""
import hashlib
import pathlib
import subprocess
import unittest

import deployment
import linear
import linear_trainer


class TrainingTest(deployment.DeploymentCase):
    def test_a_python_trainer_learns_a_law_that_no_node_shows_anyone(self):
        d = self.d
        linear.start(d)
        for agent in (1, 2):
            nodes = linear.node(d, f"test-{agent}", 100 + agent, role="test")
            for i in (1, 2):
                nodes |= linear.node(d, f"train-{agent}-{i}", 10 * agent + i)
            d.start_agent(f"edge-{agent}", nodes)
        d.apply(linear.campaign(rounds=4))
        view = d.finish("learn")

        rmse = [each["metrics"]["rmse"] for each in view["evaluations"]]
        self.assertEqual(4, len(rmse))
        self.assertEqual(sorted(rmse, reverse=True), rmse)
        self.assertLess(rmse[-1], 0.5 * rmse[0])
        for metrics in (each["metrics"] for each in view["evaluations"]):
            self.assertAlmostEqual(metrics["rmse"] ** 2, metrics["loss"], places=5)  # Mean squared error.
        self.assertEqual([2] * 4, [each["devices"] for each in view["evaluations"]])
        self.assertEqual(4, view["rounds_published"])
        self.assertEqual({}, view["refused_updates"])

        # Each round became a version that names its origin.
        model = d.json("model", "show", "law")
        versions = model["versions"]
        self.assertEqual([1, 2, 3, 4, 5], [int(v["version"]) for v in versions])
        self.assertEqual([1, 2, 3, 4], [int(v["round"]) for v in versions[1:]])
        self.assertEqual({"learn"}, {v["campaign"] for v in versions[1:]})
        self.assertEqual(view["latest_digest"], versions[-1]["params_digest"])

        # What is downloaded is what was named, and close to the law.
        d.muster("model", "download", "law@5", "--out", "got")
        params = d.dir / "got/params.safetensors"
        self.assertEqual(view["latest_digest"].removeprefix("sha256:"),
                         hashlib.sha256(params.read_bytes()).hexdigest())
        weight = linear_trainer.read_safetensors(params)["weight"][1]
        base = d.dir / "base.safetensors"
        self.assertEqual(versions[0]["params_digest"].removeprefix("sha256:"),
                         hashlib.sha256(base.read_bytes()).hexdigest())
        for learned, true in zip(weight, linear.WEIGHT):
            self.assertLess(abs(learned - true), 0.5 * abs(true))

    @unittest.skipUnless((deployment.BIN / "muster-torch").exists(), "SKIPPED: no muster-torch here")
    def test_a_torchscript_model_trains_in_the_worker(self):
        d = self.d
        d.start_hub()
        d.token()
        d.apply(linear.RESOURCES)
        made = subprocess.run(
            [deployment.BIN / "muster-torch", "make", "--network", "mlp:3-4-1", "--seed", "1", "--out",
             "net.pt"], cwd=d.dir, capture_output=True, text=True, timeout=deployment.DEADLINE)
        self.assertEqual(0, made.returncode, made.stderr)
        d.muster("model", "create", "law", "--module", "net.pt")
        nodes = linear.node(d, "test-1", 100, role="test", trainer=None)
        for i in (1, 2):
            nodes |= linear.node(d, f"train-{i}", i, trainer=None)
        agent = d.start_agent("edge-1", nodes, parallel=1)
        d.apply(linear.campaign(rounds=2, goal=2, testers=1, epochs=4))
        view = d.finish("learn")
        first, last = (each["metrics"]["rmse"] for each in view["evaluations"])
        self.assertLess(last, first)
        # The agent itself never holds torch; only its child does.
        self.assertNotIn("libtorch", pathlib.Path(f"/proc/{agent.pid}/maps").read_text())


if __name__ == "__main__":
    unittest.main()
