"""Debian's mosquitto on a loopback port of its own, with TLS and a password file, and a client of
MQTT 3.1.1 that publishes and listens, to talk to it as a sensor would."""
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess

import deployment

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
PASSWORD = "pl4nt-word"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """Everything it needs is in `folder`; `acl` is mosquitto's, empty: everybody may do everything."""

    def __init__(self, folder, users=("edge", "sensor", "musterd"), acl=""):
        self.dir = pathlib.Path(folder)
        self.dir.mkdir(mode=0o700)
        self.port, self.process = free_port(), None
        self.ca = self.dir / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", self.dir / "key.pem",
                        "-out", self.ca], check=True, capture_output=True)
        self.private("users", "".join(f"{user}:{PASSWORD}\n" for user in users))
        subprocess.run(["mosquitto_passwd", "-U", self.dir / "users"], check=True)
        self.password = self.private("password", PASSWORD + "\n")
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous false", "user root",
                 f"password_file {self.dir}/users", f"certfile {self.ca}", f"keyfile {self.dir}/key.pem",
                 "persistence false"]
        if acl:
            lines.append(f"acl_file {self.private('acl', acl)}")
        (self.dir / "broker.conf").write_text("\n".join(lines) + "\n")

    def private(self, name, text):
        path = self.dir / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def start(self):
        self.process = deployment.Program("mosquitto", [MOSQUITTO, "-c", self.dir / "broker.conf"],
                                          self.dir, self.dir / "broker.log")

    def kill(self):
        self.process.kill()

    def yaml(self, user="edge", version="5"):
        """The `mqtt:` section of an agent's file."""
        return (f"mqtt: {{broker: 'mqtts://localhost:{self.port}', version: '{version}', "
                f"username: {user}, password_file: {self.password}, ca_file: {self.ca}}}")

    def flags(self, user="musterd", version="5"):
        """What musterd is started with."""
        return ["--mqtt-broker", f"mqtts://localhost:{self.port}", "--mqtt-ca", self.ca,
                "--mqtt-username", user, "--mqtt-password-file", self.password, "--mqtt-version", version]


def _text(text):
    data = text.encode()
    return struct.pack("!H", len(data)) + data


class Client:
    """Blocking; a context manager. OSError when the broker is not there, or not any more."""

    def __init__(self, broker, user="sensor"):
        plain = socket.create_connection(("127.0.0.1", broker.port), deployment.DEADLINE)
        context = ssl.create_default_context(cafile=broker.ca)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.number = 0
        self.heard = []
        self._send(0x10, _text("MQTT") + bytes([4, 0xC2]) + struct.pack("!H", 600) +
                   _text(f"{user}-{os.urandom(4).hex()}") + _text(user) + _text(PASSWORD))
        kind, body = self._receive()
        if kind != 0x20 or body[1] != 0:
            raise ConnectionRefusedError(f"CONNACK {kind:x} {body.hex()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _send(self, kind, body):
        size, left = bytearray(), len(body)
        while True:
            left, digit = left >> 7, left & 0x7F
            size.append(digit | (0x80 if left else 0))
            if not left:
                break
        self.socket.sendall(bytes([kind]) + bytes(size) + body)

    def _bytes(self, count):
        out = b""
        while len(out) < count:
            more = self.socket.recv(count - len(out))
            if not more:
                raise ConnectionResetError("the broker closed the connection")
            out += more
        return out

    def _receive(self):
        kind = self._bytes(1)[0]
        size = shift = 0
        while True:
            digit = self._bytes(1)[0]
            size |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return kind, self._bytes(size)

    def _await(self, kind):
        while True:
            got, body = self._receive()
            if got & 0xF0 == 0x30:
                self._hear(got, body)
            if got & 0xF0 == kind:
                return body

    def _hear(self, kind, body):
        size = struct.unpack_from("!H", body)[0]
        topic, rest = body[2:2 + size].decode(), body[2 + size:]
        if kind & 0x06:
            self._send(0x40, rest[:2])
            rest = rest[2:]
        self.heard.append((topic, rest))

    def publish(self, topic, payload):
        """With QoS 1: returns when the broker has it."""
        self.number += 1
        data = payload if isinstance(payload, bytes) else payload.encode()
        self._send(0x32, _text(topic) + struct.pack("!H", self.number) + data)
        self._await(0x40)

    def subscribe(self, topic):
        self.number += 1
        self._send(0x82, struct.pack("!H", self.number) + _text(topic) + b"\x01")
        self._await(0x90)

    def next(self):
        """The next (topic, payload) of what is subscribed to."""
        if not self.heard:
            self._await(0x30)
        return self.heard.pop(0)
