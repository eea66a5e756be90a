#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {
using ::testing::HasSubstr;

TEST(AvroParse, EachPrimitiveIsASchemaByItsNameOrAsAnObject) {
  for (const std::string name :
       {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Parsed("\"" + name + "\"")->text(), "\"" + name + "\"");
    EXPECT_EQ(Parsed(R"({"type":")" + name + "\"}")->text(), "\"" + name + "\"");
  }
  EXPECT_EQ(Parsed("\"int\"")->type(), SchemaType::kAvro);
}

TEST(AvroParse, ANameWithoutQuotesIsNoJson) {
  ExpectRefused("string", "/", "line 1, column 1");
  ExpectRefused("", "/", "not valid JSON");
  ExpectRefused("{\n  \"type\": \"int\",\n  }", "/", "line 3, column 3");
  ExpectRefused("\"int\" \"int\"", "/", "line 1, column 11");
}

TEST(AvroParse, WhatIsNeitherNameNorObjectNorListIsNoSchema) {
  ExpectRefused("1", "/", "not a number");
  ExpectRefused("null", "/", "not null");
  ExpectRefused(R"({"type":"array","items":true})", "/items", "not true or false");
  ExpectRefused(R"({"type":"map","values":1.5})", "/values", "not a number");
  ExpectRefused("{}", "/", "no 'type'");
  ExpectRefused(R"({"type":["null","int"]})", "/", "in place of this object");
  ExpectRefused(R"({"type":{"type":"int"}})", "/", "in place of this object");
}

TEST(AvroParse, CommentsAreSpaceAsTheyAreToJava) {
  EXPECT_EQ(Parsed("// of the engine\n\"int\" /* one\n word */")->text(), "\"int\"");
  EXPECT_EQ(Parsed(R"({"type":"int","see":"http://a/*b*/"})")->text(),
            R"({"type":"int","see":"http://a/*b*/"})");
  EXPECT_EQ(Parsed(R"({"type":"int","say":"\"//\""})")->text(), R"({"type":"int","say":"\"//\""})");
  ExpectRefused("\"int\" /* open", "/", "not valid JSON");
  ExpectRefused("\"int\" / ", "/", "not valid JSON");
}

TEST(AvroParse, HoldersSayWhatTheyHold) {
  EXPECT_EQ(Parsed(R"({"items":"long","type":"array"})")->text(),
            R"({"type":"array","items":"long"})");
  EXPECT_EQ(Parsed(R"({"values":["null"],"type":"map"})")->text(),
            R"({"type":"map","values":["null"]})");
  ExpectRefused(R"({"type":"array"})", "/", "'items'");
  ExpectRefused(R"({"type":"map","items":"int"})", "/", "'values'");
  ExpectRefused(R"({"type":"array","items":{"type":"map"}})", "/items", "'values'");
}

TEST(AvroParse, AUnionTakesOneOfEachKindAndNoUnion) {
  EXPECT_EQ(Parsed("[]")->text(), "[]");
  EXPECT_EQ(Parsed(R"(["int",{"type":"array","items":["int"]}])")->text(),
            R"(["int",{"type":"array","items":["int"]}])");
  ExpectRefused(R"(["int","string","int"])", "/2", "second int");
  ExpectRefused(R"(["int",{"type":"int","logicalType":"date"}])", "/1", "second int");
  ExpectRefused(R"([{"type":"map","values":"int"},{"type":"map","values":"long"}])", "/1",
                "second map");
  ExpectRefused(R"(["null",["int"]])", "/1", "directly in a union");
}

TEST(AvroParse, NamedTypesMayShareAUnionUnlessTheyShareAFullName) {
  const std::string fixed = R"({"type":"fixed","size":2,"name":)";
  EXPECT_NE(Parsed("[" + fixed + "\"a.F\"}," + fixed + "\"b.F\"}]"), nullptr);
  ExpectRefused("[" + fixed + "\"a.F\"},\"a.F\"]", "/1", "second fixed a.F");
}

TEST(AvroParse, ATypeIsKnownByItsNameFromWhereItIsDefined) {
  EXPECT_NE(Parsed(RecordOf(R"({"name":"one","type":{"type":"enum","name":"E","symbols":["A"]}},
                               {"name":"two","type":"E"},
                               {"name":"three","type":"r.E"},
                               {"name":"four","type":{"type":"E"}},
                               {"name":"me","type":["null","Reading"]})")),
            nullptr);
  ExpectRefused(RecordOf(R"({"name":"two","type":"E"},
                            {"name":"one","type":{"type":"enum","name":"E","symbols":["A"]}})"),
                "/fields/0/type", "before its first use");
  ExpectRefused(Holding("\"Readng\""), "/fields/0/type", "did you mean 'Reading'");
  ExpectRefused(R"([{"type":"fixed","name":"a.F","size":1},"F"])", "/1", "write a.F");
}

TEST(AvroParse, AnUnqualifiedNameIsOfTheEnclosingNamespaceThenOfNone) {
  const auto schema = Parsed(R"({"type":"record","name":"a.Outer","fields":[
      {"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":1}},
      {"name":"y","type":"F"},
      {"name":"z","type":{"type":"fixed","name":"F","size":2}},
      {"name":"far","type":"F"},
      {"name":"near","type":".F"}]})");
  EXPECT_EQ(schema->text(),
            R"({"type":"record","name":"Outer","namespace":"a","fields":[)"
            R"({"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":1}},)"
            R"({"name":"y","type":".F"},)"
            R"({"name":"z","type":{"type":"fixed","name":"F","size":2}},)"
            R"({"name":"far","type":"F"},)"
            R"({"name":"near","type":".F"}]})");
}

