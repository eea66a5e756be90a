#!/usr/bin/env python3
"""The main job, for real: a coordinator, an enrolment authority and several agents as separate
programs train a remaining-life model over 100 engines whose data never leaves its engine; then the
same is done by one engine alone and with all data in one place, for comparison.

Run by `./dev demo`, which builds first.
"""
import argparse
import array
import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

import drift
import elec2
import turbofan
from programs import Failed, Run

HERE = pathlib.Path(__file__).resolve().parent
CAMPAIGN = "turbofan"
SECURE = "turbofan-secure"
REPLAY = "turbofan-replay"
# Sums of 12 devices at least; of 20, six may vanish.
SECURELY = "secure: {least: 12, dropout: 0.3, session: 25}\n"
VANISH = 0.1  # Of the devices of a secure round, at a random step.
MODEL = "turbofan-rul"


class Demo(Run):
    # --- Data ---

    def load_engines(self):
        folder = self.options.data
        if folder:
            train, test = turbofan.load_cmapss(folder)
            self.data = "cmapss"
        else:
            self.say("No C-MAPSS data here (give --data DIR or set MUSTER_DATA): "
                     "using generated engines that degrade.")
            train, test = turbofan.generate()
            self.data = "generated"
        self.train = turbofan.write_engines(self.run / "engines", "train", train)
        self.test = turbofan.write_engines(self.run / "engines", "test", test)
        return train, test

    # --- Programs ---

    def start_programs(self):
        self.start_servers(len(self.train) + len(self.test))
        self.start_agents()

    def start_agents(self, drill=0.0):
        shares = self.options.agents
        for agent in range(shares):
            nodes = [(name, "train") for name in self.train[agent::shares]]
            nodes += [(name, "test") for name in self.test[agent::shares]]
            self.start_agent(f"edge-{agent + 1}", self.agent_yaml(agent, nodes, drill))

    def agent_yaml(self, agent, nodes, drill):
        lines = [f"state_dir: edge-{agent + 1}-state", "join_file: join.token", f"drill: {{vanish: {drill}}}",
                 f"torch: {{worker: {self.bin / 'muster-torch'}}}", "nodes:"]
        for name, role in nodes:
            lines += [f"  - name: {name}",
                      f"    labels: {{role: {role}}}",
                      "    pipeline:",
                      f"      ingest: {{csv: {{path: engines/{name}.csv}}}}",
                      "      train: {torchscript: {}}"]
        return "\n".join(lines) + "\n"

    # --- The campaign ---

    def make_model(self):
        self.torch("make", "--network", "mlp:420-64-32-1", "--seed", self.options.seed, "--out", "network.pt")
        self.contract = self.measure_ranges()
        self.muster("apply", "-f", str(self.contract))
        self.muster("model", "create", MODEL, "--module", "network.pt")

    def measure_ranges(self):
        """The contract with ranges as narrow as the fleet's own rows, which nobody but their engines sees.

        Inputs are scaled by the contract's ranges. What a sensor can show is wide; what these engines
        show is learned as a secure sum over all of them, in a second version of the contract.
        """
        text = (HERE / "turbofan.yaml").read_text()
        contract = self.run / "contract.yaml"
        contract.write_text(text.split("\n---\n")[0] + "\n")
        self.muster("apply", "-f", str(contract))
        answer = json.loads(self.muster("stats", "--contract", "turbofan", "--where", "role=train",
                                        "--bins", "50", "--quantile", "0.001", "--quantile", "0.999", "-o", "json"))
        measured = self.run / "measured.yaml"
        measured.write_text(turbofan.with_ranges(text, answer["result"]["fields"]))
        return measured

    def apply(self, name):
        text = (HERE / "campaign.yaml").read_text()
        text = re.sub(r"name: turbofan$", f"name: {name}", text, flags=re.M)
        text = re.sub(r"seed: \d+", f"seed: {self.options.seed}", text)
        text = re.sub(r"rounds: \d+", f"rounds: {self.options.rounds}", text)
        text = re.sub(r"^model: (\S+)$", r"model: \1\nbase_version: 1", text, flags=re.M)
        if name in (SECURE, REPLAY):
            text = text.replace("every: 20", "every: 50")
        if name == SECURE:
            text = text.replace("cohort: {goal: 20}", "cohort: {goal: 20, minimum: 12}") + SECURELY
        if name == REPLAY:
            text = text.replace("cohort: {goal: 20}", f"cohort: {{goal: 20, minimum: 12}}\n    replay: {SECURE}")
        (self.run / f"{name}.yaml").write_text(text)
        self.muster("apply", "-f", f"{name}.yaml")

    def view(self, name):
        return json.loads(self.muster("get", "campaign", name, "-o", "json"))

    def train_together(self, name):
        """Runs one campaign to its end; returns its view."""
        self.apply(name)
        watcher = subprocess.Popen([str(self.bin / "muster"), "--data-dir", str(self.run / "muster-data"),
                                    "watch", "campaign", name], cwd=self.run)
        if self.options.kill:
            self.kill_in_mid_round(name, watcher)
        if watcher.wait() != 0:
            raise Failed(f"campaign {name} did not complete")
        return self.view(name)

    def kill_in_mid_round(self, name, watcher):
        """kill -9 of the coordinator while a round collects updates, several times over."""
        rng = random.Random(self.options.seed)
        for at in sorted(rng.sample(range(2, max(6, self.options.rounds - 1)), 3)):
            while watcher.poll() is None:
                with contextlib.suppress(Failed):
                    now = self.view(name).get("round", {})
                    if int(now.get("round", 0)) >= at and now.get("phase") == "collecting":
                        break
                time.sleep(0.02)
            if watcher.poll() is not None:
                return
            self.fleet.kill("musterd")
            self.say(f"  kill -9 musterd in round {now['round']}; starting it again")
            self.start_coordinator()

    # --- Comparisons ---

    def write_datasets(self, train, test):
        """What a run with all data in one place would read; the agents never see these files."""
        features = turbofan.declared(self.contract)
        folder = self.run / "central"
        folder.mkdir()
        for name, rows in zip(self.train, train):
            turbofan.write_dataset(folder / f"{name}.safetensors", *turbofan.windows(rows, features, False))
        x, y = array.array("f"), array.array("f")
        for rows in test:
            more_x, more_y = turbofan.windows(rows, features, True)
            x.extend(more_x)
            y.extend(more_y)
        turbofan.write_dataset(folder / "test.safetensors", x, y)

    def fit(self, *more):
        data = [f"central/{name}.safetensors" for name in self.train]
        report = self.torch("fit", "--module", "network.pt", "--data", *data,
                            "--validation", "central/test.safetensors", "--optimizer", "sgd",
                            "--learning-rate", "0.02", "--epochs", "20", "--label-scale", "125",
                            "--seed", self.options.seed, *more)
        return json.loads(report)

    def compare(self):
        """The two ends of the scale: everything in one place, and every engine on its own."""
        # Each tuned by itself, so that neither is a straw man.
        central = self.fit("--batch", "128", "--momentum", "0.9")
        alone = self.fit("--batch", "32", "--each")
        return float(central["rmse"]), float(alone["rmse"])

    # --- All of it ---

    def go(self):
        began = time.monotonic()
        train, test = self.load_engines()
        self.start_programs()
        self.make_model()
        self.say(f"{len(self.train)} engines train and {len(self.test)} engines test, in "
                 f"{self.options.agents} agents; each agent opens the files of its own engines only.")
        view = self.train_together(CAMPAIGN)
        secure = self.train_securely() if self.options.secure else {}
        programs = len(self.fleet.running)
        self.say("For comparison: the same network with all data in one place, and engine by engine ...")
        self.write_datasets(train, test)
        central, alone = self.compare()
        return {
            "rmse_federated": round(view["evaluations"][-1]["metrics"]["rmse"], 3),
            "rmse_centralised": round(central, 3),
            "rmse_alone": round(alone, 3),
            "rounds": view["rounds_published"],
            "seconds": round(time.monotonic() - began, 1),
            "engines": len(self.train),
            "processes": programs,
            "final_digest": view["latest_digest"],
            "data": self.data,
            **secure,
        }

    def train_securely(self):
        """Secure sums while devices vanish, then a plain run over the same devices for comparison."""
        self.say(f"The same again, and now the coordinator learns sums only, while {VANISH:.0%} of the devices "
                 "vanish at random steps ...")
        for agent in range(self.options.agents):
            self.fleet.kill(f"edge-{agent + 1}")
        self.start_agents(VANISH)
        began = time.monotonic()
        view = self.train_together(SECURE)
        seconds = time.monotonic() - began
        self.say("A plain run over the devices that the secure one summed, round by round ...")
        began = time.monotonic()
        replay = self.train_together(REPLAY)
        return {"rmse_secure": self.rmse(view), "seconds_secure": round(seconds, 1),
                "dropouts": sum((self.fleet.logs / f"edge-{agent + 1}.log").read_text().count("DRILL")
                                for agent in range(self.options.agents)),
                "rmse_replay": self.rmse(replay), "seconds_replay": round(time.monotonic() - began, 1)}

    @staticmethod
    def rmse(view):
        return round(view["evaluations"][-1]["metrics"]["rmse"], 3)


