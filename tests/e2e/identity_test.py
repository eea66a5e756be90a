"""Who may join, and who may call what."""
import base64
import json
import shutil
import socket
import ssl
import subprocess
import time
import unittest

import deployment
import linear

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


class JoiningTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        self.d.start_hub()

    def node(self, name):
        return linear.node(self.d, name, 1)

    def refused(self, join, reason, name="late"):
        """An agent with this join file says why it is not let in, and stays up."""
        d = self.d
        agent = d.start_agent(f"edge-{name}", self.node(name), join=join)
        d.until(f"{name} is refused with {reason}", lambda: reason in agent.said())
        self.assertIsNone(agent.process.poll())
        self.assertNotIn(name, d.devices())
        agent.stop()

    def denials(self):
        return [fact["reason"] for _, fact in self.d.facts("denied/authority", self.d.authority_dir)]

    def forged(self, edit):
        """The join file with its members changed."""
        prefix, _, body = self.d.token("join.token").read_text().strip().rpartition(".")
        members = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        edit(members)
        text = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
        path = self.d.dir / "forged.token"
        path.touch(0o600)
        path.write_text(f"{prefix}.{base64.urlsafe_b64encode(text).decode().rstrip('=')}\n")
        return path.name

    def test_a_wrong_secret_is_refused_and_recorded(self):
        def edit(members):
            members["secret"] = ("B" if members["secret"][0] == "A" else "A") + members["secret"][1:]
        self.refused(self.forged(edit), "TOKEN_UNKNOWN")
        self.assertEqual(["TOKEN_UNKNOWN"], self.denials())

    def test_a_token_that_never_was_gets_the_same_answer(self):
        self.refused(self.forged(lambda members: members.update(id="0" * 16)), "TOKEN_UNKNOWN")

    def test_an_expired_token_is_refused(self):
        d = self.d
        token = d.json("token", "create", "--lifetime", "1s", "--out", "short.token")
        d.until("the token has expired", lambda: 1000 * time.time() > int(token["expires_unix_ms"]))
        self.refused("short.token", "TOKEN_EXPIRED")

    def test_a_token_for_one_device_admits_one(self):
        d = self.d
        d.token("one.token", uses=1)
        d.start_agent("edge-first", self.node("first"), join="one.token")
        d.until("the first device is in", lambda: "first" in d.devices())
        self.refused("one.token", "TOKEN_USED")
        # The first may come back.
        d.programs["edge-first"].kill()
        d.restart_agent("edge-first")
        self.assertEqual(["first"], list(d.devices()))

    def test_a_name_belongs_to_the_first_who_took_it(self):
        d = self.d
        d.token()
        d.start_agent("edge-a", self.node("press-1"))
        d.until("the first device is in", lambda: "press-1" in d.devices())
        thief = d.start_agent("edge-b", self.node("press-1"))
        d.until("the second is refused", lambda: "NAME_TAKEN" in thief.said())

    def test_the_token_of_another_coordinator_does_not_open_this_one(self):
        """Another authority's word is nothing here, however valid it is there."""
        d, other = self.d, self.deploy()
        other.start_hub()
        prefix, _, body = other.token().read_text().strip().rpartition(".")
        members = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))

        def edit(ours):
            ours.update({key: members[key] for key in ("id", "secret", "authority", "authority_ca")})
        self.refused(self.forged(edit), "STATEMENT_INVALID")


class CallerTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        self.d.start_hub()

    def operator_dir(self, name, ca, certificate, key):
        """What --data-dir wants, made of these files."""
        home = self.d.dir / name / "operator"
        home.mkdir(parents=True, mode=0o700)
        for source, target in ((ca, "ca.pem"), (certificate, "certificate.pem"), (key, "key.pem")):
            shutil.copy(source, home / target)
        (home / "key.pem").chmod(0o600)
        (home / "context.yaml").write_text(
            f"server: {self.d.server}\nca: ca.pem\ncertificate: certificate.pem\nkey: key.pem\n")
        return home

    def muster_as(self, home, *args):
        return subprocess.run(
            [str(deployment.BIN / "muster"), "--data-dir", str(home.parent), *args], capture_output=True,
            text=True, timeout=deployment.DEADLINE)

    def handshake(self, home):
        """The server's first bytes to a caller with this identity; none when it hangs up."""
        context = ssl.create_default_context(cafile=home / "ca.pem")
        context.load_cert_chain(home / "certificate.pem", home / "key.pem")
        context.set_alpn_protocols(["h2"])
        host, port = self.d.server.split(":")
        with socket.create_connection((host, int(port)), timeout=deployment.DEADLINE) as raw:
            try:
                with context.wrap_socket(raw, server_hostname=host) as tls:
                    tls.sendall(HTTP2_PREFACE)
                    return tls.recv(9)
            except (ssl.SSLError, ConnectionResetError):
                return b""

    def test_a_certificate_of_another_ca_fails_in_the_handshake(self):
        d, other = self.d, self.deploy()
        other.start_hub()
        ours, theirs = d.data_dir / "operator", other.data_dir / "operator"
        stranger = self.operator_dir("stranger", ours / "ca.pem", theirs / "certificate.pem",
                                     theirs / "key.pem")
        self.assertEqual(9, len(self.handshake(ours)))
        self.assertEqual(b"", self.handshake(stranger))
        done = self.muster_as(stranger, "get", "campaigns")
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertEqual(0, self.muster_as(ours, "get", "campaigns").returncode)

    def test_a_server_of_another_ca_is_not_believed(self):
        other = self.deploy()
        other.start_hub()
        theirs = other.data_dir / "operator"
        fooled = self.operator_dir("fooled", *(theirs / f for f in ("ca.pem", "certificate.pem", "key.pem")))
        self.assertEqual(3, self.muster_as(fooled, "get", "campaigns").returncode)

    def test_a_device_cannot_call_operators_services_and_the_attempt_is_a_fact(self):
        d = self.d
        d.token()
        d.start_agent("edge", linear.node(d, "press-1", 1))
        d.until("the device is in", lambda: "press-1" in d.devices())
        state = d.dir / "edge-state/nodes/press-1"
        credentials = json.loads((state / "credentials.json").read_text())
        certificate = d.dir / "device.pem"
        certificate.write_text(credentials["certificate_pem"])
        home = self.operator_dir("device", d.data_dir / "operator/ca.pem", certificate, state / "tls.key")

        for args in (["get", "campaigns"], ["get", "devices"], ["get", "contracts"],
                     ["campaign", "cancel", "learn"], ["watch", "campaign", "learn"]):
            done = self.muster_as(home, *args, "-o", "json")
            self.assertEqual(1, done.returncode, done.stderr)
            self.assertIn("CALLER_NOT_ALLOWED", done.stderr)
        who = f"device/{credentials['device_id']}"
        d.until("the denials are recorded", lambda: len(d.facts("denials")) >= 5)
        self.assertEqual({("AccessDenied", "CALLER_NOT_ALLOWED", who)},
                         {(fact["type"], fact["reason"], fact["by"]) for _, fact in d.facts("denials")})
        self.assertIn("ListCampaigns", {fact["method"] for _, fact in d.facts("denials")})

    def test_operators_of_the_authority_and_of_the_coordinator_are_strangers_to_each_other(self):
        d = self.d
        files = ("certificate.pem", "key.pem")
        office = self.operator_dir("office", d.data_dir / "operator/ca.pem",
                                   *(d.authority_dir / "operator" / f for f in files))
        self.assertEqual(3, self.muster_as(office, "get", "campaigns").returncode)
        for f in files:
            shutil.copy(d.data_dir / "operator" / f, d.authority_dir / "operator" / f)
        self.assertEqual(3, d.run("token", "create", "--out", "no.token").returncode)


if __name__ == "__main__":
    unittest.main()
