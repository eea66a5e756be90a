// Confluent's cases of imports, and its one of options: see cases_fields_test.cc.
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
// A schema that imports home.proto, which is its reference.
std::string Importing(const std::string& type) {
  return Proto3("import \"home.proto\"; message TestMessage { " + type + " home = 1; }");
}
References Home(const std::string& body) { return {{"home.proto", Proto3(body)}}; }

const std::string kHome = "message GoogleHome { string room = 1; }";
const std::string kOtherHome = "message GoogleHome { fixed32 room = 1; }";
std::string Outer(const std::string& home) { return "message outer { " + home + " }"; }

TEST(ConfluentCases, OfImports) {
  ExpectVerdicts({
      {"Detect incompatible import change",
       false,
       {"FIELD_SCALAR_KIND_CHANGED #/GoogleHome/1", "FIELD_NAMED_TYPE_CHANGED #/TestMessage/1"},
       Importing("GoogleHome"),
       Importing("GoogleHome"),
       Home(kHome),
       Home(kOtherHome)},
      {"Detect moving to import",
       false,
       {"MESSAGE_REMOVED #/GoogleHome"},
       Proto3("message TestMessage { GoogleHome home = 1; } " + kHome),
       Importing("GoogleHome"),
       {},
       Home(kHome)},
      {"Detect moving from import",
       true,
       {"MESSAGE_ADDED #/GoogleHome"},
       Importing("GoogleHome"),
       Proto3("message TestMessage { GoogleHome home = 1; } " + kHome),
       Home(kHome),
       {}},
      {"Detect import change with different remote package name",
       true,
       {},
       Importing("alpha.GoogleHome"),
       Importing("beta.v2.GoogleHome"),
       Home("package alpha; " + kHome),
       Home("package beta.v2; " + kHome)},
      {"Detect import change with different remote package nested name",
       true,
       {},
       Importing("alpha.outer.GoogleHome"),
       Importing("beta.outer.GoogleHome"),
       Home("package alpha; " + Outer(kHome)),
       Home("package beta; " + Outer(kHome))},
      {"Detect incompatible import change with different remote package nested name",
       false,
       {"FIELD_SCALAR_KIND_CHANGED #/outer/GoogleHome/1",
        "FIELD_NAMED_TYPE_CHANGED #/TestMessage/1"},
       Importing("alpha.outer.GoogleHome"),
       Importing("beta.outer.GoogleHome"),
       Home("package alpha; " + Outer(kHome)),
       Home("package beta; " + Outer(kOtherHome))},
      {"Detect incompatible import change with same subject, different version",
       false,
       {"FIELD_SCALAR_KIND_CHANGED #/outer/GoogleHome/1",
        "FIELD_NAMED_TYPE_CHANGED #/TestMessage/1"},
       Importing("alpha.outer.GoogleHome"),
       Importing("alpha.outer.GoogleHome"),
       Home("package alpha; " + Outer(kHome)),
       Home("package alpha; " + Outer(kOtherHome))},
  });
}

TEST(ConfluentCases, OfOptions) {
  ExpectVerdicts({
      {"Ignore changes to custom imports",
       true,
       {"ENUM_ADDED #/Status"},
       Proto3("message TestMessage { string site = 1; }"),
       Proto3(
           "import \"confluent/meta.proto\"; import \"confluent/type/decimal.proto\";"
           " option (confluent.file_meta).doc = \"Sites\";"
           " enum Status { option (confluent.enum_meta) = { doc: \"States\" };"
           "   STATUS_IDLE = 0 [(confluent.enum_value_meta).tags = \"PII\"]; }"
           " message TestMessage { option (confluent.message_meta) = {"
           "   params: [{ key: \"unit\", value: \"V\" }] };"
           "   string site = 1 [(confluent.field_meta) = { doc: \"Where\", tags: \"PII\" }]; }")},
  });
}

}  // namespace
}  // namespace muster::registry::formats
