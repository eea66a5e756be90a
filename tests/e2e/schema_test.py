"""Schemas from the command line, over real certificates: what Confluent's clients see over HTTP."""
import json
import subprocess
import unittest
import urllib.request

import deployment


def avro(*fields):
    return json.dumps({"type": "record", "name": "Order", "fields": [
        {"name": name, "type": kind, **({"default": default} if default is not None else {})}
        for name, kind, default in fields]})


ONE = avro(("id", "long", None))
TWO = avro(("id", "long", None), ("note", "string", ""))
BROKEN = avro(("id", "string", None), ("place", "string", None))


class SchemaTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        for name, text in (("one", ONE), ("two", TWO), ("broken", BROKEN)):
            (self.d.dir / f"{name}.avsc").write_text(text)

    def http(self, path):
        url = f"http://{self.d.programs['musterd'].http}{path}"
        with urllib.request.urlopen(url, timeout=deployment.DEADLINE) as answer:
            return json.load(answer)

    def refused(self, *args):
        done = self.d.run("schema", *args)
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_a_subject_lives_through_register_check_diff_delete_and_a_kill(self):
        d = self.d
        d.start_hub()
        self.assertIn("has a new version 1", d.muster("schema", "register", "orders", "one.avsc"))
        self.assertIn("has it already: version 1", d.muster("schema", "register", "orders", "one.avsc"))
        self.assertIn("nothing breaks BACKWARD", d.muster("schema", "check", "orders", "two.avsc"))
        self.assertIn("has a new version 2", d.muster("schema", "register", "orders", "two.avsc"))
        # Confluent's clients find the same.
        self.assertEqual([1, 2], self.http("/subjects/orders/versions"))
        self.assertEqual(json.loads(TWO), json.loads(d.muster("schema", "get", "orders")))
        self.assertEqual(json.loads(ONE), json.loads(d.muster("schema", "get", "--id", 1)))

        told = self.refused("check", "orders", "broken.avsc")
        for path in ("/fields/0/type", "/fields/1"):
            self.assertIn(path, told)
        told = self.refused("register", "orders", "broken.avsc")
        self.assertIn("/fields/0/type", told)
        self.assertIn("(SCHEMA_INCOMPATIBLE)", told)
        self.assertEqual([1, 2], self.http("/subjects/orders/versions"))
        diff = d.json("schema", "diff", "orders", 1, "broken.avsc")
        self.assertFalse(diff["backward"])
        self.assertGreaterEqual(len(diff["differences"]), 2)

        d.muster("schema", "config", "orders", "--level", "FULL_TRANSITIVE")
        self.assertEqual({"compatibilityLevel": "FULL_TRANSITIVE"}, self.http("/config/orders"))
        self.assertIn("deleted version 1", d.muster("schema", "delete", "orders", 1))
        d.programs["musterd"].kill()
        d.start_coordinator()
        self.assertEqual([2], self.http("/subjects/orders/versions"))
        self.assertEqual("FULL_TRANSITIVE", d.json("schema", "config", "orders")["level"])
        listed = d.json("schema", "list", "orders", "--deleted")["schemas"]
        self.assertEqual([True, False], [s["deleted"] for s in listed])
        self.assertEqual({"operator/admin"}, {s["created_by"] for s in listed})
        # Each change is a fact that names who made it.
        facts = [fact for _, fact in d.facts("subject/orders")]
        self.assertEqual(["SubjectVersionRegistered", "SubjectVersionRegistered", "SubjectConfigured",
                          "SubjectVersionsDeleted"], [fact["type"] for fact in facts])
        self.assertEqual({"operator/admin"}, {fact["by"] for fact in facts})

    def test_an_import_keeps_numbers_and_ids(self):
        d = self.d
        d.start_hub()
        self.assertIn("(MODE_FORBIDS)",
                      self.refused("register", "old", "one.avsc", "--as-version", 4, "--as-id", 90))
        d.muster("schema", "mode", "old", "--set", "IMPORT")
        d.muster("schema", "register", "old", "one.avsc", "--as-version", 4, "--as-id", 90)
        d.muster("schema", "mode", "old", "--reset")
        self.assertEqual(90, self.http("/subjects/old/versions/4")["id"])

    def test_what_is_no_schema_is_refused_with_its_file_and_place(self):
        d = self.d
        d.start_hub()
        (d.dir / "torn.avsc").write_text('{"type": "record"')
        told = self.refused("register", "torn", "torn.avsc")
        self.assertIn("torn.avsc", told)
        self.assertIn("(SCHEMA_INVALID)", told)
        self.assertEqual([], self.http("/subjects"))
        done = subprocess.run([deployment.BIN / "muster", "schema", "list", "--help"], capture_output=True, text=True,
                              timeout=deployment.DEADLINE)
        self.assertIn("muster schema list --prefix", done.stdout)


if __name__ == "__main__":
    unittest.main()
