"""Confluent's clients, unmodified, find in musterd a schema registry."""
import pathlib
import subprocess
import unittest

import foreign
from foreign import deployment

PYTHON = pathlib.Path("/usr/bin/python3")  # The one that Debian's packages belong to.


def has_confluent_kafka():
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", "import confluent_kafka.schema_registry"],
                                              capture_output=True).returncode == 0


class SchemaRegistryTest(deployment.DeploymentCase):
    def url(self):
        self.d.start_hub()
        return f"http://{self.d.programs['musterd'].http}"

    @unittest.skipUnless(has_confluent_kafka(),
                         "SKIPPED: python3-confluent-kafka is not here; ./dev deps --interop brings it")
    def test_confluent_kafka_of_debian_is_content(self):
        url = self.url()
        done = subprocess.run([PYTHON, foreign.HERE / "confluent_client.py", url], capture_output=True, text=True,
                              timeout=deployment.DEADLINE)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        # What it did is recorded, and outlives the process.
        self.d.programs["musterd"].kill()
        self.d.start_coordinator()
        types = [fact["type"] for stream, fact in self.d.facts("subject/%")]
        self.assertTrue(types)

    @foreign.needs_npm("@confluentinc/schemaregistry")
    def test_the_javascript_client_is_content(self):
        self.assertIn("is content", foreign.node("confluent.mjs", self.url()))


if __name__ == "__main__":
    unittest.main()
