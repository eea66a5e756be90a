#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {

std::string Repeated(const std::string& text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}
// "head" and then f(0), f(1), ... with commas between.
template <typename F>
std::string Listed(std::size_t count, F f) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + f(std::to_string(i));
  return out;
}

TEST(AvroHostile, TextsHaveALength) {
  const std::string most = "\"int\"" + std::string(SchemaParser::kMostBytes - 5, ' ');
  EXPECT_NE(Parsed(most), nullptr);
  ExpectRefused(most + " ", "/", "are more than");
  ExpectRefused("\"int\"", "/", "are more than", {{"n", most + " "}});
}

TEST(AvroHostile, NestingHasADepth) {
  const std::string array = R"({"type":"array","items":)";
  EXPECT_NE(Parsed(Repeated(array, 100) + "\"int\"" + Repeated("}", 100)), nullptr);
  ExpectRefused(Repeated(array, 101) + "\"int\"" + Repeated("}", 101), "/", "deeper than 100");
  for (const std::string open : {"[", "{\"type\":", "[{\"type\":\"map\",\"values\":"})
    EXPECT_FALSE(ParseAvro(Repeated(open, 100'000 / open.size()), {}).ok());
  ExpectRefused(RecordOf(R"({"name":"v","type":"int","default":)" + Repeated("[", 5'000) +
                         Repeated("]", 5'000) + "}"),
                "/", "deeper than 100");
}

TEST(AvroHostile, CountsHaveBounds) {
  const auto field = [](const std::string& i) {
    return R"({"name":"f)" + i + R"(","type":"int"})";
  };
  EXPECT_NE(Parsed(RecordOf(Listed(kMostFields, field))), nullptr);
  ExpectRefused(RecordOf(Listed(kMostFields + 1, field)), "/fields", "fields are more than");
  const auto symbol = [](const std::string& i) { return "\"S" + i + "\""; };
  const std::string head = R"({"type":"enum","name":"E","symbols":[)";
  EXPECT_NE(Parsed(head + Listed(kMostSymbols, symbol) + "]}"), nullptr);
  ExpectRefused(head + Listed(kMostSymbols + 1, symbol) + "]}", "/symbols", "symbols are more");
  const auto fixed = [](const std::string& i) {
    return R"({"type":"fixed","size":1,"name":"F)" + i + "\"}";
  };
  EXPECT_NE(Parsed("[" + Listed(kMostBranches, fixed) + "]"), nullptr);
  ExpectRefused("[" + Listed(kMostBranches + 1, fixed) + "]", "/", "branches in a union");
  const auto named = [&](const std::string& i) {
    return R"({"name":"f)" + i + R"(","type":)" + fixed(i) + "}";
  };
  EXPECT_NE(Parsed(RecordOf(Listed(kMostTypes - 1, named))), nullptr);
  ExpectRefused(RecordOf(Listed(kMostTypes, named)), "/fields/9999/type", "named types");
  const std::string aliased = R"({"type":"fixed","size":1,"name":"F","aliases":[)";
  EXPECT_NE(Parsed(aliased + Listed(kMostAliases, symbol) + "]}"), nullptr);
  ExpectRefused(aliased + Listed(kMostAliases + 1, symbol) + "]}", "/aliases", "aliases are more");
}

TEST(AvroHostile, NamesHaveALength) {
  const auto fixed = [](std::size_t length) {
    return R"({"type":"fixed","size":1,"name":")" + std::string(length, 'x') + "\"}";
  };
  EXPECT_NE(Parsed(fixed(kMostNameBytes)), nullptr);
  ExpectRefused(fixed(kMostNameBytes + 1), "/", "no name");
  ExpectRefused(R"({"type":"fixed","size":1,"name":"F","namespace":")" +
                    Repeated("x.", kMostNameBytes) + "x\"}",
                "/", "no namespace");
}

TEST(AvroHostile, BytesThatAreNoTextAreRefused) {
  for (const std::string& bad :
       {std::string("\"in\xfft\""), std::string("\"int\"\0", 6), std::string("\xef\xbb\xbf\"int\""),
        std::string("\"\\ud800\""), std::string("\0", 1)})
    EXPECT_THAT(ParseAvro(bad, {}),
                testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

// Two records for each level, each with a union of the next two: a default has 2^30 ways to fit.
TEST(AvroHostile, ADefaultWithManyWaysToFitIsGivenUp) {
  std::string types, value = R"({"x":{"bad":1}})";
  std::string next = R"([{"type":"record","name":"A0","fields":[{"name":"x","type":"int"}]},
                         {"type":"record","name":"B0","fields":[{"name":"x","type":"int"}]}])";
  for (int i = 1; i < 24; ++i) {
    const std::string n = std::to_string(i), before = std::to_string(i - 1);
    const std::string names = R"(["A)" + before + R"(","B)" + before + R"("])";
    types += R"({"name":"t)" + n + R"(","type":)" + next + "},";
    next = R"([{"type":"record","name":"A)" + n + R"(","fields":[{"name":"x","type":)" + names +
           R"(}]},{"type":"record","name":"B)" + n + R"(","fields":[{"name":"x","type":)" + names +
           "}]}]";
    value = R"({"x":)" + value + "}";
  }
  ExpectRefused(RecordOf(types + R"({"name":"v","type":)" + next + R"(,"default":)" + value + "}"),
                "/", "steps to check");
}

TEST(AvroHostile, DefaultsInAChainNestOnlySoDeep) {
  // Outer types are defined first here, so that each default leads to the next.
  std::string text = R"("int")";
  for (int i = 0; i < 30; ++i)
    text = R"({"type":"record","name":"R)" + std::to_string(i) +
           R"(","fields":[{"name":"v","type":)" + text + R"(,"default":)" + (i == 0 ? "1" : "{}") +
           "}]}";
  EXPECT_NE(Parsed(text), nullptr);
}

TEST(AvroHostile, ManyDifferencesAreToldUpToABoundAndTheVerdictStays) {
  // Every field is renamed and has another default, which makes two; the last one breaks.
  const auto record = [](const std::string& name, int value, const std::string& last) {
    return RecordOf(Listed(6'000,
                           [&](const std::string& i) {
                             return R"({"name":")" + name + i + R"(","type":"int","default":)" +
                                    std::to_string(value) + R"(,"aliases":["a)" + i + "\"]}";
                           }) +
                    R"(,{"name":"last","type":")" + last + "\"}");
  };
  const auto found = Differences(record("a", 0, "string"), record("b", 1, "int"));
  ASSERT_EQ(found.size(), kMostDifferences);
  EXPECT_EQ(found.back().code, "TYPE_MISMATCH");
  EXPECT_EQ(found.back().path, "/fields/6000/type");
}

TEST(AvroHostile, AnObjectOfManyMembersIsReadInTheTimeOfItsLength) {
  const std::string many =
      Listed(60'000, [](const std::string& i) { return "\"k" + i + "\":" + i; });
  EXPECT_NE(Parsed(R"({"type":"int",)" + many + "}"), nullptr);
  EXPECT_NE(Parsed(RecordOf(R"({"name":"v","type":{"type":"map","values":"int"},"default":{)" +
                            many + "}}")),
            nullptr);
}

}  // namespace
}  // namespace muster::registry::formats
