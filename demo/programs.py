"""The programs of one demo run: a coordinator, an enrolment authority and agents, as processes of
their own in a folder of their own."""
import os
import pathlib
import shutil
import signal
import subprocess
import threading


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
        with open(self.logs / f"{name}.log", "ab") as log:
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


class Run:
    """A run's folder and programs, and the CLI on its coordinator."""

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
        """Runs the CLI against this run's coordinator and returns what it printed."""
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

    def start_coordinator(self):
        listen, http = (self.server or "127.0.0.1:0"), "127.0.0.1:0"
        words = self.fleet.start("musterd", "musterd", "--data-dir", self.run / "muster-data",
                                 "--authority-key", self.run / "authority/authority.pub",
                                 "--listen", listen, "--http", http)
        self.server = words[0]

    def start_servers(self, nodes):
        """Authority and coordinator, and a join token for so many nodes."""
        # The authority comes first: the coordinator needs its public key. It learns the
        # coordinator's CA and address, which join tokens carry, by restarting once it is there.
        self.fleet.start("authority", "muster", "authority", "--dir", self.run / "authority",
                         "--listen", "127.0.0.1:0")
        self.start_coordinator()
        self.fleet.kill("authority")
        self.fleet.start("authority", "muster", "authority", "--dir", self.run / "authority",
                         "--listen", "127.0.0.1:0", "--coordinator", self.server,
                         "--coordinator-ca", self.run / "muster-data/ca/ca.pem")
        self.muster("token", "create", "--uses", str(nodes), "--authority-dir",
                    str(self.run / "authority"), "--out", str(self.run / "join.token"))

    def start_agent(self, name, config):
        path = self.run / f"{name}.yaml"
        path.write_text(config, encoding="utf-8")
        self.fleet.start(name, "muster-edge", "--config", path)
