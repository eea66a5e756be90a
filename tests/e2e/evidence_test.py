"""An auditor takes evidence away and checks it without the server, by two programs of which one is
not ours; a history that was rewritten is not served."""
import contextlib
import json
import sqlite3
import subprocess
import sys
import unittest
import urllib.request

import deployment
import linear

VERIFIER = deployment.ROOT / "docs/verify_evidence.py"


class EvidenceTest(deployment.DeploymentCase):
    def learn(self, rounds=2, energy="", baseline=False):
        d = self.d
        linear.start(d)
        nodes = linear.node(d, "test-1", 100, role="test")
        for i in (1, 2):
            nodes |= linear.node(d, f"train-{i}", i)
        d.start_agent("edge", nodes)
        evaluation = f"evaluation:\n  baseline: {json.dumps(baseline)}\n"
        d.apply(linear.campaign(rounds=rounds, goal=2, testers=1).replace("plan:\n", "plan:\n" + energy)
                .replace("evaluation:\n", evaluation))
        d.finish("learn")
        d.muster("model", "alias", "set", "law", "champion", str(rounds + 1))

    def http(self, path):
        address = self.d.programs["musterd"].http
        with urllib.request.urlopen(f"http://{address}{path}", timeout=deployment.DEADLINE) as reply:
            return reply.read()

    def size(self):
        """Facts under the last signed checkpoint."""
        return int(self.http("/log/checkpoint").decode().splitlines()[1])

    def export(self, *more, name="law.json"):
        """Evidence that has everything which is in the journal now."""
        d = self.d
        facts = len(d.facts())
        d.until("everything is under a checkpoint", lambda: self.size() >= facts)
        d.muster("audit", "export", "--model", "law", "--out", name, *more)
        return d.dir / name

    def verify_elsewhere(self, bundle, key):
        return subprocess.run([sys.executable, VERIFIER, bundle, key], capture_output=True, text=True,
                              timeout=deployment.DEADLINE)

    def judge_beside_version_1(self):
        """A version is held against what its own campaign measured of the one in place, which records nothing."""
        d = self.d
        baseline = d.json("model", "show", "law@3")["lineage"]["baseline"]
        self.assertEqual(("1", 1, 1), (baseline["version"], baseline["devices"], baseline["both"]))
        self.assertIn("rmse", baseline["metrics"])
        d.muster("model", "alias", "set", "law", "champion", "1")
        d.apply(linear.RESOURCES.split("---\n")[1] + "gates: {metric: {name: rmse, margin: -1}}\n")
        told = d.muster("promote", "law", "3", "--dry-run")
        self.assertIn("of version 1 on the same device, by the values alone; it must be 1 better", told)
        d.muster("promote", "law", "3")

    def test_what_stands_behind_a_version_is_checked_without_the_server(self):
        d = self.d
        self.learn(baseline=True)
        self.judge_beside_version_1()
        bundle = self.export("--version", "champion")
        key = (d.data_dir / "log/key.pub").read_text().strip()
        self.assertEqual(key, self.http("/log/key").decode().strip())
        d.programs["musterd"].kill()

        verified = d.json("audit", "verify", bundle, "--key", d.data_dir / "log/key.pub")
        self.assertEqual(("law", "3", True), (verified["model"], verified["version"], verified["key_given"]))
        self.assertIn("rmse", verified["metrics"])
        streams = {json.loads(leaf["leaf"])["stream"] for leaf in json.loads(bundle.read_text())["leaves"]}
        self.assertEqual({"model/law", "contract/plant", "campaign/learn", "round/learn/0/1", "round/learn/1/1",
                          "round/learn/2/1"}, streams)
        done = self.verify_elsewhere(bundle, key)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn(verified["params_digest"], done.stdout)

        # One byte of one fact.
        text = bundle.read_text()
        changed = d.dir / "changed.json"
        changed.write_text(text.replace("operator/admin", "operator/abmin", 1))
        refused = d.run("audit", "verify", changed, "-o", "json")
        self.assertEqual(1, refused.returncode)
        self.assertEqual("PROOF_INVALID", json.loads(refused.stderr)["error"]["reason"])
        self.assertEqual(1, self.verify_elsewhere(changed, key).returncode)
        # Cut short.
        changed.write_text(text[:-100])
        self.assertIn("ARTEFACT_INVALID", d.run("audit", "verify", changed).stderr)

    def test_every_form_of_evidence_is_written(self):
        d = self.d
        self.learn(rounds=1)
        bom = json.loads(self.export("--format", "cyclonedx", name="bom.json").read_text())
        self.assertEqual(("CycloneDX", "1.6"), (bom["bomFormat"], bom["specVersion"]))
        self.assertEqual("law", bom["components"][0]["name"])
        events = json.loads(self.export("--format", "cloudevents", name="events.json").read_text())
        self.assertIn("muster.ModelVersionCreated", {event["type"] for event in events})
        self.assertIn("evidence, not a verdict", self.export("--format", "html", name="r.html").read_text())
        self.assertIn("training.rounds", self.export("--format", "csv", name="r.csv").read_text())

    def test_a_version_says_what_it_took_by_what_its_campaign_declared(self):
        d = self.d
        self.learn(rounds=2, energy="  energy: {device_watts: 15, source: datasheet}\n")
        spent = [fact["device_ms"] for _, fact in d.facts("campaign/learn") if fact["type"] == "RoundSucceeded"]
        versions = {int(v["version"]): v for v in d.json("model", "show", "law")["versions"]}
        self.assertNotIn("energy", versions[1])
        for version, ms in zip((2, 3), spent, strict=True):
            energy = versions[version]["energy"]
            self.assertAlmostEqual(15 * ms / 3.6e9, energy["kwh"], 12)
            self.assertEqual(f"15 W a device (datasheet) times {ms / 1000:g} s between the task and the update, 1 round",
                             energy["source"])
        self.assertIn("kWh, by 15 W a device (datasheet)", d.muster("model", "show", "law@3"))
        bom = json.loads(self.export("--format", "cyclonedx", name="bom.json").read_text())
        said = bom["components"][0]["modelCard"]["considerations"]["environmentalConsiderations"]
        self.assertAlmostEqual(versions[3]["energy"]["kwh"], said["energyConsumptions"][0]["activityEnergyCost"]["value"])

    def test_a_killed_coordinator_signs_on_where_it_was(self):
        d = self.d
        d.start_hub()
        d.apply(linear.RESOURCES)
        d.until("the contract is under a checkpoint", lambda: self.size() >= len(d.facts()) >= 2)
        before = self.http("/log/checkpoint").decode()
        d.programs["musterd"].kill()
        d.start_coordinator()
        d.muster("apply", "-f", "apply.yaml")  # Changes nothing.
        self.assertEqual(before, self.http("/log/checkpoint").decode())

    def fsck(self):
        done = self.d.run("fsck", self.d.data_dir, "-o", "json")
        report = json.loads(done.stdout)
        self.assertEqual(0 if report["ok"] else 1, done.returncode)
        return report["ok"], [f["detail"] for f in report["findings"] if not f["ok"]]

    def change_facts(self, change, stream):
        with contextlib.closing(sqlite3.connect(self.d.data_dir / "journal.db")) as db:
            db.execute(f"update facts set {change} where stream = ?", (stream,))
            db.commit()

    def test_fsck_names_what_is_damaged(self):
        d = self.d
        linear.start(d)
        self.assertIn("DATA_DIR_IN_USE", d.run("fsck", d.data_dir).stderr + d.programs["musterd"].said())
        digest = d.json("model", "show", "law")["versions"][0]["params_digest"]
        d.until("the version is under a checkpoint", lambda: self.size() >= len(d.facts()))
        d.programs["musterd"].stop()
        self.assertEqual((True, []), self.fsck())

        blob = next((d.data_dir / "blobs").rglob(digest.removeprefix("sha256:")[2:]))
        whole = blob.read_bytes()
        blob.chmod(0o600)
        blob.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        ok, bad = self.fsck()
        self.assertTrue(not ok and digest in bad[0] and "model/law version 1" in bad[0], bad)
        blob.unlink()
        self.assertIn("is missing", self.fsck()[1][0])
        blob.write_bytes(whole)
        self.assertEqual((True, []), self.fsck())

        self.change_facts("fact = replace(fact, 'plant', 'plane')", "model/law")
        self.assertTrue(any("leaf" in detail for detail in self.fsck()[1]))
        self.change_facts("fact = replace(fact, 'plane', 'plant')", "model/law")
        self.assertEqual((True, []), self.fsck())
        self.change_facts("fact = fact || ' '", "contract/plant")
        self.assertTrue(any("canonical" in detail for detail in self.fsck()[1]))

    def test_a_history_that_was_rewritten_is_not_served(self):
        d = self.d
        d.start_hub()
        d.apply(linear.RESOURCES)
        d.until("the contract is under a checkpoint", lambda: self.size() >= len(d.facts()) >= 2)
        d.programs["musterd"].stop()
        self.change_facts("fact = replace(fact, 'operator/admin', 'operator/other')", "model/law")
        program = d.launch("musterd", "musterd", "--data-dir", d.data_dir, "--authority-key",
                           d.authority_dir / "authority.pub", "--listen", d.server, "--http", "127.0.0.1:0")
        self.assertEqual(1, program.process.wait(deployment.DEADLINE))
        self.assertIn("LOG_ALTERED", program.said())


if __name__ == "__main__":
    unittest.main()
