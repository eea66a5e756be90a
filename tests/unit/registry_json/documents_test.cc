// How `$ref` finds what it names.
#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Whether `text` means {"type":"object","properties":{"a":{"type":"integer"}}}: a reader of
// numbers takes what it allows, and one of texts does not.
void ExpectIntegerAtA(const std::string& text,
                      const std::vector<ReferencedSchema>& references = {}) {
  SCOPED_TRACE(text);
  const auto schema = Parsed(text, references);
  const auto numbers = Parsed(R"({"type":"object","properties":{"a":{"type":"number"}}})");
  EXPECT_THAT(Compared(schema, numbers).changes, Contains("TYPE_EXTENDED #/properties/a"));
}

TEST(JsonReferences, FollowPointersIntoAnyPartOfTheText) {
  ExpectIntegerAtA(R"({"type":"object","properties":{"a":{"$ref":"#/definitions/n"}},
                       "definitions":{"n":{"type":"integer"}}})");
  ExpectIntegerAtA(R"({"type":"object","properties":{"a":{"$ref":"#/definitions/x~1y~0%20z"}},
                       "definitions":{"x/y~ z":{"type":"integer"}}})");
  ExpectIntegerAtA(R"({"type":"object","properties":{"a":{"$ref":"#/x/list/1"}},
                       "x":{"list":[{},{"type":"integer"}]}})");
  ExpectIntegerAtA(R"({"type":"object","properties":{"a":{"$ref":"#/definitions/p"}},
                       "definitions":{"p":{"$ref":"#/definitions/q"},"q":{"type":"integer"}}})");
  ExpectIntegerAtA(R"({"$ref":"#/definitions/whole","definitions":{"whole":{"type":"object",
                       "properties":{"a":{"type":"integer"}}}}})");
}

TEST(JsonReferences, FollowIdsAndAnchors) {
  ExpectIntegerAtA(R"({"$id":"http://x.example/root.json","type":"object",
      "properties":{"a":{"$ref":"n.json"}},"definitions":{"n":{"$id":"n.json","type":"integer"}}})");
  ExpectIntegerAtA(R"({"type":"object","properties":{"a":{"$ref":"#n"}},
      "definitions":{"n":{"$id":"#n","type":"integer"}}})");
  ExpectIntegerAtA(In(k4, R"({"id":"http://x.example/root.json","type":"object",
      "properties":{"a":{"$ref":"http://x.example/n"}},
      "definitions":{"n":{"id":"/n","type":"integer"}}})"));
  ExpectIntegerAtA(In(k2020, R"({"type":"object","properties":{"a":{"$ref":"#n"}},
      "$defs":{"n":{"$anchor":"n","type":"integer"}}})"));
  ExpectIntegerAtA(In(k2020, R"({"type":"object","properties":{"a":{"$dynamicRef":"#n"}},
      "$defs":{"n":{"$dynamicAnchor":"n","type":"integer"}}})"));
}

TEST(JsonReferences, ResolveAgainstTheIdAroundThem) {
  ExpectIntegerAtA(R"({"$id":"http://x.example/root.json","type":"object","properties":{"a":
      {"$id":"sub/","allOf":[{"$ref":"n.json"}]}},
      "definitions":{"n":{"$id":"sub/n.json","type":"integer"}}})");
  // An `$id` between does not hide what stands at the text's root.
  ExpectIntegerAtA(R"({"type":"object","properties":{"a":{"$id":"http://x.example/a",
      "allOf":[{"$ref":"#/definitions/n"}]}},"definitions":{"n":{"type":"integer"}}})");
}

