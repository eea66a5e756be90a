"""`muster stats`: a fleet's rows are counted, by devices that show none of them."""
import hashlib
import json
import math
import random
import time
import unittest

import deployment
import linear

CONTRACT = """\
kind: Contract
name: plant
fields:
  - {name: site, type: TEXT}
  - {name: heat, type: FLOAT, unit: Cel, min: 0, max: 100}
  - {name: starts, type: INTEGER, unit: "1", min: 0, max: 50}
"""
RARE = 97.5  # Only the first device ever comes here.
BINS = 20


class Rows:
    """One device's rows, as written and as a direct computation sees them."""

    def __init__(self, path, seed, rows=120, rare=False):
        draw = random.Random(seed)
        self.heat = [min(94.9, max(0.1, draw.gauss(45 + seed, 12))) for _ in range(rows)]
        self.starts = [draw.randrange(0, 51) for _ in range(rows)]
        for i in range(0, rows, 15):
            self.heat[i] = None
        if rare:
            self.heat[1] = RARE
        lines = ["site,heat,starts"]
        for heat, starts in zip(self.heat, self.starts):
            lines.append(f"hamburg,{'' if heat is None else repr(heat)},{starts}")
        path.write_text("\n".join(lines) + "\n")


def pooled(rows, field):
    """All devices' values in one list, sorted, and how many rows have none."""
    cells = [cell for each in rows for cell in getattr(each, field)]
    return sorted(float(c) for c in cells if c is not None), cells.count(None)


