#include "tests/unit/registry_avro/avro_testing.h"

#include <set>

namespace muster::registry::formats {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Quoted(const std::string& name) { return "\"" + name + "\""; }

TEST(AvroCompare, TheKnownStepsOfARecordAreJudgedAsConfluentDoes) {
  const std::string one = RecordOf(R"({"name":"a","type":"string"})");
  const std::string two = RecordOf(R"({"name":"a","type":"string"},
                                      {"name":"b","type":"string","default":"x"})");
  const std::string three = RecordOf(R"({"name":"a","type":"string"},
                                        {"name":"b","type":"string"})");
  const std::string four = RecordOf(R"({"name":"a2","type":"string","aliases":["a"]})");
  const std::string six = RecordOf(R"({"name":"a","type":["null","string"],"doc":"of a"})");
  const std::string seven = RecordOf(R"({"name":"a","type":["null","string","int"]})");
  const std::string eight = RecordOf(R"({"name":"a","type":"string"},
                                        {"name":"b","type":"string","default":"x"},
                                        {"name":"c","type":"string","default":"y"})");
  struct Step {
    std::string from, to;
    bool ok;
  };
  const Step backward[] = {{one, two, true},    {one, three, false}, {one, four, true},
                           {one, six, true},    {six, one, false},   {six, seven, true},
                           {seven, six, false}, {one, eight, true},  {two, eight, true},
                           {two, three, true}};
  for (const Step& step : backward)
    EXPECT_EQ(Breaking(step.from, step.to).empty(), step.ok) << step.from << " to " << step.to;
  // Forward: the old one reads what is written with the new one.
  const Step forward[] = {{one, two, true},    {one, three, true}, {two, three, true},
                          {three, two, true},  {eight, one, true}, {two, one, true},
                          {three, one, false}, {one, four, false}};
  for (const Step& step : forward)
    EXPECT_EQ(Breaking(step.to, step.from).empty(), step.ok) << step.from << " to " << step.to;
}

TEST(AvroCompare, APrimitiveIsReadAsItselfAndAsWhatItIsPromotedTo) {
  const std::vector<std::string> names = {"null",  "boolean", "int",   "long",
                                          "float", "double",  "bytes", "string"};
  const std::set<std::pair<std::string, std::string>> promoted = {
      {"int", "long"},    {"int", "float"},    {"int", "double"},   {"long", "float"},
      {"long", "double"}, {"float", "double"}, {"string", "bytes"}, {"bytes", "string"}};
  for (const std::string& was : names) {
    for (const std::string& is : names) {
      SCOPED_TRACE(was + " to " + is);
      const Lines breaking = Breaking(Quoted(was), Quoted(is));
      const Lines harmless = Harmless(Quoted(was), Quoted(is));
      if (was == is || promoted.contains({was, is}))
        EXPECT_THAT(breaking, IsEmpty());
      else
        EXPECT_THAT(breaking, ElementsAre("TYPE_MISMATCH /"));
      if (promoted.contains({was, is}))
        EXPECT_THAT(harmless, ElementsAre("TYPE_PROMOTED /"));
      else
        EXPECT_THAT(harmless, IsEmpty());
    }
  }
}

TEST(AvroCompare, DifferentKindsDoNotReadOneAnother) {
  const std::vector<std::string> types = {
      "\"string\"",
      R"({"type":"array","items":"string"})",
      R"({"type":"map","values":"string"})",
      R"({"type":"record","name":"T","fields":[]})",
      R"({"type":"enum","name":"T","symbols":["A"]})",
      R"({"type":"fixed","name":"T","size":4})",
  };
  for (const std::string& was : types)
    for (const std::string& is : types)
      if (was != is)
        EXPECT_THAT(Breaking(was, is), ElementsAre("TYPE_MISMATCH /")) << was << " to " << is;
  EXPECT_THAT(Breaking("\"bytes\"", types.back()), ElementsAre("TYPE_MISMATCH /"));
  EXPECT_THAT(Breaking(types.back(), "\"bytes\""), ElementsAre("TYPE_MISMATCH /"));
}

TEST(AvroCompare, WhatAHolderHoldsIsCompared) {
  const auto array = [](const std::string& t) {
    return R"({"type":"array","items":")" + t + "\"}";
  };
  const auto map = [](const std::string& t) { return R"({"type":"map","values":")" + t + "\"}"; };
  EXPECT_THAT(Breaking(array("long"), array("int")), ElementsAre("TYPE_MISMATCH /items"));
  EXPECT_THAT(Harmless(array("int"), array("long")), ElementsAre("TYPE_PROMOTED /items"));
  EXPECT_THAT(Breaking(map("long"), map("int")), ElementsAre("TYPE_MISMATCH /values"));
  EXPECT_THAT(Harmless(map("string"), map("bytes")), ElementsAre("TYPE_PROMOTED /values"));
  EXPECT_THAT(Breaking(R"({"type":"map","values":)" + array("long") + "}",
                       R"({"type":"map","values":)" + array("int") + "}"),
              ElementsAre("TYPE_MISMATCH /values/items"));
}

