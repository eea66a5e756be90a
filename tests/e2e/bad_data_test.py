"""Data at the edge that is not what the contract says: the node tells what and where, stays up and
is left out; when its file is mended it takes part again."""
import unittest

import deployment
import linear


def no_column(text):
    return "\n".join(line.rpartition(",")[0] for line in text.splitlines()) + "\n"


def text_in_most_rows(text):
    lines = text.splitlines()
    for i in range(4, len(lines)):
        cells = lines[i].split(",")
        lines[i] = ",".join([cells[0], "n/a", *cells[2:]])
    return "\n".join(lines) + "\n"


# How the file is broken, the reason for it, and what the node says of the place.
BROKEN = {
    "column": (no_column, "DATA_COLUMN_MISSING", ["column.csv", "'y'"]),
    "text": (text_in_most_rows, "DATA_BAD_ROWS", ["37 of 40 rows", "type 37", "text.csv:5", "'b'"]),
    "empty": (lambda text: "", "DATA_EMPTY", ["empty.csv"]),
    "header": (lambda text: text.splitlines()[0] + "\n", "DATA_EMPTY", ["header.csv"]),
    "absent": (None, "DATA_UNREADABLE", ["absent.csv"]),
}


class BadDataTest(deployment.DeploymentCase):
    def break_file(self, name):
        """Returns what was there before."""
        path = self.d.dir / f"{name}.csv"
        good = path.read_text()
        how = BROKEN[name][0]
        if how is None:
            path.unlink()
        else:
            path.write_text(how(good))
        return good

    def test_the_node_says_what_and_where_and_the_round_goes_on_without_it(self):
        d = self.d
        linear.start(d)
        nodes = linear.node(d, "test-1", 100, role="test") | linear.node(d, "sound", 1)
        for i, name in enumerate(BROKEN):
            nodes |= linear.node(d, name, 10 + i)
        good = {name: self.break_file(name) for name in BROKEN}
        agent = d.start_agent("edge-1", nodes)
        everyone = 1 + len(BROKEN)
        d.apply(linear.campaign("first", rounds=1, goal=everyone, minimum=1, testers=1))
        view = d.finish("first")
        self.assertEqual(1, view["rounds_published"])
        self.assertIsNone(agent.process.poll())

        for name, (_, reason, told) in BROKEN.items():
            device = d.until(f"{name} is unfit", lambda n=name: self.when(n, "unfit"))
            self.assertTrue(device["why"].startswith(reason), device["why"])
            for words in told:
                self.assertIn(words, device["why"])
            self.assertNotIn("n/a", device["why"])  # Where, but never the value: data stay here.
            self.assertIn(reason, device["marks"])
        self.assertEqual("idle", d.device("sound")["state"])

        # Mended one by one, they come back by themselves.
        for name, text in good.items():
            (d.dir / f"{name}.csv").write_text(text)
        for name in BROKEN:
            d.until(f"{name} is fit again", lambda n=name: self.when(n, "idle"))
        d.apply(linear.campaign("second", rounds=1, goal=everyone, testers=1))
        d.finish("second")
        self.assertEqual([], [f for _, f in d.facts("round/second/%") if f["type"] == "DeviceDropped"])

    def when(self, name, state):
        device = self.d.device(name)
        return device if device["state"] == state else None

    def test_too_few_rows_for_one_window_are_no_training(self):
        d = self.d
        d.start_hub()
        d.token()
        d.apply(linear.RESOURCES.replace("rows: 1", "rows: 50"))
        linear.linear_trainer.write_safetensors(d.dir / "base.safetensors", {
            "weight": ([1, 150], linear.array.array("f", [0] * 150)),
            "bias": ([1], linear.array.array("f", [0]))})
        d.muster("model", "create", "law", "--params", "base.safetensors")
        nodes = linear.node(d, "short", 1) | linear.node(d, "long", 2)
        linear.write_rows(d.dir / "long.csv", 2, rows=60)
        d.start_agent("edge-1", nodes)
        d.apply(linear.campaign(rounds=1, goal=2, minimum=1, testers=0).split("evaluation:")[0])
        d.finish("learn")
        device = d.until("the node is unfit", lambda: self.when("short", "unfit"))
        self.assertTrue(device["why"].startswith("DATA_NO_WINDOW"), device["why"])
        self.assertIn("short.csv", device["why"])


if __name__ == "__main__":
    unittest.main()
