#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ListOf(const std::string& type) {
  return R"({"type":"record","name":"L","fields":[{"name":"head","type":")" + type +
         R"("},{"name":"tail","type":["null","L"]}]})";
}

TEST(AvroRecursion, AListIsReadAsAListOfWhatItsHeadIsReadAs) {
  EXPECT_THAT(Breaking(ListOf("int"), ListOf("long")), IsEmpty());
  EXPECT_THAT(Harmless(ListOf("int"), ListOf("long")), ElementsAre("TYPE_PROMOTED /fields/0/type"));
  EXPECT_THAT(Breaking(ListOf("long"), ListOf("int")),
              ElementsAre("TYPE_MISMATCH /fields/0/type", "MISSING_UNION_BRANCH /fields/1/type/1"));
}

TEST(AvroRecursion, TreesByArraysAndMapsEndToo) {
  const auto tree = [](const std::string& type) {
    return R"({"type":"record","name":"T","fields":[{"name":"kids","type":{"type":"array",
               "items":{"type":"map","values":"T"}}},{"name":"v","type":")" +
           type + "\"}]}";
  };
  EXPECT_THAT(Breaking(tree("int"), tree("double")), IsEmpty());
  EXPECT_THAT(Breaking(tree("double"), tree("int")), ElementsAre("TYPE_MISMATCH /fields/1/type"));
}

// What holds for a pair only while another is thought to be readable does not hold after: the
// first branch is tried with a B inside an A, and A fails at its last field.
TEST(AvroRecursion, WhatFollowsFromAWrongGuessIsForgotten) {
  const auto of = [](const std::string& last) {
    return R"({"type":"record","name":"T","fields":[
        {"name":"x","type":["null",{"type":"record","name":"A","fields":[
          {"name":"b","type":{"type":"record","name":"B","fields":[
            {"name":"a","type":["null","A"]}]}},
          {"name":"last","type":")" +
           last + R"("}]}]},
        {"name":"y","type":"B"}]})";
  };
  EXPECT_THAT(Breaking(of("int"), of("int")), IsEmpty());
  EXPECT_THAT(Breaking(of("string"), of("int")),
              ElementsAre("MISSING_UNION_BRANCH /fields/0/type/1",
                          "MISSING_UNION_BRANCH /fields/1/type/fields/0/type/1"));
}

TEST(AvroRecursion, MutuallyRecursiveRecordsAreCompared) {
  const auto of = [](const std::string& type) {
    return R"({"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","name":"B",
               "fields":[{"name":"a","type":{"type":"array","items":"A"}},{"name":"v","type":")" +
           type + "\"}]}}]}";
  };
  EXPECT_THAT(Breaking(of("float"), of("double")), IsEmpty());
  EXPECT_THAT(Breaking(of("double"), of("float")),
              ElementsAre("TYPE_MISMATCH /fields/0/type/fields/1/type"));
}

// Each record has two fields of the next: as a tree this has 2^50 nodes.
std::string Doubling(int records, const std::string& last) {
  std::string text =
      R"([{"type":"record","name":"R0","fields":[{"name":"v","type":")" + last + "\"}]}";
  for (int i = 1; i < records; ++i) {
    const std::string inner = "\"R" + std::to_string(i - 1) + "\"";
    text += R"(,{"type":"record","name":"R)" + std::to_string(i) +
            R"(","fields":[{"name":"a","type":["null",)" + inner + R"(]},{"name":"b","type":)" +
            inner + "}]}";
  }
  return text + "]";
}

TEST(AvroBudget, SharedTypesDoNotMultiply) {
  EXPECT_THAT(Breaking(Doubling(50, "int"), Doubling(50, "long")), IsEmpty());
  EXPECT_EQ(Breaking(Doubling(50, "long"), Doubling(50, "int")).size(), 50u);
}

Status Spent(const std::string& was, const std::string& now, const CompareBudget& budget) {
  return Parsed(was)->Compare(*Parsed(now), budget).status();
}

TEST(AvroBudget, StepsAreCounted) {
  const std::string was = Doubling(20, "int"), now = Doubling(20, "long");
  EXPECT_THAT(Spent(was, now, {}), testing::IsOk());
  EXPECT_THAT(Spent(was, now, {.steps = 20}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
  EXPECT_THAT(Spent(was, was, {.steps = 0}), testing::IsOk());  // Equal at the first look.
}

TEST(AvroBudget, DepthIsBounded) {
  const auto chain = [](const std::string& last) {
    std::string fields = R"({"name":"f0","type":{"type":"record","name":"R0","fields":[
        {"name":"v","type":")" +
                         last + "\"}]}}";
    for (int i = 1; i < 2000; ++i) {
      const std::string n = std::to_string(i);
      fields += R"(,{"name":"f)" + n + R"(","type":{"type":"record","name":"R)" + n +
                R"(","fields":[{"name":"v","type":"R)" + std::to_string(i - 1) + "\"}]}}";
    }
    return std::vector<ReferencedSchema>{{"chain", RecordOf(fields)}};
  };
  for (const int depth : {50, 200, 1'000'000})
    EXPECT_THAT(Parsed("\"r.R1999\"", chain("int"))
                    ->Compare(*Parsed("\"r.R1999\"", chain("long")), {.depth = depth}),
                testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX))
        << depth;
  EXPECT_THAT(Parsed("\"r.R150\"", chain("int"))
                  ->Compare(*Parsed("\"r.R150\"", chain("long")), CompareBudget()),
              testing::IsOk());
}

TEST(AvroBudget, WideRecordsCostAFewStepsAField) {
  const auto wide = [](const std::string& type) {
    std::string fields;
    for (int i = 0; i < 1000; ++i)
      fields += (i == 0 ? "" : ",") + std::string(R"({"name":"f)") + std::to_string(i) +
                R"(","type":")" + type + "\"}";
    return RecordOf(fields);
  };
  EXPECT_THAT(Spent(wide("int"), wide("long"), {.steps = 4'000}), testing::IsOk());
  EXPECT_EQ(Breaking(wide("long"), wide("int")).size(), 1000u);
}

}  // namespace
}  // namespace muster::registry::formats