TEST(AvroCompare, AnEnumMayGainSymbolsAndLoseThemOnlyWithADefault) {
  const auto of = [](const std::string& symbols, const std::string& more = "") {
    return R"({"type":"enum","name":"E","symbols":[)" + symbols + "]" + more + "}";
  };
  const std::string ab = of(R"("A","B")"), abc = of(R"("A","B","C")");
  EXPECT_THAT(Breaking(ab, abc), IsEmpty());
  EXPECT_THAT(Harmless(ab, abc), ElementsAre("ENUM_SYMBOLS_ADDED /symbols"));
  EXPECT_THAT(Breaking(abc, ab), ElementsAre("MISSING_ENUM_SYMBOLS /symbols"));
  EXPECT_THAT(Differences(abc, ab)[0].detail, HasSubstr("lost C,"));
  const std::string defaulted = of(R"("A","B")", R"(,"default":"A")");
  EXPECT_THAT(Breaking(abc, defaulted), IsEmpty());
  EXPECT_THAT(Harmless(abc, defaulted), ElementsAre("ENUM_SYMBOLS_REMOVED /symbols"));
  // Only the reader's default counts.
  EXPECT_THAT(Breaking(of(R"("A","B","C")", R"(,"default":"A")"), ab),
              ElementsAre("MISSING_ENUM_SYMBOLS /symbols"));
  EXPECT_THAT(Breaking(ab, of(R"("B","A")")), IsEmpty());
  EXPECT_THAT(Breaking(Holding(abc), Holding(ab)),
              ElementsAre("MISSING_ENUM_SYMBOLS /fields/0/type/symbols"));
}

TEST(AvroCompare, TheDefaultOfAFieldDoesNotReadUnknownSymbols) {
  const auto of = [](const std::string& symbols) {
    return RecordOf(R"({"name":"v","type":{"type":"enum","name":"E","symbols":[)" + symbols +
                    R"(]},"default":"A"})");
  };
  EXPECT_THAT(Breaking(of(R"("A","B")"), of(R"("A")")),
              ElementsAre("MISSING_ENUM_SYMBOLS /fields/0/type/symbols"));
}

TEST(AvroCompare, AFixedKeepsItsSize) {
  const auto of = [](const std::string& name, int size) {
    return R"({"type":"fixed","name":")" + name + R"(","size":)" + std::to_string(size) + "}";
  };
  EXPECT_THAT(Breaking(of("F", 8), of("F", 4)), ElementsAre("FIXED_SIZE_MISMATCH /size"));
  EXPECT_THAT(Differences(of("F", 8), of("F", 4))[0].detail, HasSubstr("was 8 bytes, is 4"));
  EXPECT_THAT(Breaking(of("F", 8), of("G", 4)),
              ElementsAre("NAME_MISMATCH /name", "FIXED_SIZE_MISMATCH /size"));
}

TEST(AvroCompare, NamedTypesMatchByTheirSimpleNameOrAnAliasOfTheReader) {
  const std::vector<std::string> bodies = {R"("type":"record","fields":[])",
                                           R"("type":"enum","symbols":["A"])",
                                           R"("type":"fixed","size":1)"};
  for (const std::string& body : bodies) {
    SCOPED_TRACE(body);
    const auto named = [&](const std::string& name, const std::string& aliases = "") {
      return "{" + body + R"(,"name":")" + name + R"(","aliases":[)" + aliases + "]}";
    };
    EXPECT_THAT(Breaking(named("a.X"), named("a.Y")), ElementsAre("NAME_MISMATCH /name"));
    EXPECT_THAT(Breaking(named("a.X"), named("b.X")), IsEmpty());
    EXPECT_THAT(Harmless(named("a.X"), named("b.X")), ElementsAre("TYPE_RENAMED /name"));
    EXPECT_THAT(Breaking(named("a.X"), named("a.Y", "\"X\"")), IsEmpty());
    EXPECT_THAT(Harmless(named("a.X"), named("a.Y", "\"X\"")), ElementsAre("TYPE_RENAMED /name"));
    EXPECT_THAT(Breaking(named("a.X"), named("b.Y", "\"a.X\"")), IsEmpty());
    EXPECT_THAT(Breaking(named("X"), named("b.Y", "\".X\"")), IsEmpty());
    // An alias is a full name: in b, X is b.X.
    EXPECT_THAT(Breaking(named("a.X"), named("b.Y", "\"X\"")), ElementsAre("NAME_MISMATCH /name"));
    // The writer's aliases say nothing to a reader.
    EXPECT_THAT(Breaking(named("a.X", "\"a.Y\""), named("a.Y")),
                ElementsAre("NAME_MISMATCH /name"));
  }
}

