"""Whole deployments for tests: coordinator, authority and agents as programs of their own, in a
private directory, over loopback and free ports. Waits for what the programs say, each time with a
deadline; ends every child; prints the tails of their logs when a test fails.
"""
import contextlib
import json
import os
import pathlib
import queue
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("MUSTER_BIN", ROOT / "build/bin")).resolve()
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "client/exec/examples"))
LINEAR_TRAINER = ROOT / "client/exec/examples/linear_trainer.py"
DEADLINE = 60.0  # Of any one wait, in seconds; far beyond what a healthy machine needs.


class Program:
    """A child process, its lines on stdout as they come, its stderr in a file."""

    def __init__(self, name, argv, cwd, log):
        self.name, self.log = name, log
        with open(log, "ab") as stderr:
            # The kernel ends it even when this process is killed.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)], cwd=cwd,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.decode(errors="replace").rstrip("\n"))
        self.lines.put(None)

    @property
    def pid(self):
        return self.process.pid

    def next(self, deadline=DEADLINE):
        """The next line on stdout; None at its end, or when none comes."""
        with contextlib.suppress(queue.Empty):
            return self.lines.get(timeout=deadline)
        return None

    def ready(self):
        """Waits for the "ready …" line; returns its other words."""
        line = self.next()
        if line is None or not line.startswith("ready"):
            self.process.wait(DEADLINE)
            raise AssertionError(f"{self.name} did not start: {line!r}\n{self.tail(5)}")
        return line.split()[1:]

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)

    def stop(self):
        """Asks it to end, and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def said(self):
        return pathlib.Path(self.log).read_text(errors="replace")

    def tail(self, count):
        return "\n".join(self.said().splitlines()[-count:])


class Deployment:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.data_dir = self.dir / "muster-data"
        self.authority_dir = self.dir / "authority"
        self.server = "127.0.0.1:0"
        self.programs = {}
        os.chmod(self.dir, 0o700)
        (self.dir / "logs").mkdir()

    # --- Programs ---

    def launch(self, name, *argv):
        """A program that need not say that it is ready."""
        program = Program(name, [BIN / argv[0], *argv[1:]], self.dir, self.dir / "logs" / f"{name}.log")
        self.programs[name] = program
        return program

    def start_coordinator(self, *more):
        program = self.launch("musterd", "musterd", "--data-dir", self.data_dir, "--authority-key",
                              self.authority_dir / "authority.pub", "--listen", self.server,
                              "--http", "127.0.0.1:0", *more)
        self.server, _, program.http = program.ready()[:3]  # The same port after a restart.
        return program

    def start_authority(self):
        return self.launch("authority", "muster", "authority", "--dir", self.authority_dir,
                           "--listen", "127.0.0.1:0", "--coordinator", self.server,
                           "--coordinator-ca", self.data_dir / "operator/ca.pem").ready()[0]

    def start_hub(self):
        """The authority first, because the coordinator needs its public key; and once more, because
        join tokens carry the coordinator's address."""
        self.start_authority()
        self.programs["authority"].stop()
        self.start_coordinator()
        self.start_authority()

    def token(self, name="join.token", *more, uses=100):
        path = self.dir / name
        self.muster("token", "create", "--uses", uses, "--out", path, *more)
        return path

    def start_agent(self, name, nodes, parallel=8, join="join.token", policy=""):
        """`nodes`: {name: (labels, csv path, trainer command)}; a trainer None is TorchScript."""
        lines = [f"state_dir: {name}-state", f"join_file: {join}", f"parallel_tasks: {parallel}",
                 policy, "nodes:"]
        for node, (labels, csv, trainer) in nodes.items():
            train = {"exec": {"command": list(map(str, trainer))}} if trainer else {"torchscript": {}}
            lines.append("  - " + json.dumps({
                "name": node, "labels": labels,
                "pipeline": {"ingest": {"csv": {"path": str(csv)}}, "train": {**train, "windows": "all"}}}))
        (self.dir / f"{name}.yaml").write_text("\n".join(lines) + "\n")
        return self.restart_agent(name)

    def restart_agent(self, name):
        program = self.launch(name, "muster-edge", "--config", self.dir / f"{name}.yaml")
        program.ready()
        return program

    # --- The command line ---

    def run(self, *args, stdin=None):
        argv = [BIN / "muster", "--data-dir", self.data_dir, "--authority-dir", self.authority_dir, *args]
        return subprocess.run(list(map(str, argv)), capture_output=True, text=True, cwd=self.dir,
                              input=stdin, timeout=DEADLINE)

    def muster(self, *args):
        """What the command printed; it has to succeed."""
        done = self.run(*args)
        if done.returncode != 0:
            raise AssertionError(f"muster {' '.join(map(str, args))}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def json(self, *args):
        return json.loads(self.muster(*args, "-o", "json"))

    def campaign(self, name):
        return self.json("get", "campaign", name)

    def device(self, name):
        return self.json("get", "device", name)

    def devices(self):
        return {view["name"]: view for view in self.json("get", "devices")["devices"]}

    def apply(self, text):
        path = self.dir / "apply.yaml"
        path.write_text(text)
        return self.muster("apply", "-f", path)

    def facts(self, stream="%", journal=None):
        """The journal's facts whose stream is LIKE this, as (stream, fact), in their global order."""
        path = (journal or self.data_dir) / "journal.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=DEADLINE)) as db:
            rows = db.execute("select stream, fact from facts where stream like ? order by leaf", (stream,))
            return [(name, json.loads(fact)) for name, fact in rows]

    # --- Waiting ---

    def watch(self, campaign, until):
        """Follows `muster watch` until a view pleases `until`; returns that view."""
        watcher = Program("watch", [BIN / "muster", "--data-dir", self.data_dir, "watch", "campaign",
                                    campaign, "-o", "json"], self.dir, self.dir / "logs/watch.log")
        view, end = None, time.monotonic() + DEADLINE
        try:
            while (left := end - time.monotonic()) > 0:
                line = watcher.next(left)
                if not line:
                    break
                view = json.loads(line)
                if until(view):
                    return view
            raise AssertionError(
                f"campaign {campaign} did not come to it: {json.dumps(view)}\n{watcher.tail(3)}")
        finally:
            watcher.kill()

    def finish(self, campaign):
        return self.watch(campaign, lambda v: v["phase"] == "completed")

    def until(self, what, probe):
        """For what no command can follow: asks until the answer is true, and returns it."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            answer = probe()
            if answer:
                return answer
            time.sleep(0.05)  # Between two questions; the answer decides, not the time.
        raise AssertionError(f"not within {DEADLINE:.0f} s: {what}")

    # --- The end ---

    def close(self):
        for program in reversed(list(self.programs.values())):
            if program.process.poll() is None:
                program.process.terminate()
        for program in self.programs.values():
            try:
                program.process.wait(15)
            except subprocess.TimeoutExpired:
                program.kill()

    def tails(self):
        for log in sorted((self.dir / "logs").glob("*.log")):
            print(f"--- {log.name}", file=sys.stderr)
            print("\n".join(log.read_text(errors="replace").splitlines()[-15:]), file=sys.stderr)


class DeploymentCase(unittest.TestCase):
    """A test with a directory and a deployment of its own, as `self.d`."""

    def setUp(self):
        self.d = self.deploy()

    def deploy(self):
        folder = tempfile.TemporaryDirectory(prefix="muster-e2e-")
        self.addCleanup(folder.cleanup)
        made = Deployment(folder.name)
        self.addCleanup(self._end, made)
        return made

    def run(self, result=None):
        self.result = result if result is not None else self.defaultTestResult()
        return super().run(self.result)

    def _end(self, d):
        d.close()
        if any(case is self for case, _ in self.result.failures + self.result.errors):
            d.tails()
