#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AvroUnions, AUnionReadsWhatOneOfItsBranchesReads) {
  EXPECT_THAT(Breaking("\"string\"", R"(["null","string"])"), IsEmpty());
  EXPECT_THAT(Harmless("\"string\"", R"(["null","string"])"), ElementsAre("UNION_BRANCH_ADDED /0"));
  EXPECT_THAT(Breaking("\"int\"", R"(["null","double"])"), IsEmpty());
  EXPECT_THAT(Breaking("\"double\"", R"(["null","int"])"), ElementsAre("MISSING_UNION_BRANCH /"));
  EXPECT_THAT(Breaking("\"int\"", "[]"), ElementsAre("MISSING_UNION_BRANCH /"));
  EXPECT_THAT(Breaking(Holding("\"long\""), Holding(R"(["boolean"])")),
              ElementsAre("MISSING_UNION_BRANCH /fields/0/type"));
}

TEST(AvroUnions, ATypeReadsAUnionWhenItReadsEachBranch) {
  EXPECT_THAT(Breaking(R"(["int"])", "\"int\""), IsEmpty());
  EXPECT_THAT(Breaking(R"(["int","long"])", "\"long\""), IsEmpty());
  EXPECT_THAT(Harmless(R"(["int","long"])", "\"long\""), ElementsAre("TYPE_PROMOTED /0"));
  EXPECT_THAT(Breaking(R"(["int","long","float","double"])", "\"float\""),
              ElementsAre("TYPE_MISMATCH /3"));
  EXPECT_THAT(Breaking(R"(["null","string"])", "\"string\""), ElementsAre("TYPE_MISMATCH /0"));
  EXPECT_THAT(Breaking("[]", "\"string\""), IsEmpty());
  EXPECT_THAT(Breaking(Holding(R"(["null","string"])"), Holding("\"string\"")),
              ElementsAre("TYPE_MISMATCH /fields/0/type/0"));
}

TEST(AvroUnions, AUnionReadsAUnionBranchByBranch) {
  EXPECT_THAT(Breaking(R"(["int","string"])", R"(["string","int"])"), IsEmpty());
  EXPECT_THAT(Breaking(R"(["null","string"])", R"(["null","string","int"])"), IsEmpty());
  EXPECT_THAT(Harmless(R"(["null","string"])", R"(["null","string","int"])"),
              ElementsAre("UNION_BRANCH_ADDED /2"));
  EXPECT_THAT(Breaking(R"(["null","string","int"])", R"(["null","string"])"),
              ElementsAre("MISSING_UNION_BRANCH /2"));
  EXPECT_THAT(
      Breaking(R"(["int","long","float","double"])", R"(["int"])"),
      ElementsAre("MISSING_UNION_BRANCH /1", "MISSING_UNION_BRANCH /2", "MISSING_UNION_BRANCH /3"));
  EXPECT_THAT(Breaking(R"(["int","long"])", R"(["double"])"), IsEmpty());
  EXPECT_THAT(Breaking("[]", R"(["int"])"), IsEmpty());
  EXPECT_THAT(Breaking(R"(["int"])", "[]"), ElementsAre("MISSING_UNION_BRANCH /0"));
  EXPECT_THAT(Breaking(R"(["string"])", R"(["bytes"])"), IsEmpty());
}

TEST(AvroUnions, ABranchIsReadByTheOneMostLikeIt) {
  // double reads an int too, but int is what it stays.
  EXPECT_THAT(Harmless(R"(["int"])", R"(["double","int"])"), ElementsAre("UNION_BRANCH_ADDED /0"));
  const auto record = [](const std::string& name, const std::string& type) {
    return R"({"type":"record","name":")" + name + R"(","fields":[{"name":"v","type":")" + type +
           "\"}]}";
  };
  EXPECT_THAT(Differences("[" + record("a.R", "int") + "]",
                          "[" + record("b.R", "int") + "," + record("a.R", "int") + "]"),
              IsEmpty());
  // Not the one with the same full name: the first that reads it.
  EXPECT_THAT(Breaking("[" + record("a.R", "int") + "]",
                       "[" + record("a.R", "string") + "," + record("b.R", "long") + "]"),
              IsEmpty());
}

TEST(AvroUnions, RecordsInAUnionAreComparedByNameAndContent) {
  const auto of = [](const std::string& name, const std::string& fields) {
    return R"(["null",{"type":"record","name":")" + name + R"(","fields":[)" + fields + "]}]";
  };
  const std::string v = R"({"name":"v","type":"int"})";
  EXPECT_THAT(Breaking(of("A", v), of("B", v)), ElementsAre("MISSING_UNION_BRANCH /1"));
  EXPECT_THAT(Breaking(of("x.A", v), of("y.A", v)), IsEmpty());
  EXPECT_THAT(Breaking(of("A", v), of("A", R"({"name":"v","type":"long"})")), IsEmpty());
  EXPECT_THAT(Harmless(of("A", v), of("A", v + R"(,{"name":"w","type":"int","default":0})")),
              ElementsAre("FIELD_ADDED /1/fields/1"));
}

TEST(AvroUnions, WhyABranchDoesNotReadItsCounterpartIsTold) {
  const auto of = [](const std::string& more) {
    return Holding(R"(["null",{"type":"record","name":"I","fields":[{"name":"v","type":"int"})" +
                   more + "]}]");
  };
  const auto found = Differences(of(""), of(R"(,{"name":"w","type":"int"})"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code + " " + found[0].path, "MISSING_UNION_BRANCH /fields/0/type/1");
  EXPECT_THAT(found[0].detail, HasSubstr("at /fields/1 of record r.I, field 'w'"));
  EXPECT_THAT(found[0].detail, HasSubstr("has no default"));
}

TEST(AvroUnions, AMissingBranchOfARecordIsNotToldAsAdded) {
  const auto of = [](const std::string& type) {
    return R"({"type":"record","name":"I","fields":[{"name":"v","type":")" + type + "\"}]}";
  };
  EXPECT_THAT(Harmless(of("string"), "[" + of("int") + "]"), IsEmpty());
  EXPECT_THAT(Breaking(of("string"), "[" + of("int") + "]"), ElementsAre("MISSING_UNION_BRANCH /"));
}

TEST(AvroUnions, EnumsAndFixedInAUnionNeedAReaderAsWell) {
  const auto with = [](const std::string& type) { return R"(["null",)" + type + "]"; };
  EXPECT_THAT(Breaking(with(R"({"type":"enum","name":"E","symbols":["A","B"]})"),
                       with(R"({"type":"enum","name":"E","symbols":["A"]})")),
              ElementsAre("MISSING_UNION_BRANCH /1"));
  EXPECT_THAT(Breaking(with(R"({"type":"enum","name":"E","symbols":["A","B"]})"),
                       with(R"({"type":"enum","name":"E","symbols":["A"],"default":"A"})")),
              IsEmpty());
  EXPECT_THAT(Breaking(with(R"({"type":"fixed","name":"F","size":1})"),
                       with(R"({"type":"fixed","name":"F","size":2})")),
              ElementsAre("MISSING_UNION_BRANCH /1"));
}

}  // namespace
}  // namespace muster::registry::formats
