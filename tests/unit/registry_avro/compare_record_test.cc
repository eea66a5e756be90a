#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AvroRecords, ANewFieldNeedsADefault) {
  const std::string was = RecordOf("");
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"v","type":"int"})")),
              ElementsAre("READER_FIELD_MISSING_DEFAULT_VALUE /fields/0"));
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"v","type":"int","default":0})")), IsEmpty());
  EXPECT_THAT(Harmless(was, RecordOf(R"({"name":"v","type":"int","default":0})")),
              ElementsAre("FIELD_ADDED /fields/0"));
  // A null is a default like any other.
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"v","type":["null","int"],"default":null})")),
              IsEmpty());
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"v","type":["null","int"]})")),
              ElementsAre("READER_FIELD_MISSING_DEFAULT_VALUE /fields/0"));
}

TEST(AvroRecords, TheDefaultOfAnEnumIsNotThatOfAField) {
  EXPECT_THAT(Breaking(RecordOf(""),
                       Holding(R"({"type":"enum","name":"E","symbols":["A"],"default":"A"})")),
              ElementsAre("READER_FIELD_MISSING_DEFAULT_VALUE /fields/0"));
}

TEST(AvroRecords, AFieldThatIsGoneIsNotRead) {
  const std::string was = RecordOf(R"({"name":"a","type":"int"},{"name":"b","type":"int"},
                                      {"name":"c","type":"int"})");
  const std::string now = RecordOf(R"({"name":"b","type":"int"})");
  EXPECT_THAT(Breaking(was, now), IsEmpty());
  EXPECT_THAT(Harmless(was, now),
              ElementsAre("FIELD_REMOVED /fields/0", "FIELD_REMOVED /fields/2"));
  EXPECT_THAT(Differences(was, now)[1].detail, HasSubstr("'c', which was int"));
}

TEST(AvroRecords, FieldsMayChangePlaces) {
  const std::string was = RecordOf(R"({"name":"a","type":"int"},{"name":"b","type":"string"})");
  const std::string now = RecordOf(R"({"name":"b","type":"string"},{"name":"a","type":"int"})");
  EXPECT_THAT(Differences(was, now), IsEmpty());
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"b","type":"int"},{"name":"a","type":"int"})")),
              ElementsAre("TYPE_MISMATCH /fields/0/type"));
}

TEST(AvroRecords, AFieldMayBeRenamedWithAnAliasOfTheReader) {
  const std::string was = RecordOf(R"({"name":"old","type":"int"})");
  const std::string now = RecordOf(R"({"name":"new","type":"int","aliases":["other","old"]})");
  EXPECT_THAT(Breaking(was, now), IsEmpty());
  EXPECT_THAT(Harmless(was, now), ElementsAre("FIELD_RENAMED /fields/0"));
  // Back again: the reader knows the old name only.
  EXPECT_THAT(Breaking(now, was), ElementsAre("READER_FIELD_MISSING_DEFAULT_VALUE /fields/0"));
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"new","type":"string","aliases":["old"]})")),
              ElementsAre("TYPE_MISMATCH /fields/0/type"));
  // A default does not help where the field is found, and of the wrong type.
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"old","type":"string","default":"x"})")),
              ElementsAre("TYPE_MISMATCH /fields/0/type"));
}

TEST(AvroRecords, AFieldThatIsTwoOfTheOriginalsIsAmbiguous) {
  const std::string was = RecordOf(R"({"name":"a","type":"int"},{"name":"b","type":"int"})");
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"a","type":"int","aliases":["b"]})")),
              ElementsAre("READER_FIELD_AMBIGUOUS /fields/0"));
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"c","type":"int","aliases":["b","a"]})")),
              ElementsAre("READER_FIELD_AMBIGUOUS /fields/0"));
  EXPECT_THAT(Breaking("[" + was + "]",
                       "[" + RecordOf(R"({"name":"a","type":"int","aliases":["b"]})") + "]"),
              ElementsAre("MISSING_UNION_BRANCH /0"));
  // Its own name for an alias is the same field again.
  EXPECT_THAT(Breaking(was, RecordOf(R"({"name":"a","type":"int","aliases":["a","x"]})")),
              IsEmpty());
}

TEST(AvroRecords, ASchemaHasNoDifferenceFromItselfAlsoWithAnAliasInUse) {
  const std::string text = RecordOf(R"({"name":"a","type":"int"},
                                       {"name":"b","type":"int","aliases":["a"]})");
  EXPECT_THAT(Differences(text, text), IsEmpty());
}

TEST(AvroRecords, AChangedDefaultIsToldAndBreaksNothing) {
  const auto of = [](const std::string& more) {
    return RecordOf(R"({"name":"v","type":"int")" + more + "}");
  };
  EXPECT_THAT(Harmless(of(",\"default\":1"), of(",\"default\":2")),
              ElementsAre("FIELD_DEFAULT_CHANGED /fields/0/default"));
  EXPECT_THAT(Harmless(of(""), of(",\"default\":2")),
              ElementsAre("FIELD_DEFAULT_CHANGED /fields/0/default"));
  EXPECT_THAT(Differences(of(",\"default\":1"), of(""))[0].detail, HasSubstr("was 1, is none"));
  EXPECT_THAT(Breaking(of(",\"default\":1"), of("")), IsEmpty());
}

TEST(AvroRecords, ARenamedRecordIsStillComparedInside) {
  EXPECT_THAT(Breaking(R"({"type":"record","name":"A","fields":[{"name":"v","type":"long"}]})",
                       R"({"type":"record","name":"B","fields":[{"name":"v","type":"int"}]})"),
              ElementsAre("NAME_MISMATCH /name", "TYPE_MISMATCH /fields/0/type"));
}

TEST(AvroRecords, ATypeUsedManyTimesIsToldOnceWhereItFirstStands) {
  const auto of = [](const std::string& type) {
    return RecordOf(R"({"name":"a","type":{"type":"array","items":{"type":"record","name":"I",
                        "fields":[{"name":"v","type":")" +
                    type + R"("}]}}},{"name":"b","type":"I"},{"name":"c","type":["null","I"]})");
  };
  EXPECT_THAT(Breaking(of("long"), of("int")),
              ElementsAre("TYPE_MISMATCH /fields/0/type/items/fields/0/type",
                          "MISSING_UNION_BRANCH /fields/2/type/1"));
}

TEST(AvroRecords, OneTypeMayBecomeTwo) {
  const std::string was = RecordOf(
      R"({"name":"a","type":{"type":"record","name":"I","fields":[{"name":"v","type":"int"}]}},
         {"name":"b","type":"I"})");
  const std::string now = RecordOf(
      R"({"name":"a","type":{"type":"record","name":"x.I","fields":[{"name":"v","type":"long"}]}},
         {"name":"b","type":{"type":"record","name":"y.I","fields":[{"name":"v","type":"string"}]}})");
  EXPECT_THAT(Breaking(was, now), ElementsAre("TYPE_MISMATCH /fields/1/type/fields/0/type"));
}

}  // namespace
}  // namespace muster::registry::formats
