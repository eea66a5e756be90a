"""What the documents list is what the code has: no less, and no more."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = ("base", "platform", "rpc", "config", "aggregation", "registry", "coordinator", "authority",
        "client", "cli")


def sources():
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in {".h", ".cc"}:
                yield file, file.read_text()


def table(document, heading):
    """The first cells, without backticks, of the tables under a heading of a document."""
    text = (ROOT / document).read_text()
    section = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    if section is None:
        raise AssertionError(f"{document} has no section '{heading}'")
    return re.findall(r"^\| `([^`]+)` \|", section.group(1), re.M)


class DocsTest(unittest.TestCase):
    maxDiff = None

    def assertListed(self, wanted, listed, document):
        self.assertGreater(len(wanted), 5, "the code was not read: this test would prove nothing")
        self.assertEqual([], sorted({n for n in listed if listed.count(n) > 1}),
                         f"{document} lists these twice")
        self.assertEqual(sorted(wanted), sorted(listed), f"{document} and the code disagree")

    def test_metrics_are_all_listed(self):
        made = set()
        for _, text in sources():
            calls = re.findall(r'Make(?:Counter|Gauge|Histogram)\(\s*"([^"]+)"', text)
            made.update(calls)
        self.assertListed(made, table("docs/METRICS.md", "Metrics"), "docs/METRICS.md")

    def test_every_metric_is_made_under_a_name_that_this_test_can_read(self):
        for file, text in sources():
            if file.parent.name == "platform" or file.name == "metrics.h" and "base" in file.parts:
                continue  # The port and its implementation.
            for call in re.findall(r"\bMake(?:Counter|Gauge|Histogram)\(\s*([^,]*),", text):
                self.assertRegex(call, r'^"muster_[a-z0-9_]+"$', f"{file}: a literal name, please")

    def test_metric_names_carry_their_unit(self):
        for name in table("docs/METRICS.md", "Metrics"):
            self.assertRegex(name, r"^muster_[a-z0-9_]+$")
        for _, text in sources():
            for name in re.findall(r'MakeCounter\(\s*"([^"]+)"', text):
                self.assertTrue(name.endswith("_total"), f"counter {name} does not end in _total")

    def test_reason_codes_are_all_listed(self):
        text = (ROOT / "base/reason.h").read_text()
        codes = re.findall(r"\bX\(([A-Z_]+)\)", text)
        self.assertListed(codes, table("docs/PROTOCOL.md", "Reason codes"), "docs/PROTOCOL.md")

    def test_differences_of_contracts_are_all_listed(self):
        text = (ROOT / "registry/contract_diff.h").read_text()
        kinds = re.findall(r"\bX\(([A-Z_]+)\)", text)
        self.assertListed(kinds, table("docs/PROTOCOL.md", "Contracts"), "docs/PROTOCOL.md")

    def test_fact_types_are_all_listed(self):
        types = set()
        for _, text in sources():
            # Where facts are encoded: Row{"Type", …}, FactHeader{"Type", …}, kCreated = "Type".
            types.update(re.findall(r'Row\{\s*"([A-Z][A-Za-z]+)"', text))
            types.update(re.findall(r'return \{"([A-Z][A-Za-z]+)", f\.', text))
            types.update(re.findall(r'EncodeFact\(\s*\{\s*"([A-Z][A-Za-z]+)"', text))
            types.update(re.findall(r'\{\s*(?:first \? )?"([A-Z][A-Za-z]+)"[^;]*Caller::', text))
            types.update(re.findall(r'Remember\([^;{]*\{"([A-Z][A-Za-z]+)"', text))
            types.update(re.findall(r'first \? "[A-Za-z]+" : "([A-Z][A-Za-z]+)"', text))
            types.update(re.findall(r'TypeOf\([^)]*\) \{ return "([A-Za-z]+)"; \}', text))
            types.update(re.findall(r'constexpr std::string_view kCreated = "([A-Za-z]+)"', text))
        self.assertListed(types, table("docs/PROTOCOL.md", "Facts"), "docs/PROTOCOL.md")

    def test_facts_of_secure_sessions_are_all_listed_with_their_fields(self):
        made = {}
        text = (ROOT / "aggregation/secagg/server_facts.cc").read_text()
        for body in re.split(r"^Row RowOf\(", text.split("\nclass ")[0], flags=re.M)[1:]:
            name, *fields = re.findall(r'\{\s*"(\w+)"', body.split("\n}")[0])
            made[name] = fields + (["deadline"] if "DeadlineOf" in body else [])
        # The shell's own row, the first of each stream.
        for file in sorted((ROOT / "coordinator/secure").glob("*.cc")):
            text = file.read_text()
            for name in re.findall(r'constexpr char k\w+\[\] = "(Secure[A-Z]\w+)";', text):
                row = re.search(r"EncodeFact\(\s*\{k\w+,.*?;", text, re.S).group(0)
                made[name] = re.findall(r'\{"(\w+)"', row)
        section = "A secure round"
        self.assertListed(made, table("docs/PROTOCOL.md", section), "docs/PROTOCOL.md")
        document = (ROOT / "docs/PROTOCOL.md").read_text()
        for name, fields in made.items():
            listed = re.search(rf"^\| `{name}` \| ([^|]*) \|", document, re.M).group(1)
            self.assertEqual(sorted(fields), sorted(listed.split(", ")), f"fields of {name}")

    def test_services_and_calls_are_all_listed(self):
        calls = set()
        for proto in sorted((ROOT / "proto/muster/v1").glob("*.proto")):
            calls.update(re.findall(r"^\s*rpc (\w+)\(", proto.read_text(), re.M))
        self.assertListed(calls, table("docs/PROTOCOL.md", "Calls"), "docs/PROTOCOL.md")

    def test_links_between_documents_lead_somewhere(self):
        documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "bench/README.md",
                     *sorted((ROOT / "docs").rglob("*.md"))]
        self.assertGreater(len(documents), 8)
        for document in documents:
            for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
                if "://" not in target:
                    self.assertTrue((document.parent / target).exists(), f"{document}: {target}")

    def test_the_flags_that_the_documents_show_exist(self):
        code = "".join(text for _, text in sources())
        code += (ROOT / "demo/run.py").read_text() + (ROOT / "dev").read_text()
        code += "".join(f.read_text() for f in (ROOT / "tools/dev").glob("*.sh"))
        for name in ("README.md", "docs/OPERATIONS.md"):
            for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / name).read_text())):
                if flag not in {"--help", "--data-binary", "--fail"}:
                    self.assertIn(flag, code, f"{name} shows {flag}, which nothing knows")


if __name__ == "__main__":
    unittest.main()
