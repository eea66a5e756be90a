// Schemas that lead back to themselves, and schemas that ask for too much.
#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Tree(const std::string& type) {
  return R"({"type":"object","properties":{"value":{"type":")" + type +
         R"("},"next":{"$ref":"#"},"children":{"type":"array","items":{"$ref":"#"}}}})";
}

TEST(JsonRecursion, EndsWhereNothingChanged) {
  EXPECT_THAT(Changes(Tree("string"), Tree("string")), IsEmpty());
}

TEST(JsonRecursion, ReportsAChangeOnce) {
  EXPECT_THAT(Changes(Tree("integer"), Tree("number")),
              ElementsAre("TYPE_EXTENDED #/properties/value"));
}

TEST(JsonRecursion, DoesNotMaskABreakBehindACircle) {
  // Whether "next" may still be null depends on the list itself, which breaks in "value".
  const auto list = [](const std::string& type) {
    return R"({"$ref":"#/definitions/list","definitions":{"list":{"type":"object","properties":{
        "next":{"oneOf":[{"type":"null"},{"$ref":"#/definitions/list"}]},
        "value":{"type":")" +
           type + R"("}}}}})";
  };
  const auto found = Compared(list("string"), list("integer"));
  EXPECT_FALSE(found.compatible);
  EXPECT_THAT(found.changes, ElementsAre("COMBINED_TYPE_SUBSCHEMAS_CHANGED #/properties/next",
                                         "TYPE_CHANGED #/properties/value"));
}

TEST(JsonRecursion, DoesNotRememberWhatWasOnlyAssumed) {
  // "b" meets "a" while "a" is being compared, and looks compatible until "a" turns out not to be.
  // The alternatives of "c" read the verdict on "b" afterwards.
  const auto schema = [](const std::string& type) {
    return R"({"type":"object","properties":{
        "a":{"$ref":"#/definitions/a"},
        "c":{"oneOf":[{"$ref":"#/definitions/b"},{"type":"null"}]}},
      "definitions":{
        "a":{"type":"object","properties":{"b":{"$ref":"#/definitions/b"},
             "z":{"type":")" +
           type + R"("}}},
        "b":{"type":"object","properties":{"a":{"$ref":"#/definitions/a"}}}}})";
  };
  const auto found = Compared(schema("string"), schema("boolean"));
  EXPECT_THAT(found.changes, Contains("COMBINED_TYPE_SUBSCHEMAS_CHANGED #/properties/c"));
  EXPECT_THAT(found.changes, Contains("TYPE_CHANGED #/properties/a/properties/z"));
}

TEST(JsonRecursion, SeesThroughNegationInACircle) {
  const auto schema = [](int length) {
    return R"({"properties":{"name":{"type":"string","maxLength":)" + std::to_string(length) +
           R"(},"except":{"not":{"$ref":"#"}}}})";
  };
  // What is ruled out grows with what is allowed.
  EXPECT_THAT(Changes(schema(3), schema(5)),
              ElementsAre("NOT_TYPE_EXTENDED #/properties/except/not",
                          "MAX_LENGTH_INCREASED #/properties/name/maxLength"));
}

TEST(JsonRecursion, ComparesManyDefinitionsThatAllNameOneAnother) {
  const auto schema = [](int count, const std::string& last) {
    std::string text = R"({"$ref":"#/definitions/d0","definitions":{)";
    for (int i = 0; i < count; ++i) {
      text += fmt::format(R"({}"d{}":{{"type":"object","properties":{{)", i ? "," : "", i);
      for (int j = 0; j < count; ++j)
        text += fmt::format(
            R"("p{}":{{"anyOf":[{{"$ref":"#/definitions/d{}"}},{{"type":"null"}}]}},)", j, j);
      text += R"("v":{"type":")" + (i + 1 == count ? last : std::string("integer")) + "\"}}}";
    }
    return text + "}}";
  };
  EXPECT_THAT(Changes(schema(25, "integer"), schema(25, "integer")), IsEmpty());
  EXPECT_FALSE(Compared(schema(25, "integer"), schema(25, "string")).compatible);
  EXPECT_TRUE(Compared(schema(25, "integer"), schema(25, "number")).compatible);
}

// Each of `depth` definitions has two ways to the next: 2^depth paths to the last.
std::string Ladder(int depth, const std::string& type) {
  std::string text = R"({"$ref":"#/definitions/d0","definitions":{)";
  for (int i = 0; i < depth; ++i)
    text += fmt::format(R"("d{}":{{"properties":{{"l":{{"$ref":"#/definitions/d{}"}},
                          "r":{{"$ref":"#/definitions/d{}"}}}}}},)",
                        i, i + 1, i + 1);
  return text + fmt::format(R"("d{}":{{"type":"{}"}}}}}})", depth, type);
}

