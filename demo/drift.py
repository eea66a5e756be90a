"""Turbofans in service, one sensor of which goes wrong on some of them: the fleet notices by sums that show no
engine, a campaign runs on the engines that have changed, and the better version goes into service. Which
engines, which sensor, which way and when are drawn from the seed; nothing here tells the loop."""
import datetime
import math
import pathlib
import random
import statistics
import time

import turbofan
from loop import LoopRun, Node, fill, measure

HERE = pathlib.Path(__file__).resolve().parent
# Few, so that the model cannot do without one: with all 14 that move, the others make up for it.
FEATURES = ["s4", "s7", "s11", "s12", "s15", "s21"]
MEAN_OF = 10     # Cycles in a snapshot.
WINDOW = 25      # Snapshots of one engine between two looks at the fleet.
KNOWN = 0.6      # Of an engine's snapshots, from which the first version learns.
FAULTY = 0.3     # Of the engines.
SIZE = 3         # Standard deviations of the sensor's readings over the fleet.
AFTER = 3        # Windows that the last version is measured over.
RUL = 125
AGENTS = 2


def snapshots(rows):
    """Means of the last cycles, each with the remaining life at its end."""
    places = [turbofan.HEADER.index(name) for name in FEATURES]
    out = []
    for end in range(MEAN_OF, len(rows) + 1):
        part = rows[end - MEAN_OF:end]
        out.append([sum(float(row[i]) for row in part) / MEAN_OF for i in places]
                   + [min(RUL, float(part[-1][-1]))])
    return out


class Fault:
    """What the seed draws: nothing of it is told to the loop."""

    def __init__(self, draw, engines, spreads):
        self.window = draw.randint(3, 5)  # That it begins in.
        self.row = draw.randrange(WINDOW)
        self.sensor = draw.randrange(len(FEATURES))
        self.offset = draw.choice([-1, 1]) * SIZE * spreads[self.sensor]
        self.engines = set(draw.sample(engines, round(FAULTY * len(engines))))

    def on(self, name, window, row, snapshot):
        if name not in self.engines or (window, row) < (self.window, self.row):
            return snapshot
        return [v + self.offset if i == self.sensor else v for i, v in enumerate(snapshot)]

    def text(self):
        return (f"{FEATURES[self.sensor]} off by {self.offset:+.3g} on {len(self.engines)} engines, from "
                f"snapshot {self.row + 1} of window {self.window} on")


