#!/usr/bin/env python3
"""Fails when a folder includes one that docs/layers.txt does not let it see."""
import pathlib
import re
import sys

FOREIGN = {
    "grpcpp", "google", "torch", "ATen", "sqlite3.h", "libpq-fe.h", "openssl", "spdlog", "prometheus",
    "boost", "yaml-cpp", "CLI", "hwy", "Eigen", "mosquitto.h", "re2", "sodium.h",
}
SKIPPED = ("build", "tests", "bench", ".")


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, seen = line.partition(":")
            rules[folder.strip()] = set(seen.split())
    return rules


def owner(path, rules):
    """The longest ruled folder that holds the path, or None."""
    parts = path.split("/")[:-1]
    for n in range(len(parts), 0, -1):
        if "/".join(parts[:n]) in rules:
            return "/".join(parts[:n])
    return None


def target(include, rules):
    """The folder that an include in either form leads to; None for a library's header."""
    generated = include.startswith("muster/") and include.endswith(".pb.h")
    return "proto" if generated else owner(include, rules)


def may_see(here, there, rules):
    """A folder sees itself, its unruled parts, and what its line names."""
    return there == here or there in rules[here]


def violations(root):
    rules = read_rules(root / "docs/layers.txt")
    for file in sorted(p for p in root.rglob("*") if p.suffix in {".h", ".cc"}):
        name = str(file.relative_to(root))
        if name.startswith(SKIPPED):
            continue
        here = owner(name, rules)
        if here is None:
            yield f"{name}: no line of docs/layers.txt holds this file"
            continue
        text = file.read_text()
        for include in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            there = target(include, rules)
            if there is None:
                yield f"{name}: includes {include}, which no line of docs/layers.txt holds"
            elif not may_see(here, there, rules):
                yield f"{name}: {here} may not see {there} ({include})"
        for include in re.findall(r"^\s*#\s*include\s*<([^>]+)>", text, re.M):
            library = include.split("/")[0]
            there = target(include, rules)  # Angle brackets open no back door.
            if there is not None and not may_see(here, there, rules):
                yield f"{name}: {here} may not see {there} ({include})"
            if library in FOREIGN and f"<{library}>" not in rules[here]:
                yield f"{name}: {here} may not see <{library}>"


if __name__ == "__main__":
    bad = list(violations(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(bad) or "layers hold")
    sys.exit(bool(bad))