def show(result):
    rows = [("one engine alone", result["rmse_alone"], "nothing leaves; learns from one life only"),
            ("federated", result["rmse_federated"], "data stays; updates are summed"),
            ("  securely summed", result.get("rmse_secure"), "and nobody sees a single one"),
            ("  plain, the same", result.get("rmse_replay"), "over the devices that were summed securely"),
            ("centralised", result["rmse_centralised"], "all data in one place")]
    print("\n  training              RMSE (cycles)")
    print("  " + "-" * 68)
    for name, rmse, what in rows:
        if rmse is not None:
            print(f"  {name:<20} {rmse:>10.2f}      {what}")
    print(f"\n  {result['rounds']} rounds over {result['engines']} engines, {result['processes']} programs, "
          f"{result['seconds']} s, data: {result['data']}")
    if "rmse_secure" in result:
        print(f"  secure: {result['seconds_secure']} s, plain over the same devices: {result['seconds_replay']} s; "
              f"devices vanished {result['dropouts']} times")
    print(f"  model {result['final_digest']}\n")


def parse():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n\n")[0])
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--run-dir", default="demo-run", help="where the run keeps its files")
    parser.add_argument("--data", help="folder with C-MAPSS FD001 (train_FD001.txt, test_FD001.txt, "
                                       "RUL_FD001.txt, plain or .xz)")
    parser.add_argument("--rounds", type=int, help="of the campaign (200); with --drift, of the loop's (160)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agents", type=int, default=4, help="edge processes")
    parser.add_argument("--secure", action="store_true",
                        help="train once more with secure aggregation: the coordinator learns sums only")
    parser.add_argument("--kill", action="store_true",
                        help="kill -9 the coordinator in mid-round, three times, and start it again")
    parser.add_argument("--json", metavar="FILE", help="write the figures as one JSON object")
    loop = parser.add_argument_group("the closed loop, instead")
    loop.add_argument("--drift", action="store_true",
                      help="turbofans in service, a sensor of some goes wrong, and the fleet mends its model")
    loop.add_argument("--healthy", action="store_true", help="with --drift: nothing goes wrong")
    loop.add_argument("--engines", type=int, default=100, help="with --drift")
    loop.add_argument("--windows", type=int, default=14, help="with --drift: the most that it goes on for")
    loop.add_argument("--first-rounds", type=int, default=200, help="with --drift: of the first version")
    loop.add_argument("--elec2", nargs="?", const="", metavar="DIR",
                      help="the electricity market over 20 meters; DIR holds elec.csv.xz")
    loop.add_argument("--rows", type=int, default=0, help="with --elec2: only so many half hours")
    options = parser.parse_args()
    options.rounds = options.rounds or (160 if options.drift else 200)
    data = pathlib.Path(os.environ.get("MUSTER_DATA") or "/nonexistent")
    if not options.data and (data / "cmapss").is_dir():
        options.data = data / "cmapss"
    if options.elec2 == "":
        options.elec2 = data / "elec2"
    if options.elec2 is not None and not (pathlib.Path(options.elec2) / "elec.csv.xz").is_file():
        parser.error(f"no elec.csv.xz in {options.elec2}: give --elec2 DIR or set MUSTER_DATA")
    return options


def demo_of(options):
    if options.drift:
        return drift.Drift(options), drift.show
    if options.elec2 is not None:
        return elec2.Elec2(options), elec2.show
    return Demo(options), show


def main():
    demo, show_result = demo_of(parse())
    try:
        result = demo.go()
    except (Failed, OSError, ValueError) as error:
        print(f"demo: {error}\n      logs: {demo.fleet.logs}", file=sys.stderr)
        return 1
    finally:
        demo.fleet.stop()
    show_result(result)
    if demo.options.json:
        pathlib.Path(demo.options.json).write_text(json.dumps(result) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
