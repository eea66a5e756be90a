"""What dashboards, alerts and runbooks speak of is there."""
import json
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy/grafana/muster.json"
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
RUNBOOKS = ROOT / "docs/RUNBOOKS.md"


def documented():
    """Metric names of docs/METRICS.md, with their kind and labels."""
    out = {}
    rows = re.findall(r"^\| `(muster_\w+)` \| (\w+) \| ([^|]*)\|",
                      (ROOT / "docs/METRICS.md").read_text(), re.M)
    for name, kind, labels in rows:
        out[name] = (kind, set(re.findall(r"`(\w+)`", labels)))
    return out


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def expressions():
    """All PromQL that the dashboard and the alerts have."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in panels():
        for target in panel.get("targets", []):
            yield target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["definition"]
    for rule in re.split(r"^      - alert: ", ALERTS.read_text(), flags=re.M)[1:]:
        yield re.search(r"^        expr: (\|.*?|.*?)(?=^        \w+:)", rule, re.M | re.S).group(1)


def alerts():
    """Each alert's name with the heading of its runbook."""
    return dict(re.findall(r"^      - alert: (\w+)$.*?runbook: docs/RUNBOOKS\.md#([\w-]+)$",
                           ALERTS.read_text(), re.M | re.S))


def headings():
    text = RUNBOOKS.read_text()
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-")
            for h in re.findall(r"^## (.+)$", text, re.M)}


def code():
    """Our sources and the .proto files, as one text."""
    texts = []
    for folder in ("base", "platform", "rpc", "config", "aggregation", "drift", "registry",
                   "coordinator", "authority", "client", "cli", "proto"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in {".h", ".cc", ".proto"}:
                texts.append(file.read_text())
    return "\n".join(texts)


class DeployTest(unittest.TestCase):
    def test_every_metric_that_is_shown_or_alerted_on_is_documented(self):
        known = documented()
        self.assertGreater(len(known), 10, "the table was not read: this test would prove nothing")
        seen = set()
        for expression in expressions():
            for name in re.findall(r"\bmuster_\w+", expression):
                kind = known.get(re.sub(r"_(bucket|sum|count)$", "", name), known.get(name))
                self.assertIsNotNone(kind, f"{name} is not in docs/METRICS.md: {expression}")
                if name not in known:
                    self.assertEqual(kind[0], "histogram", f"{name} of a {kind[0]}")
                seen.add(re.sub(r"_(bucket|sum|count)$", "", name) if name not in known else name)
        self.assertEqual([], sorted(set(known) - seen), "no panel and no alert shows these")

    def test_every_label_that_is_chosen_by_is_one_of_the_metric(self):
        known = documented()
        for expression in expressions():
            for name, chosen in re.findall(r"\b(muster_\w+)\{([^}]*)\}", expression):
                for label in re.findall(r"(\w+)\s*[=!]~?", chosen):
                    self.assertIn(label, known[name][1], f"{name} has no label {label}")
            metrics = re.findall(r"\bmuster_\w+", expression)
            labels = {"le"}.union(*(known.get(m, ("", set()))[1] for m in metrics))
            for group in re.findall(r"\bby \(([^)]*)\)", expression):
                for label in filter(None, re.split(r"[,\s]+", group)):
                    self.assertIn(label, labels, f"grouped by a label that nothing has: {expression}")

    def test_panels_of_the_dashboard_do_not_lie_over_each_other(self):
        ids = [p["id"] for p in panels()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(ids), 15)
        cells = set()
        for panel in panels():
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    self.assertNotIn((x, y), cells, panel["title"])
                    cells.add((x, y))

    def test_every_alert_has_a_runbook_that_names_it(self):
        text = RUNBOOKS.read_text()
        self.assertEqual(len(alerts()), len(re.findall(r"- alert:", ALERTS.read_text())))
        self.assertGreater(len(alerts()), 10)
        for alert, heading in alerts().items():
            self.assertIn(heading, headings(), f"the runbook of {alert}")
            self.assertIn(f"`{alert}`", text, f"docs/RUNBOOKS.md does not name {alert}")
        for named in re.findall(r"`(Muster[A-Z]\w+)`", text):
            self.assertIn(named, alerts(), "docs/RUNBOOKS.md names an alert that is not there")

    def test_links_within_the_runbooks_lead_somewhere(self):
        for anchor in re.findall(r"\]\(#([\w-]+)\)", RUNBOOKS.read_text()):
            self.assertIn(anchor, headings())

    def test_events_reasons_and_fields_that_the_runbooks_name_exist(self):
        text = code() + " ".join(documented())
        for word in re.findall(r"`([a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+)`", RUNBOOKS.read_text()):
            self.assertTrue(word in text, f"docs/RUNBOOKS.md names {word}, which nothing has")

    def test_commands_and_flags_that_the_runbooks_show_exist(self):
        text = RUNBOOKS.read_text()
        sources = {"muster": "cli", "muster-edge": "client/app"}
        for program, folder in sources.items():
            source = "".join(f.read_text() for f in (ROOT / folder).rglob("*.cc"))
            known = set(re.findall(r'add_subcommand\(\s*"([\w-]+)"', source))
            if program == "muster":
                known |= set(re.findall(r'"(approve|decline|pause|resume|cancel)"', source))
            for command in re.findall(rf"(?:^    |`){program} ([a-z-]+)", text, re.M):
                self.assertIn(command, known, f"{program} {command}")
            for line in re.findall(rf"(?:^    |`){program} ([^`\n]*)", text, re.M):
                for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line):
                    self.assertIn(flag, source, f"{program} {line}")

    @unittest.skipUnless(shutil.which("promtool"), "no promtool here")
    def test_alerts_come_when_they_should_by_prometheus_own_tool(self):
        for command in (["check", "rules", ALERTS.name], ["test", "rules", "alerts_test.yaml"]):
            done = subprocess.run(["promtool", *command], cwd=ALERTS.parent, capture_output=True,
                                  text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
