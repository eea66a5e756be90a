// Alternatives: how objects that mix kinds of keywords are read, and which is matched with which.
#include "registry/formats/json/matching.h"
#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(JsonCombined, AreMadeOfKeywordsOfSeveralKinds) {
  EXPECT_THAT(Changes(R"({"minLength":2,"minimum":3})", R"({"minimum":2,"minLength":2})"),
              ElementsAre("MINIMUM_DECREASED #/allOf/1/minimum"));
  EXPECT_THAT(Changes(R"({"type":"string","const":"a","not":{"type":"null"}})",
                      R"({"type":"string","const":"b","not":{"type":"null"}})"),
              ElementsAre("COMBINED_TYPE_SUBSCHEMAS_CHANGED #/"));
}

TEST(JsonCombined, AreMadeOfListsOfTypes) {
  EXPECT_THAT(Changes(R"({"type":["string","null"],"maxLength":3})",
                      R"({"type":["null","string"],"maxLength":5})"),
              ElementsAre("MAX_LENGTH_INCREASED #/anyOf/0/maxLength"));
  EXPECT_THAT(Changes(R"({"type":["string","null"]})", R"({"type":"string"})"),
              ElementsAre("TYPE_CHANGED #/"));
  EXPECT_THAT(Changes(R"({"type":["string"]})", R"({"type":"string"})"), IsEmpty());
}

TEST(JsonCombined, StandBesideTheTypeOfTheirObject) {
  const auto schema = [](const std::string& extra) {
    return R"({"type":"object","properties":{"a":{"type":"integer"}},"anyOf":[{"required":["a"]})" +
           extra + "]}";
  };
  EXPECT_THAT(Changes(schema(""), schema(R"(,{"required":["b"]})")),
              ElementsAre("SUM_TYPE_EXTENDED #/allOf/0"));
}

TEST(JsonCombined, MatchEachAlternativeWithOneOfItsOwn) {
  // The broad alternative takes either; only one way leaves a partner for the narrow one.
  const auto found = Compared(R"({"oneOf":[{"type":"integer"},{"type":"number"}]})",
                              R"({"oneOf":[{"type":"number"},{"type":"integer"}]})");
  EXPECT_THAT(found.changes, IsEmpty());
  const auto shared = Compared(R"({"oneOf":[{"type":"integer"},{"type":"integer","maximum":9}]})",
                               R"({"oneOf":[{"type":"number"},{"type":"string"}]})");
  EXPECT_THAT(shared.changes,
              ElementsAre("TYPE_EXTENDED #/oneOf/0", "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/"));
}

TEST(JsonCombined, LookThroughWhatStandsAlone) {
  EXPECT_THAT(Changes(R"({"anyOf":[{"type":"string"}]})", R"({"type":"string"})"), IsEmpty());
  EXPECT_THAT(Changes(R"({"allOf":[{"oneOf":[{"type":"integer"}]}]})", R"({"type":"number"})"),
              ElementsAre("TYPE_EXTENDED #/"));
}

TEST(JsonCombined, AreOneAllOfWhenNestedSince2020) {
  const std::string mixed = R"({"allOf":[{"type":"string","enum":["a"]},{"maxLength":3}]})";
  const std::string wider = R"({"allOf":[{"type":"string","enum":["a","b"]},{"maxLength":3}]})";
  EXPECT_THAT(Changes(mixed, wider), ElementsAre("ENUM_ARRAY_EXTENDED #/allOf/0/allOf/1/enum"));
  EXPECT_THAT(Changes(In(k2020, mixed), In(k2020, wider)),
              ElementsAre("ENUM_ARRAY_EXTENDED #/allOf/1/enum"));
}

TEST(JsonCombined, DoNotConfuseNegationsThatStayed) {
  EXPECT_THAT(Changes(R"({"not":{"type":"string"}})", R"({"not":{"type":"string"}})"), IsEmpty());
}

TEST(JsonCombined, ReadFormatAsAKeywordOfTextsBefore2019Only) {
  EXPECT_THAT(Changes(R"({"type":"number","format":"double"})", R"({"type":"number"})"),
              ElementsAre("PRODUCT_TYPE_NARROWED #/"));
  EXPECT_THAT(Changes(In(k2020, R"({"type":"number","format":"double"})"),
                      In(k2020, R"({"type":"number"})")),
              IsEmpty());
}

TEST(JsonCombined, AreMatchedToTheLargestNumberAndWithWhatIsTheSameFirst) {
  using json::Match;
  const auto spend = [] { return true; };
  // The first alternative has to give way to the second, which has no other.
  EXPECT_EQ(Match({{{0, false}, {1, false}}, {{0, false}}}, 2, spend),
            (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(Match({{{0, false}, {1, true}}, {{0, false}, {1, false}}}, 2, spend),
            (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(Match({{{0, false}}, {{0, false}}, {}}, 1, spend), (std::vector<std::size_t>{0, 1, 1}));
}

}  // namespace
}  // namespace muster::registry::formats