class Drift(LoopRun):
    model = "turbofan-rul"

    def go(self):
        began = time.monotonic()
        self.draw = random.Random(self.options.seed)
        self.deploy(self.load())
        self.serve()
        measured = self.fly()
        page = self.run / "drift.html"
        self.report("fleet", page)
        return {**measured, "engines": len(self.nodes), "seconds": round(time.monotonic() - began, 1),
                "report": str(page)}

    # --- Engines ---

    def load(self):
        engines, _ = turbofan.load_cmapss(self.options.data) if self.options.data else turbofan.generate()
        if not self.options.data:
            self.say("No C-MAPSS data here (give --data DIR or set MUSTER_DATA): using generated engines.")
        engines = engines[:self.options.engines]
        self.spreads = [statistics.pstdev(float(row[turbofan.HEADER.index(name)]) for rows in engines for row in rows)
                        for name in FEATURES]
        return [snapshots(rows) for rows in engines]

    def deploy(self, lives):
        self.clock = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
        flat = [row for life in lives for row in life]
        self.ranges = [self.range_of([row[i] for row in flat]) for i in range(len(FEATURES))]
        self.nodes, self.lives = [], {}
        for number, life in enumerate(lives, 1):
            node = Node(self.run, f"engine-{number:03}", ["time", *FEATURES, "rul"])
            known = self.draw.sample(range(len(life)), int(KNOWN * len(life)))
            node.append(self.stamped(life[at], i) for i, at in enumerate(known))
            self.lives[node.name] = [life[at] for at in sorted(set(range(len(life))) - set(known))]
            self.nodes.append(node)
        self.fault = None if self.options.healthy else Fault(self.draw, [n.name for n in self.nodes], self.spreads)
        self.start_servers(len(self.nodes))
        for agent in range(AGENTS):
            self.agent(agent + 1, self.nodes[agent::AGENTS], {"role": "engine"}, "turbofan-rul")

    @staticmethod
    def range_of(values):
        low, high = (statistics.quantiles(values, n=1000)[i] for i in (0, -1))
        return low - (high - low) / 10, high + (high - low) / 10

    def stamped(self, row, minutes):
        when = self.clock + datetime.timedelta(minutes=minutes)
        return [when.strftime("%Y-%m-%dT%H:%M:%SZ"), *(f"{v:.6g}" for v in row)]

    # --- The loop ---

    def serve(self):
        fields = "\n".join(f'  - {{name: {name}, type: FLOAT, unit: "1", min: {low:.6g}, max: {high:.6g}}}'
                           for name, (low, high) in zip(FEATURES, self.ranges))
        text = fill(HERE / "drift.yaml", FIELDS=fields, FEATURES=", ".join(FEATURES), WINDOW=WINDOW,
                    ROUNDS=self.options.rounds, FIRST=self.options.first_rounds, SEED=self.options.seed,
                    ENGINES=len(self.nodes))
        documents = text.split("---\n")
        self.torch("make", "--network", f"mlp:{len(FEATURES)}-32-16-1", "--seed", self.options.seed,
                   "--out", "network.pt")
        self.apply_text("model", "---\n".join(documents[:2]))
        self.muster("model", "create", "turbofan-rul", "--module", "network.pt")
        self.apply_text("first", documents[4])
        version = int(self.train_first("first")["latest_version"])
        self.muster("promote", "turbofan-rul", str(version))
        self.apply_text("loop", "---\n".join(documents[2:4]))
        self.await_watching("fleet", version)
        self.await_serving(version)
        self.version = version
        self.say(f"{len(self.nodes)} engines serve version {version}, which learned from {KNOWN:.0%} of their lives.")

    def fly(self):
        """Windows until the fault is dealt with, or for a while when there is none."""
        self.due = {node.name: 0 for node in self.nodes}
        self.epoch, self.seen, self.fired, number, learned = 0, [], None, 0, None
        while number < self.options.windows and not (learned and number >= learned + AFTER):
            number += 1
            window = self.pass_window(number)
            self.seen.append((number, self.version, window))
            version = self.settle(number)
            self.tell(number, window, version)
            if version != self.version:
                self.version, learned = version, number
        return self.figures()

    def pass_window(self, number):
        for node in self.nodes:
            rows = self.sample(self.lives[node.name])
            if self.fault:
                rows = [self.fault.on(node.name, number, i, row) for i, row in enumerate(rows)]
            begin = 600 + number * WINDOW  # Minutes; behind all that was known.
            node.append(self.stamped(row, begin + i) for i, row in enumerate(rows))
            self.due[node.name] += WINDOW
        self.await_served(self.nodes, self.due)
        window = self.await_window("fleet", self.epoch)
        self.epoch = int(window["epoch"])
        return window

    def sample(self, life):
        """Snapshots from all ages alike, in any order: windows differ by what happened, not by how old
        the engines are in them."""
        start = self.draw.random()
        rows = [life[int((i + start) * len(life) / WINDOW)] for i in range(WINDOW)]
        self.draw.shuffle(rows)
        return rows

    def settle(self, number):
        view = self.await_settled("retrain")
        if not self.fired and self.firings(view):
            self.fired = number
        new = [int(f.get("version", 0)) for f in self.firings(view) if f.get("state") == "promoted"]
        version = max([self.version, *new])
        if version != self.version:
            self.await_watching("fleet", version)
            self.await_serving(version)
        return version

    def await_serving(self, version):
        """A node serves what comes after its version did."""
        for agent in range(AGENTS):
            self.await_version(agent + 1, self.nodes[agent::AGENTS], version)

    def tell(self, number, window, version):
        error = measure(window, "squared_error")
        moved = [f"{f['name']} p={f.get('p', 0):.1g}" for f in window.get("features", []) if f.get("drifted")]
        here = f"; {self.fault.text()}" if self.fault and self.fault.window == number else ""
        verdict = "drifted: " + ", ".join(moved) if moved else window.get("why") or "as before"
        self.say(f"  window {number}: RMSE {math.sqrt(error or 0):.2f}, {verdict}"
                 + (f"; version {version} in service" if version != self.version else "") + here)

    # --- Figures ---

    def rmse(self, wanted):
        found = [measure(w, "squared_error") for number, version, w in self.seen if wanted(number, version)]
        found = [f for f in found if f is not None]
        return math.sqrt(sum(found) / len(found)) if found else None

    def figures(self):
        view = self.view("trigger", "retrain")
        first = self.seen[0][1]
        onset = self.fault.window if self.fault else math.inf
        alarms = [n for n, _, w in self.seen if (w.get("drifted") or n == self.fired) and n >= onset]
        before = self.rmse(lambda n, v: n < onset)
        drifted = self.rmse(lambda n, v: n > onset and v == first)
        after = self.rmse(lambda n, v: v != first)
        recovered = ((drifted - after) / (drifted - before)
                     if drifted and after and before and drifted > before else None)
        return {"alarm_delay_windows": alarms[0] - onset + 1 if alarms else None,
                "rmse_before": rounded(before), "rmse_drifted": rounded(drifted), "rmse_after": rounded(after),
                "recovered": recovered and round(recovered, 3),
                "triggers": len(self.firings(view)), "unattended": True, "windows": len(self.seen),
                "fault": self.fault.text() if self.fault else "none"}


def rounded(value):
    return value and round(value, 2)


def show(result):
    print("\n  fleet RMSE (cycles), in secure sums over the rows that were served")
    print("  " + "-" * 66)
    for name in ("before", "drifted", "after"):
        value = result[f"rmse_{name}"]
        print(f"  {name:<10} {'-' if value is None else f'{value:.2f}':>8}")
    if result["recovered"] is not None:
        print(f"  of what was lost, {result['recovered']:.0%} is back")
    print(f"\n  fault: {result['fault']}\n  alarm in window {result['alarm_delay_windows']} from the onset, "
          f"{result['triggers']} trigger(s), {result['engines']} engines, {result['seconds']} s\n"
          f"  report: {result['report']}\n")
