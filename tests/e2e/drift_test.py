"""`muster-edge drift` on real turbofan data: a reference of the first half of a site's rows, the rest
replayed as it is, and once more with one sensor off by three deviations from a drawn row on."""
import csv
import json
import lzma
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(os.environ.get("MUSTER_BIN", "build/bin"))
DATA = pathlib.Path(os.environ.get("MUSTER_DATA", "")) / "cmapss/train_FD001.txt.xz"
COLUMNS = ["unit", "cycle", "set1", "set2", "set3"] + [f"s{i}" for i in range(1, 22)]
SENSORS = ["s2", "s3", "s4", "s7", "s11", "s12", "s15", "s17", "s20", "s21"]
HEALTHY = 60  # Cycles of each engine's life: later, its wear is drift.
SEED = int(os.environ.get("MUSTER_SEED", "20"))

CONTRACT = "kind: Contract\nname: turbofan\nfields:\n" + "".join(
    f"  - {{name: {s}, type: FLOAT, unit: \"1\", min: 0, max: 10000}}\n" for s in SENSORS)
EDGE = """\
join_file: none.join
nodes:
  - name: site
    pipeline: {ingest: {csv: {path: %s}}, train: {torchscript: {}}}
"""
MONITORS = """\
monitors:
  - {name: level, kind: change, one_false_alarm_in: 1000000, config: {delta: 1}}
  - {name: shape, kind: input, window: 300, rate: 1e-9}
  - {name: bounds, kind: range}
  - {name: frozen, kind: stuck, rows: 30}
"""


def healthy_rows():
    """Rows of healthy engines, shuffled: engines differ, so neighbours must not be one engine's."""
    text = lzma.open(DATA, "rt").read()
    rows = [dict(zip(COLUMNS, line.split())) for line in text.splitlines()]
    rows = [r for r in rows if int(r["cycle"]) <= HEALTHY]
    random.Random(1).shuffle(rows)
    return rows


@unittest.skipUnless(DATA.is_file(), "SKIPPED: MUSTER_DATA names no folder with cmapss/")
class DriftTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.rows = healthy_rows()
        self.half = len(self.rows) // 2
        self.write("contract.yaml", CONTRACT)
        self.write("monitors.yaml", MONITORS)
        self.site("sound", self.rows)
        said = self.edge("reference", "--config", "sound.yaml", "--contract", "contract.yaml",
                         "--share", "0.5", "--out", "ref.json")
        self.assertIn(f"{self.half} rows", said.stdout)

    def write(self, name, text):
        (self.dir / name).write_text(text, encoding="utf-8")

    def site(self, name, rows):
        with (self.dir / f"{name}.csv").open("w", newline="") as out:
            writer = csv.DictWriter(out, SENSORS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        self.write(f"{name}.yaml", EDGE % f"{name}.csv")

    def edge(self, *args, code=0):
        done = subprocess.run([str(BIN.resolve() / "muster-edge"), "drift", *map(str, args)],
                              capture_output=True, text=True, cwd=self.dir, timeout=60)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def check(self, name, *more, code=0):
        return self.edge("check", "--config", f"{name}.yaml", "--contract", "contract.yaml",
                         "--monitors", "monitors.yaml", "--reference", "ref.json", "--rows",
                         f"{self.half + 1}:", *more, code=code)

    def test_healthy_rows_raise_no_alarm(self):
        self.assertRegex(self.check("sound").stdout, r"level +change +0 +0  -")

    def test_a_sensor_that_is_off_is_named_soon_and_no_other_one_is(self):
        draw = random.Random(SEED)
        sensor = draw.choice(SENSORS)
        onset = self.half + draw.randrange(300, 2000)
        off = 3 * statistics.pstdev(float(r[sensor]) for r in self.rows)
        self.site("broken", [r if i < onset else r | {sensor: float(r[sensor]) + off}
                             for i, r in enumerate(self.rows)])
        found = json.loads(self.check("broken", "-o", "json", "--html", "drift.html", code=4).stdout)
        where = f"seed={SEED} {sensor} from row {onset + 1}"
        began = [f for f in found["findings"] if f["phase"] == "began"]
        self.assertEqual({sensor}, {f["field"] for f in began}, where)
        level = [f["to"]["row"] for f in began if f["monitor"] == "level"]
        shape = [f["to"]["row"] for f in began if f["monitor"] == "shape"]
        self.assertTrue(0 <= level[0] - (onset + 1) <= 60, f"{where}: told at {level[0]}")
        self.assertTrue(0 <= shape[0] - (onset + 1) <= 600, f"{where}: told at {shape[0]}")
        page = (self.dir / "drift.html").read_text(encoding="utf-8")
        self.assertIn(f"<h2>{sensor} of site</h2>", page)
        self.assertIn("<svg", page)
        self.assertNotIn("<script", page)

    def test_a_mistake_is_told_by_file_line_and_nearest_name(self):
        for text, said in [
                ("monitors:\n  - {name: a, kind: range,\n     windw: 50}\n",
                 r"monitors.yaml:3:\d+: .*windw.*did you mean 'window'.*FIELD_UNKNOWN"),
                ("monitors:\n  - {name: a, kind: spike, fields: [s2, s33]}\n",
                 r"monitors.yaml:2:\d+: .*'s33'.*did you mean 's3'.*FIELD_INVALID"),
                ("monitors:\n  - {name: a, kind: rnge}\n", r"monitors.yaml:2:\d+: .*'range'")]:
            self.write("monitors.yaml", text)
            self.assertRegex(self.check("sound", code=1).stderr, said)
        self.write("monitors.yaml", MONITORS)
        for rows in ("9:3", "0:3", "all", "-1:", "1:2:3"):
            self.assertRegex(self.edge("check", "--config", "sound.yaml", "--contract", "contract.yaml",
                                       "--monitors", "monitors.yaml", f"--rows={rows}", code=1).stderr,
                             "--rows.*FIELD_INVALID")
        self.assertRegex(self.check("sound", "--node", "other", code=1).stderr, "RESOURCE_NOT_FOUND")
        self.write("ref.json", "{}")
        self.assertRegex(self.check("sound", code=1).stderr, "ref.json.*ARTEFACT_INVALID")
        (self.dir / "ref.json").unlink()
        self.assertRegex(self.check("sound", code=1).stderr, "drift reference. makes it")
        self.edge("check", "--config", "sound.yaml", code=2)


if __name__ == "__main__":
    if not DATA.is_file():
        print("SKIPPED: set MUSTER_DATA to a folder with cmapss/train_FD001.txt.xz", file=sys.stderr)
    unittest.main()
