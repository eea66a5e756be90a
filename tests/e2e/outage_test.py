"""Broker and coordinator are gone together for ten minutes of event time, and the agent dies once in them. Its nodes
serve on; afterwards each row, each finding and each thing that was said has been told once, in its own time, and
only what is still true fires a trigger."""
import array
import collections
import datetime
import json
import random
import subprocess
import sys
import unittest

import deployment
import linear_trainer
import mqtt_broker

NODES = [f"node-{i}" for i in range(1, 6)]
FEATURES = ("a", "b", "c")
WEIGHTS = (2.0, 0.0, 0.0)
BEFORE, OUTAGE = 40, 600  # Rows of a node, one a second, before the version came and while nobody heard.
FIRST = 10                # Served before the outage.
RULES = """\
  - {name: bounds, kind: range, fields: [a], window: 30, share: 0.05}
  - {name: frozen, kind: stuck, fields: [b], rows: 30}
  - {name: hot, kind: range, fields: [c], window: 30, share: 0.05}
"""
CONTRACT = """\
kind: Contract
name: plant
time_field: time
rows: {out_of_range: KEEP}
fields:
  - {name: time, type: TIMESTAMP}
  - {name: a, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: b, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: c, type: FLOAT, unit: "1", min: -1, max: 1}
  - {name: y, type: FLOAT, unit: "1", min: -100, max: 100}
"""
MODEL = """\
kind: Model
name: law
contract: plant
input: {features: [a, b, c]}
label: {field: y}
"""
MONITOR = f"""\
kind: Monitor
name: fleet
model: law
edge:
{RULES}\
fleet: {{rows: {OUTAGE + FIRST}, after_rows: {OUTAGE + FIRST}, shard: {len(NODES)}, error: true, report_window: 30s}}
"""
TRIGGER = """\
---
kind: Trigger
name: %s
model: law
when: {%s}
ask: {role: release-manager, expires: 72h}
do:
  campaign:
    plan: {rounds: 1, selection: {from: ENROLLED, cohort: {goal: 5, minimum: 5}}}
    training: {loss: mse, optimizer: {name: sgd}, learning_rate: {initial: 0.1}, batch: 8, epochs: 1}
    aggregation: {fedavg: {}, weights: {uniform: true}}
"""
QUORUM = "devices: {monitor: fleet, rule: %s, least: 3, within: %s}"
TRIGGERS = {
    "over": QUORUM % ("bounds", "1h"),   # It has ended by the time that it is heard of.
    "old": QUORUM % ("frozen", "5m"),    # It goes on, and began nine minutes ago.
    "still": QUORUM % ("hot", "5m"),     # It goes on, and is new.
    "drift": "drift: {monitor: fleet}",  # Nothing of the sort.
}


def a_row(draw, node, second):
    """What a node measures in a second of the outage: (a, b, c, y)."""
    a, b, c = (draw.uniform(-0.9, 0.9) for _ in FEATURES)
    if node in NODES[:3]:
        a = 1.5 if 240 <= second < 360 else a  # The agent dies in the middle of it.
        b = 0.25 if second >= 60 else b
    elif second >= 500:
        c = draw.uniform(1.2, 1.9)
    if node == NODES[2] and second >= 500:
        c = draw.uniform(1.2, 1.9)
    return a, b, c, sum(w * x for w, x in zip(WEIGHTS, (a, b, c)))


