#!/usr/bin/env python3
"""How long a newcomer waits: a clean build without ccache, in a tree of its own, and the suite."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from report import Report  # noqa: E402


def seconds(*argv, env=None):
    began = time.monotonic()
    subprocess.run([str(a) for a in argv], check=True, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def main():
    report = Report(__doc__)
    cores = f"{os.cpu_count()} cores, without ccache"
    tree = tempfile.mkdtemp()
    try:
        cold = dict(os.environ, CCACHE_DISABLE="1")
        spent = seconds("cmake", "--preset", "release", "-B", tree, env=cold)
        spent += seconds("ninja", "-C", tree, "--quiet", env=cold)
    finally:
        shutil.rmtree(tree)
    report.add("build", "clean_seconds", spent, cores, 12 * 60)
    report.add("build", "test_seconds", seconds(ROOT / "dev", "test"), "./dev test, already built",
               8 * 60)
    report.finish()


if __name__ == "__main__":
    main()
