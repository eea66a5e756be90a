"""Versions through their gates: several operators with roles, over real certificates, and kills."""
import json
import subprocess
import unittest

import deployment
import linear

CONTRACT, MODEL = linear.RESOURCES.split("---\n")
GATES = """\
gates:
  metric: {name: rmse, margin: 0}
  approvals: {count: 2, role: reviewer}
  hardware: {certified: [x86-64]}
"""
ROLES = """\
roles:
  reviewer: [ann, bob]
  release-manager: [cy]
"""


class PromotionTest(deployment.DeploymentCase):
    def hub(self, roles=ROLES, gates=GATES):
        """A coordinator with versions 1 to 3 of `law`, by admin, with an rmse of 3, 2 and 4."""
        d = self.d
        (d.dir / "roles.yaml").write_text(roles)
        d.start_authority()
        self.start()
        d.apply(CONTRACT + "---\n" + MODEL + gates)
        linear.write_base(d.dir / "base.safetensors")
        for rmse in (3, 2, 4):
            (d.dir / "report.yaml").write_text(f"metrics: {{rmse: {{value: {rmse}}}}}\n")
            d.muster("model", "create", "law", "--params", "base.safetensors", "--report", "report.yaml")
        return d

    def start(self):
        return self.d.start_coordinator("--roles", self.d.dir / "roles.yaml")

    def add(self, name):
        d = self.d
        done = subprocess.run(
            [deployment.BIN / "musterd", "--data-dir", d.data_dir, "--add-operator", name],
            capture_output=True, text=True, timeout=deployment.DEADLINE)
        self.assertEqual(0, done.returncode, done.stderr)
        # Handed over: it works from wherever it is put.
        (d.dir / "people").mkdir(exist_ok=True, mode=0o700)
        subprocess.run(["mv", done.stdout.strip(), d.dir / "people" / name], check=True)
        return d.dir / "people" / name

    def by(self, name, *args):
        place = self.d.dir / "people" / name
        if not place.exists():
            self.add(name)
        return subprocess.run(
            [str(a) for a in (deployment.BIN / "muster", "--data-dir", place, *args)],
            capture_output=True, text=True, cwd=self.d.dir, timeout=deployment.DEADLINE)

    def done(self, name, *args):
        done = self.by(name, *args)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def refused(self, name, *args, reason):
        done = self.by(name, *args)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn(reason, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def champion(self):
        view = self.d.json("model", "show", "law")
        return int(view["aliases"].get("champion", 0))

    def types(self):
        return [fact["type"] for _, fact in self.d.facts("model/law")]

    def test_a_version_is_promoted_once_others_have_approved_and_certified_it(self):
        d = self.hub()
        told = self.refused("cy", "promote", "law", 1, reason="GATE_REFUSED")
        self.assertIn("approvals  refused  0 of 2", told)
        self.assertIn("hardware   refused  not certified on x86-64", told)
        self.assertIn("metric     passed", told)
        # Neither who made it nor who is no reviewer may say yes.
        done = d.run("model", "approve", "law", 1)
        self.assertIn("(APPROVAL_BY_AUTHOR)", done.stderr)
        self.refused("cy", "model", "approve", "law", 1, reason="(ROLE_MISSING)")
        self.assertEqual(0, self.champion())
        for reviewer in ("ann", "bob"):
            self.done(reviewer, "model", "approve", "law", 1, "--comment", "fine")
        self.done("ann", "model", "certify", "law", 1, "--hardware", "x86-64")
        # Who approved it and then asks is not counted.
        self.assertIn("operator/bob promotes it",
                      self.refused("bob", "promote", "law", 1, "--dry-run", reason="GATE_REFUSED"))
        self.assertIn("law:champion is version 1", self.done("cy", "promote", "law", 1))
        self.assertEqual(1, self.champion())
        types = self.types()
        self.assertEqual(1, types.count("PromotionRefused"))
        self.assertEqual(2, types.count("ModelActionDenied"))
        self.assertEqual(2, types.count("VersionApproved"))
        self.assertEqual("AliasMoved", types[-1])

    def test_there_is_no_way_round_the_gates(self):
        d = self.hub()
        self.refused("ann", "model", "alias", "set", "law", "champion", 3, reason="(GATE_REFUSED)")
        self.refused("ann", "promote", "law", 3, "--override", "let me", reason="(ROLE_MISSING)")
        (d.dir / "loose.yaml").write_text(MODEL)
        self.refused("ann", "apply", "-f", "loose.yaml", reason="(ROLE_MISSING)")
        self.assertEqual(0, self.champion())
        self.done("cy", "promote", "law", 3, "--override", "incident 42")
        self.assertEqual(3, self.champion())
        self.refused("ann", "model", "alias", "remove", "law", "champion", reason="(GATE_REFUSED)")
        why = [fact["why"] for _, fact in d.facts("model/law") if fact["type"] == "PromotionOverridden"]
        self.assertEqual(["incident 42"], why)

    def test_history_and_rollback_outlive_a_kill(self):
        d = self.hub(gates="gates: {metric: {name: rmse}}\n")
        for version in (1, 2):
            self.done("ann", "promote", "law", version)
        self.assertIn("2 worse than 2 of version 2",
                      self.refused("ann", "promote", "law", 3, reason="GATE_REFUSED"))
        d.programs["musterd"].kill()
        self.start()
        self.assertIn("law:champion is version 1 (was version 2)", self.done("ann", "rollback", "law"))
        moves = json.loads(self.done("ann", "model", "history", "law", "-o", "json"))["moves"]
        self.assertEqual([1, 2, 1], [int(move["version"]) for move in moves])
        self.assertEqual(["promotion", "promotion", "rollback"], [move["how"] for move in moves])
        then = json.loads(self.done("ann", "model", "history", "law", "--alias", "champion", "--at",
                                    "2001-01-01", "-o", "json"))
        self.assertEqual([], then["moves"])

    def test_versions_are_found_by_what_they_are(self):
        self.hub(gates="")
        self.done("ann", "model", "tag", "law", 2, "env=prod")
        found = json.loads(self.done("ann", "model", "search",
                                     'tags.env = "prod" and metrics.rmse < 3', "-o", "json"))
        self.assertEqual(["2"], [v["version"] for v in found["versions"]])
        self.refused("ann", "model", "search", "metrics.rmse <", reason="filter: column 15")

    def test_a_list_of_roles_that_is_wrong_stops_the_start(self):
        d = self.d
        (d.dir / "roles.yaml").write_text("roles:\n  reviewer: [ann]\n  Boss: [cy]\n")
        done = subprocess.run([deployment.BIN / "musterd", "--roles", d.dir / "roles.yaml",
                               "--check-config"], capture_output=True, text=True, timeout=60)
        self.assertEqual(1, done.returncode)
        self.assertIn("roles.yaml:3:3: roles.Boss:", done.stderr)

    def test_operators_are_added_once_and_by_names_that_are_names(self):
        self.hub(gates="")
        self.add("ann")
        for name, reason in (("admin", "NAME_TAKEN"), ("../x", "NAME_INVALID"), ("a b", "NAME_INVALID")):
            done = subprocess.run([deployment.BIN / "musterd", "--data-dir", self.d.data_dir,
                                   "--add-operator", name], capture_output=True, text=True, timeout=60)
            self.assertEqual(1, done.returncode)
            self.assertIn(reason, done.stderr)


if __name__ == "__main__":
    unittest.main()
