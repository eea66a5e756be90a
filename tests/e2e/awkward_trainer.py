#!/usr/bin/env python3
"""An exec trainer that does what honest ones never do: awkward_trainer.py HOW TASK_DIR.

HOW is gate=DIR, which waits at a gate (see Gate in gate.py), or the name of a function below, which
spoils what the honest trainer left.
"""
import array
import json
import os
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "client/exec/examples"))
import linear_trainer  # noqa: E402


def change(directory, edit):
    path = os.path.join(directory, "update.safetensors")
    tensors = linear_trainer.read_safetensors(path)
    edit(tensors)
    linear_trainer.write_safetensors(path, tensors)


def fill(directory, value):
    def edit(tensors):
        tensors["weight"][1][1] = value
    change(directory, edit)


def nan(directory):
    fill(directory, float("nan"))


def infinite(directory):
    fill(directory, float("-inf"))


def flat(directory):
    """The right number of values in the wrong shape."""
    def edit(tensors):
        tensors["weight"] = ([3], tensors["weight"][1])
    change(directory, edit)


def single(directory):
    """Shape (1,), which careless code would broadcast."""
    def edit(tensors):
        tensors["weight"] = ([1], array.array("f", [1.0]))
    change(directory, edit)


def garbage(directory):
    pathlib.Path(directory, "update.safetensors").write_bytes(b"\xff" * 100)


def half(directory):
    """F16 where F32 is wanted."""
    header = json.dumps({"bias": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]},
                         "weight": {"dtype": "F16", "shape": [1, 3], "data_offsets": [2, 8]}}).encode()
    header += b" " * (-len(header) % 8)
    pathlib.Path(directory, "update.safetensors").write_bytes(
        struct.pack("<Q", len(header)) + header + bytes(8))


def boast(directory):
    """10^15 examples."""
    path = pathlib.Path(directory, "metrics.json")
    metrics = json.loads(path.read_text())
    path.write_text(json.dumps(metrics | {"examples": 10**15}))


def huge(directory):
    """Far beyond the campaign's bound, in every coordinate."""
    def edit(tensors):
        for _, values in tensors.values():
            for i in range(len(values)):
                values[i] = 1e30
    change(directory, edit)


def crash(directory):
    sys.exit("boom")


def wait_at_gate(gates, directory):
    task = json.loads(pathlib.Path(directory, "task.json").read_text())
    gate = pathlib.Path(gates, f"{task['device']}-{task['kind']}-{task['round']}")
    if not gate.exists():
        return
    with open(gate / "arrived", "wb", buffering=0) as arrived, open(gate / "go", "rb", buffering=0) as go:
        arrived.write(b"1")
        go.read(1)  # Also ends when the test is gone.


def main(how, directory):
    if how.startswith("gate="):
        wait_at_gate(how.removeprefix("gate="), directory)
        linear_trainer.main(directory)
        return
    linear_trainer.main(directory)
    if os.path.exists(os.path.join(directory, "update.safetensors")):
        globals()[how](directory)


if __name__ == "__main__":
    main(*sys.argv[1:])
