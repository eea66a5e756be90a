#!/usr/bin/env python3
"""The demo, timed from its first program to its table: what a newcomer waits for, and the figure
that they get. Runs as `./dev demo` does, on the same data."""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from report import Report  # noqa: E402


def main():
    report = Report(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        result = pathlib.Path(scratch) / "demo.json"
        subprocess.run([sys.executable, str(ROOT / "demo/run.py"), "--bin", str(ROOT / "build/bin"),
                        "--run-dir", scratch + "/run", "--json", str(result)],
                       check=True, stdout=subprocess.DEVNULL)
        figures = json.loads(result.read_text())
    told = f"{figures['rounds']} rounds, {figures['engines']} engines, {figures['data']} data"
    report.add("demo", "seconds", figures["seconds"], told, 90)
    if figures["data"] == "cmapss":
        compared = (f"centralised {figures['rmse_centralised']:.2f}, "
                    f"alone {figures['rmse_alone']:.2f}")
        report.add("demo", "rmse_cycles", figures["rmse_federated"], compared, 15.0)
    report.finish()


if __name__ == "__main__":
    main()