@unittest.skipUnless(mqtt_broker.MOSQUITTO, "SKIPPED: mosquitto is missing (./dev deps)")
@unittest.skipUnless((deployment.BIN / "muster-torch").exists(), "SKIPPED: no muster-torch here")
class OutageTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        d = self.d
        self.draw = random.Random(20)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.begin = now - datetime.timedelta(seconds=OUTAGE)  # Of the outage; it ends now.
        self.broker = mqtt_broker.Broker(d.dir / "broker")
        self.broker.start()
        self.addCleanup(lambda: self.broker.kill())
        d.start_authority()
        d.programs["authority"].stop()
        d.start_coordinator(*self.broker.flags())
        d.start_authority()
        d.token()
        self.offer_model()
        self.times = collections.defaultdict(list)  # Of rows that are served, by node.
        for node in NODES:
            (d.dir / f"{node}.csv").write_text("time,a,b,c,y\n")
            self.append(node, range(-BEFORE - FIRST, -FIRST))
            self.times[node].clear()
        self.start_agent()

    # --- The plant ---

    def torch(self, *args):
        subprocess.run([deployment.BIN / "muster-torch", *args], cwd=self.d.dir, check=True,
                       capture_output=True, timeout=deployment.DEADLINE)

    def offer_model(self):
        d = self.d
        d.apply(CONTRACT + "---\n" + MODEL)
        self.torch("make", "--network", f"linear:{len(FEATURES)}", "--seed", "1", "--out", "net.pt")
        linear_trainer.write_safetensors(d.dir / "params.safetensors", {
            "weight": ([1, len(FEATURES)], array.array("f", WEIGHTS)), "bias": ([1], array.array("f", [0]))})
        d.muster("model", "create", "law", "--params", "params.safetensors", "--module", "net.pt")
        d.muster("model", "alias", "set", "law", "champion", "1")

    def start_agent(self):
        lines = ["state_dir: edge-state", "join_file: join.token", "telemetry: {every: 1s, transport: mqtt}",
                 self.broker.yaml(), "nodes:"]
        for node in NODES:
            lines.append("  - " + json.dumps({"name": node, "pipeline": {
                "ingest": {"csv": {"path": f"{node}.csv"}}, "train": {"torchscript": {}},
                "serve": {"model": "law", "poll": "50ms", "sinks": [{"file": {"path": f"{node}.jsonl"}}]}}}))
        (self.d.dir / "edge.yaml").write_text("\n".join(lines) + "\n")
        self.d.restart_agent("edge")

    def append(self, node, seconds):
        with (self.d.dir / f"{node}.csv").open("a") as out:
            for second in seconds:
                at = self.begin + datetime.timedelta(seconds=second)
                cells = ",".join(f"{value:.6f}" for value in a_row(self.draw, node, second))
                out.write(f"{at:%Y-%m-%dT%H:%M:%SZ},{cells}\n")
                self.times[node].append(round(at.timestamp() * 1000))

    def append_all(self, seconds):
        for node in NODES:
            self.append(node, seconds)
        self.d.until("all rows are served", lambda: all(
            len(self.predicted(node)) == len(self.times[node]) for node in NODES))

    def predicted(self, node):
        """By the number of the row: a sink may be given some twice."""
        path = self.d.dir / f"{node}.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return {p["row"]: p for p in map(json.loads, (line for line in lines if line.endswith("\n")))}

    def say(self, name, node, second, taken="Taken"):
        """A technician at the site says it, while nothing can be told to anybody."""
        about = self.begin + datetime.timedelta(seconds=second)
        done = subprocess.run(
            [deployment.BIN / "muster-edge", "feedback", "--config", "edge.yaml", "--node", node, "--confirmed",
             "--monitor", "fleet.bounds", "--about", f"{about:%Y-%m-%dT%H:%M:%SZ}", "--id", name],
            capture_output=True, text=True, cwd=self.d.dir, timeout=deployment.DEADLINE)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(taken, done.stdout)

    def spools(self):
        return [path for node in NODES for path in (self.d.dir / f"edge-state/nodes/{node}/telemetry").glob("*-*")]

    # --- What the coordinator has ---

    def told(self, kind):
        """Facts of the monitor, by the name of the node."""
        out = collections.defaultdict(list)
        for _, fact in self.d.facts("monitor/fleet"):
            if fact["type"] == kind:
                out[self.names.get(fact.get("device"))].append(fact)
        return out

    def rows_told(self):
        return {node: sum(part["rows"] for fact in facts for part in fact["rows"])
                for node, facts in self.told("RowsServed").items()}

    def windows(self):
        return [fact for fact in self.told("WindowJudged")[None] if not fact["reference"]]

    def firings(self):
        return collections.Counter(stream.partition("/")[2] for stream, fact in self.d.facts("trigger/%")
                                   if fact["type"] == "TriggerFired")

    def found_offline(self, node):
        """What the rules find in the same rows, without a network and without a crash: (rule, began?, ms)."""
        done = subprocess.run(
            [deployment.BIN / "muster-edge", "drift", "check", "--config", "edge.yaml", "--contract",
             "contract.yaml", "--monitors", "rules.yaml", "--node", node, "--rows", f"{BEFORE + 1}:", "-o", "json"],
            capture_output=True, text=True, cwd=self.d.dir, timeout=deployment.DEADLINE)
        self.assertIn(done.returncode, (0, 4), done.stderr)
        return [(f["monitor"], f["phase"] == "began", self.times[node][f["to"]["row"] - BEFORE - 1])
                for f in json.loads(done.stdout)["findings"]]

    # --- The outage ---

    def serve_before(self):
        d = self.d
        d.apply(MONITOR + "".join(TRIGGER % item for item in TRIGGERS.items()))
        d.until("all nodes serve with the rules", lambda: all(
            f"version_serves node={node} model=law version=1 rules=3" in d.programs["edge"].said() or
            f"rules_changed node={node} rules=3" in d.programs["edge"].said() for node in NODES))
        d.until("the monitor has its reference",
                lambda: d.json("get", "monitor", "fleet")["phase"] == "watching")
        self.names = {view["id"]: name for name, view in d.devices().items()}
        self.append_all(range(-FIRST, 0))
        d.until("they are told", lambda: self.rows_told() == dict.fromkeys(NODES, FIRST))

    def lose_ten_minutes(self):
        d = self.d
        self.broker.kill()
        d.programs["musterd"].kill()
        self.append_all(range(0, 150))
        self.say("tap-1", "node-1", 149)
        self.append_all(range(150, 300))
        d.programs["edge"].kill()
        self.say("tap-2", "node-2", 299)
        d.restart_agent("edge")
        self.say("tap-2", "node-2", 299, taken="Said before")
        self.append_all(range(300, OUTAGE))
        self.say("tap-3", "node-5", OUTAGE - 1)
        d.until("all is on the disk", lambda: all(
            self.found_in_log(node) >= 3 for node in NODES[:3]))
        self.assertEqual(3, len([path for path in self.spools() if path.name.startswith("feedback-")]))

    def found_in_log(self, node):
        return self.d.programs["edge"].said().count(f"drift_finding node={node}")

    def come_back(self):
        d = self.d
        d.start_coordinator(*self.broker.flags())
        self.broker.start()
        d.until("the window after the outage", self.windows)
        d.until("the trigger of what is still true", lambda: self.firings()["still"])
        d.until("the device lets go of all that was told", lambda: not self.spools())

    def test_ten_minutes_without_broker_and_coordinator_lose_nothing_and_raise_no_false_alarm(self):
        d = self.d
        self.serve_before()
        self.lose_ten_minutes()
        self.come_back()

        # Each row counts once, in the summaries and in the window, and each prediction is its row's.
        self.assertEqual(dict.fromkeys(NODES, FIRST + OUTAGE), self.rows_told())
        window, = self.windows()
        self.assertEqual({"error": len(NODES) * (FIRST + OUTAGE)},
                         {m["name"]: m["count"] for m in window["outcome"]["measures"] if m["name"] == "error"})
        for node in NODES:
            served = self.told("RowsServed")[node]
            self.assertEqual(self.times[node][0], min(fact["from"] for fact in served))
            self.assertEqual(self.times[node][-1], max(fact["to"] for fact in served))

        # Each finding is told once, and at the time of its row.
        (d.dir / "contract.yaml").write_text(CONTRACT)
        (d.dir / "rules.yaml").write_text("monitors:\n" + RULES)
        began, ended = self.told("FindingBegan"), self.told("FindingEnded")
        for node in NODES:
            told = sorted(([f["rule"], True, f["began"]] for f in began[node]), key=lambda f: f[2])
            told += [[f["rule"], False, f["ended"]] for f in ended[node]]
            self.assertEqual(sorted(self.found_offline(node)), sorted(map(tuple, told)), node)
        self.assertEqual({"node-1": 1, "node-2": 1, "node-3": 1}, {n: len(f) for n, f in ended.items() if f})

        # So is what was said.
        self.assertEqual(
            [("node-1", "tap-1", 149), ("node-2", "tap-2", 299), ("node-5", "tap-3", OUTAGE - 1)],
            sorted((node, f["id"], (f["about"] - self.times[node][FIRST]) // 1000)
                   for node, facts in self.told("FeedbackHeard").items() for f in facts))

        # Nothing gave way to anything, and nothing was refused.
        for node in NODES:
            sequences = sorted(f["sequence"] for f in began[node] + ended[node])
            self.assertEqual(list(range(1, len(sequences) + 1)), sequences)
        for word in ("telemetry_overwritten", "telemetry_damaged", "telemetry_refused", "not_told"):
            self.assertNotIn(word, d.programs["edge"].said())

        # What was over, or is old, is no alarm of now.
        self.assertEqual({"still": 1}, dict(self.firings()))


if __name__ == "__main__":
    if not mqtt_broker.MOSQUITTO:
        print("SKIPPED: install mosquitto (./dev deps) for these tests", file=sys.stderr)
    unittest.main()
