"""What both demos of the closed loop share: nodes that serve a model on rows that come, and a clock
that waits for the loop, so that months pass in minutes."""
import collections
import json
import pathlib
import time

from programs import Failed, Run

PATIENCE = 180  # Seconds for anything that the loop does by itself.


class Node:
    """One device's rows: a CSV file that grows, and what it predicted of them."""

    def __init__(self, folder, name, header):
        self.name = name
        self.csv = folder / "rows" / f"{name}.csv"
        self.served = folder / "served" / f"{name}.jsonl"
        for file in (self.csv, self.served):
            file.parent.mkdir(exist_ok=True)
        self.csv.write_text(",".join(header) + "\n", encoding="ascii")

    def append(self, rows):
        with open(self.csv, "a", encoding="ascii") as out:
            out.writelines(",".join(map(str, row)) + "\n" for row in rows)

    def predictions(self):
        if not self.served.exists():
            return []
        return [json.loads(line) for line in self.served.read_text(encoding="utf-8").splitlines()]

    def count(self):
        return self.served.read_bytes().count(b"\n") if self.served.exists() else 0


class LoopRun(Run):
    def agent(self, number, nodes, labels, model, alias="champion"):
        lines = [f"state_dir: edge-{number}-state", "join_file: join.token",
                 f"torch: {{worker: {self.bin / 'muster-torch'}}}", "telemetry: {every: 1s}", "nodes:"]
        for node in nodes:
            lines += [f"  - name: {node.name}",
                      f"    labels: {{{', '.join(f'{k}: {v}' for k, v in labels.items())}}}",
                      "    pipeline:",
                      f"      ingest: {{csv: {{path: rows/{node.name}.csv}}}}",
                      "      train: {torchscript: {}, windows: all}",
                      f"      serve: {{model: {model}, alias: {alias}, poll: 200ms, sinks: "
                      f"[{{file: {{path: served/{node.name}.jsonl}}}}]}}"]
        self.start_agent(f"edge-{number}", "\n".join(lines) + "\n")

    def apply_text(self, name, text):
        (self.run / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.muster("apply", "-f", f"{name}.yaml")

    def view(self, kind, name):
        return json.loads(self.muster("get", kind, name, "-o", "json"))

    def until(self, what, look, patience=PATIENCE):
        """What `look` gives once it is true; the loop itself needs nobody to look."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.1)
        raise Failed(f"{what}: not within {patience} s")

    def train_first(self, campaign):
        return self.until(f"campaign {campaign}", lambda: self.done(campaign), 600)

    def done(self, campaign):
        view = self.view("campaign", campaign)
        if view["phase"] in ("paused", "cancelled", "failed"):
            raise Failed(f"campaign {campaign} is {view['phase']}: {view.get('why', '')}")
        return view if view["phase"] == "completed" else None

    def await_watching(self, monitor, version=None):
        """Until the monitor has the reference of the version in service."""
        def look():
            view = self.view("monitor", monitor)
            right = version is None or int(view.get("version", 0)) == version
            return view if view["phase"] == "watching" and right else None
        return self.until(f"monitor {monitor}", look)

    def await_served(self, nodes, rows):
        """Until each of the nodes has predicted so many rows in all, by its name."""
        self.until("predictions of all rows", lambda: all(node.count() >= rows[node.name] for node in nodes))

    def await_version(self, number, nodes, version):
        """Until each of the nodes of an agent serves this version, as its log tells."""
        log = self.fleet.logs / f"edge-{number}.log"

        def serves():
            text = log.read_text(encoding="utf-8", errors="replace")
            return all(f"version_serves node={node.name} model={self.model} version={version} " in text
                       for node in nodes)
        self.until(f"version {version} in service", serves)

    def windows(self, monitor):
        return [w for w in self.view("monitor", monitor).get("windows", []) if not w.get("reference")]

    def await_window(self, monitor, after):
        """The first window of the monitor with a greater epoch, judged or not."""
        def look():
            new = [w for w in self.windows(monitor) if int(w["epoch"]) > after]
            return new[0] if new else None
        return self.until(f"a window of {monitor} after {after}", look)

    def is_due(self, trigger):
        """Whether what the trigger waits for has come, and it has not fired for it yet."""
        view = self.view("trigger", trigger)
        return view["phase"] in ("armed", "cooling") and view["explanation"]["parts"][0].get("met", False)

    def await_settled(self, trigger):
        """Until the trigger has fired for what has come, and nothing that it began is going on; what came
        of it."""
        self.until("a decision", lambda: not self.is_due(trigger))

        def look():
            view = self.view("trigger", trigger)
            return view if view["phase"] in ("armed", "cooling", "suspended") else None
        return self.until(f"trigger {trigger}", look, 600)

    @staticmethod
    def firings(view):
        return view.get("firings", [])

    def report(self, monitor, path):
        self.muster("drift", "report", monitor, "--html", str(path))


def measure(window, name):
    """The mean of one measure of a window; None without rows that have it."""
    for found in window.get("measures", []):
        if found["name"] == name and int(found.get("count", 0)) > 0:
            return float(found["mean"])
    return None


def spread(rows, nodes):
    """Rows dealt to the nodes in turn, as time goes on."""
    dealt = collections.defaultdict(list)
    for i, row in enumerate(rows):
        dealt[i % len(nodes)].append(row)
    for i, node in enumerate(nodes):
        node.append(dealt[i])


def fill(path, **values):
    """A YAML template with its capital words filled in."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(key, str(value))
    return text
