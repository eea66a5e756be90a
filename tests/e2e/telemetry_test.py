"""What people at a site say reaches the coordinator, once, over TLS, whatever is killed meanwhile; what
was true stays on the site's disk."""
import http.client
import json
import os
import stat
import subprocess
import unittest

import deployment
import linear


class TelemetryTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        d = self.d
        linear.start(d)
        d.start_agent("edge", linear.node(d, "train-1", 1))
        self.state = d.dir / "edge-state"

    def feedback(self, *args, code=0):
        done = subprocess.run(
            [str(deployment.BIN / "muster-edge"), "feedback", "--config", self.d.dir / "edge.yaml", *args],
            capture_output=True, text=True, cwd=self.d.dir, timeout=deployment.DEADLINE)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def metric(self, name):
        """The sum over a metric's labels, as the coordinator counts since its start."""
        host, _, port = self.d.programs["musterd"].http.rpartition("=")[2].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=deployment.DEADLINE)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name + "{"))

    def taken(self):
        return self.metric("muster_telemetry_records_total")

    def spool(self):
        return sorted((self.state / "nodes/train-1/telemetry").glob("feedback-*"))

    def test_a_tap_arrives_once_over_kills_of_the_coordinator_and_the_agent(self):
        d = self.d
        self.feedback("--false-positive", "--id", "tap-1", "--by", "ann")
        d.until("the tap has arrived", lambda: self.taken() == 1)
        self.assertIn("Said before", self.feedback("--false-positive", "--id", "tap-1"))
        d.programs["musterd"].kill()
        self.feedback("--missed", "--id", "tap-2", "--outcome", "bearing replaced")
        d.programs["edge"].kill()
        # Nobody runs: it goes to the spool all the same, and each id says it once.
        self.assertIn("Taken", self.feedback("--confirmed", "--id", "tap-3"))
        self.assertIn("Said before", self.feedback("--missed", "--id", "tap-2"))
        self.assertTrue(self.spool())
        d.start_coordinator()
        d.restart_agent("edge")
        d.until("what was kept has arrived", lambda: self.taken() >= 2)
        d.until("and is let go of", lambda: not self.spool())
        self.assertEqual(2, self.taken())
        # What was acknowledged does not come again.
        d.programs["edge"].stop()
        d.restart_agent("edge")
        self.feedback("--confirmed", "--id", "tap-4")
        d.until("the next has arrived", lambda: self.taken() >= 3)
        self.assertEqual(3, self.taken())
        self.assertEqual(0, self.metric("muster_telemetry_refused_total"))

    def test_a_label_stays_on_the_device(self):
        d = self.d
        self.feedback("--label", "112.625", "--field", "y", "--about", "2026-05-03T12:00:00Z")
        d.until("the verdict has arrived", lambda: self.taken() == 1)
        labels = json.loads((self.state / "nodes/train-1/labels.json").read_text())["labels"]
        self.assertEqual([("y", "112.625")], [(label["field"], label["value"]) for label in labels])
        for path in d.data_dir.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"112.625", path.read_bytes(), path)

    def test_programs_of_the_machine_call_with_the_token_and_nobody_without(self):
        file = self.state / "local-api.json"
        self.assertEqual(0o600, stat.S_IMODE(os.stat(file).st_mode))
        api = json.loads(file.read_text())

        def call(body, token, path="/v1/feedback", method="POST"):
            connection = http.client.HTTPConnection(api["host"], api["port"], timeout=deployment.DEADLINE)
            connection.request(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})
            reply = connection.getresponse()
            answer = json.loads(reply.read())
            connection.close()
            return reply.status, answer

        tap = json.dumps({"node": "train-1", "verdict": "missed", "id": "program-1"})
        self.assertEqual((200, {"id": "program-1", "taken": True}), call(tap, api["token"]))
        self.assertEqual((200, {"id": "program-1", "taken": False}), call(tap, api["token"]))
        self.assertEqual(401, call(tap, None)[0])
        self.assertEqual(401, call(tap, "0" * 64)[0])
        self.assertEqual(404, call(tap, api["token"], "/v1/labels")[0])
        self.assertEqual(405, call(None, api["token"], method="GET")[0])
        status, answer = call('{"verdict": "maybe"}', api["token"])
        self.assertEqual((400, "PAYLOAD_INVALID"), (status, answer["reason"]))
        other = call(json.dumps({"node": "train-9", "verdict": "missed"}), api["token"])
        self.assertEqual((404, "RESOURCE_NOT_FOUND"), (other[0], other[1]["reason"]))
        self.d.until("the one tap has arrived", lambda: self.taken() == 1)

    def test_wrong_usage_is_said(self):
        self.feedback(code=2)
        self.feedback("--missed", "--confirmed", code=2)
        self.feedback("--label", "many", code=2)
        self.feedback("--label", "3", code=2)  # Of which row?
        self.feedback("--missed", "--node", "train-9", code=1)


if __name__ == "__main__":
    unittest.main()
