#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ReferencedSchema Unit(std::string_view symbols) {
  return {"u.Unit", R"({"type":"enum","name":"u.Unit","symbols":[)" + std::string(symbols) + "]}"};
}
ReferencedSchema Part(std::string_view type) {
  return {"u.Part", R"({"type":"record","name":"u.Part","fields":[{"name":"unit","type":"Unit"},
                        {"name":"v","type":")" +
                        std::string(type) + "\"}]}"};
}

TEST(AvroReferences, TypesOfReferencesAreKnownByTheirFullName) {
  const std::string text = Holding(R"(["null","u.Part"])");
  const auto schema = Parsed(text, {Unit("\"K\""), Part("int")});
  EXPECT_EQ(schema->text(), R"({"type":"record","name":"Reading","namespace":"r","fields":[)"
                            R"({"name":"v","type":["null","u.Part"]}]})");
  EXPECT_EQ(schema->normalised(), schema->text());
  EXPECT_EQ(Parsed(schema->text(), {Unit("\"K\""), Part("int")})->text(), schema->text());
  ExpectRefused(text, "/fields/0/type/1", "add the schema that defines it to the references");
}

TEST(AvroReferences, AllNamedTypesInsideAReferenceAreKnown) {
  const ReferencedSchema both{"u.Part", R"({"type":"record","name":"u.Part","fields":[
      {"name":"unit","type":{"type":"enum","name":"Unit","symbols":["K"]}}]})"};
  EXPECT_EQ(Parsed(Holding("\"u.Unit\""), {both})->text(),
            R"({"type":"record","name":"Reading","namespace":"r","fields":[)"
            R"({"name":"v","type":"u.Unit"}]})");
}

TEST(AvroReferences, AReferenceThatIsNoSchemaIsNamed) {
  ExpectRefused("\"int\"", "/fields/0/type", "reference u.Part: ", {Part("int")});
  ExpectRefused("\"int\"", "/", "reference u.X: ", {{"u.X", "{"}});
}

TEST(AvroReferences, AReferenceThatStandsTwiceCountsOnce) {
  EXPECT_NE(Parsed("\"u.Part\"", {Unit("\"K\""), Unit("\"K\""), Part("int")}), nullptr);
  ExpectRefused("\"u.Unit\"", "/", "a second time", {Unit("\"K\""), Unit("\"C\"")});
  ExpectRefused(Unit("\"K\"").text, "/", "a second time", {Unit("\"K\"")});
}

TEST(AvroReferences, WhatChangesInAReferenceIsADifference) {
  const std::string text = Holding("\"u.Part\"");
  const auto compare = [&](const SchemaPtr& was, const SchemaPtr& now) {
    Lines out;
    const auto found = was->Compare(*now, CompareBudget());
    for (const Difference& d : *found) out.push_back(d.code + " " + d.path);
    return out;
  };
  const auto was = Parsed(text, {Unit("\"K\""), Part("int")});
  const auto wider = Parsed(text, {Unit("\"K\""), Part("long")});
  EXPECT_EQ(was->normalised(), wider->normalised());
  EXPECT_THAT(compare(was, wider), ElementsAre("TYPE_PROMOTED /fields/0/type/fields/1/type"));
  EXPECT_THAT(compare(wider, was), ElementsAre("TYPE_MISMATCH /fields/0/type/fields/1/type"));
  EXPECT_THAT(compare(was, Parsed(text, {Unit("\"C\""), Part("int")})),
              ElementsAre("MISSING_ENUM_SYMBOLS /fields/0/type/fields/0/type/symbols",
                          "ENUM_SYMBOLS_ADDED /fields/0/type/fields/0/type/symbols"));
  EXPECT_THAT(compare(was, Parsed(text, {Unit("\"K\""), Part("int")})), IsEmpty());
}

TEST(AvroReferences, AnInlinedTypeAndAReferencedOneAreTheSameToAReader) {
  const auto inlined = Parsed(Holding(Unit("\"K\"").text));
  const auto referenced = Parsed(Holding("\"u.Unit\""), {Unit("\"K\"")});
  EXPECT_THAT(*inlined->Compare(*referenced, CompareBudget()), IsEmpty());
  EXPECT_THAT(*referenced->Compare(*inlined, CompareBudget()), IsEmpty());
}

TEST(AvroReferences, ADefaultMayBeOfAReferencedType) {
  EXPECT_NE(Parsed(RecordOf(R"({"name":"v","type":"u.Unit","default":"K"})"), {Unit("\"K\"")}),
            nullptr);
  ExpectRefused(RecordOf(R"({"name":"v","type":"u.Unit","default":"C"})"), "/fields/0", "default",
                {Unit("\"K\"")});
}

TEST(AvroReferences, TheyHaveABoundTogether) {
  std::vector<ReferencedSchema> many;  // Of different texts, each as long as one may be.
  for (std::size_t i = 0; i < 8; ++i)
    many.push_back({"n", std::string(i, ' ') + "\"int\"" +
                             std::string(SchemaParser::kMostBytes - 5 - i, ' ')});
  EXPECT_NE(Parsed("\"int\"", many), nullptr);
  many.push_back({"n", "\"long\""});
  ExpectRefused("\"int\"", "/", "together", many);
}

}  // namespace
}  // namespace muster::registry::formats
