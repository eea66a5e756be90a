"""The electricity market of New South Wales, in time order over 20 meters: a model that learns anew when
the meters' own errors say so, beside one that is frozen and one that learns as often on a schedule.
Accuracy is prequential: each half hour is predicted before anything learns from it."""
import csv
import lzma
import pathlib
import time

from loop import LoopRun, Node, fill, measure, spread

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer", "up"]
MOST = [1, 0.25, 1, 0.03, 1, 1, 1]  # As the contract has them: rows beyond are put aside, unpredicted.
METERS = 20
ROUNDS = 10   # Of one campaign.
WINDOW = 50   # Half hours of one meter between two looks at the fleet.
REGRET = 50   # The loop learns after so many wrong answers that a version at its best would not have given,
ERROR = 0.32  # and when so many of a window's are wrong.
FIRST = 0.1   # Of the data, from which the first version learns.
ALIASES = {"loop": "champion", "frozen": "first", "scheduled": "scheduled"}


def load(folder):
    with lzma.open(pathlib.Path(folder) / "elec.csv.xz", "rt", encoding="ascii") as stream:
        return [list(row.values()) for row in csv.DictReader(stream)]


def is_good(row):
    return all(0 <= float(value) <= most for value, most in zip(row, MOST))


class Elec2(LoopRun):
    model = "elec2"

    def go(self):
        began = time.monotonic()
        rows = load(self.options.elec2)[:self.options.rows or None]
        first = int(len(rows) * FIRST) // METERS * METERS
        self.known, self.coming = rows[:first], rows[first:]
        self.torch("make", "--network", "mlp:6-32-1", "--seed", self.options.seed, "--out", "network.pt")
        self.start_servers(len(ALIASES) * METERS)
        self.deploy()
        self.say(f"{METERS} meters, {len(rows)} half hours; {first} are known before anything serves.")
        self.first_version()
        campaigns = self.run_loop()
        self.say(f"The loop learned {campaigns} times by itself. As often on a schedule ...")
        self.run_scheduled(campaigns)
        page = self.run / "elec2.html"
        self.report("loop", page)
        return {**{f"accuracy_{group}": self.accuracy(group) for group in ALIASES},
                "accuracy_persistence": self.persistence(), "rounds": campaigns * ROUNDS,
                "campaigns": campaigns, "rows": len(self.coming), "meters": METERS,
                "seconds": round(time.monotonic() - began, 1), "report": str(page)}

    def deploy(self):
        self.nodes = {}
        for number, (group, alias) in enumerate(ALIASES.items(), 1):
            nodes = [Node(self.run, f"{group}-{i:02}", COLUMNS) for i in range(1, METERS + 1)]
            self.nodes[group] = nodes
            spread(self.known, nodes)
            self.agent(number, nodes, {"group": group}, "elec2", alias)

    def first_version(self):
        text = fill(HERE / "elec2.yaml", SEED=self.options.seed)
        resources, campaign = text.rsplit("---\n", 1)
        self.apply_text("elec2", resources)
        self.muster("model", "create", "elec2", "--module", "network.pt")
        self.apply_text("elec2-first", campaign)
        version = str(self.train_first("elec2-first")["latest_version"])
        for alias in ALIASES.values():
            self.muster("promote", "elec2", version, "--alias", alias)
        self.first = self.version = int(version)
        for number, group in enumerate(ALIASES, 1):  # A node serves what comes after its version did.
            self.await_version(number, self.nodes[group], self.first)

    def watch(self, group, when):
        self.apply_text(group, fill(HERE / "elec2_loop.yaml", GROUP=group, ALIAS=ALIASES[group], WHEN=when,
                                    WINDOW=WINDOW, AFTER=int(WINDOW * 0.8), ROUNDS=ROUNDS,
                                    SEED=self.options.seed))
        self.await_watching(group, self.version)

    def chunks(self):
        """The coming rows, in steps of so many a meter."""
        step = WINDOW * METERS
        return [self.coming[i:i + step] for i in range(0, len(self.coming), step)]

    def evenly(self, parts):
        """The coming rows in so many parts of as many good rows, and how many those are."""
        rows = sum(map(is_good, self.coming)) // parts
        out, good = [[]], 0
        for row in self.coming:
            if good == rows and len(out) < parts:
                out.append([])
                good = 0
            out[-1].append(row)
            good += is_good(row)
        return out, rows

    def pass_time(self, groups, chunk):
        """Gives a chunk to the groups' meters, and waits until all have predicted it."""
        for group in groups:
            spread(chunk, self.nodes[group])
        for i, node in enumerate(self.nodes[groups[0]]):
            self.due[node.name] = self.due.get(node.name, 0) + sum(map(is_good, chunk[i::METERS]))
        self.await_served(self.nodes[groups[0]], self.due)

    def run_loop(self):
        self.watch("loop", f"any: {{conditions: ["
                   f"{{performance: {{monitor: loop, measure: error, avoidable: {REGRET}}}}}, "
                   f"{{performance: {{monitor: loop, measure: error, above: {ERROR}}}}}]}}")
        self.due, self.fired, epoch, chunks = {}, 0, 0, self.chunks()
        for number, chunk in enumerate(chunks, 1):
            self.pass_time(["loop", "frozen"], chunk)
            if len(chunk) < WINDOW * METERS:
                break
            window = self.await_window("loop", epoch)
            epoch = int(window["epoch"])
            self.settle("loop", f"{number}/{len(chunks)}: error {measure(window, 'error') or 1:.3f}")
        self.await_served(self.nodes["frozen"], {n.name: self.due[l.name] for n, l in
                                                 zip(self.nodes["frozen"], self.nodes["loop"])})
        return self.fired

    def run_scheduled(self, campaigns):
        """As many campaigns, after as many rows each."""
        self.version = self.first
        chunks, rows = self.evenly(campaigns + 1)
        self.watch("scheduled", f"volume: {{rows: {rows}}}")
        self.due, self.fired = {}, 0
        for number, chunk in enumerate(chunks, 1):
            self.pass_time(["scheduled"], chunk)
            if number == len(chunks):
                break
            self.until("a firing", lambda: len(self.firings(self.view("trigger", "scheduled"))) >= number)
            self.settle("scheduled", f"{number}/{len(chunks)}")

    def settle(self, group, where):
        """Waits for what the trigger may have begun; says what came of it."""
        view = self.await_settled(group)
        self.fired = len(self.firings(view))
        new = [f for f in self.firings(view) if int(f.get("version", 0)) > self.version]
        if new:
            self.version = int(new[-1]["version"])
            self.await_watching(group, self.version)
            self.await_version(list(ALIASES).index(group) + 1, self.nodes[group], self.version)
        self.say(f"  {where}" + (f"; learned version {self.version}" if new else ""))

    # --- Figures ---

    def accuracy(self, group):
        """Of all coming rows; one that was put aside counts as wrong."""
        right = sum((line["prediction"] >= 0.5) == (line["label"] >= 0.5)
                    for node in self.nodes[group] for line in node.predictions() if line["label"] is not None)
        return round(right / len(self.coming), 4)

    def persistence(self):
        labels = [self.known[-1][-1], *(row[-1] for row in self.coming)]
        return round(sum(a == b for a, b in zip(labels, labels[1:])) / len(self.coming), 4)


def show(result):
    rows = [("persistence", result["accuracy_persistence"], "the last half hour's answer again; knows the label at once"),
            ("frozen", result["accuracy_frozen"], "the first version for all time"),
            ("on a schedule", result["accuracy_scheduled"], f"learns {result['campaigns']} times, evenly"),
            ("closed loop", result["accuracy_loop"], f"learns {result['campaigns']} times, when the errors say so")]
    print("\n  learning          prequential accuracy")
    print("  " + "-" * 72)
    for name, accuracy, what in rows:
        print(f"  {name:<16} {accuracy:>10.4f}      {what}")
    print(f"\n  {result['rows']} half hours over {result['meters']} meters, {result['rounds']} secure rounds, "
          f"{result['seconds']} s\n  report: {result['report']}\n")
