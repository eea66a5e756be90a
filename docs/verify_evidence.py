#!/usr/bin/env python3
"""Checks an evidence bundle with Python's standard library and openssl, and nothing of Muster.

    verify_evidence.py BUNDLE KEY      KEY: "name+id+base64", or a file that holds it

Says what holds, or what does not and exits with 1. What a bundle is: VERIFY.md.
"""
import base64
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile


class Wrong(Exception):
    """Something in the bundle does not hold."""


def sha256(data):
    return hashlib.sha256(data).digest()


def need(condition, what):
    if not condition:
        raise Wrong(what)


def parse_key(text):
    """The 32 bytes of an Ed25519 key, with its name and id (C2SP signed-note)."""
    name, key_id, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    need(len(raw) == 33 and raw[0] == 1, "the key is not an Ed25519 key")
    need(key_id == sha256(name.encode() + b"\n" + raw)[:4].hex(), "the key's id is not its own")
    return name, bytes.fromhex(key_id), raw[1:]


def openssl_verifies(key, message, signature):
    """Asks openssl whether `key` signed `message`."""
    # SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) is this prefix and the key.
    der = bytes.fromhex("302a300506032b6570032100") + key
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, data in {"key.pem": pem, "message": message, "signature": signature}.items():
            paths[name] = pathlib.Path(folder, name)
            paths[name].write_bytes(data)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", paths["key.pem"], "-rawin",
                               "-in", paths["message"], "-sigfile", paths["signature"]], capture_output=True)
    return done.returncode == 0


def open_checkpoint(note, key):
    """The size and root that the log's key has signed (C2SP tlog-checkpoint)."""
    name, key_id, public = key
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, encoded = line.split(" ", 2)
        raw = base64.b64decode(encoded, validate=True)
        if dash == "\u2014" and signer == name and raw[:4] == key_id:
            need(openssl_verifies(public, text.encode(), raw[4:]), "the checkpoint's signature does not hold")
            origin, size, root = text.splitlines()[:3]
            need(origin == name, "the checkpoint is another log's")
            return int(size), base64.b64decode(root, validate=True)
    raise Wrong("the checkpoint is not signed with this key")


def root_from(index, size, leaf, hashes):
    """The root that a proof leads to: RFC 9162 section 2.1.3.2."""
    need(index < size, f"leaf {index}: the tree has {size}")
    fn, sn, at = index, size - 1, leaf
    for sibling in hashes:
        need(sn > 0, f"leaf {index}: its proof is too long")
        if fn & 1 or fn == sn:
            at = sha256(b"\x01" + sibling + at)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            at = sha256(b"\x01" + at + sibling)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, f"leaf {index}: its proof is too short")
    return at


def facts_of(bundle, size, root):
    """Each fact, once its leaf is proven to be in the log and no stream has a gap."""
    expected, facts = {}, []
    for leaf in bundle["leaves"]:
        index, text = leaf["leaf_index"], leaf["leaf"]
        hashes = [base64.b64decode(h, validate=True) for h in leaf["hashes"]]
        need(root_from(index, size, sha256(b"\x00" + text.encode()), hashes) == root,
             f"leaf {index} is not in the log")
        row = json.loads(text)
        if "fact" not in row:  # Too long for a leaf: named by its digest.
            need("sha256:" + sha256(leaf["fact"].encode()).hex() == row["fact_digest"],
                 f"leaf {index}: another fact lies beside it")
            row["fact"] = json.loads(leaf["fact"])
        row["leaf"], stream = index, row["stream"]
        need(row["seq"] == expected.get(stream, 0), f"leaf {index}: a fact of {stream} is left out before it")
        expected[stream] = row["seq"] + 1
        facts.append(row)
    return facts


def campaign_by(facts, name, until):
    """Rounds that a campaign began by then with their parameters, those it published, and its versions."""
    begun, published, made, versions, model, base, params = [], [], {}, {}, "", 0, ""
    for fact in (f["fact"] for f in facts if f["stream"] == "campaign/" + name and f["fact"]["at"] <= until):
        kind, key = fact["type"], (fact.get("round"), fact.get("attempt"))
        if kind == "CampaignApplied":
            model, base, params = fact["spec"].get("model", ""), fact["base"]["version"], fact["base"]["params"]
            versions[params] = base
        elif kind == "RoundStarted":
            begun.append((key, params))
        elif kind == "RoundSucceeded":
            params = made[key[0]] = fact["params"]
            published.append(key)
        elif kind == "BaselineEvaluated":
            published.append(key)
        elif kind == "VersionRegistered" and fact["round"] in made:
            versions[made[fact["round"]]] = fact["version"]
    return model, base, begun, published, versions


