"""What a device loads is certified for its hardware; what it ran is one question; who it is can be
erased while the log stays whole."""
import base64
import datetime
import json
import subprocess
import sys
import unittest
import urllib.request

import deployment
import linear

MODEL_GATE = "gates: {hardware: {certified: [jetson-nano]}}\n"


class TrustTest(deployment.DeploymentCase):
    def start(self, nodes, policy="", gate=""):
        d = self.d
        linear.start(d)
        if gate:
            d.apply(linear.RESOURCES + gate)
        d.start_agent("edge", nodes, policy=policy)

    def learn(self, name="learn", **more):
        self.d.apply(linear.campaign(name, **{"goal": 1, "testers": 0, "rounds": 1, **more}))
        return name

    def everything_signed(self):
        facts = len(self.d.facts())
        self.d.until("everything is under a checkpoint", lambda: self.size() >= facts)

    def size(self):
        address = self.d.programs["musterd"].http
        with urllib.request.urlopen(f"http://{address}/log/checkpoint", timeout=deployment.DEADLINE) as reply:
            return int(reply.read().decode().splitlines()[1])

    def marks(self, name):
        return self.d.device(name).get("marks", {})

    def test_a_model_is_loaded_only_by_hardware_that_it_is_certified_for(self):
        d = self.d
        self.start(linear.node(d, "train-1", 1), policy="hardware: jetson-nano", gate=MODEL_GATE)
        self.learn(recruit_window="3600s", report_window="3600s")
        d.until("the device was refused", lambda: "HARDWARE_NOT_CERTIFIED" in self.marks("train-1"))
        self.assertEqual("jetson-nano", d.device("train-1")["hardware"])
        self.assertEqual(0, d.campaign("learn").get("rounds_published", 0))
        self.assertEqual("paused", d.watch("learn", lambda v: v["phase"] == "paused")["phase"])
        d.muster("model", "certify", "law", 1, "--hardware", "jetson-nano")
        d.muster("campaign", "resume", "learn")
        d.finish("learn")
        # What came of it is another version, which nobody has certified yet.
        self.learn("second", recruit_window="3600s", report_window="3600s")
        self.assertEqual("paused", d.watch("second", lambda v: v["phase"] == "paused")["phase"])
        d.muster("model", "certify", "law", 2, "--hardware", "jetson-nano")
        d.muster("campaign", "resume", "second")
        d.finish("second")

    def test_what_a_device_ran_at_an_instant_is_one_question(self):
        d = self.d
        self.start(linear.node(d, "train-1", 1) | linear.node(d, "test-1", 100, role="test"))
        self.learn(rounds=2, testers=1)
        d.finish("learn")
        versions = {v["params_digest"]: int(v["version"]) for v in d.json("model", "show", "law")["versions"]}

        newest = d.json("device", "history", "train-1")["entries"][0]
        self.assertEqual(("train", "2", "counted"), (newest["kind"], newest["round"], newest["outcome"]))
        self.assertEqual(versions[newest["params_digest"]], int(newest["version"]))
        every = d.json("device", "history", "train-1", "--most", 10)["entries"]
        self.assertEqual(["2", "1"], [e["round"] for e in every])
        first = every[1]
        self.assertEqual("1", first["version"])
        asked = d.json("device", "history", d.device("train-1")["id"], "--most", 10)
        self.assertEqual(every, asked["entries"])
        evaluated = d.json("device", "history", "test-1")["entries"][0]
        self.assertEqual(("evaluate", "evaluated", "3"),
                         (evaluated["kind"], evaluated["outcome"], evaluated["version"]))
        self.assertEqual([], d.json("device", "history", "train-1", "--at", "2020-01-01").get("entries", []))
        self.assertIn("law@1", d.muster("device", "history", "train-1", "--most", 10))
        self.evidence_of_runs(int(first["at_unix_ms"]))

    def evidence_of_runs(self, first_asked):
        """What stands behind what a device ran, in one file that two programs check without the server."""
        d = self.d
        self.everything_signed()
        key = d.data_dir / "log/key.pub"
        at = datetime.datetime.fromtimestamp(first_asked / 1000, datetime.timezone.utc)
        at = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        d.muster("audit", "export", "--device", "train-1", "--at", at, "--out", "first.json")
        d.muster("audit", "export", "--device", "test-1", "--out", "evaluated.json")
        d.muster("audit", "export", "--device", "train-1", "--at", at, "--format", "html", "--out", "first.html")
        never = d.run("audit", "export", "--device", "train-1", "--at", "2020-01-01")
        self.assertEqual(1, never.returncode)
        self.assertIn("had been given no model by", never.stderr)
        self.assertEqual(1, d.run("audit", "export", "--device", "nobody").returncode)
        pseudonym = d.device("train-1")["id"]
        self.assertIn("What the device ran", (d.dir / "first.html").read_text())
        for file in ("first.json", "evaluated.json", "first.html"):
            self.assertNotRegex((d.dir / file).read_text(), "train-1|test-1")

        run = d.json("audit", "verify", "first.json", "--key", key)["run"]
        self.assertEqual((pseudonym, "learn", "1", "1"), (run["device"], run["campaign"], run["round"], run["version"]))
        self.assertIn(f"device {pseudonym} ran law version 1 at {at}, leaf {run['leaf']}",
                      d.muster("audit", "verify", "first.json", "--key", key))
        self.assertEqual("3", d.json("audit", "verify", "evaluated.json", "--key", key)["run"]["version"])
        elsewhere = self.verify_elsewhere("first.json", key)
        self.assertEqual(0, elsewhere.returncode, elsewhere.stdout + elsewhere.stderr)
        self.assertIn(f"device {pseudonym} ran {run['params_digest']} at {at}, leaf {run['leaf']}", elsewhere.stdout)
        self.assertEqual(0, self.verify_elsewhere("evaluated.json", key).returncode)

        bundle = json.loads((d.dir / "first.json").read_text())
        for change in ({"at": "2099-01-01T00:00:00.000Z"}, {"at": "2020-01-01T00:00:00.000Z"}, {"device": "0" * 32}):
            changed = {**bundle, "question": {**bundle["question"], **change}}
            (d.dir / "changed.json").write_text(
                json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
            refused = d.run("audit", "verify", "changed.json", "-o", "json")
            self.assertEqual(1, refused.returncode)
            self.assertEqual("ARTEFACT_INVALID", json.loads(refused.stderr)["error"]["reason"])
            self.assertEqual(1, self.verify_elsewhere("changed.json", key).returncode)

    def verify_elsewhere(self, bundle, key):
        return subprocess.run([sys.executable, deployment.ROOT / "docs/verify_evidence.py", self.d.dir / bundle, key],
                              capture_output=True, text=True, timeout=deployment.DEADLINE)

    def test_no_fact_tells_whose_device_it_is_and_the_log_outlives_the_answer(self):
        d = self.d
        name = "annas-car-4711"
        self.start(linear.node(d, name, 1) | linear.node(d, "bobs-car-0815", 2)
                   | linear.node(d, "test-1", 100, role="test"))
        # One that reports a failure in words that have its name.
        (d.dir / f"{name}.csv").write_text("a,b,c,y\n1,2,x,4\n")
        self.learn(goal=2, minimum=1, testers=1)
        d.until("the failure is recorded", lambda: any(
            fact["type"] == "DeviceDropped" for _, fact in d.facts("round/%")))
        d.finish("learn")
        self.everything_signed()
        pseudonym = d.device(name)["id"]
        history = d.json("device", "history", name, "--most", 10)["entries"]
        self.assertTrue(history)
        d.muster("audit", "export", "--model", "law", "--out", "before.json")

        self.assertIn(pseudonym, d.muster("device", "forget", name))
        self.assertEqual(1, d.run("get", "device", name).returncode)
        self.assertEqual(history, d.json("device", "history", pseudonym, "--most", 10)["entries"])
        self.everything_signed()
        d.muster("audit", "export", "--model", "law", "--out", "after.json")
        for bundle in ("before.json", "after.json"):
            d.muster("audit", "verify", bundle, "--key", d.data_dir / "log/key.pub")
        d.programs["edge"].stop()
        d.programs["musterd"].stop()
        self.assertEqual(0, d.run("fsck", d.data_dir).returncode)
        facts = json.dumps(d.facts())
        for someone in (name, "bobs-car-0815", "test-1"):
            self.assertNotIn(someone, facts)
        # Nothing at the coordinator knows any more, neither its tables nor what lies beside them.
        for file in d.data_dir.rglob("*"):
            if file.is_file():
                self.assertNotIn(name.encode(), file.read_bytes(), file)
        d.start_coordinator()
        self.assertNotIn(name, d.devices())

    def test_secure_rounds_show_pseudonyms_alone(self):
        d = self.d
        nodes = {}
        for i in range(8):  # Their errors are a secure sum, too.
            nodes |= linear.node(d, f"owner-{i}-car", i, role="train" if i < 5 else "test")
        self.start(nodes)
        secure = "secure: {least: 3, corrupt: 0.1, dropout: 0.2, window: 20s}\n"
        d.apply(linear.campaign(rounds=1, goal=5, testers=3) + secure)
        d.finish("learn")
        facts = d.facts()
        self.assertTrue(any(fact["type"] == "KeysAdvertised" for _, fact in facts))
        for stream, fact in facts:
            if fact["type"] == "KeysAdvertised":
                fact["keys"] = decoded(fact["keys"])
            self.assertNotRegex(json.dumps(fact), r"owner-\d-car", stream)


def decoded(base64url):
    return base64.urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4)).decode("latin-1")


if __name__ == "__main__":
    unittest.main()
