"""The closed loop over real processes, as `./dev demo --drift` runs it, with a small fleet: a fault whose onset,
sensor, direction and engines are drawn from the seed is found and dealt with; without one nothing happens."""
import os
import pathlib
import sys
import tempfile
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))
sys.dont_write_bytecode = True
import drift  # noqa: E402

BIN = pathlib.Path(os.environ.get("MUSTER_BIN", "build/bin"))
DATA = pathlib.Path(os.environ.get("MUSTER_DATA", "")) / "cmapss"
SEEDS = [int(seed) for seed in os.environ.get("MUSTER_LOOP_SEEDS", "1,2").split(",")]


@unittest.skipUnless(DATA.is_dir(), "SKIPPED: MUSTER_DATA names no folder with cmapss/")
class LoopTest(unittest.TestCase):
    def fly(self, seed, healthy):
        with tempfile.TemporaryDirectory() as folder:
            demo = drift.Drift(types.SimpleNamespace(
                bin=BIN, run_dir=pathlib.Path(folder) / "run", data=DATA, seed=seed, healthy=healthy, engines=60,
                rounds=6, first_rounds=20, windows=10 if not healthy else 4))
            try:
                return demo.go()
            except Exception:
                for log in sorted(demo.fleet.logs.glob("*.log")):
                    print(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
                raise
            finally:
                demo.fleet.stop()

    def test_a_fault_is_found_and_a_version_that_knows_it_comes_into_service(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                found = self.fly(seed, healthy=False)
                self.assertIn(found["alarm_delay_windows"], (1, 2), found)
                self.assertGreaterEqual(found["triggers"], 1, found)
                self.assertIsNotNone(found["rmse_after"], found)

    def test_without_a_fault_no_campaign_starts(self):
        fired = {seed: self.fly(seed, healthy=True)["triggers"] for seed in SEEDS}
        self.assertLessEqual(sum(fired.values()), 1, fired)


if __name__ == "__main__":
    unittest.main()
