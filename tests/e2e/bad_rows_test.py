"""Rows that break their contract, and devices whose contract cannot be read: a node trains on what is
good of its rows and keeps the rest in its quarantine; one that produces something else is refused by
path; and the round finishes without it."""
import json
import re
import signal
import subprocess
import unittest

import deployment
import linear

# The plant as a later gateway sends it: the same field in another unit.
NEXT_CONTRACT = """\
kind: Contract
name: plant
compatibility: NONE
fields:
  - {name: a, type: FLOAT, unit: "%s", min: -1, max: 1}
  - {name: b, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: c, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: y, type: FLOAT, unit: "1", min: -10, max: 10}
"""


def spoil(path):
    """Four of forty rows, each in another way; returns {line: (field, rule)}."""
    lines = path.read_text().splitlines()
    for line, column, text in [(3, 0, "n/a"), (7, 1, ""), (11, 2, "inf"), (20, 3, "99")]:
        cells = lines[line - 1].split(",")
        cells[column] = text
        lines[line - 1] = ",".join(cells)
    lines.insert(30, "1,2,3")
    path.write_text("\n".join(lines) + "\n")
    return {3: ("a", "type"), 7: ("b", "null"), 11: ("c", "not_finite"), 20: ("y", "range"),
            31: ("", "shape")}


class BadRowsTest(deployment.DeploymentCase):
    def edge(self, *args):
        done = subprocess.run([str(deployment.BIN / "muster-edge"), "quarantine", *map(str, args)],
                              capture_output=True, text=True, cwd=self.d.dir,
                              timeout=deployment.DEADLINE)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def rows(self, *args):
        return json.loads(self.edge("show", "plant/1", "--limit", 0, "-o", "json", *args))["rows"]

    def agent(self, name, nodes, produces):
        """As start_agent, with what its nodes produce."""
        return self.d.start_agent(name, nodes, policy=f"produces: {produces}")

    def test_a_node_trains_without_its_bad_rows_and_keeps_them(self):
        d = self.d
        linear.start(d)
        nodes = linear.node(d, "broken", 1) | linear.node(d, "sound", 2)
        nodes |= linear.node(d, "test-1", 100, role="test")
        wanted = spoil(d.dir / "broken.csv")
        d.start_agent("edge-1", nodes)
        d.apply(linear.campaign("first", rounds=2, goal=2, testers=1))
        view = d.finish("first")
        self.assertEqual(2, view["rounds_published"])
        self.assertEqual([], [f for _, f in d.facts("round/first/%") if f["type"] == "DeviceDropped"])
        # What the round's view says: sums, of what was received since the round began.
        self.assertEqual({"devices": "2", "rows": "81", "bad": "5",
                          "by_rule": {"type": "1", "null": "1", "not_finite": "1", "range": "1",
                                      "shape": "1"}}, view["rows"])
        self.assertIn("5 left out", d.muster("describe", "campaign", "first"))

        # Two rounds have read the file; each row is there once, as it stands in the file.
        rows = self.rows("--state-dir", "edge-1-state")
        self.assertEqual(wanted, {r["line"]: (r["faults"][0]["field"], r["faults"][0]["rule"])
                                  for r in rows})
        self.assertEqual(len(wanted), len(rows))
        text = (d.dir / "broken.csv").read_text().splitlines()
        for row in rows:
            self.assertEqual("broken", row["node"])
            self.assertEqual(text[row["line"] - 1], row["row"])
        kept = d.dir / "edge-1-state/quarantine/plant/1.jsonl"
        self.assertEqual(0o600, kept.stat().st_mode & 0o777)

        # The agent dies without a word and begins again: nothing is lost and nothing comes twice.
        agent = d.programs["edge-1"]
        agent.process.send_signal(signal.SIGKILL)
        agent.process.wait(deployment.DEADLINE)
        d.restart_agent("edge-1")
        d.apply(linear.campaign("second", rounds=1, goal=2, testers=1))
        d.finish("second")
        self.assertEqual(len(wanted), len(self.rows("--config", "edge-1.yaml")))
        self.assertRegex(self.edge("list", "--config", "edge-1.yaml"), r"plant +1 +5 +1 ")
        self.assertEqual([20], [r["line"] for r in self.rows("--rule", "range", "--config",
                                                             "edge-1.yaml")])
        self.edge("clear", "plant", "--config", "edge-1.yaml")
        self.assertIn("Nothing", self.edge("list", "--config", "edge-1.yaml"))

    def test_a_node_that_produces_what_the_model_cannot_read_is_refused_by_path(self):
        d = self.d
        linear.start(d)
        d.apply(NEXT_CONTRACT % "1")   # Version 2: only the compatibility differs,
        d.apply(NEXT_CONTRACT % "kV")  # and version 3 measures `a` in something else.
        for name, version in (("one", 1), ("two", 2), ("three", 3)):
            self.agent(name, linear.node(d, name, version), f"{{contract: plant, version: {version}}}")
        d.start_agent("tester", linear.node(d, "test-1", 100, role="test"))
        d.apply(linear.campaign("learn", rounds=2, goal=3, minimum=2, testers=1))
        view = d.finish("learn")
        self.assertEqual(2, view["rounds_published"])
        self.assertEqual({"CONTRACT_INCOMPATIBLE": "1"}, view["refused_updates"])

        device = d.device("three")
        self.assertEqual(("plant", "3"), (device["produces_contract"], device["produces_version"]))
        self.assertIn("fields[a].unit", device["refused_by"]["learn"])
        self.assertTrue(device["why"].startswith("CONTRACT_INCOMPATIBLE: "), device["why"])
        self.assertEqual("0", device["updates_counted"])
        self.assertIn("fields[a].unit", d.muster("describe", "device", "three"))
        for name in ("one", "two"):
            self.assertEqual({}, d.device(name)["refused_by"])
            self.assertNotEqual("0", d.device(name)["updates_counted"])
        # The node says so itself, once, and stays.
        said = d.until("the node has heard why",
                       lambda: re.findall("campaign_refuses.*", d.programs["three"].said()))
        self.assertEqual(1, len(said), said)
        self.assertIn("fields[a].unit", said[0])
        self.assertIsNone(d.programs["three"].process.poll())


if __name__ == "__main__":
    unittest.main()
