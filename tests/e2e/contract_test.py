"""Versions of a contract as an operator makes them: judged by what they would break, shown, imported."""
import json
import tempfile
import unittest

import deployment
import linear

CONTRACT, MODEL = linear.RESOURCES.split("---\n")

PUMP = {
    "@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"],
    "@id": "dtmi:com:example:Pump;1", "@type": "Interface", "displayName": "Pump",
    "contents": [
        {"@type": ["Telemetry", "Pressure"], "name": "outlet", "schema": "double", "unit": "kilopascal"},
        {"@type": "Telemetry", "name": "measured", "schema": "dateTime"},
        {"@type": "Command", "name": "stop"},
    ],
}


class ContractTest(deployment.DeploymentCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = deployment.Deployment(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="muster-e2e-")))
        cls.addClassCleanup(cls.hub.close)
        cls.hub.start_hub()

    def contract(self, name, *changes):
        text = CONTRACT.replace("name: plant", f"name: {name}")
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def file(self, text, name="contract.yaml"):
        (self.hub.dir / name).write_text(text)
        return name

    def test_a_break_is_refused_with_every_path_and_can_be_made_on_purpose(self):
        d = self.hub
        d.apply(self.contract("works"))
        bad = self.file(self.contract("works", ('name: a, type: FLOAT, unit: "1"', 'name: a, type: FLOAT, unit: K'),
                                      ("name: b, type: FLOAT", "name: b, type: INTEGER")))
        facts = len(d.facts())
        check = d.run("contract", "check", "-f", bad, "-o", "json")
        self.assertEqual(1, check.returncode, check.stderr)
        self.assertEqual(["fields[a].unit", "fields[b].type"],
                         [b["difference"]["path"] for b in json.loads(check.stdout)["breaks"]])
        done = d.run("apply", "-f", bad)
        self.assertEqual(1, done.returncode, done.stdout)
        line = 1 + (d.dir / bad).read_text().splitlines().index(
            '  - {name: a, type: FLOAT, unit: K, min: -1, max: 1}')
        for words in (f"{bad}:{line}:28: contract works", "UNIT_CHANGED at fields[a].unit", "TYPE_NARROWED at fields[b].type",
                      "(CONTRACT_INCOMPATIBLE)", "compatibility: NONE"):
            self.assertIn(words, done.stderr)
        self.assertEqual(facts, len(d.facts()), "a refused contract left a trace")

        d.apply(self.contract("works", ("name: works", "name: works\ncompatibility: NONE")))
        self.assertIn("created (version 3)", d.muster("apply", "-f", bad))
        diff = d.json("contract", "diff", "works", "1", "3")
        self.assertEqual(["TYPE_NARROWED", "UNIT_CHANGED"], sorted(x["kind"] for x in diff["differences"]))
        self.assertFalse(diff["backward"])
        self.assertIn("UNIT_CHANGED", d.muster("contract", "diff", "works"))

    def test_rules_of_a_contract_survive_a_restart(self):
        d = self.hub
        d.apply(self.contract("ruled", ("name: ruled", "name: ruled\nowner: ann@example.com\nfreshness: 1h\n"
                                        "time_field: when\nrows: {out_of_range: KEEP, max_bad_share: 0.1}\n"
                                        "compatibility: FULL_TRANSITIVE"),
                              ("fields:", "fields:\n  - {name: when, type: TIMESTAMP}")))
        before = d.json("get", "contract", "ruled")
        d.programs["musterd"].kill()
        d.start_coordinator()
        self.assertEqual(before, d.json("get", "contract", "ruled"))
        self.assertEqual("FULL_TRANSITIVE", before["contract"]["compatibility"])
        self.assertIn("the newest row at most 1h old, by when", d.muster("describe", "contract", "ruled"))

    def test_a_digital_twin_is_imported_and_what_is_left_out_is_told(self):
        d = self.hub
        file = self.file(json.dumps(PUMP), "pump.json")
        done = d.run("contract", "import", "--dtdl", file, "--name", "pump", "--apply")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("contract/pump created (version 1)\n", done.stdout)
        self.assertIn("left out: contents[stop]: a Command is no value of a row", done.stderr)
        fields = d.json("get", "contract", "pump")["contract"]["fields"]
        self.assertEqual([("outlet", "FLOAT", "kPa"), ("measured", "TIMESTAMP", "")],
                         [(f["name"], f["type"], f["unit"]) for f in fields])
        printed = d.muster("contract", "import", "--dtdl", file, "--name", "pump")
        self.assertIn("contract/pump unchanged", d.muster("apply", "-f", self.file(printed, "pump.yaml")))


if __name__ == "__main__":
    unittest.main()
