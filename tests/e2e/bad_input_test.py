"""What a user gets for files that are wrong, and that nothing of them is applied."""
import contextlib
import json
import socket
import subprocess
import tempfile
import unittest

import deployment
import linear

CONTRACT, MODEL = linear.RESOURCES.split("---\n")


class BadInputTest(deployment.DeploymentCase):
    @classmethod
    def setUpClass(cls):
        # One coordinator for all: what is refused leaves no trace, which each test checks.
        cls.hub = deployment.Deployment(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="muster-e2e-")))
        cls.addClassCleanup(cls.hub.close)
        cls.hub.start_hub()

    def setUp(self):
        self.d = self.hub

    def refused(self, text, *told, code=1):
        """Applied as `bad.yaml`, the text is refused with these words, and nothing changed."""
        d = self.d
        facts = len(d.facts())
        (d.dir / "bad.yaml").write_text(text)
        done = d.run("apply", "-f", "bad.yaml")
        self.assertEqual(code, done.returncode, done.stderr)
        for words in told:
            self.assertIn(words, done.stderr)
        self.assertEqual(facts, len(d.facts()), "something was applied in part")
        return done

    def test_an_unknown_field_is_named_with_its_place_and_the_nearest_name(self):
        bad = linear.campaign().replace("rounds: 3", "rouns: 3")
        line = 1 + bad.splitlines().index("  rouns: 3")
        self.refused(bad, f"bad.yaml:{line}:3: plan.rouns", "did you mean 'rounds'", "(FIELD_UNKNOWN)")

    def test_a_field_set_twice_is_named_with_its_place(self):
        bad = linear.campaign().replace("  seed: 7\n", "  seed: 7\n  seed: 8\n")
        line = 2 + bad.splitlines().index("  seed: 7")
        self.refused(bad, f"bad.yaml:{line}:3: plan.seed", "(FIELD_DUPLICATE)")

    def test_a_value_of_the_wrong_type_is_named_with_its_place(self):
        for good, wrong in (("rounds: 3", "rounds: three"), ("rounds: 3", "rounds: -1"),
                            ("rounds: 3", "rounds: 2.5"), ("rounds: 3", "rounds: [3]"),
                            ("rounds: 3", "rounds: 99999999999999999999")):
            with self.subTest(wrong):
                bad = linear.campaign().replace(good, wrong)
                line = 1 + bad.splitlines().index("  " + wrong)
                self.refused(bad, f"bad.yaml:{line}:11: plan.rounds", "(FIELD_INVALID)")

    def test_all_mistakes_of_a_file_are_told_at_once(self):
        bad = linear.campaign().replace("rounds: 3", "rouns: 3").replace("batch: 8", "batch: eight")
        self.refused(bad, "plan.rouns", "training.batch")

    def test_text_that_is_no_yaml_and_kinds_that_do_not_exist_are_refused(self):
        self.refused("kind: [Campaign\nname: x\n", "bad.yaml:")
        self.refused("kind: Campain\nname: x\n", "bad.yaml:1:", "Campaign")
        self.refused("name: x\n", "bad.yaml:1:1", "kind")
        self.refused("[" * 20000, "bad.yaml:")

    def test_one_bad_document_keeps_the_good_ones_before_and_after_it_out(self):
        good = CONTRACT.replace("name: plant", "name: fine")
        self.refused(f"{good}---\n{CONTRACT.replace('fields:', 'feilds:')}---\n"
                     f"{good.replace('fine', 'finer')}", "did you mean 'fields'")
        # What only the server can judge, likewise, and judged by what the file brings.
        self.refused(f"{good}---\n{MODEL}", "contract")
        model = MODEL.replace("contract: plant", "contract: fine")
        self.refused(f"{good}---\n{model.replace('[a, b, c]', '[a, d]')}", "bad.yaml:",
                     "input.features[1]", "(CONTRACT_MISMATCH)")
        self.refused(f"{good}---\n{model.replace('field: y', 'field: z')}", "label.field")

    def test_a_bad_file_beside_a_good_one_keeps_both_out(self):
        d = self.d
        facts = len(d.facts())
        (d.dir / "good.yaml").write_text(CONTRACT.replace("name: plant", "name: beside"))
        (d.dir / "bad.yaml").write_text("kind: Contract\nnam: x\n")
        done = d.run("apply", "-f", "good.yaml", "-f", "bad.yaml")
        self.assertEqual(1, done.returncode)
        self.assertIn("bad.yaml:2:1: nam", done.stderr)
        self.assertEqual(facts, len(d.facts()))

    def test_a_model_whose_features_the_contract_does_not_have_is_refused_at_apply(self):
        d = self.d
        d.apply(CONTRACT.replace("name: plant", "name: works"))
        works = MODEL.replace("contract: plant", "contract: works")
        self.refused(works.replace("[a, b, c]", "[a, b, speed]"), "bad.yaml:4:", "input.features[2]",
                     "speed", "(CONTRACT_MISMATCH)")
        self.refused(works.replace("field: y", "field: z"), "label.field", "(CONTRACT_MISMATCH)")
        d.apply(works.replace("name: law", "name: works-law"))

    def test_a_campaign_for_what_is_not_there_is_refused(self):
        self.refused(linear.campaign(), "bad.yaml:", "model", "law", "(RESOURCE_NOT_FOUND)")
        self.refused(linear.campaign(rounds=0), "plan.rounds", "(FIELD_INVALID)")

    def test_a_dry_run_judges_and_changes_nothing(self):
        d = self.d
        facts = len(d.facts())
        (d.dir / "dry.yaml").write_text(CONTRACT.replace("name: plant", "name: dry"))
        self.assertIn("dry", d.muster("apply", "--dry-run", "-f", "dry.yaml"))
        self.assertEqual(facts, len(d.facts()))

    def test_parameters_that_are_no_safetensors_make_no_version(self):
        d = self.d
        d.apply(CONTRACT.replace("name: plant", "name: store") + "---\n"
                + MODEL.replace("contract: plant", "contract: store").replace("name: law", "name: stored"))
        (d.dir / "bad.safetensors").write_bytes(b"\xff" * 64)
        done = d.run("model", "create", "stored", "--params", "bad.safetensors")
        self.assertEqual(1, done.returncode)
        self.assertIn("ARTEFACT_INVALID", done.stderr)
        self.assertEqual([], d.json("model", "show", "stored")["versions"])

    def test_usage_is_exit_code_2_and_refusal_1_and_no_server_3(self):
        d = self.d
        done = d.run("aply", "-f", "x")
        self.assertEqual(2, done.returncode)
        self.assertIn("apply", done.stderr)
        self.assertEqual(2, d.run("apply").returncode)
        self.assertEqual(1, d.run("get", "campaign", "nobody").returncode)
        self.assertEqual(1, d.run("apply", "-f", "not-there.yaml").returncode)
        with contextlib.closing(socket.socket()) as taken:
            taken.bind(("127.0.0.1", 0))  # Bound, and nobody listens.
            done = d.run("--server", "127.0.0.1:%d" % taken.getsockname()[1], "get", "campaigns")
        self.assertEqual(3, done.returncode, done.stderr)

    def test_errors_are_json_when_json_was_asked_for(self):
        done = self.d.run("get", "campaign", "nobody", "-o", "json")
        self.assertEqual("RESOURCE_NOT_FOUND", json.loads(done.stderr)["error"]["reason"])

    def test_an_agent_with_a_bad_file_says_where_and_does_not_start(self):
        d = self.d
        (d.dir / "edge.yaml").write_text("state_dir: x\nnodes:\n  - name: n\n    pipline: {}\n")
        done = subprocess.run([deployment.BIN / "muster-edge", "--config", "edge.yaml"], cwd=d.dir,
                                         capture_output=True, text=True, timeout=deployment.DEADLINE)
        self.assertEqual(1, done.returncode)
        self.assertIn("edge.yaml:4:5: nodes[0].pipline", done.stderr)
        self.assertIn("did you mean 'pipeline'", done.stderr)


if __name__ == "__main__":
    unittest.main()