TEST(JsonRecursion, ListsABoundedNumberOfTheWaysToAChange) {
  EXPECT_THAT(Changes(Ladder(60, "string"), Ladder(60, "string")), IsEmpty());
  const auto few = Changes(Ladder(3, "string"), Ladder(3, "null"));
  EXPECT_EQ(few.size(), 8u);
  const auto found = Compared(Ladder(60, "string"), Ladder(60, "null"));
  EXPECT_FALSE(found.compatible);
  EXPECT_LT(found.changes.size(), 20'000u);
}

TEST(JsonBudget, IsHonouredInSteps) {
  const auto alternatives = [](const std::string& type) {
    std::string text = R"({"oneOf":[)";
    for (int i = 0; i < 300; ++i)
      text += fmt::format(R"({}{{"type":"{}","title":"{}"}})", i ? "," : "", type, i);
    return Parsed(text + "]}");
  };
  const auto a = alternatives("integer");
  const auto b = alternatives("number");
  EXPECT_THAT(a->Compare(*b, {.steps = 10'000, .depth = 200}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
  EXPECT_THAT(a->Compare(*b, {.steps = 0, .depth = 200}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
  EXPECT_TRUE(Compared(a, b).compatible);
}

TEST(JsonBudget, IsHonouredInDepth) {
  const auto nested = [](const std::string& inner) {
    std::string text = inner;
    for (int i = 0; i < 20; ++i) text = R"({"type":"array","items":)" + text + "}";
    return Parsed(text);
  };
  const auto a = nested(R"({"type":"string"})");
  const auto b = nested(R"({"type":"null"})");
  EXPECT_THAT(a->Compare(*b, {.steps = 1'000, .depth = 20}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
  EXPECT_FALSE(Compared(a, b, {.steps = 1'000, .depth = 21}).compatible);
}

TEST(JsonBudget, EndsWhatWouldTakeForever) {
  // Two chains of definitions, each longer than any stack, compared without a limit of depth.
  const auto chain = [](const std::string& type) {
    std::string text = R"({"$ref":"#/definitions/d0","definitions":{)";
    for (int i = 0; i < 10'000; ++i)
      text += fmt::format(R"("d{}":{{"items":{{"$ref":"#/definitions/d{}"}}}},)", i, i + 1);
    return Parsed(text + R"("d10000":{"type":")" + type + R"("}}})");
  };
  EXPECT_THAT(chain("string")->Compare(*chain("null"), {.steps = ~0ULL, .depth = 1'000'000}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
}

TEST(JsonBudget, BoundsAlternativesOfAlternatives) {
  // Each level multiplies what has to be matched with what: 4^5 alternatives, 4^10 pairs of them.
  const auto nested = [](const std::string& leaf) {
    std::string text = leaf;
    for (int level = 0; level < 5; ++level) {
      std::string list;
      for (int i = 0; i < 4; ++i)
        list += fmt::format("{}{{\"oneOf\":[{},{{\"minItems\":{}}}]}}", i ? "," : "", text, i);
      text = R"({"anyOf":[)" + list + "]}";
    }
    return Parsed(text);
  };
  const auto a = nested(R"({"type":"string"})");
  const auto b = nested(R"({"type":"null"})");
  EXPECT_THAT(a->Compare(*b, {.steps = 100'000, .depth = 200}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
  const auto whole = a->Compare(*b, {});
  EXPECT_TRUE(whole.ok() || ReasonOf(whole.status()) == Reason::kSCHEMA_TOO_COMPLEX);
}

TEST(JsonBudget, BoundsPatternsThatWouldBacktrackForever) {
  const std::string name(5'000, 'a');
  const auto object = [&](const std::string& properties) {
    return Parsed(R"({"properties":{)" + properties +
                  R"j(},"patternProperties":{"^(a+)+$":{"type":"string"},"(a|b|ab)*c":
                      {"type":"null"}},"additionalProperties":false})j");
  };
  const std::string added = "\"" + name + R"(b":{"type":"string"})";
  EXPECT_THAT(
      Compared(object(""), object(added)).changes,
      ElementsAre("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/" + name + "b"));
  // A pattern that takes too much memory is not trusted.
  const auto large = [](const std::string& properties) {
    return R"j({"properties":{)j" + properties +
           R"j(},"patternProperties":{"((a{1,900}){1,900}){1,900}":{"type":"string"}}})j";
  };
  EXPECT_FALSE(Compared(large(""), large(R"("a":{"type":"string"})")).compatible);
}

}  // namespace
}  // namespace muster::registry::formats
