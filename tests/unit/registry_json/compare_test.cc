// What Confluent's named cases leave open, and where they would be silent.
#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(JsonCompare, FindsNothingBetweenSpellingsOfTheSame) {
  EXPECT_THAT(Changes(R"({"type":"number","maximum":10,"default":{"a":1,"b":2}})",
                      R"({"default":{"b":2.0,"a":1e0},"maximum":10.00,"type":"number"})"),
              IsEmpty());
  EXPECT_THAT(Changes(R"({"enum":[1,"a",null]})", R"({"enum":[null,1.0,"a","a"]})"), IsEmpty());
}

TEST(JsonCompare, RefusesAnotherKindOfSchema) {
  class Other : public Schema {
   public:
    SchemaType type() const override { return SchemaType::kAvro; }
    const std::string& text() const override { return text_; }
    const std::string& normalised() const override { return text_; }
    StatusOr<std::vector<Difference>> Compare(const Schema&, const CompareBudget&) const override {
      return std::vector<Difference>();
    }

   private:
    std::string text_;
  };
  EXPECT_THAT(Parsed("{}")->Compare(Other(), {}),
              testing::HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(JsonCompare, SaysWhatWasAndWhatIs) {
  const auto differences =
      Parsed(R"({"maxLength":12})")->Compare(*Parsed(R"({"maxLength":8})"), {});
  ASSERT_TRUE(differences.ok());
  EXPECT_THAT(*differences,
              ElementsAre(Difference{"MAX_LENGTH_DECREASED", "#/maxLength", false,
                                     "Long texts are no longer allowed: was 12, is 8."}));
}

TEST(JsonCompare, ComparesNumbersThatNoDoubleHolds) {
  EXPECT_THAT(Changes(R"({"type":"integer","maximum":9007199254740993})",
                      R"({"type":"integer","maximum":9007199254740992})"),
              ElementsAre("MAXIMUM_DECREASED #/maximum"));
  EXPECT_THAT(Changes(R"({"type":"number","minimum":0.1})",
                      R"({"type":"number","minimum":0.1000000000000000000001})"),
              ElementsAre("MINIMUM_INCREASED #/minimum"));
  EXPECT_THAT(Changes(R"({"type":"integer","maximum":100000000000000000000000})",
                      R"({"type":"integer","maximum":1e23})"),
              IsEmpty());
}

TEST(JsonCompare, DividesFractions) {
  EXPECT_THAT(
      Changes(R"({"type":"number","multipleOf":0.1})", R"({"type":"number","multipleOf":0.3})"),
      ElementsAre("MULTIPLE_OF_EXPANDED #/multipleOf"));
  EXPECT_THAT(
      Changes(R"({"type":"number","multipleOf":0.3})", R"({"type":"number","multipleOf":0.1})"),
      ElementsAre("MULTIPLE_OF_REDUCED #/multipleOf"));
  EXPECT_THAT(
      Changes(R"({"type":"number","multipleOf":0.5})", R"({"type":"number","multipleOf":0.3})"),
      ElementsAre("MULTIPLE_OF_CHANGED #/multipleOf"));
}

TEST(JsonCompare, SeesExclusiveLimitsInEveryDraft) {
  EXPECT_THAT(Changes(R"({"type":"number","exclusiveMaximum":10})",
                      R"({"type":"number","exclusiveMaximum":9})"),
              ElementsAre("EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum"));
  EXPECT_THAT(Changes(R"({"type":"number","exclusiveMinimum":1})", R"({"type":"number"})"),
              ElementsAre("EXCLUSIVE_MINIMUM_REMOVED #/exclusiveMinimum"));
  const auto found = Compared(In(k4, R"({"type":"number","minimum":1})"),
                              In(k4, R"({"type":"number","minimum":1,"exclusiveMinimum":true})"));
  EXPECT_THAT(found.changes, ElementsAre("EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum"));
  EXPECT_FALSE(found.compatible);
}

TEST(JsonCompare, TellsRequiredFromOptionalPropertiesOfOpenObjects) {
  const std::string open = R"({"type":"object","properties":{}})";
  const auto with = [](const std::string& property, const std::string& required) {
    return R"({"type":"object","properties":{"a":)" + property + R"(},"required":[)" + required +
           "]}";
  };
  EXPECT_THAT(Changes(open, with(R"({"type":"string"})", R"("a")")),
              ElementsAre("REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"));
  EXPECT_THAT(
      Changes(open, with(R"({"type":"string","default":""})", R"("a")")),
      ElementsAre("REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"));
  EXPECT_THAT(Changes(open, with("{}", R"("a")")),
              ElementsAre("REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"));
  EXPECT_THAT(Changes(open, with("true", "")),
              ElementsAre("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a"));
}

TEST(JsonCompare, LetsARequiredPropertyComeWithADefaultToAClosedObject) {
  const auto found = Compared(R"({"properties":{},"additionalProperties":false})",
                              R"({"properties":{"a":{"default":null}},"required":["a"],
                                  "additionalProperties":false})");
  EXPECT_THAT(
      found.changes,
      ElementsAre("REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a"));
  EXPECT_TRUE(found.compatible);
}

TEST(JsonCompare, DoesNotTrustAPatternThatItCannotTry) {
  const std::string look_ahead =
      R"j({"properties":{%},"patternProperties":{"^(?=x)":{"type":"string"}},
           "additionalProperties":false})j";
  const auto with = [&](const std::string& properties) {
    std::string text = look_ahead;
    return text.replace(text.find('%'), 1, properties);
  };
  EXPECT_THAT(
      Changes(with(""), with(R"("x":{"type":"string"})")),
      ElementsAre("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/x",
                  "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/x"));
  EXPECT_THAT(
      Changes(with(R"("x":{"type":"string"})"), with("")),
      ElementsAre("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/x"));
}

