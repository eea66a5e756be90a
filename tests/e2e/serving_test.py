"""A node that serves a model by an alias: rows become predictions in a file, the alias moves the
version without a restart, a broken version is refused, and kill -9 costs and doubles no row."""
import array
import json
import subprocess
import unittest

import deployment
import linear_trainer

RESOURCES = """\
kind: Contract
name: plant
fields:
  - {name: a, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: y, type: FLOAT, unit: "1", min: -100, max: 100}
---
kind: Model
name: law
contract: plant
input: {features: [a], window: {rows: 1}}
label: {field: y}
"""
EDGE = """\
state_dir: edge-state
join_file: join.token
telemetry: {every: 1s}
nodes:
  - name: node-1
    pipeline:
      ingest: {csv: {path: rows.csv}}
      train: {torchscript: {}}
      serve:
        model: law
        poll: 50ms
        sinks:
          - {file: {path: predictions.jsonl}}
"""


@unittest.skipUnless((deployment.BIN / "muster-torch").exists(), "SKIPPED: no muster-torch here")
class ServingTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        d = self.d
        d.start_hub()
        d.token()
        d.apply(RESOURCES)
        self.torch("make", "--network", "linear:1", "--seed", "1", "--out", "net.pt")
        (d.dir / "rows.csv").write_text("a,y\n")
        (d.dir / "edge.yaml").write_text(EDGE)
        self.rows = 0

    def torch(self, *args):
        made = subprocess.run([deployment.BIN / "muster-torch", *args], cwd=self.d.dir,
                              capture_output=True, text=True, timeout=deployment.DEADLINE)
        self.assertEqual(0, made.returncode, made.stderr)

    def version(self, weight, bias=0.0):
        """The model y = weight * a + bias."""
        path = self.d.dir / f"params-{weight}.safetensors"
        linear_trainer.write_safetensors(path, {"weight": ([1, 1], [weight]), "bias": ([1], [bias])})
        self.d.muster("model", "create", "law", "--params", path, "--module", "net.pt")

    def point(self, version):
        self.d.muster("model", "alias", "set", "law", "champion", str(version))

    def append(self, *values):
        with (self.d.dir / "rows.csv").open("a") as out:
            for value in values:
                out.write(f"{value},\n")
        self.rows += len(values)

    def predictions(self):
        path = self.d.dir / "predictions.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def await_predictions(self, *wanted):
        """Until the newest predictions are these, as (version, prediction)."""
        def newest():
            got = [(p["version"], round(p["prediction"], 3)) for p in self.predictions()]
            return got[-len(wanted):] == list(wanted)
        self.d.until(f"predictions {wanted}", newest)

    def await_said(self, what):
        self.d.until(what, lambda: what in self.d.programs["edge"].said())

    def state(self):
        return json.loads((self.d.dir / "edge-state/nodes/node-1/serving/state").read_text())

    def test_rows_become_predictions_and_the_alias_moves_the_version(self):
        d = self.d
        self.version(2)
        self.version(3)
        d.restart_agent("edge")
        self.point(1)  # While it waits in its long poll.
        self.await_said("version_serves")
        self.append(0.5, -0.25)
        self.await_predictions((1, 1.0), (1, -0.5))

        self.point(2)
        d.until("it serves 2", lambda: [line for line in d.programs["edge"].said().splitlines()
                                        if "version_serves" in line and "version=2" in line])
        self.append(0.5)
        self.await_predictions((2, 1.5))

        # A version whose numbers overflow on this node's rows stays out, and the old one goes on.
        self.version(3e38, 3e38)
        self.point(3)
        self.await_said("version_refused")
        self.assertIn("SELF_TEST_FAILED", d.programs["edge"].said())
        self.append(1)
        self.await_predictions((2, 3.0))

        # Nor does it need the coordinator, or its own earlier life.
        d.programs["musterd"].kill()
        d.programs["edge"].kill()
        self.append(-1)
        d.restart_agent("edge")
        self.append(-0.5)
        self.await_predictions((2, -3.0), (2, -1.5))
        self.assertEqual(3, self.state()["refused"])

    def test_kill_9_costs_no_row_and_serves_none_twice(self):
        d = self.d
        self.version(2)
        self.point(1)
        d.restart_agent("edge")
        self.await_said("version_serves")
        for life in range(4):
            for _ in range(10):
                self.append(*[(self.rows + i) % 7 / 10 for i in range(25)])
            d.until("some of it was served", lambda: self.predictions()
                    and self.predictions()[-1]["row"] > self.rows - 250)
            d.programs["edge"].kill()
            d.restart_agent("edge")
        self.append(self.rows % 7 / 10)  # Which no earlier life can have told.
        d.until("all was served", lambda: self.predictions()[-1]["row"] == self.rows)
        self.assertEqual(0, d.programs["edge"].stop())
        # Sinks may hear a row again, under its number; what is kept has each once.
        told = {p["row"]: p["prediction"] for p in self.predictions()}
        self.assertEqual(set(range(1, self.rows + 1)), set(told))
        for row, prediction in told.items():
            self.assertAlmostEqual(2 * ((row - 1) % 7 / 10), prediction, places=4)
        self.assertEqual(self.rows, self.state()["rows"])
        kept = self.kept()
        self.assertEqual([(i % 7) / 10 for i in range(self.rows)], kept)

    def kept(self):
        """The feature of each kept row, in order."""
        out = []
        folder = self.d.dir / "edge-state/nodes/node-1/serving"
        for path in sorted(folder.glob("rows-*")):
            header, body = path.read_bytes().split(b"\n", 1)
            header, numbers = json.loads(header), array.array("d", body)
            width = len(numbers) // header["rows"]  # The cells stand last.
            cells = width - len(header["fields"])
            out += [numbers[i + cells] for i in range(0, len(numbers), width)]
        return out


if __name__ == "__main__":
    unittest.main()