TEST(AvroParse, ANamespaceReachesInwardsUntilAnotherIsGiven) {
  EXPECT_EQ(Parsed(R"({"type":"record","name":"Outer","namespace":"a","fields":[
      {"name":"b","type":{"type":"record","name":"b.Inner","namespace":"ignored","fields":[
        {"name":"e","type":{"type":"enum","name":"E","symbols":[]}}]}},
      {"name":"e","type":{"type":"enum","name":"E","symbols":[]}},
      {"name":"again","type":"b.E"}]})")
                ->normalised(),
            R"({"type":"record","name":"Outer","namespace":"a","fields":[)"
            R"({"name":"b","type":{"type":"record","name":"Inner","namespace":"b","fields":[)"
            R"({"name":"e","type":{"type":"enum","name":"E","symbols":[]}}]}},)"
            R"({"name":"e","type":{"type":"enum","name":"E","symbols":[]}},)"
            R"({"name":"again","type":"b.E"}]})");
}

TEST(AvroParse, NamesAreLettersDigitsAndUnderscores) {
  for (const std::string bad : {"", "1a", "a-b", "a b", "größe", "a$", "x."}) {
    SCOPED_TRACE(bad);
    ExpectRefused(R"({"type":"fixed","size":1,"name":")" + bad + "\"}", "/", "is no name");
    ExpectRefused(RecordOf(R"({"type":"int","name":")" + bad + "\"}"), "/fields/0", "no name");
    ExpectRefused(R"({"type":"enum","name":"E","symbols":[")" + bad + "\"]}", "/symbols/0",
                  "no symbol");
  }
  for (const std::string bad : {"a-b", "a..b", "1.b", ".a", "a.", "."}) {
    SCOPED_TRACE(bad);
    ExpectRefused(R"({"type":"fixed","size":1,"name":"F","namespace":")" + bad + "\"}", "/",
                  "is no namespace");
  }
  ExpectRefused(R"({"type":"fixed","size":1,"name":"a-b.F"})", "/", "is no namespace");
  ExpectRefused(RecordOf(R"({"type":"int","name":"a.b"})"), "/fields/0", "no name");
  ExpectRefused(R"({"type":"fixed","size":1})", "/", "no 'name'");
  ExpectRefused(R"({"type":"fixed","size":1,"name":7})", "/", "no 'name'");
  EXPECT_NE(Parsed(R"({"type":"fixed","size":1,"name":"_9.F"})"), nullptr);
}

TEST(AvroParse, ATypeIsNotCalledAsAPrimitiveUnlessItHasANamespace) {
  ExpectRefused(R"({"type":"fixed","size":1,"name":"string"})", "/", "rename it");
  EXPECT_EQ(Parsed(R"({"type":"record","name":"n.int","fields":[
              {"name":"v","type":"int"},{"name":"next","type":["null","n.int"]}]})")
                ->text(),
            R"({"type":"record","name":"int","namespace":"n","fields":[)"
            R"({"name":"v","type":"int"},{"name":"next","type":["null","n.int"]}]})");
}

TEST(AvroParse, ANameIsDefinedOnce) {
  ExpectRefused(R"([{"type":"fixed","name":"a.F","size":1},
                    {"type":"record","name":"F","namespace":"a","fields":[]}])",
                "/1", "a second time");
  ExpectRefused(R"({"type":"record","name":"R","fields":[
                     {"name":"v","type":{"type":"record","name":"R","fields":[]}}]})",
                "/fields/0/type", "a second time");
}