TEST(JsonCompare, TakesBooleanSchemasForAllAndNothing) {
  EXPECT_THAT(Changes("true", "{}"), IsEmpty());
  EXPECT_THAT(Changes("{}", "true"), IsEmpty());
  EXPECT_THAT(Changes("false", R"({"type":"string"})"), IsEmpty());
  EXPECT_THAT(Changes(R"({"type":"string"})", "true"), IsEmpty());
  EXPECT_THAT(Changes("true", "false"), ElementsAre("TYPE_CHANGED #/"));
  EXPECT_THAT(Changes("{}", R"({"type":"string"})"), ElementsAre("TYPE_CHANGED #/"));
}

TEST(JsonCompare, SeesChangedDependencyLists) {
  const auto needs = [](const std::string& names) {
    return R"({"type":"object","dependencies":{"a":[)" + names + "]}}";
  };
  EXPECT_THAT(Changes(needs(R"("b")"), needs(R"("b","c")")),
              ElementsAre("DEPENDENCY_ARRAY_EXTENDED #/dependencies/a"));
  EXPECT_THAT(Changes(needs(R"("b","c")"), needs(R"("c")")),
              ElementsAre("DEPENDENCY_ARRAY_NARROWED #/dependencies/a"));
  EXPECT_THAT(Changes(needs(R"("b")"), needs(R"("c")")),
              ElementsAre("DEPENDENCY_ARRAY_CHANGED #/dependencies/a"));
  EXPECT_THAT(Changes(needs(""), R"({"type":"object"})"), IsEmpty());
}

