"""What tests of this folder share: deployments, and other people's programs where they are."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import deployment  # noqa: E402

NODE_MODULES = pathlib.Path(os.environ.get("MUSTER_INTEROP", HERE.parents[1] / "build/interop"))


def needs_npm(package):
    """Skips, aloud, where ./dev deps --interop has not brought the npm package."""
    there = shutil.which("node") and (NODE_MODULES / "node_modules" / package).is_dir()
    return unittest.skipUnless(there, f"SKIPPED: npm's {package} is not here; ./dev deps --interop brings it")


def node(script, *args):
    """Runs a script of this folder under node; returns what it printed."""
    done = subprocess.run(["node", HERE / script, *map(str, args)], capture_output=True, text=True,
                          env=dict(os.environ, MUSTER_INTEROP=str(NODE_MODULES)), timeout=deployment.DEADLINE)
    if done.returncode != 0:
        raise AssertionError(f"{script}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout
