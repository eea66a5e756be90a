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
import shutil
import signal
import subprocess
import sys
import threading
import time

import turbofan

HERE = pathlib.Path(__file__).resolve().parent
CAMPAIGN = "turbofan"
SECURE = "turbofan-secure"
REPLAY = "turbofan-replay"
# Sums of 12 devices at least; of 20, six may vanish.
SECURELY = "secure: {least: 12, dropout: 0.3, session: 25}\n"
VANISH = 0.1  # Of the devices of a secure round, at a random step.
MODEL = "turbofan-rul"


class Failed(Exception):
    """Something that the user can read and act on."""


class Fleet:
    """The programs of one run; stopped in reverse order of their start."""

    def __init__(self, bin_dir, run_dir):
        self.bin, self.run = bin_dir, run_dir
        self.running = []
        self.logs = run_dir / "logs"
        self.logs.mkdir(parents=True)

    def start(self, name, *argv, ready="ready"):
        """Starts a program and waits for its "ready …" line; returns the line's other words."""
        log = open(self.logs / f"{name}.log", "ab")
        process = subprocess.Popen([str(self.bin / argv[0]), *map(str, argv[1:])],
                                   stdout=subprocess.PIPE, stderr=log, cwd=self.run)
        self.running.append((name, process))
        line = process.stdout.readline().decode()
        if not line.startswith(ready):
            process.wait(10)
            tail = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-5:]
            raise Failed(f"{name} did not start: {line.strip()}\n" + "\n".join(tail))
        # Drained, or the program would block once the pipe is full.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return line.split()[1:]

    def process(self, name):
        return next(p for n, p in self.running if n == name)

    def kill(self, name):
        process = self.process(name)
        process.kill()
        process.wait()
        self.running = [(n, p) for n, p in self.running if p is not process]

    def stop(self):
        for _, process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for _, process in reversed(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Demo:
    def __init__(self, options):
        self.options = options
        self.bin = pathlib.Path(options.bin).resolve()
        self.run = pathlib.Path(options.run_dir).resolve()
        if self.run.exists():
            shutil.rmtree(self.run)
        self.run.mkdir(parents=True)
        os.chmod(self.run, 0o700)
        self.fleet = Fleet(self.bin, self.run)
        self.server = None

    def say(self, text):
        print(text, flush=True)

    def muster(self, *args, **kwargs):
        """Runs the CLI against this demo's coordinator and returns what it printed."""
        done = subprocess.run([str(self.bin / "muster"), "--data-dir", str(self.run / "muster-data"), *args],
                              capture_output=True, text=True, cwd=self.run, **kwargs)
        if done.returncode != 0:
            raise Failed(f"muster {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def torch(self, *args):
        env = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        done = subprocess.run([str(self.bin / "muster-torch"), *map(str, args)], capture_output=True,
                              text=True, env=env, cwd=self.run)
        if done.returncode != 0:
            raise Failed(f"muster-torch {args[0]}: {done.stderr.strip()}")
        return done.stdout

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

    def start_coordinator(self):
        listen, http = (self.server or "127.0.0.1:0"), "127.0.0.1:0"
        words = self.fleet.start("musterd", "musterd", "--data-dir", self.run / "muster-data",
                                 "--authority-key", self.run / "authority/authority.pub",
                                 "--listen", listen, "--http", http)
        self.server = words[0]

    def start_programs(self):
        # The authority comes first: the coordinator needs its public key. It learns the
        # coordinator's CA and address, which join tokens carry, by restarting once it is there.
        self.fleet.start("authority", "muster", "authority", "--dir", self.run / "authority",
                         "--listen", "127.0.0.1:0")
        self.start_coordinator()
        self.fleet.kill("authority")
        self.fleet.start("authority", "muster", "authority", "--dir", self.run / "authority",
                         "--listen", "127.0.0.1:0", "--coordinator", self.server,
                         "--coordinator-ca", self.run / "muster-data/ca/ca.pem")
        self.muster("token", "create", "--uses", str(len(self.train) + len(self.test)),
                    "--authority-dir", str(self.run / "authority"), "--out", str(self.run / "join.token"))
        self.start_agents()

    def start_agents(self, drill=0.0):
        shares = self.options.agents
        for agent in range(shares):
            nodes = [(name, "train") for name in self.train[agent::shares]]
            nodes += [(name, "test") for name in self.test[agent::shares]]
            config = self.run / f"edge-{agent + 1}.yaml"
            config.write_text(self.agent_yaml(agent, nodes, drill))
            self.fleet.start(f"edge-{agent + 1}", "muster-edge", "--config", config)

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
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agents", type=int, default=4, help="edge processes")
    parser.add_argument("--secure", action="store_true",
                        help="train once more with secure aggregation: the coordinator learns sums only")
    parser.add_argument("--kill", action="store_true",
                        help="kill -9 the coordinator in mid-round, three times, and start it again")
    parser.add_argument("--json", metavar="FILE", help="write the figures as one JSON object")
    options = parser.parse_args()
    if not options.data and os.environ.get("MUSTER_DATA"):
        folder = pathlib.Path(os.environ["MUSTER_DATA"]) / "cmapss"
        options.data = folder if folder.is_dir() else None
    return options


def main():
    demo = Demo(parse())
    try:
        result = demo.go()
    except (Failed, OSError, ValueError) as error:
        print(f"demo: {error}\n      logs: {demo.fleet.logs}", file=sys.stderr)
        return 1
    finally:
        demo.fleet.stop()
    show(result)
    if demo.options.json:
        pathlib.Path(demo.options.json).write_text(json.dumps(result) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
