#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {

struct Refusal {
  std::string text;
  std::string path;
};

void ExpectRefused(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.text.substr(0, 200));
    EXPECT_THAT(Parse(refusal.text), IsInvalidAt(refusal.path));
  }
}

TEST(JsonParse, KeepsTheTextWithoutItsSpaceAndSortsTheNormalForm) {
  const auto schema = Parsed("{ \"type\": \"object\",\n\"properties\": {\"b\": {}, \"a\": true} }");
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->type(), SchemaType::kJson);
  EXPECT_EQ(schema->text(), R"({"type":"object","properties":{"b":{},"a":true}})");
  EXPECT_EQ(schema->normalised(), R"({"properties":{"a":true,"b":{}},"type":"object"})");
  EXPECT_EQ(Parsed(R"({"title":"x","minimum":1.50})")->normalised(),
            Parsed(R"({ "minimum":1.50 , "title":"x" })")->normalised());
}

TEST(JsonParse, TakesBooleansForSchemas) {
  EXPECT_EQ(Parsed("true")->text(), "true");
  EXPECT_EQ(Parsed(" false ")->normalised(), "false");
}

TEST(JsonParse, RefusesWhatIsNoSchemaAtAll) {
  ExpectRefused({{"", "#"},
                 {"[]", "#"},
                 {"null", "#"},
                 {"\"string\"", "#"},
                 {"3", "#"},
                 {R"({"a":1,"a":2})", "#"},
                 {R"({"properties":{"a":{},"a":{}}})", "#"},
                 {R"({"properties":{"a":[]}})", "#/properties/a"},
                 {R"({"items":{"not":null}})", "#/items/not"}});
}

TEST(JsonParse, RefusesKeywordsWithValuesOfAnotherKindAtTheirPlace) {
  ExpectRefused({{R"({"type":5})", "#/type"},
                 {R"({"type":"text"})", "#/type"},
                 {R"({"type":[]})", "#/type"},
                 {R"({"type":["string","string"]})", "#/type"},
                 {R"({"type":["string",1]})", "#/type"},
                 {R"({"minLength":-1})", "#/minLength"},
                 {R"({"maxLength":1.5})", "#/maxLength"},
                 {R"({"maxLength":"3"})", "#/maxLength"},
                 {R"({"pattern":3})", "#/pattern"},
                 {R"({"format":true})", "#/format"},
                 {R"({"minimum":"0"})", "#/minimum"},
                 {R"({"exclusiveMaximum":true})", "#/exclusiveMaximum"},
                 {R"({"multipleOf":0})", "#/multipleOf"},
                 {R"({"multipleOf":-2})", "#/multipleOf"},
                 {R"({"required":"a"})", "#/required"},
                 {R"({"required":["a","a"]})", "#/required"},
                 {R"({"required":[1]})", "#/required"},
                 {R"({"properties":[]})", "#/properties"},
                 {R"({"properties":{"a/b":{"~":1,"minItems":-1}}})", "#/properties/a~1b/minItems"},
                 {R"({"patternProperties":3})", "#/patternProperties"},
                 {R"({"additionalProperties":3})", "#/additionalProperties"},
                 {R"({"propertyNames":3})", "#/propertyNames"},
                 {R"({"minProperties":-1})", "#/minProperties"},
                 {R"({"dependencies":[]})", "#/dependencies"},
                 {R"({"dependencies":{"a":3}})", "#/dependencies/a"},
                 {R"({"dependencies":{"a":["b","b"]}})", "#/dependencies/a"},
                 {R"({"items":3})", "#/items"},
                 {R"({"items":[{},3]})", "#/items/1"},
                 {R"({"additionalItems":3})", "#/additionalItems"},
                 {R"({"contains":3})", "#/contains"},
                 {R"({"uniqueItems":1})", "#/uniqueItems"},
                 {R"({"allOf":{}})", "#/allOf"},
                 {R"({"anyOf":[]})", "#/anyOf"},
                 {R"({"oneOf":[{},[]]})", "#/oneOf/1"},
                 {R"({"not":3})", "#/not"},
                 {R"({"if":3})", "#/if"},
                 {R"({"enum":{}})", "#/enum"},
                 {R"({"title":5})", "#/title"},
                 {R"({"description":{}})", "#/description"},
                 {R"({"$id":5})", "#/$id"},
                 {R"({"$schema":7})", "#/$schema"},
                 {R"({"$ref":5})", "#/$ref"},
                 {R"({"definitions":{"a":{"type":5}}})", "#/definitions/a/type"}});
}

