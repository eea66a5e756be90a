"""Stops a trainer at a known point: awkward_trainer.py waits where a Gate stands."""
import os
import select
import shutil

import deployment


class Gate:
    """At `device`'s training task of `round`; made before that round. Two FIFOs: the trainer writes
    to `arrived` and reads from `go`."""

    def __init__(self, gates, device, round_number):
        self.path = gates / f"{device}-train-{round_number}"
        self.path.mkdir(parents=True)
        self.ends = {}
        for name in ("arrived", "go"):
            os.mkfifo(self.path / name)
            # Open in both directions, so that no side ever waits for the other to open.
            self.ends[name] = os.open(self.path / name, os.O_RDWR | os.O_NONBLOCK)

    def await_arrival(self):
        ready, _, _ = select.select([self.ends["arrived"]], [], [], deployment.DEADLINE)
        if not ready:
            raise AssertionError(f"no trainer came to {self.path.name}")
        os.read(self.ends["arrived"], 1)

    def open(self):
        """Lets the trainer go on, and those that come later pass."""
        os.write(self.ends["go"], b"1")
        self.remove()

    def remove(self):
        """The same, but whoever waits is told nothing."""
        for end in self.ends.values():
            os.close(end)
        self.ends = {}
        shutil.rmtree(self.path, ignore_errors=True)
