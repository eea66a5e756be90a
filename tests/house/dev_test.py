"""./dev and the integration script are what the documents say."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def dev(*arguments):
    return subprocess.run([str(ROOT / "dev"), *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=30)


class DevTest(unittest.TestCase):
    def test_help_names_every_command(self):
        told = set(re.findall(r"^  ([a-z]+)(?: |$)", dev("help").stdout, re.M))
        self.assertLessEqual({"deps", "build", "test", "demo", "bench", "lint", "fuzz", "soak", "ci",
                              "clean"}, told)
        cases = re.findall(r"^  ([a-z]+)\)", (ROOT / "dev").read_text(), re.M)
        self.assertGreater(len(cases), 8)
        self.assertLessEqual(set(cases), told)

    def test_an_unknown_command_fails_and_teaches(self):
        done = dev("tset")
        self.assertEqual(1, done.returncode)
        self.assertIn("no command 'tset'", done.stderr)
        self.assertIn("usage: ./dev COMMAND", done.stderr)

    def test_an_unknown_bench_group_names_the_known_ones(self):
        done = dev("bench", "agregation")
        self.assertEqual(1, done.returncode)
        self.assertIn("aggregation", done.stderr.split("there are:")[1])

    def test_the_integration_script_runs_what_a_developer_runs(self):
        self.assertIn("exec ./dev ci", (ROOT / ".ci/run").read_text())

    def test_every_script_parses(self):
        scripts = [ROOT / "dev", ROOT / ".ci/run", *sorted((ROOT / "tools/dev").glob("*.sh"))]
        self.assertGreater(len(scripts), 4)
        for script in scripts:
            done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
            self.assertEqual("", done.stderr)


if __name__ == "__main__":
    unittest.main()