TEST(JsonParse, RefusesWhatADraftDoesNotHave) {
  ExpectRefused({{In(k4, R"({"exclusiveMinimum":3})"), "#/exclusiveMinimum"},
                 {In(k2020, R"({"items":[{}]})"), "#/items"},
                 {In(k2020, R"({"prefixItems":{}})"), "#/prefixItems"},
                 {In(k2020, R"({"dependentRequired":{"a":{}}})"), "#/dependentRequired/a"},
                 {In(k2020, R"({"dependentSchemas":{"a":[]}})"), "#/dependentSchemas/a"},
                 {In(k2020, R"({"unevaluatedProperties":1})"), "#/unevaluatedProperties"}});
}

TEST(JsonParse, IgnoresWhatItsDraftDoesNotKnow) {
  for (const std::string& text :
       {std::string(R"({"minContains":1,"x-unit":{"type":5},"examples":[{"$ref":3}]})"),
        In(k4, R"({"if":3,"contains":3,"propertyNames":3,"$id":3})"),
        In(k2020, R"({"dependencies":3,"additionalItems":3,"id":3})"),
        std::string(R"({"$schema":"https://example.com/own","prefixItems":3})")})
    EXPECT_THAT(Parse(text), testing::IsOk()) << text;
}

TEST(JsonParse, IgnoresWhatStandsBesideAReferenceBefore2019) {
  const std::string text = R"({"$ref":"#/definitions/a","minLength":-1,"definitions":{"a":{}}})";
  EXPECT_THAT(Parse(text), testing::IsOk());
  EXPECT_THAT(Parse(In(k2020, text)), IsInvalidAt("#/minLength"));
}

TEST(JsonParse, BoundsLengthAndDepth) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 1; i < depth; ++i) text += R"({"not":)";
    return text + "{}" + std::string(static_cast<std::size_t>(depth - 1), '}');
  };
  EXPECT_THAT(Parse(nested(SchemaParser::kMostDepth)), testing::IsOk());
  EXPECT_THAT(Parse(nested(SchemaParser::kMostDepth + 1)), IsInvalidAt("#"));
  EXPECT_THAT(Parse(std::string(200'000, '[')), IsInvalidAt("#"));
  const std::string long_text =
      R"({"title":")" + std::string(SchemaParser::kMostBytes, 'a') + "\"}";
  EXPECT_THAT(Parse(long_text), IsInvalidAt("#"));
  EXPECT_THAT(Parse("{}", {{"a.json", long_text}}), IsInvalidAt("#"));
  EXPECT_THAT(Parse("{}", std::vector<ReferencedSchema>(1'001, {"a", "{}"})), IsInvalidAt("#"));
}

TEST(JsonParse, RefusesNamesOfTwoHundredBytesAndMoreByABoundedPath) {
  const std::string name(5'000, 'n');
  const auto schema = Parse(R"({"properties":{")" + name + R"(":{"type":5}}})");
  EXPECT_EQ(schema.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_LT(MessageOf(schema.status()).size(), 500u);
}

TEST(JsonParse, TakesLargeTextsInBoundedTime) {
  std::string many = R"({"enum":[)";
  while (many.size() < 1'000'000) many += "{\"a\":[1,2,3]},";
  many.back() = ']';
  EXPECT_THAT(Parse(many + "}"), testing::IsOk());
  std::string refs = R"({"definitions":{"a0":{})";
  for (int i = 1; refs.size() < 1'000'000; ++i)
    refs += fmt::format(R"(,"a{}":{{"$ref":"#/definitions/a{}"}})", i, i - 1);
  EXPECT_THAT(Parse(refs + "}}"), testing::IsOk());
}

}  // namespace
}  // namespace muster::registry::formats
