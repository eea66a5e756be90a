// Confluent's cases of oneofs: see cases_fields_test.cc.
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
std::string Of(const std::string& body) { return Proto3("message TestMessage { " + body + " }"); }
std::string Message(const std::string& body) { return Proto3("message Message { " + body + " }"); }

TEST(ConfluentCases, OfFieldsThatGoIntoOneofs) {
  const std::string added = "ONEOF_ADDED #/TestMessage/new_oneof";
  ExpectVerdicts({
      {"Detect compatible field to oneof change",
       true,
       {added, "ONEOF_FIELD_ADDED #/TestMessage/new_oneof/3"},
       Of("string site = 1; int32 code = 2;"),
       Of("string site = 1; oneof new_oneof { int32 code = 2; string text = 3; }")},
      {"Detect incompatible field to oneof change",
       false,
       {"MULTIPLE_FIELDS_MOVED_TO_ONEOF #/TestMessage/new_oneof", added,
        "ONEOF_FIELD_ADDED #/TestMessage/new_oneof/3"},
       Of("string site = 1; int32 code = 2;"),
       Of("oneof new_oneof { string site = 1; int32 code = 2; string text = 3; }")},
      {"Detect compatible add field to oneof",
       true,
       {"ONEOF_FIELD_ADDED #/TestMessage/new_oneof/3"},
       Of("string site = 1; oneof new_oneof { int32 code = 2; }"),
       Of("string site = 1; oneof new_oneof { int32 code = 2; string text = 3; }")},
      {"Detect incompatible remove field from oneof",
       false,
       {"ONEOF_FIELD_REMOVED #/TestMessage/new_oneof/3"},
       Of("string site = 1; oneof new_oneof { int32 code = 2; string text = 3; }"),
       Of("string site = 1; oneof new_oneof { int32 code = 2; }")},
      {"Detect compatible move field to oneof",
       true,
       {added},
       Of("string site = 1; int32 code = 2;"),
       Of("string site = 1; oneof new_oneof { int32 code = 2; }")},
      {"Detect incompatible move field to oneof",
       false,
       {"FIELD_MOVED_TO_EXISTING_ONEOF #/TestMessage/new_oneof"},
       Of("string site = 1; oneof new_oneof { int32 code = 2; }"),
       Of("oneof new_oneof { string site = 1; int32 code = 2; }")},
      {"Detect incompatible move field to renamed oneof",
       false,
       {"FIELD_MOVED_TO_EXISTING_ONEOF #/TestMessage/new_oneof_2",
        "ONEOF_REMOVED #/TestMessage/new_oneof", "ONEOF_ADDED #/TestMessage/new_oneof_2"},
       Of("string site = 1; oneof new_oneof { int32 code = 2; }"),
       Of("oneof new_oneof_2 { string site = 1; int32 code = 2; }")},
  });
}

TEST(ConfluentCases, OfOneofsThatAreRenamed) {
  const std::string removed = "ONEOF_REMOVED #/Message/oldOneOf";
  const std::string renamed = "ONEOF_ADDED #/Message/renamedOneOf";
  ExpectVerdicts({
      {"Detect incompatible field type change when enclosing oneof is renamed",
       false,
       {removed, renamed, "FIELD_SCALAR_KIND_CHANGED #/Message/renamedOneOf/2"},
       Message("oneof oldOneOf { string text = 1; int32 code = 2; }"),
       Message("oneof renamedOneOf { string text = 1; string code = 2; }")},
      {"Detect incompatible field type change when field is moved out of a removed oneof",
       false,
       {removed, "ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/Message/1",
        "ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/Message/2", "FIELD_SCALAR_KIND_CHANGED #/Message/2"},
       Message("oneof oldOneOf { string text = 1; int32 code = 2; }"),
       Message("string text = 1; double code = 2;")},
      {"Detect incompatible field type change when field is moved into a new oneof",
       false,
       {"ONEOF_ADDED #/Message/newOneOf", "FIELD_SCALAR_KIND_CHANGED #/Message/newOneOf/2"},
       Message("string text = 1; int32 code = 2;"),
       Message("string text = 1; oneof newOneOf { bytes code = 2; }")},
      {"Detect compatible oneof rename with identical fields",
       true,
       {removed, renamed},
       Message("oneof oldOneOf { string text = 1; int32 code = 2; }"),
       Message("oneof renamedOneOf { string text = 1; int32 code = 2; }")},
      {"Detect incompatible drop of a oneof member while renaming the oneof",
       false,
       {"ONEOF_REMOVED #/Message/g", "ONEOF_ADDED #/Message/g2",
        "ONEOF_FIELD_REMOVED #/Message/g/2"},
       Message("oneof g { string text = 1; int32 code = 2; }"),
       Message("oneof g2 { string text = 1; }")},
  });
}

TEST(ConfluentCases, OfFieldsThatGoBetweenOneofs) {
  const std::string into_b = "FIELD_MOVED_TO_EXISTING_ONEOF #/Message/oneof_b";
  ExpectVerdicts({
      {"Detect incompatible field move between two differently-named oneofs",
       false,
       {into_b},
       Message("oneof oneof_a { int32 a = 1; int32 b = 2; } oneof oneof_b { int32 c = 3; }"),
       Message("oneof oneof_a { int32 a = 1; } oneof oneof_b { int32 b = 2; int32 c = 3; }")},
      {"Detect incompatible move of a field from a deleted oneof into an existing oneof",
       false,
       {into_b, "ONEOF_REMOVED #/Message/oneof_a"},
       Message("oneof oneof_a { int32 a = 1; } oneof oneof_b { int32 b = 2; }"),
       Message("oneof oneof_b { int32 a = 1; int32 b = 2; }")},
      {"Detect incompatible merge of two oneofs into a new oneof",
       false,
       {"FIELD_MOVED_TO_EXISTING_ONEOF #/Message/oneof_c", "ONEOF_REMOVED #/Message/oneof_a",
        "ONEOF_REMOVED #/Message/oneof_b", "ONEOF_ADDED #/Message/oneof_c"},
       Message("oneof oneof_a { int32 a = 1; } oneof oneof_b { int32 b = 2; }"),
       Message("oneof oneof_c { int32 a = 1; int32 b = 2; }")},
      {"Detect compatible move of a single field into a new singleton oneof from a surviving oneof",
       true,
       {"ONEOF_ADDED #/Message/oneof_b"},
       Message("oneof oneof_a { int32 a = 1; int32 b = 2; }"),
       Message("oneof oneof_a { int32 a = 1; } oneof oneof_b { int32 b = 2; }")},
      {"Detect compatible move field out of a oneof to top level",
       true,
       {"ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/Message/2"},
       Message("oneof choice { int32 a = 1; int32 b = 2; }"),
       Message("oneof choice { int32 a = 1; } int32 b = 2;")},
      {"Detect incompatible type change when field moved out of a oneof to top level",
       false,
       {"ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/Message/2", "FIELD_SCALAR_KIND_CHANGED #/Message/2"},
       Message("oneof choice { int32 a = 1; int32 b = 2; }"),
       Message("oneof choice { int32 a = 1; } float b = 2;")},
  });
}

}  // namespace
}  // namespace muster::registry::formats
