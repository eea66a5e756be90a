// What holds for any schemas at all.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {

// Schemas of every kind, nested a few levels, with references to three definitions.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string Document() {
    modern_ = Below(2) == 1;
    std::string text = modern_ ? "{" + std::string(k2020) : "{";
    text += R"("definitions":{)";
    for (int i = 0; i < 3; ++i) text += fmt::format("{}\"d{}\":{}", i ? "," : "", i, Schema(2));
    return text + R"(},"properties":{"root":)" + Schema(3) + "}}";
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string Pick(const std::vector<std::string>& of) {
    return of[static_cast<std::size_t>(Below(static_cast<int>(of.size())))];
  }

  std::string Schema(int depth) {
    if (depth > 0 && Below(3) > 0) return Deep(depth - 1);
    return Pick({"true", "false", "{}", R"({"type":"string","maxLength":3})", R"({"type":"null"})",
                 R"({"type":"integer","minimum":-1.5})", R"({"type":["string","null"]})",
                 R"({"enum":[1,"a",null]})", R"({"const":{"a":[1]}})", R"({"type":"boolean"})",
                 R"({"minLength":1,"minimum":2})", R"({"type":"number","multipleOf":0.5})"});
  }
  std::string Deep(int depth) {
    const auto sub = [&] { return Schema(depth); };
    switch (Below(9)) {
      case 0: return R"({"$ref":"#/definitions/d)" + std::to_string(Below(3)) + "\"}";
      case 1: return R"({"not":)" + sub() + "}";
      case 2:
        return "{\"" + Pick({"allOf", "anyOf", "oneOf"}) + "\":[" + sub() + "," + sub() + "]}";
      case 3: return "{\"" + Pick({"anyOf", "oneOf"}) + "\":[" + sub() + "],\"title\":\"t\"}";
      case 4: return R"({"type":"array","items":)" + sub() + R"(,"maxItems":4})";
      case 5:
        return std::string(modern_ ? R"({"prefixItems":[)" : R"({"items":[)") + sub() + "," +
               sub() + (modern_ ? "],\"items\":" : "],\"additionalItems\":") + sub() + "}";
      case 6:
        return R"({"type":"object","properties":{"a":)" + sub() + R"(,"I_b":)" + sub() +
               R"(},"required":["a"],"patternProperties":{"^I_":)" + sub() +
               R"(},"additionalProperties":)" + sub() + "}";
      case 7: return R"({"type":"object","properties":{"b":)" + sub() + R"(},"default":{}})";
      default: return R"({"type":"string","enum":["a"],"if":)" + sub() + "}";
    }
  }

  std::mt19937_64 random_;
  bool modern_ = false;
};

int Seeds() { return std::getenv("MUSTER_SOAK") ? 20'000 : 400; }

// A document whose references go in a circle is no schema; the next seed will do.
SchemaPtr Generated(std::uint64_t seed) {
  auto schema = Parse(Generator(seed).Document());
  if (schema.ok()) return *schema;
  EXPECT_EQ(ReasonOf(schema.status()), Reason::kSCHEMA_INVALID) << schema.status();
  return nullptr;
}

TEST(JsonProperty, NoSchemaDiffersFromItself) {
  int compared = 0;
  for (int seed = 0; seed < Seeds(); ++seed) {
    const SchemaPtr schema = Generated(static_cast<std::uint64_t>(seed));
    if (!schema) continue;
    ++compared;
    SCOPED_TRACE(::testing::Message() << "seed=" << seed << "\n" << schema->text());
    // Parsed anew, so that no node is the other's.
    ASSERT_THAT(Compared(schema, Parsed(schema->text())).changes, ::testing::IsEmpty());
    ASSERT_THAT(Compared(schema, Parsed(schema->normalised())).changes, ::testing::IsEmpty());
  }
  EXPECT_GT(compared, Seeds() / 2);
}

TEST(JsonProperty, ComparingIsDeterministicAndAnythingMayBecomeAnything) {
  const SchemaPtr anything = Parsed("{}");
  SchemaPtr before = anything;
  for (int seed = 0; seed < Seeds(); ++seed) {
    const SchemaPtr schema = Generated(static_cast<std::uint64_t>(seed));
    if (!schema) continue;
    SCOPED_TRACE(::testing::Message() << "seed=" << seed << "\n" << schema->text());
    ASSERT_TRUE(Compared(schema, anything).compatible);
    const auto once = before->Compare(*schema, {});
    const auto again = Parsed(before->text())->Compare(*Parsed(schema->text()), {});
    ASSERT_TRUE(once.ok() && again.ok());
    ASSERT_EQ(*once, *again);
    before = schema;
  }
}

}  // namespace
}  // namespace muster::registry::formats
