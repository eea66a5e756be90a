"""CycloneDX's own schema accepts the bill of materials of a model."""
import json
import unittest

import foreign
from foreign import deployment

import linear


class BillOfMaterialsTest(deployment.DeploymentCase):
    @foreign.needs_npm("@cyclonedx/cyclonedx-library")
    def test_a_model_that_a_campaign_made_is_a_valid_bill_of_materials(self):
        d = self.d
        linear.start(d)
        nodes = linear.node(d, "test-1", 100, role="test") | linear.node(d, "train-1", 1)
        d.start_agent("edge", nodes)
        d.apply(linear.campaign(rounds=1, goal=1, testers=1)
                .replace("plan:\n", "plan:\n  energy: {device_watts: 15, source: datasheet}\n"))
        d.finish("learn")
        d.until("the version is under a checkpoint",
                lambda: d.run("audit", "export", "--model", "law", "--version", "2", "--format", "cyclonedx",
                              "--out", "bom.json").returncode == 0)
        self.assertIn("valid CycloneDX 1.6", foreign.node("cyclonedx.mjs", d.dir / "bom.json"))
        bom = json.loads((d.dir / "bom.json").read_text())
        self.assertIn("environmentalConsiderations", bom["components"][0]["modelCard"]["considerations"])
        # The judge is one: what the standard has not, it refuses.
        bom["components"][0]["modelCard"]["surprise"] = 1
        (d.dir / "bad.json").write_text(json.dumps(bom))
        with self.assertRaises(AssertionError):
            foreign.node("cyclonedx.mjs", d.dir / "bad.json")


if __name__ == "__main__":
    unittest.main()