TEST(AvroCompare, LogicalTypesDoNotMatterToAReaderButAreTold) {
  const auto of = [](const std::string& logical) {
    return R"({"type":"bytes","logicalType":)" + logical + "}";
  };
  const std::string two = of(R"("decimal","precision":4,"scale":2)");
  const std::string three = of(R"("decimal","precision":4,"scale":3)");
  EXPECT_THAT(Breaking(two, three), IsEmpty());
  EXPECT_THAT(Harmless(two, three), ElementsAre("LOGICAL_TYPE_CHANGED /logicalType"));
  EXPECT_THAT(Harmless("\"bytes\"", two), ElementsAre("LOGICAL_TYPE_CHANGED /logicalType"));
  EXPECT_THAT(Harmless(two, R"({"scale":2,"type":"bytes","precision":4,"logicalType":"decimal",
                               "more":1})"),
              IsEmpty());
  EXPECT_THAT(Breaking(Holding(R"({"type":"long","logicalType":"timestamp-millis"})"),
                       Holding(R"({"type":"int","logicalType":"date"})")),
              ElementsAre("TYPE_MISMATCH /fields/0/type"));
}

TEST(AvroCompare, WhatNoReaderSeesIsNoDifference) {
  EXPECT_THAT(Differences(RecordOf(R"({"name":"v","type":"int","doc":"a","x":1})"),
                          RecordOf(R"({"name":"v","type":"int","doc":"b","order":"ignore"})")),
              IsEmpty());
  EXPECT_THAT(Differences(R"({"type":"error","name":"E","doc":"a","fields":[]})",
                          R"({"type":"record","name":"E","doc":"b","fields":[]})"),
              IsEmpty());
}

TEST(AvroCompare, ADetailIsASentenceWithWhatWasAndWhatIs) {
  const auto found = Differences(Holding(R"(["null","long"])"), Holding("\"int\""));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "/fields/0/type/0");
  EXPECT_THAT(found[0].detail, HasSubstr("was null, is int"));
  EXPECT_THAT(found[1].detail, HasSubstr("was long, is int"));
}

class OfProtobuf final : public Schema {
 public:
  SchemaType type() const override { return SchemaType::kProtobuf; }
  const std::string& text() const override { return text_; }
  const std::string& normalised() const override { return text_; }
  StatusOr<std::vector<Difference>> Compare(const Schema&, const CompareBudget&) const override {
    return std::vector<Difference>();
  }

 private:
  std::string text_;
};

TEST(AvroCompare, AnUpdateOfAnotherTypeIsRefused) {
  EXPECT_THAT(Parsed("\"int\"")->Compare(OfProtobuf(), CompareBudget()),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

TEST(AvroCompare, EveryDifferenceIsFoundInTheOrderOfTheUpdatesFields) {
  const std::string was = RecordOf(R"(
      {"name":"mode","type":{"type":"enum","name":"Mode","symbols":["ON","OFF","IDLE"]}},
      {"name":"unit","type":{"type":"enum","name":"Unit","symbols":["K"]}},
      {"name":"count","type":"long"},
      {"name":"part","type":{"type":"record","name":"p.Part","fields":[
        {"name":"same","type":"long","default":7},
        {"name":"mark","type":{"type":"fixed","name":"Mark","size":8}},
        {"name":"some","type":["boolean","double","string"]},
        {"name":"one","type":"long"},
        {"name":"deep","type":{"type":"record","name":"q.Deep","fields":[
          {"name":"list","type":{"type":"array","items":"boolean"}}]}}]}})");
  const std::string now = RecordOf(R"(
      {"name":"mode","type":{"type":"enum","name":"Mode","symbols":["ON"]}},
      {"name":"unit","type":{"type":"enum","name":"Units","symbols":["K"]}},
      {"name":"count","type":"string"},
      {"name":"part","type":{"type":"record","name":"p.Part","fields":[
        {"name":"same","type":"long","default":7},
        {"name":"fresh","type":"long"},
        {"name":"mark","type":{"type":"fixed","name":"Mark","size":4}},
        {"name":"some","type":["boolean"]},
        {"name":"one","type":["boolean"]},
        {"name":"deep","type":{"type":"record","name":"other.Deep","fields":[
          {"name":"list","type":{"type":"array","items":"string"}}]}}]}})");
  EXPECT_THAT(Breaking(was, now),
              ElementsAre("MISSING_ENUM_SYMBOLS /fields/0/type/symbols",
                          "NAME_MISMATCH /fields/1/type/name", "TYPE_MISMATCH /fields/2/type",
                          "READER_FIELD_MISSING_DEFAULT_VALUE /fields/3/type/fields/1",
                          "FIXED_SIZE_MISMATCH /fields/3/type/fields/2/type/size",
                          "MISSING_UNION_BRANCH /fields/3/type/fields/3/type/1",
                          "MISSING_UNION_BRANCH /fields/3/type/fields/3/type/2",
                          "MISSING_UNION_BRANCH /fields/3/type/fields/4/type",
                          "TYPE_MISMATCH /fields/3/type/fields/5/type/fields/0/type/items"));
  EXPECT_THAT(Harmless(was, now), Contains("TYPE_RENAMED /fields/3/type/fields/5/type/name"));
}

}  // namespace
}  // namespace muster::registry::formats