TEST(JsonCompare, SeesUnevaluatedPropertiesAndItems) {
  const std::string open = In(k2020, R"({"type":"object"})");
  const std::string closed = In(k2020, R"({"type":"object","unevaluatedProperties":false})");
  const std::string texts =
      In(k2020, R"({"type":"object","unevaluatedProperties":{"type":"string"}})");
  EXPECT_THAT(Changes(open, closed),
              ElementsAre("UNEVALUATED_PROPERTIES_REMOVED #/unevaluatedProperties"));
  EXPECT_THAT(Changes(closed, texts),
              ElementsAre("UNEVALUATED_PROPERTIES_ADDED #/unevaluatedProperties"));
  EXPECT_THAT(Changes(open, texts),
              ElementsAre("UNEVALUATED_PROPERTIES_NARROWED #/unevaluatedProperties"));
  EXPECT_THAT(Changes(texts, open),
              ElementsAre("UNEVALUATED_PROPERTIES_EXTENDED #/unevaluatedProperties"));
  EXPECT_THAT(Changes(open, In(k2020, R"({"type":"object","unevaluatedProperties":true})")),
              IsEmpty());
  EXPECT_THAT(Changes(In(k2020, R"({"type":"array","unevaluatedItems":{"type":"string"}})"),
                      In(k2020, R"({"type":"array","unevaluatedItems":{"type":"null"}})")),
              ElementsAre("TYPE_CHANGED #/unevaluatedItems"));
}

TEST(JsonCompare, TakesConnectBytesForOneType) {
  EXPECT_THAT(Changes(R"({"type":"string","connect.type":"bytes"})",
                      R"({"type":"number","connect.type":"bytes"})"),
              IsEmpty());
  EXPECT_THAT(Changes(R"({"type":"string","connect.type":"bytes"})", R"({"type":"number"})"),
              ElementsAre("TYPE_CHANGED #/"));
}

TEST(JsonCompare, KeepsNamesInPathsAsTheyAre) {
  EXPECT_THAT(Changes(R"({"properties":{"a/b":{"type":"string"},"":{"type":"null"}}})",
                      R"({"properties":{"a/b":{"type":"null"},"":{"type":"string"}}})"),
              ElementsAre("TYPE_CHANGED #/properties/", "TYPE_CHANGED #/properties/a/b"));
}

TEST(JsonCompare, ReportsADefinitionAtEachPlaceThatUsesIt) {
  const auto schema = [](const std::string& type) {
    return R"({"properties":{"a":{"$ref":"#/definitions/d"},"b":{"$ref":"#/definitions/d"}},
               "definitions":{"d":{"type":")" +
           type + "\"}}}";
  };
  EXPECT_THAT(Changes(schema("string"), schema("null")),
              ElementsAre("TYPE_CHANGED #/properties/a", "TYPE_CHANGED #/properties/b"));
}

TEST(JsonCompare, IgnoresWhatConfluentIgnores) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {R"({"if":{"type":"string"}})", R"({"if":{"type":"null"}})"},
           {R"({"contains":{"type":"string"}})", R"({"contains":{"type":"null"}})"},
           {R"({"propertyNames":{"maxLength":9}})", R"({"propertyNames":{"maxLength":3}})"},
           {R"({"format":"date"})", R"({"format":"time"})"},
           {R"({"required":["a"]})", R"({"required":["b"]})"},
           {R"({"minLength":2})", R"({"minLength":2,"type":"string"})"}})
    EXPECT_THAT(Changes(a, b), IsEmpty()) << a;
}

TEST(JsonCompare, ComparesObjectsOfAThousandProperties) {
  const auto object = [](const std::string& type) {
    std::string text = R"({"type":"object","properties":{)";
    for (int i = 0; i < 1'000; ++i)
      text += fmt::format(R"({}"p{}":{{"type":"{}","title":"Property {}"}})", i ? "," : "", i,
                          i % 2 ? type : "string", i);
    return text + "}}";
  };
  const auto original = Parsed(object("integer"));
  const auto update = Parsed(object("number"));
  const auto differences = original->Compare(*update, {});
  ASSERT_TRUE(differences.ok());
  EXPECT_EQ(differences->size(), 500u);
}

}  // namespace
}  // namespace muster::registry::formats
