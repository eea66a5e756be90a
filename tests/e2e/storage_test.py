"""Data directories that are taken, read-only or full."""
import os
import resource
import sys
import unittest

import deployment
import gate
import linear


class StorageTest(deployment.DeploymentCase):
    def start_another(self, *more, binary="musterd"):
        d = self.d
        program = d.launch("second", binary, *more, "--listen", "127.0.0.1:0")
        self.assertEqual(1, program.process.wait(deployment.DEADLINE))
        self.assertIsNone(program.next())
        return program.said()

    def test_a_second_coordinator_or_authority_on_one_directory_refuses(self):
        d = self.d
        d.start_hub()
        said = self.start_another("--data-dir", d.data_dir, "--http", "127.0.0.1:0", "--authority-key",
                                  d.authority_dir / "authority.pub")
        self.assertIn("DATA_DIR_IN_USE", said)
        self.assertIn(str(d.programs["musterd"].pid), said)
        self.assertIn("DATA_DIR_IN_USE", self.start_another("authority", "--dir", d.authority_dir,
                                                            binary="muster"))
        d.muster("get", "campaigns")  # The first has not noticed.
        # What kill -9 leaves is no lock.
        d.programs["musterd"].kill()
        d.start_coordinator()

    def test_a_second_agent_on_one_state_directory_refuses(self):
        d = self.d
        linear.start(d)
        d.start_agent("edge", linear.node(d, "press-1", 1))
        second = d.launch("edge-again", "muster-edge", "--config", d.dir / "edge.yaml")
        self.assertEqual(1, second.process.wait(deployment.DEADLINE))
        self.assertIn("DATA_DIR_IN_USE", second.said())

    def test_a_directory_that_cannot_be_written_is_refused_at_start(self):
        d = self.d
        d.start_hub()
        d.programs["musterd"].stop()
        argv = ["--data-dir", d.data_dir, "--http", "127.0.0.1:0", "--authority-key",
                d.authority_dir / "authority.pub"]
        with ReadOnly(d.data_dir) as wrap:
            program = deployment.Program("read-only", [*wrap, deployment.BIN / "musterd", *argv, "--listen",
                                                       "127.0.0.1:0"], d.dir, d.dir / "logs/read-only.log")
            self.assertEqual(1, program.process.wait(deployment.DEADLINE))
            self.assertIn("READ_ONLY", program.said())
            self.assertIn(str(d.data_dir), program.said())
        d.start_coordinator()

    def test_a_full_disk_is_told_and_loses_nothing_that_was_acknowledged(self):
        d = self.d
        linear.start(d)
        nodes = linear.node(d, "test-1", 100, role="test")
        nodes |= linear.node(d, "train-1", 1)
        gates = d.dir / "gates"
        nodes |= linear.node(d, "train-2", 2, trainer=(
            sys.executable, deployment.HERE / "awkward_trainer.py", f"gate={gates}"))
        d.start_agent("edge", nodes)
        d.apply(linear.campaign("before", rounds=2, goal=2, testers=1))
        d.finish("before")
        before = d.json("model", "show", "law")
        musterd = d.programs["musterd"]

        # While no file may grow, writes fail just as on a full disk.
        usual = resource.prlimit(musterd.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        (d.dir / "more.yaml").write_text(linear.RESOURCES.replace("name: plant", "name: more").split("---")[0])
        done = d.run("apply", "-f", "more.yaml")
        self.assertEqual(1, done.returncode)
        self.assertIn("DISK_FULL", done.stderr)
        self.assertIsNone(musterd.process.poll())
        self.assertEqual(before, d.json("model", "show", "law"))  # Reads go on.
        self.assertEqual(1, d.run("model", "create", "law", "--params", "base.safetensors").returncode)

        # With space it goes on by itself, ...
        resource.prlimit(musterd.pid, resource.RLIMIT_FSIZE, usual)
        d.muster("apply", "-f", "more.yaml")
        # ... in the middle of a campaign, too: what was counted stays counted.
        waiting = gate.Gate(gates, "train-2", 3)
        self.addCleanup(waiting.remove)
        d.apply(linear.campaign("during", rounds=4, goal=2, testers=1, seed=9))
        waiting.await_arrival()
        d.watch("during", lambda v: v["round"]["counted"] == 1)
        resource.prlimit(musterd.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        waiting.open()
        # The other update arrives, and is not said to be counted.
        stuck = d.watch("during", lambda v: v["round"]["received"] == 1)
        self.assertEqual(1, stuck["round"]["counted"])
        self.assertEqual(1, d.run("campaign", "pause", "during").returncode)
        self.assertEqual(1, d.campaign("during")["round"]["counted"])
        musterd.kill()
        d.start_coordinator()
        self.assertGreaterEqual(d.campaign("during")["round"]["counted"], 1)
        view = d.finish("during")
        self.assertEqual(4, view["rounds_published"])
        self.assertEqual("completed", d.campaign("before")["phase"])
        self.assertEqual(before["versions"], d.json("model", "show", "law")["versions"][:3])


class ReadOnly:
    """While it lasts, `directory` cannot be written to; gives what a command has to begin with. Modes
    stop root only when it has given up its privilege over them."""

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        self.modes = {path: path.stat().st_mode & 0o777
                      for path in [self.directory, *self.directory.rglob("*")]}
        for path, mode in self.modes.items():
            path.chmod(mode & 0o555)
        if os.geteuid() != 0:
            return []
        return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]

    def __exit__(self, *_):
        for path, mode in self.modes.items():
            path.chmod(mode)


if __name__ == "__main__":
    unittest.main()
