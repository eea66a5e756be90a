"""MQTT with Debian's mosquitto: rows in over TLS, with MQTT 5 and 3.1.1, through a broker that is
killed."""
import json
import random
import sys
import unittest

import deployment
import linear
import mqtt_broker

CHIRPSTACK = "{preset: chirpstack, topic: 'application/1/device/%s/event/up', fields: {%s}}"


def uplink(number, row):
    """As ChirpStack publishes it."""
    return json.dumps({"deduplicationId": "3ac7e3c4", "time": f"2026-07-18T09:{number // 60:02}:{number % 60:02}Z",
                       "deviceInfo": {"deviceName": "pump", "devEui": "01"}, "fCnt": number, "object": row})


def draw_rows(seed, count=40):
    draw = random.Random(seed)
    for _ in range(count):
        x = {name: round(draw.uniform(-1, 1), 6) for name in linear.FEATURES}
        yield x | {"y": round(sum(w * v for w, v in zip(linear.WEIGHT, x.values())) + linear.BIAS, 6)}


@unittest.skipUnless(mqtt_broker.MOSQUITTO, "SKIPPED: mosquitto is missing (./dev deps)")
class MqttTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        self.broker = mqtt_broker.Broker(self.d.dir / "broker")
        self.broker.start()
        self.addCleanup(self.broker.kill)

    def agent(self, nodes, version="5", join="join.token", more=()):
        """`nodes`: {name: role}; each reads its own topic."""
        fields = ", ".join(f"{f}: {f}" for f in (*linear.FEATURES, "y"))
        lines = ["state_dir: edge-state", f"join_file: {join}", "parallel_tasks: 8",
                 self.broker.yaml(version=version), *more, "nodes:"]
        for name, role in nodes.items():
            trainer = json.dumps(list(map(str, linear.TRAINER)))
            lines.append(f"  - {{name: {name}, labels: {{role: {role}}}, pipeline: {{ingest: {{mqtt: "
                         f"{CHIRPSTACK % (name, fields)}}}, train: {{exec: {{command: {trainer}}}, "
                         "windows: all}}}")
        (self.d.dir / "edge.yaml").write_text("\n".join(lines) + "\n")
        return self.d.restart_agent("edge")

    def rows(self, node):
        path = self.d.dir / f"edge-state/nodes/{node}/rows.csv"
        return path.read_text().splitlines()[1:] if path.exists() else []

    def say(self, node, number, row):
        """Publishes until the row has come: again and again is one row."""
        before = len(self.rows(node))

        def came():
            try:
                with mqtt_broker.Client(self.broker) as sensor:
                    sensor.publish(f"application/1/device/{node}/event/up", uplink(number, row))
            except OSError:
                return False  # The broker is coming back.
            return len(self.rows(node)) > before
        self.d.until(f"row {number} of {node}", came)

    def test_a_fleet_learns_from_rows_that_came_over_a_broker_which_was_killed(self):
        d = self.d
        linear.start(d)
        nodes = {f"train-{i}": "train" for i in (1, 2, 3, 4)} | {"test-1": "test"}
        agent = self.agent(nodes)
        for seed, node in enumerate(nodes):
            rows = list(draw_rows(seed))
            self.say(node, 0, rows[0])
            with mqtt_broker.Client(self.broker) as sensor:
                topic = f"application/1/device/{node}/event/up"
                for number, row in enumerate(rows[1:20], 1):
                    sensor.publish(topic, uplink(number, row))
                sensor.publish(topic, "no JSON")
                sensor.publish(topic, uplink(20, {"a": 1, "b": 2, "c": "s3cret"}))
        # What the broker had and had not handed on yet would die with it.
        for node in nodes:
            d.until(f"20 rows of {node}", lambda node=node: len(self.rows(node)) == 20)
        self.broker.kill()
        self.broker.start()
        for seed, node in enumerate(nodes):
            rows = list(draw_rows(seed))
            self.say(node, 20, rows[20])
            with mqtt_broker.Client(self.broker) as sensor:
                topic = f"application/1/device/{node}/event/up"
                for number, row in enumerate(rows[21:], 21):
                    sensor.publish(topic, uplink(number, row))
                    sensor.publish(topic, uplink(number, row))  # As a broker may.
        for seed, node in enumerate(nodes):
            self.d.until("all rows", lambda node=node: len(self.rows(node)) == 40)
            cells = [line.split(",") for line in self.rows(node)]
            self.assertEqual([f"2026-07-18T09:00:{n:02}.000Z" for n in range(40)], [c[0] for c in cells])
            self.assertEqual([list(row.values()) for row in draw_rows(seed)],
                             [list(map(float, c[1:])) for c in cells])

        d.apply(linear.campaign(rounds=3, goal=4, testers=1))
        view = d.finish("learn")
        first, *_, last = (each["metrics"]["rmse"] for each in view["evaluations"])
        self.assertLess(last, first)
        said = agent.said()
        self.assertIn("PAYLOAD_INVALID", said)
        self.assertIn("field 'y' is missing", said)
        for secret in (mqtt_broker.PASSWORD, "s3cret"):
            self.assertNotIn(secret, said)
        self.assertEqual(0, agent.stop())

    def test_mqtt_3_1_1_and_a_restart_of_the_agent_lose_and_double_no_row(self):
        d = self.d
        linear.start(d)
        rows = list(draw_rows(5, 6))
        for life in range(3):
            agent = self.agent({"train-1": "train"}, version="3.1.1")
            for number in (2 * life, 2 * life + 1):
                self.say("train-1", number, rows[number])
            self.assertEqual(0, agent.stop())
        self.assertEqual(list(range(6)), [int(line[17:19]) for line in self.rows("train-1")])

    def test_a_wrong_setting_is_named_and_a_wrong_password_does_not_stop_the_node(self):
        d = self.d
        linear.start(d)
        self.broker.password.write_text("wr0ng-word\n")
        agent = self.agent({"train-1": "train"})
        d.until("the refusal", lambda: "mqtt_disconnected" in agent.said())
        self.assertEqual(["train-1"], list(d.devices()))  # Enrolled all the same.
        self.assertNotIn("wr0ng-word", agent.said())
        self.broker.password.write_text(mqtt_broker.PASSWORD + "\n")
        self.say("train-1", 0, next(draw_rows(1)))  # Read anew: no restart.
        agent.stop()
        text = (d.dir / "edge.yaml").read_text().replace("fields: {a: a", "fields: {a: ''")
        (d.dir / "edge.yaml").write_text(text)
        refused = d.launch("refused", "muster-edge", "--config", d.dir / "edge.yaml")
        self.assertEqual(1, refused.process.wait(deployment.DEADLINE))
        self.assertRegex(refused.said(), r"edge.yaml:\d+.*fields.a.*FIELD_INVALID")


if __name__ == "__main__":
    if not mqtt_broker.MOSQUITTO:
        print("SKIPPED: install mosquitto (./dev deps) for these tests", file=sys.stderr)
    unittest.main()
