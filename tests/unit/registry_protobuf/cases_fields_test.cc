// Confluent's cases of packages, fields, scalars, labels, enums and messages: names, verdicts,
// codes and paths are its own (protobuf-provider, diff-schema-examples), the schemas are not.
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {

TEST(ConfluentCases, OfPackagesAndNames) {
  const std::string inner = "message Part { string id = 1; }";
  ExpectVerdicts({
      {"Allow addition of un-reserved property",
       true,
       {"FIELD_ADDED #/TestMessage/3"},
       Proto3("message TestMessage { reserved 4; string site = 1; int32 volts = 2; }"),
       Proto3(
           "message TestMessage { reserved 4; string site = 1; int32 volts = 2; bool ok = 3; }")},
      {"Detect package change",
       false,
       {"PACKAGE_CHANGED #/"},
       Proto3("package plant; message TestMessage { string site = 1; }"),
       Proto3("package works; message TestMessage { string site = 1; }")},
      {"Detect change to name qualification",
       true,
       {},
       Proto3("message TestMessage { " + inner + " Part part = 1; }"),
       Proto3("message TestMessage { " + inner + " .TestMessage.Part part = 1; }")},
      {"Detect change to name qualification with package",
       true,
       {},
       Proto3("package plant.line; message TestMessage { " + inner + " Part part = 1; }"),
       Proto3("package plant.line; message TestMessage { " + inner +
              " plant.line.TestMessage.Part part = 1; }")},
      {"Detect compatible name qualification in map",
       true,
       {},
       Proto3("package plant; message Part { string id = 1; }"
              " message TestMessage { map<string, Part> parts = 1; }"),
       Proto3("package plant; message Part { string id = 1; }"
              " message TestMessage { map<string, .plant.Part> parts = 1; }")},
  });
}

TEST(ConfluentCases, OfFieldsThatComeAndGo) {
  ExpectVerdicts({
      {"Detect added field",
       true,
       {"FIELD_ADDED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; }"),
       Proto3("message TestMessage { string site = 1; double volts = 2; }")},
      {"Detect added required field",
       false,
       {"REQUIRED_FIELD_ADDED #/TestMessage/2"},
       Proto2("message TestMessage { optional string site = 1; }"),
       Proto2("message TestMessage { optional string site = 1; required double volts = 2; }")},
      {"Detect added field to nested type",
       true,
       {"FIELD_ADDED #/Wrapper/TestMessage/2"},
       Proto3("message Wrapper { message TestMessage { string site = 1; } }"),
       Proto3("message Wrapper { message TestMessage { string site = 1; bool ok = 2; } }")},
      {"Detect removed field",
       true,
       {"FIELD_REMOVED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; double volts = 2; }"),
       Proto3("message TestMessage { string site = 1; }")},
      {"Detect removed required field",
       false,
       {"REQUIRED_FIELD_REMOVED #/TestMessage/2"},
       Proto2("message TestMessage { optional string site = 1; required double volts = 2; }"),
       Proto2("message TestMessage { optional string site = 1; }")},
      {"Detect changed field number",
       true,
       {"FIELD_REMOVED #/TestMessage/1", "FIELD_ADDED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; }"),
       Proto3("message TestMessage { string site = 2; }")},
  });
}

TEST(ConfluentCases, OfScalars) {
  const std::string status = "enum Status { STATUS_IDLE = 0; STATUS_BUSY = 1; }";
  ExpectVerdicts({
      {"Detect compatible field number type change",
       true,
       {},
       Proto3("message TestMessage { int32 runs = 1; sint32 skew = 2; fixed64 serial = 3; }"),
       Proto3("message TestMessage { uint64 runs = 1; sint64 skew = 2; sfixed64 serial = 3; }")},
      {"Detect compatible field string type change",
       true,
       {},
       Proto3("message TestMessage { string site = 1; bytes blob = 2; }"),
       Proto3("message TestMessage { bytes site = 1; string blob = 2; }")},
      {"Detect field number type to enum change",
       true,
       {"ENUM_ADDED #/Status"},
       Proto3("message TestMessage { int32 state = 1; }"),
       Proto3(status + " message TestMessage { Status state = 1; }")},
      {"Detect enum type to field number change",
       true,
       {"ENUM_REMOVED #/Status"},
       Proto3(status + " message TestMessage { Status state = 1; }"),
       Proto3("message TestMessage { uint32 state = 1; }")},
      {"Detect field number type to message with same name as enum",
       false,
       {"FIELD_KIND_CHANGED #/TestMessage/2", "MESSAGE_ADDED #/TestMessage/Status",
        "ENUM_ADDED #/Status"},
       Proto3("message TestMessage { string site = 1; int32 state = 2; }"),
       Proto3(status + " message TestMessage { string site = 1; Status state = 2;"
                       " message Status { string text = 1; } }")},
      {"Detect message with same name as enum to field number change",
       false,
       {"FIELD_KIND_CHANGED #/TestMessage/2", "MESSAGE_REMOVED #/TestMessage/Status",
        "ENUM_REMOVED #/Status"},
       Proto3(status + " message TestMessage { string site = 1; Status state = 2;"
                       " message Status { string text = 1; } }"),
       Proto3("message TestMessage { string site = 1; int32 state = 2; }")},
      {"Detect enum const change",
       true,
       {"ENUM_CONST_CHANGED #/Status/1"},
       Proto3(status + " message TestMessage { Status state = 1; }"),
       Proto3("enum Status { STATUS_IDLE = 0; STATUS_RUNNING = 1; }"
              " message TestMessage { Status state = 1; }")},
  });
}

TEST(ConfluentCases, OfTypesThatChange) {
  ExpectVerdicts({
      {"Detect incompatible field type change (to a message)",
       false,
       {"MESSAGE_ADDED #/TestMessage2", "FIELD_KIND_CHANGED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; int32 part = 2; }"),
       Proto3("message TestMessage { string site = 1; TestMessage2 part = 2; }"
              " message TestMessage2 { int32 id = 1; }")},
      {"Detect incompatible field type change (of a scalar)",
       false,
       {"FIELD_NAME_CHANGED #/TestMessage/2", "FIELD_SCALAR_KIND_CHANGED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; int32 runs = 2; }"),
       Proto3("message TestMessage { string site = 1; string label = 2; }")},
      {"Detect incompatible field type change (to another message)",
       false,
       {"MESSAGE_REMOVED #/TestMessage2", "MESSAGE_ADDED #/TestMessage3",
        "FIELD_NAMED_TYPE_CHANGED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; TestMessage2 part = 2; }"
              " message TestMessage2 { int32 id = 1; }"),
       Proto3("message TestMessage { string site = 1; TestMessage3 part = 2; }"
              " message TestMessage3 { int32 id = 1; }")},
      {"Detect incompatible field type change (of a number's coding)",
       false,
       {"FIELD_NAME_CHANGED #/TestMessage/2", "FIELD_SCALAR_KIND_CHANGED #/TestMessage/2"},
       Proto3("message TestMessage { string site = 1; int64 skew = 2; }"),
       Proto3("message TestMessage { string site = 1; sint64 offset = 2; }")},
  });
}

TEST(ConfluentCases, OfLabels) {
  ExpectVerdicts({
      {"Detect compatible field label change for message",
       true,
       {},
       Proto2("message Part { optional string id = 1; }"
              " message TestMessage { optional Part part = 1; }"),
       Proto2("message Part { optional string id = 1; }"
              " message TestMessage { repeated Part part = 1; }")},
      {"Detect compatible field label change for string",
       true,
       {"FIELD_STRING_OR_BYTES_LABEL_CHANGED #/TestMessage/1"},
       Proto2("message TestMessage { optional string site = 1; }"),
       Proto2("message TestMessage { repeated string site = 1; }")},
      {"Detect compatible field label change for bytes",
       true,
       {"FIELD_STRING_OR_BYTES_LABEL_CHANGED #/TestMessage/1"},
       Proto3("message TestMessage { repeated bytes blob = 1; }"),
       Proto3("message TestMessage { optional bytes blob = 1; }")},
      {"Detect incompatible field label change for number",
       false,
       {"FIELD_NUMERIC_LABEL_CHANGED #/TestMessage/1"},
       Proto3("message TestMessage { optional double volts = 1; }"),
       Proto3("message TestMessage { repeated double volts = 1; }")},
  });
}

TEST(ConfluentCases, OfMessagesThatComeAndMove) {
  const std::string one = "message TestMessage { string site = 1; }";
  const std::string two = " message TestMessage2 { string part = 1; } ";
  ExpectVerdicts({
      {"Detect compatible message addition",
       true,
       {"MESSAGE_ADDED #/TestMessage2"},
       Proto3(one),
       Proto3(one + two)},
      {"Detect compatible message index change (by a new one before)",
       true,
       {"MESSAGE_ADDED #/TestMessage2", "MESSAGE_MOVED #/TestMessage"},
       Proto3(one),
       Proto3(two + one)},
      {"Detect compatible message index change (of two)",
       true,
       {"MESSAGE_MOVED #/TestMessage2", "MESSAGE_MOVED #/TestMessage"},
       Proto3(one + two),
       Proto3(two + one)},
  });
}

}  // namespace
}  // namespace muster::registry::formats