TEST(JsonReferences, FindOtherSchemasByNameAndByUri) {
  const std::string text =
      R"({"type":"object","properties":{"a":{"$ref":"n.json#/definitions/n"}}})";
  const std::string n =
      R"({"definitions":{"n":{"$ref":"#/definitions/m"},"m":{"type":"integer"}}})";
  ExpectIntegerAtA(text, {{"n.json", n}});
  ExpectIntegerAtA(text, {{"./n.json", n}});
  const std::string rooted = R"({"$id":"http://x.example/v1/root.json",)" + text.substr(1);
  ExpectIntegerAtA(rooted, {{"n.json", n}});
  ExpectIntegerAtA(rooted, {{"http://x.example/v1/n.json", n}});
  ExpectIntegerAtA(rooted, {{"other", R"({"$id":"http://x.example/v1/n.json",)" + n.substr(1)}});
}

TEST(JsonReferences, LeadFromOneReferenceToAnother) {
  ExpectIntegerAtA(R"({"$ref":"whole.json"})",
                   {{"n.json", R"({"type":"integer"})"},
                    {"whole.json", R"({"type":"object","properties":{"a":{"$ref":"n.json"}}})"}});
}

TEST(JsonReferences, ReadAnotherTextByItsOwnDraft) {
  const std::string listed = In(k2020, R"({"type":"array","prefixItems":[{"type":"string"}]})");
  EXPECT_THAT(Compared(Parsed(R"({"$ref":"l.json"})", {{"l.json", listed}}),
                       Parsed(R"({"type":"array","items":[{"type":"string"}]})"))
                  .changes,
              IsEmpty());
}

TEST(JsonReferences, AreRefusedWhenNothingIsThere) {
  for (const auto& [text, path] : std::vector<std::pair<std::string, std::string>>{
           {R"({"$ref":"#/definitions/missing"})", "#/$ref"},
           {R"({"properties":{"a":{"$ref":"other.json"}}})", "#/properties/a/$ref"},
           {R"({"properties":{"a":{"$ref":"http://json-schema.org/draft-07/schema#"}}})",
            "#/properties/a/$ref"},
           {R"({"items":[{"$ref":"#/items/7"}]})", "#/items/0/$ref"},
           {R"({"items":[{"$ref":"#/items/-1"}]})", "#/items/0/$ref"},
           {R"({"not":{"$ref":"#name"}})", "#/not/$ref"},
           {R"({"definitions":{"unused":{"$ref":"#/nowhere"}}})", "#/definitions/unused/$ref"}})
    EXPECT_THAT(Parse(text), IsInvalidAt(path)) << text;
  EXPECT_THAT(Parse(R"({"$ref":"a.json"})", {{"a.json", "{"}}),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

TEST(JsonReferences, AreRefusedWhenTheyLeadToNoSchema) {
  EXPECT_THAT(Parse(R"({"title":"x","properties":{"a":{"$ref":"#/title"}}})"),
              IsInvalidAt("#/properties/a/$ref"));
  EXPECT_THAT(Parse(R"({"properties":{"a":{"$ref":"#/x"}},"x":{"items":{"type":5}}})"),
              IsInvalidAt("#/x/items/type"));
  EXPECT_THAT(Parse(R"({"$ref":"other.json"})", {{"other.json", R"({"type":5})"}}),
              IsInvalidAt("other.json#/type"));
}

TEST(JsonReferences, AreRefusedWhenTheyLeadInACircle) {
  EXPECT_THAT(Parse(R"({"$ref":"#"})"), IsInvalidAt("#/$ref"));
  EXPECT_THAT(Parse(R"({"definitions":{"a":{"$ref":"#/definitions/b"},
                                       "b":{"$ref":"#/definitions/a"}}})"),
              IsInvalidAt("#/definitions/a/$ref"));
  EXPECT_THAT(Parse(R"({"properties":{"self":{"$ref":"#"}}})"), testing::IsOk());
  EXPECT_THAT(Parse(In(k2020, R"({"$ref":"#","minLength":1})")), testing::IsOk());
}

TEST(JsonReferences, CountBesideKeywordsSince2019) {
  const std::string a =
      In(k2020, R"({"$ref":"#/$defs/n","minLength":3,"$defs":{"n":{"type":"string"}}})");
  const std::string b =
      In(k2020, R"({"$ref":"#/$defs/n","minLength":2,"$defs":{"n":{"type":"string"}}})");
  EXPECT_THAT(Changes(a, b), ElementsAre("MIN_LENGTH_DECREASED #/allOf/0/minLength"));
  EXPECT_THAT(Changes(In(k2019, R"({"properties":{"a":{"$recursiveRef":"#"}}})"),
                      In(k2019, R"({"properties":{"a":{"$ref":"#"}}})")),
              IsEmpty());
}

}  // namespace
}  // namespace muster::registry::formats