TEST(AvroParse, ARecordListsFieldsOfDifferentNames) {
  EXPECT_NE(Parsed(RecordOf("")), nullptr);
  EXPECT_NE(Parsed(R"({"type":"error","name":"E","fields":[]})"), nullptr);
  ExpectRefused(R"({"type":"record","name":"R"})", "/", "'fields'");
  ExpectRefused(R"({"type":"record","name":"R","fields":{}})", "/", "'fields'");
  ExpectRefused(RecordOf("\"int\""), "/fields/0", "a field is an object");
  ExpectRefused(RecordOf(R"({"name":"v"})"), "/fields/0", "no 'type'");
  ExpectRefused(RecordOf(R"({"type":"int"})"), "/fields/0", "no 'name'");
  ExpectRefused(RecordOf(R"({"name":"v","type":"int"},{"name":"w","type":"int"},
                            {"name":"v","type":"long"})"),
                "/fields/2", "/fields/0 of record r.Reading already");
  ExpectRefused(RecordOf(R"({"name":"v","type":"array","items":"int"})"), "/fields/0/type",
                "cannot stand alone");
}

TEST(AvroParse, TheOrderOfAFieldIsOneOfThree) {
  for (const std::string order : {"ascending", "Descending", "IGNORE"})
    EXPECT_NE(Parsed(RecordOf(R"({"name":"v","type":"int","order":")" + order + "\"}")), nullptr);
  ExpectRefused(RecordOf(R"({"name":"v","type":"int","order":"up"})"), "/fields/0", "'order'");
  ExpectRefused(RecordOf(R"({"name":"v","type":"int","order":1})"), "/fields/0", "'order'");
}

TEST(AvroParse, AnEnumListsSymbolsOnceAndDefaultsToOneOfThem) {
  const std::string head = R"({"type":"enum","name":"E",)";
  EXPECT_NE(Parsed(head + R"("symbols":["A","B"],"default":"B"})"), nullptr);
  EXPECT_EQ(Parsed(head + R"("symbols":["A"],"default":null})")->text(),
            R"({"type":"enum","name":"E","symbols":["A"]})");
  ExpectRefused(head + R"("fields":[]})", "/", "'symbols'");
  ExpectRefused(head + R"("symbols":"A"})", "/", "'symbols'");
  ExpectRefused(head + R"("symbols":["A","B","A"]})", "/symbols/2", "stands twice");
  ExpectRefused(head + R"("symbols":["A",1]})", "/symbols/1", "a number is no symbol");
  ExpectRefused(head + R"("symbols":["A"],"default":"C"})", "/", "not one of its symbols");
  ExpectRefused(head + R"("symbols":["A"],"default":0})", "/", "not one of its symbols");
}

TEST(AvroParse, AFixedHasASizeInBytes) {
  const std::string head = R"({"type":"fixed","name":"F")";
  EXPECT_NE(Parsed(head + R"(,"size":0})"), nullptr);
  EXPECT_NE(Parsed(head + R"(,"size":2147483639})"), nullptr);
  for (const std::string size : {"-1", "1.0", "\"8\"", "2147483640", "99999999999999999999"})
    ExpectRefused(head + ",\"size\":" + size + "}", "/", "'size'");
  ExpectRefused(head + "}", "/", "'size'");
}

TEST(AvroParse, AliasesAreAListOfNames) {
  const auto fixed = [](const std::string& aliases) {
    return R"({"type":"fixed","name":"a.F","size":1,"aliases":)" + aliases + "}";
  };
  EXPECT_EQ(Parsed(fixed(R"(["G","b.H",".I","a.J","G","a.G"])"))->text(),
            R"({"type":"fixed","name":"F","namespace":"a","size":1,)"
            R"("aliases":["G","b.H",".I","J"]})");
  ExpectRefused(fixed("\"G\""), "/aliases", "a list of names");
  ExpectRefused(fixed("[1]"), "/aliases", "not a number");
  ExpectRefused(fixed(R"(["a-b"])"), "/", "is no name");
  const auto field = [](const std::string& aliases) {
    return RecordOf(R"({"name":"v","type":"int","aliases":)" + aliases + "}");
  };
  EXPECT_NE(Parsed(field(R"(["Old name, with space"])")), nullptr);
  ExpectRefused(field("{}"), "/fields/0/aliases", "a list of names");
}

TEST(AvroParse, AMemberThatStandsTwiceIsRefused) {
  ExpectRefused(R"({"type":"int","type":"long"})", "/", "stands twice");
}

TEST(AvroParse, ForeignTextIsCutAndEscapedInMessages) {
  const auto schema = ParseAvro("\"" + std::string(500, 'x') + "\\n\"", {});
  ASSERT_FALSE(schema.ok());
  EXPECT_LT(MessageOf(schema.status()).size(), 300u);
  EXPECT_THAT(std::string(MessageOf(ParseAvro("\"a\\u0007b\"", {}).status())),
              HasSubstr("a\\u0007b"));
}

}  // namespace
}  // namespace muster::registry::formats
