"""Evaluations and statistics over a fleet whose devices give nothing but masked sums."""
import math
import unittest

import deployment
import linear
import linear_trainer

SECURE = "secure: {least: 3, window: 20s}\n"
SECURE_ONLY = "policy: {secure: {required: true}}"
TESTERS = 4
STATISTICS = """\
kind: Statistics
name: %s
contract: plant
fields: [a, y]
least: 3
enrolled_at_least: 5
labels: {role: train}
"""


def read_rows(d, name):
    lines = (d.dir / f"{name}.csv").read_text().splitlines()
    return [[float(cell) for cell in line.split(",")] for line in lines[1:]]


def stored(d, digest):
    name = digest.removeprefix("sha256:")
    return d.data_dir / "blobs" / name[:2] / name[2:]


class SecureSumsTest(deployment.DeploymentCase):
    def test_held_out_devices_evaluate_in_a_sum_and_report_nothing_of_their_own(self):
        d = self.d
        linear.start(d)
        nodes = {}
        for i in range(1, 6):
            nodes |= linear.node(d, f"train-{i}", i)
        for i in range(1, TESTERS + 1):
            nodes |= linear.node(d, f"test-{i}", 100 + i, role="test")
        d.start_agent("edge", nodes, policy=SECURE_ONLY)
        d.apply(linear.campaign("learn", rounds=2, goal=5, testers=TESTERS) + SECURE)
        view = d.finish("learn")

        facts = [fact for _, fact in d.facts("round/%")]
        params = [fact["params"] for fact in facts if fact["type"] == "ModelAggregated"]
        self.assertEqual(2, len(params))
        rows = [row for i in range(1, TESTERS + 1) for row in read_rows(d, f"test-{i}")]
        for digest, evaluation in zip(params, view["evaluations"]):
            tensors = linear_trainer.read_safetensors(stored(d, digest))
            weight, bias = tensors["weight"][1], tensors["bias"][1][0]
            errors = [linear_trainer.predict(weight, bias, row[:3]) - row[3] for row in rows]
            rmse = math.sqrt(sum(e * e for e in errors) / len(errors))
            self.assertAlmostEqual(rmse, evaluation["metrics"]["rmse"], places=4)
            self.assertAlmostEqual(sum(map(abs, errors)) / len(errors), evaluation["metrics"]["mae"],
                                   places=4)
        kinds = [fact["type"] for fact in facts]
        self.assertEqual(2, kinds.count("EvaluationsSummed"))
        self.assertNotIn("EvaluationCounted", kinds)

    def test_a_count_of_the_same_rows_is_answered_once_whoever_asks_and_after_a_restart(self):
        d = self.d
        linear.start(d)
        nodes = {}
        for i in range(1, 6):
            nodes |= linear.node(d, f"train-{i}", i)
        d.start_agent("edge", nodes, policy=SECURE_ONLY)
        d.apply(STATISTICS % "first")
        d.finish("first")
        d.programs["edge"].stop()
        edge = d.restart_agent("edge")
        d.apply(STATISTICS % "second")
        d.until("all refuse", lambda: all(
            f"task_failed node=train-{i} round=second/1/1 reason=SECURE_REPEATED" in edge.said()
            for i in range(1, 6)))

        # Of other rows it is another question.
        linear.write_rows(d.dir / "train-1.csv", 77)
        d.until("one counts", lambda: "secure_round_begun node=train-1 round=second/" in edge.said())


if __name__ == "__main__":
    unittest.main()
