"""How a bench in Python tells its figures: as bench/report.h does, the same table and JSON."""
import argparse
import json


class Report:
    """Collects figures; a missed budget is reported and never fails the program."""

    def __init__(self, description, argv=None):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--json", metavar="FILE", help="append one JSON object per figure")
        self.options = parser.parse_args(argv)
        self.figures = []
        if self.options.json:
            with open(self.options.json, "a", encoding="utf-8"):
                pass  # Better to fail now than after the measuring.

    def add(self, bench, metric, value, baseline, budget, at_most=True):
        ok = value <= budget if at_most else value >= budget
        figure = {"bench": bench, "metric": metric, "value": value, "baseline": baseline,
                  "budget": budget, "ok": ok}
        self.figures.append((figure, "<=" if at_most else ">="))
        if self.options.json:
            with open(self.options.json, "a", encoding="utf-8") as file:
                file.write(json.dumps(figure, separators=(",", ":")) + "\n")

    def finish(self):
        print(f"{'bench':<24} {'metric':<22} {'value':>12}    {'budget':>12}  {'ok':<4} baseline")
        for f, sign in self.figures:
            print(f"{f['bench']:<24} {f['metric']:<22} {f['value']:>12.5g} {sign} "
                  f"{f['budget']:>12.5g}  {'yes' if f['ok'] else 'NO':<4} {f['baseline']}")