def runs_in(facts, stream, device, began_with):
    """When a round's facts ask the device to load parameters: (at, leaf, parameters), evaluation first."""
    train = evaluate = None
    for fact, leaf in ((f["fact"], f["leaf"]) for f in facts if f["stream"] == stream):
        if fact["type"] == "DevicesJoined" and device in fact["devices"]:
            train = (fact["at"], leaf, began_with)
        elif fact["type"] == "ModelAggregated" and device in fact["evaluators"]:
            evaluate = (fact["at"], leaf, fact["params"])
    return [run for run in (evaluate, train) if run]


def check_question(bundle, facts):
    """That the device was last asked to load this version by the instant of the question."""
    device, at = bundle["question"]["device"], bundle["question"]["at"]
    until = round(datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() * 1000)
    told, newest = [f for f in facts if f["fact"]["at"] <= until], None
    for name in sorted({f["stream"].split("/", 1)[1] for f in told if f["stream"].startswith("campaign/")}):
        model, base, begun, published, versions = campaign_by(told, name, until)
        for number, attempt in published:
            need(any(f["stream"] == f"round/{name}/{number}/{attempt}" and f["fact"]["type"] == "ModelPublished"
                     for f in told), f"round {number} of {name} was published, and its facts are left out")
        for (number, attempt), began_with in reversed(begun if model else []):  # Statistics load no model.
            for run in runs_in(told, f"round/{name}/{number}/{attempt}", device, began_with):
                if not newest or run[0] > newest[0]:
                    newest = (*run, model, versions.get(run[2]), base)
    need(newest, f"no fact gives device {device} a model by {at}")
    _, leaf, params, model, version, base = newest
    need((model, version or base) == (bundle["model"], bundle["version"]),
         f"leaf {leaf}: device {device} ran another version by {at}: {version or base} of {model}")
    return leaf, params, version


def question_said(bundle, size):
    """What the statement has to say of the question, the tree and the leaves."""
    indices = json.dumps([leaf["leaf_index"] for leaf in bundle["leaves"]], separators=(",", ":"))
    return {"model": bundle["model"], "version": bundle["version"], **bundle["question"], "tree_size": size,
            "leaf_indices": {"sha256": sha256(indices.encode()).hex()}}


def check_statement(bundle, facts, key, size):
    """That the key signed, as DSSE, which files this version is, and that the facts say the same; with
    a question, that it signed that question and just these leaves."""
    envelope = json.loads(bundle["statement"])
    kind, payload = envelope["payloadType"], base64.b64decode(envelope["payload"], validate=True)
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
    need(openssl_verifies(key[2], message, signature), "the statement's signature does not hold")
    statement = json.loads(payload)
    made = [f["fact"] for f in facts if f["stream"] == "model/" + bundle["model"]
            and f["fact"]["type"] == "ModelVersionCreated" and f["fact"]["version"] == bundle["version"]]
    need(len(made) == 1, "no fact makes this version")
    said = {s["name"]: "sha256:" + s["digest"]["sha256"] for s in statement["subject"]}
    recorded = {name: made[0][member] for member, name in (("params", "params.safetensors"), ("module", "module.pt"))
                if member in made[0]}
    need(said == recorded, "the statement names other files than the facts")
    if "question" in bundle:
        need(statement["predicate"] == question_said(bundle, size), "the statement is of another question or other leaves")
    return said


def main(path, key_text):
    if pathlib.Path(key_text).is_file():
        key_text = pathlib.Path(key_text).read_text()
    try:
        key = parse_key(key_text)
        bundle = json.loads(pathlib.Path(path).read_text())
        need(bundle["format"] == "muster-evidence/1", "another format")
        size, root = open_checkpoint(bundle["checkpoint"], key)
        facts = facts_of(bundle, size, root)
        ran = check_question(bundle, facts) if "question" in bundle else None
        files = check_statement(bundle, facts, key, size)
        need(not (ran and ran[2]) or files["params.safetensors"] == ran[1], "the device ran other parameters")
    except (Wrong, ValueError, KeyError, TypeError, AttributeError) as wrong:
        print(f"does not hold: {wrong}")
        return 1
    print(f"{bundle['model']} version {bundle['version']}: {len(facts)} facts, all in the log of {size}")
    for name, digest in files.items():
        print(f"  {name}  {digest}")
    if ran:
        device, at = bundle["question"]["device"], bundle["question"]["at"]
        print(f"  device {device} ran {ran[1]} at {at}, leaf {ran[0]}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