class StatsTest(deployment.DeploymentCase):
    def start(self, devices=7, refusing=1):
        """`devices` that count, and `refusing` whose site allows no statistics."""
        d = self.d
        d.start_hub()
        d.token()
        d.apply(CONTRACT)
        rows, nodes, others = [], {}, {}
        for i in range(devices):
            path = d.dir / f"press-{i}.csv"
            rows.append(Rows(path, seed=i, rare=i == 0))
            nodes[f"press-{i}"] = ({"role": "press"}, path, linear.TRAINER)
        d.start_agent("open", nodes)
        for i in range(refusing):
            path = d.dir / f"closed-{i}.csv"
            Rows(path, seed=50 + i)
            others[f"closed-{i}"] = ({"role": "press"}, path, linear.TRAINER)
        if others:
            d.start_agent("closed", others, policy="policy: {statistics: false}")
        d.until("all are enrolled", lambda: len(d.devices()) == devices + refusing)
        return rows

    def assert_pooled(self, rows, found, bins, fine):
        """`found` is what a direct computation over all rows says: exactly, but for quantiles, which
        are within a bin of width `fine` parts of the range."""
        values, nulls = pooled(rows, found["name"])
        lo, hi = float(found["lo"]), float(found["hi"])
        self.assertEqual(len(values), found["count"])
        self.assertEqual(nulls, found["nulls"])
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
        self.assertAlmostEqual(mean, float(found["mean"]), delta=2e-6 * (hi - lo))
        self.assertAlmostEqual(spread, float(found["stddev"]), delta=2e-6 * (hi - lo))
        for quantile in found["quantiles"]:
            at = min(len(values) - 1, int(float(quantile["p"]) * len(values)))
            self.assertAlmostEqual(values[at], float(quantile["value"]), delta=(hi - lo) * fine)
        counts = [0] * bins
        for v in values:
            counts[min(bins - 1, int((v - lo) / (hi - lo) * bins))] += 1
        for mine, theirs in zip(counts, found["histogram"]):
            if theirs is not None:
                self.assertEqual(mine, theirs)

    def test_what_comes_back_is_what_pooled_rows_would_say_and_no_bin_of_a_few(self):
        d = self.d
        rows = self.start()
        answer = d.json("stats", "--contract", "plant")
        result = answer["result"]
        # The site that allows no statistics is left out, and nothing waits for it.
        self.assertEqual(7, result["devices"])
        self.assertEqual(["heat", "starts"], [f["name"] for f in result["fields"]])
        for found in result["fields"]:
            self.assert_pooled(rows, found, BINS, fine=1 / BINS)
        heat = result["fields"][0]
        self.assertIsNone(heat["histogram"][int(RARE / 100 * BINS)])
        holders = [sum(any(c is not None and int(c / 5) == b for c in each.heat) for each in rows)
                   for b in range(BINS)]
        for devices, cell in zip(holders, heat["histogram"]):
            if 0 < devices < 5:
                self.assertIsNone(cell)
        self.assertGreater(sum(cell is not None for cell in heat["histogram"]), BINS // 4)

        # The digest is of the answer itself, and the same question finds it without asking anybody.
        canonical = json.dumps(result, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual("sha256:" + hashlib.sha256(canonical.encode()).hexdigest(), answer["digest"])
        facts, began = len(d.facts()), time.monotonic()
        again = d.json("stats", "--contract", "plant@1", "--field", "starts", "--field", "heat")
        self.assertEqual(answer, again)
        self.assertEqual(facts, len(d.facts()))
        self.assertLess(time.monotonic() - began, 10)

        table = d.muster("stats", "--contract", "plant")
        self.assertIn("plant version 1: 7 devices", table)
        self.assertRegex(table, r"heat +Cel +784 +56 ")
        self.assertIn("fewer than 5 devices stand behind it", table)
        described = d.muster("describe", "campaign", answer["campaign"])
        self.assertIn("2 of 2 done", described)
        self.assertIn("Found over 7 devices", described)

    def test_a_large_cohort_counts_in_several_sessions_whose_sums_are_added(self):
        d = self.d
        rows = self.start(devices=8, refusing=0)
        d.apply("kind: Statistics\nname: in-parts\ncontract: plant\nfields: [heat]\nbins: 10\nleast: 3\n"
                "quantiles: [0.5]\nenrolled_at_least: 8\nreport_window: 20s\nsecure: {session: 5}\n")
        view = d.finish("in-parts")
        result = json.loads(view["statistics_json"])
        self.assertEqual(8, result["devices"])
        self.assert_pooled(rows, result["fields"][0], 10, fine=1 / 10)
        opened = [fact for _, fact in d.facts("secure/%") if fact["type"] == "SecureSumOpened"]
        self.assertEqual(4, len(opened))  # Two sessions a pass.

    def test_a_killed_coordinator_goes_on_counting_where_it_was(self):
        d = self.d
        rows = self.start(refusing=0)
        d.apply("kind: Statistics\nname: through-kills\ncontract: plant\nfields: [heat]\n"
                "report_window: 20s\n")
        for step, fact in (("1-1", "KeysAdvertised"), ("2-1", "SharesDealt")):
            d.until(f"{fact} in pass {step}", lambda: any(
                f["type"] == fact for _, f in d.facts(f"secure/through-kills/{step}%")))
            d.programs["musterd"].kill()
            d.start_coordinator()
        result = json.loads(d.finish("through-kills")["statistics_json"])
        self.assertEqual(7, result["devices"])
        self.assert_pooled(rows, result["fields"][0], BINS, fine=1 / BINS)

    def test_what_cannot_be_asked_is_refused_with_a_remedy(self):
        d = self.d
        self.start(devices=2, refusing=0)
        for arguments, said in (
                (["--contract", "plnt"], "plant"),
                (["--contract", "plant", "--field", "haet"], "did you mean 'heat'?"),
                (["--contract", "plant", "--field", "site"], "only FLOAT and INTEGER fields"),
                (["--contract", "plant"], "2 devices match"),
                (["--contract", "plant", "--where", "role=pump"], "0 devices match role=pump")):
            done = d.run("stats", *arguments)
            self.assertEqual(1, done.returncode, arguments)
            self.assertIn(said, done.stderr)
        self.assertEqual([], d.json("get", "campaigns")["campaigns"])
        path = d.dir / "question.yaml"
        path.write_text("kind: Statistics\nname: q\ncontract: plant\nbins: 5000\n")
        done = d.run("apply", "-f", path)
        self.assertIn(f"{path}:4:1: statistics.bins: 5000 is not in", done.stderr)


if __name__ == "__main__":
    unittest.main()
