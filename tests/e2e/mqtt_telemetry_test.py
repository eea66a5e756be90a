"""What a site says reaches the coordinator over a broker that nobody trusts: once, whatever is killed
meanwhile, and whatever somebody at the broker makes up."""
import hashlib
import http.client
import json
import os
import subprocess
import sys
import unittest

import deployment
import linear
import mqtt_broker

ACL = """\
user edge
topic write muster/v1/telemetry/#
topic read muster/v1/ack/#
topic readwrite muster/v1/feedback/#
user musterd
topic read muster/v1/telemetry/#
topic write muster/v1/ack/#
user sensor
topic readwrite muster/v1/feedback/#
user mallory
topic readwrite #
"""


def field(number, data):
    """A length-delimited field of a protobuf message, of less than 128 KiB."""
    size = len(data)
    digits = [size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14]
    return bytes([number << 3 | 2, *digits]) + data


def fields(message):
    """The inverse, of a message that has no others."""
    out, at = {}, 0
    while at < len(message):
        number, at, size, shift = message[at] >> 3, at + 1, 0, 0
        while True:
            digit, at = message[at], at + 1
            size |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
        out[number], at = message[at:at + size], at + size
    return out


@unittest.skipUnless(mqtt_broker.MOSQUITTO, "SKIPPED: mosquitto is missing (./dev deps)")
class MqttTelemetryTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        d = self.d
        self.broker = mqtt_broker.Broker(d.dir / "broker", ("edge", "sensor", "musterd", "mallory"), ACL)
        self.broker.start()
        self.addCleanup(lambda: self.broker.kill())
        linear.start(d)
        d.programs["musterd"].stop()
        self.start_coordinator()

    def start_coordinator(self):
        self.d.start_coordinator(*self.broker.flags())

    def start_agent(self, version="5"):
        settings = self.broker.yaml(version=version).replace("}", ", feedback: true}")
        self.d.start_agent("edge", linear.node(self.d, "train-1", 1),
                           policy=settings + "\ntelemetry: {transport: mqtt}")

    def tap(self, name):
        """Says it on the command line; on the disk when it returns."""
        done = subprocess.run(
            [str(deployment.BIN / "muster-edge"), "feedback", "--config", self.d.dir / "edge.yaml", "--missed",
             "--id", name], capture_output=True, text=True, cwd=self.d.dir, timeout=deployment.DEADLINE)
        self.assertEqual(0, done.returncode, done.stderr)

    def metric(self, name, label=""):
        """The sum over a metric's labels, as the coordinator counts since its start."""
        host, _, port = self.d.programs["musterd"].http.rpartition("=")[2].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=deployment.DEADLINE)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return sum(float(line.split()[-1]) for line in lines
                   if line.startswith((name + "{", name + " ")) and label in line)

    def taken(self):
        return self.metric("muster_telemetry_records_total")

    def spool(self):
        return sorted((self.d.dir / "edge-state/nodes/train-1/telemetry").glob("feedback-*"))

    def delivered(self, count):
        """Waits until so many records are acknowledged and the device has let go of them."""
        self.d.until(f"{count} records", lambda: self.taken() >= count)
        self.d.until("the device lets go", lambda: not self.spool())
        self.assertEqual(count, self.taken())
        self.assertGreater(self.metric("muster_mqtt_envelopes_total"), 0)  # It came this way.

    def check_kills(self, version):
        d = self.d
        self.start_agent(version)
        # A panel at the site says it over the broker, too, and hears that it was taken.
        topic = "muster/v1/feedback/train-1"
        tap = json.dumps({"verdict": "false_positive", "id": "tap-1", "by": "ann"})
        with mqtt_broker.Client(self.broker) as panel:
            panel.subscribe(topic + "/answer")
            panel.publish(topic, '{"verdict": "maybe"}')
            self.assertEqual("PAYLOAD_INVALID", json.loads(panel.next()[1])["reason"])
            for _ in range(2):  # As a broker may.
                panel.publish(topic, tap)
                self.assertEqual((topic + "/answer", {"id": "tap-1"}),
                                 (lambda t, p: (t, json.loads(p)))(*panel.next()))
        self.delivered(1)
        self.broker.kill()
        self.tap("tap-2")
        self.assertTrue(self.spool())
        self.broker.start()
        self.delivered(2)
        d.programs["musterd"].kill()
        self.tap("tap-3")
        self.assertTrue(self.spool())
        self.start_coordinator()
        self.delivered(1)
        # What was acknowledged does not come again.
        self.assertEqual(0, d.programs["edge"].stop())
        d.restart_agent("edge")
        self.tap("tap-4")
        self.delivered(2)
        self.assertEqual(0, self.metric("muster_mqtt_envelopes_refused_total"))
        for name in ("edge", "musterd"):
            self.assertNotIn(mqtt_broker.PASSWORD, d.programs[name].said())

    def test_taps_arrive_once_over_kills_of_the_broker_and_the_coordinator(self):
        self.check_kills("5")

    def test_the_same_with_mqtt_3_1_1(self):
        self.check_kills("3.1.1")

    def test_whoever_may_publish_anything_can_neither_speak_for_a_device_nor_acknowledge(self):
        d = self.d
        self.start_agent()
        with mqtt_broker.Client(self.broker, "mallory") as mallory:
            mallory.subscribe("muster/v1/telemetry/+")
            self.tap("tap-1")
            topic, envelope = mallory.next()
            self.delivered(1)
            signed = fields(envelope)
            # Under another name, changed, and with a signature of another.
            refused = 0
            for where, what in [
                    ("muster/v1/telemetry/" + "0" * 32, envelope),
                    (topic, field(1, signed[1] + b"\x12\x00") + field(2, signed[2])),
                    (topic, field(1, signed[1]) + field(2, os.urandom(64))),
                    (topic, b"rubbish"), ("muster/v1/telemetry/x", envelope)]:
                mallory.publish(where, what)
                refused += 1
                d.until("the refusal", lambda n=refused:
                        self.metric("muster_mqtt_envelopes_refused_total") >= n)
            self.assertEqual(2, self.metric("muster_mqtt_envelopes_refused_total", "SIGNATURE_INVALID"))
            self.assertEqual(1, self.metric("muster_mqtt_envelopes_refused_total", "NOT_ENROLLED"))
            self.assertEqual(1, self.taken())

            # The coordinator is away, and somebody else acknowledges.
            d.programs["musterd"].stop()
            mallory.heard.clear()
            self.tap("tap-2")
            while True:
                _, envelope = mallory.next()
                if b"tap-2" in envelope:
                    break
            body = fields(envelope)[1]
            through = field(1, b"\x08\x02\x10\x02")  # Of class FEEDBACK, up to sequence 2.
            mallory.publish(topic.replace("telemetry", "ack"),
                            field(1, through) + field(2, hashlib.sha256(body).digest()) +
                            field(3, os.urandom(64)))
            d.until("the refusal", lambda: "telemetry_ack_refused" in d.programs["edge"].said())
            self.assertTrue(self.spool())
        self.start_coordinator()
        self.delivered(1)


if __name__ == "__main__":
    if not mqtt_broker.MOSQUITTO:
        print("SKIPPED: install mosquitto (./dev deps) for these tests", file=sys.stderr)
    unittest.main()
