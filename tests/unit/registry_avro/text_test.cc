#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {

void ExpectSameForm(std::string_view a, std::string_view b) {
  EXPECT_EQ(Parsed(a)->normalised(), Parsed(b)->normalised());
}

TEST(AvroText, ARecordKeepsAllThatWasGivenInJavasOrder) {
  EXPECT_EQ(Parsed(R"({ "aliases" : [ "Old", "b.Older" ], "zone" : { "y" : 1, "x" : [ ] },
                        "fields" : [ { "unit" : "K", "aliases" : [ "t" ], "order" : "ignore",
                                       "default" : { "b" : 1, "a" : 2 }, "doc" : "",
                                       "type" : { "values" : "int", "type" : "map" },
                                       "name" : "v" } ],
                        "doc" : "One row", "namespace" : "a", "name" : "R",
                        "type" : "record", "connect.version" : 1 })")
                ->text(),
            R"({"type":"record","name":"R","namespace":"a","doc":"One row","fields":[)"
            R"({"name":"v","type":{"type":"map","values":"int"},"doc":"",)"
            R"("default":{"b":1,"a":2},"order":"ignore","aliases":["t"],"unit":"K"}],)"
            R"("zone":{"y":1,"x":[]},"connect.version":1,"aliases":["Old","b.Older"]})");
}

TEST(AvroText, EnumsAndFixedHaveTheirOwnOrder) {
  EXPECT_EQ(Parsed(R"({"default":"A","aliases":["G"],"x":1,"symbols":["A"],"doc":"d","name":"E",
                       "type":"enum"})")
                ->text(),
            R"({"type":"enum","name":"E","doc":"d","symbols":["A"],"default":"A","x":1,)"
            R"("aliases":["G"]})");
  EXPECT_EQ(Parsed(R"({"default":"A","aliases":["G"],"size":3,"doc":"d","name":"E",
                       "type":"fixed"})")
                ->text(),
            R"({"type":"fixed","name":"E","doc":"d","size":3,"default":"A","aliases":["G"]})");
}

TEST(AvroText, AnErrorStaysAnErrorInTheTextOnly) {
  const auto schema = Parsed(R"({"type":"error","name":"E","fields":[]})");
  EXPECT_EQ(schema->text(), R"({"type":"error","name":"E","fields":[]})");
  EXPECT_EQ(schema->normalised(), R"({"type":"record","name":"E","fields":[]})");
}

TEST(AvroText, NumbersAndTextAreWrittenAsJavaDoes) {
  const auto text = [](const std::string& value) {
    const std::string all = Parsed(R"({"type":"int","p":)" + value + "}")->text();
    return all.substr(18, all.size() - 19);
  };
  EXPECT_EQ(text("1.0"), "1.0");
  EXPECT_EQ(text("-0.0"), "-0.0");
  EXPECT_EQ(text("1e2"), "100.0");
  EXPECT_EQ(text("0.001"), "0.001");
  EXPECT_EQ(text("0.00012"), "1.2E-4");
  EXPECT_EQ(text("1234567.25"), "1234567.25");
  EXPECT_EQ(text("10000000.0"), "1.0E7");
  EXPECT_EQ(text("-1.5e300"), "-1.5E300");
  EXPECT_EQ(text("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(text("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(text("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(text(R"("\u00e4/\"\\\b\f\n\r\t\u001f\u007f")"),
            "\"ä/\\\"\\\\\\b\\f\\n\\r\\t\\u001F\x7f\"");
  EXPECT_EQ(text("[null,true,false]"), "[null,true,false]");
}

TEST(AvroText, ADefaultOfAFloatThatIsTextIsANumber) {
  EXPECT_EQ(Parsed(RecordOf(R"({"name":"a","type":"double","default":"1.5"},
                               {"name":"b","type":"float","default":"NaN"},
                               {"name":"c","type":"double","default":"-Infinity"})"))
                ->text(),
            R"({"type":"record","name":"Reading","namespace":"r","fields":[)"
            R"({"name":"a","type":"double","default":1.5},)"
            R"({"name":"b","type":"float","default":"NaN"},)"
            R"({"name":"c","type":"double","default":"-Infinity"}]})");
}

TEST(AvroText, WhatJavaDropsIsDropped) {
  EXPECT_EQ(Parsed(R"({"type":"record","name":"R","namespace":null,"doc":7,"fields":[
              {"name":"v","type":{"type":"string","name":"x"},"doc":null,"order":"Ascending"}]})")
                ->text(),
            R"({"type":"record","name":"R","fields":[{"name":"v","type":"string"}]})");
}

TEST(AvroNormalised, SpaceOrderAndSpelledOutNamesDoNotMatter) {
  ExpectSameForm(R"({"type":"record","name":"R","namespace":"a.b","fields":[
                      {"name":"v","type":{"type":"enum","name":"E","symbols":["X"]}},
                      {"name":"w","type":["null","E"]}]})",
                 R"({"fields":[{"type":{"symbols":["X"],"namespace":"a.b","type":"enum","name":"E"},
                     "name":"v"},{"name":"w","type":["null","a.b.E"]}],"name":"a.b.R",
                     "type":"record"})");
  ExpectSameForm(R"({"type":"string"})", "\"string\"");
  ExpectSameForm(R"({"type":"fixed","name":"F","namespace":"","size":1})",
                 R"({"type":"fixed","name":".F","size":1})");
}

TEST(AvroNormalised, UnknownAttributesAndAliasesAreSorted) {
  ExpectSameForm(R"({"type":"fixed","name":"a.F","size":1,"y":{"q":1,"p":2},"x":0,
                     "aliases":["a.H","G"]})",
                 R"({"type":"fixed","name":"a.F","size":1,"x":0,"y":{"p":2,"q":1},
                     "aliases":["G","H"]})");
  ExpectSameForm(RecordOf(R"({"name":"v","type":"int","aliases":["b","a"],"y":1,"x":2})"),
                 RecordOf(R"({"name":"v","type":"int","x":2,"y":1,"aliases":["a","b"]})"));
}

TEST(AvroNormalised, TheLogicalTypeStandsFirst) {
  EXPECT_EQ(Parsed(R"({"type":"bytes","connect.name":"d","scale":2,"precision":4,
                       "logicalType":"decimal"})")
                ->normalised(),
            R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2,)"
            R"("connect.name":"d"})");
}

TEST(AvroNormalised, DocsDefaultsAndOrderBelongToIt) {
  const std::string plain = RecordOf(R"({"name":"v","type":"int"})");
  for (const std::string more :
       {R"("doc":"d")", R"("default":1)", R"("order":"ignore")", R"("aliases":["w"])"}) {
    const std::string with = RecordOf(R"({"name":"v","type":"int",)" + more + "}");
    EXPECT_NE(Parsed(plain)->normalised(), Parsed(with)->normalised()) << more;
  }
  ExpectSameForm(R"({"type":"fixed","name":"F","size":1,"doc":""})",
                 R"({"type":"fixed","name":"F","size":1})");
}

TEST(AvroNormalised, OneNumberOfADoubleHasOneForm) {
  const auto with = [](const std::string& type, const std::string& value) {
    return RecordOf(R"({"name":"v","type":)" + type + ",\"default\":" + value + "}");
  };
  ExpectSameForm(with("\"double\"", "1"), with("\"double\"", "1.0"));
  ExpectSameForm(with("\"double\"", "\"1.50\""), with("\"double\"", "15e-1"));
  ExpectSameForm(with(R"(["null","float"])", "2"), with(R"(["null","float"])", "2.0"));
  ExpectSameForm(with(R"({"type":"array","items":"double"})", "[1,2]"),
                 with(R"({"type":"array","items":"double"})", "[1.0,2e0]"));
  ExpectSameForm(with(R"({"type":"map","values":"double"})", R"({"b":1,"a":2})"),
                 with(R"({"type":"map","values":"double"})", R"({"a":2.0,"b":1.0})"));
  const std::string inner = R"({"type":"record","name":"I","fields":[
      {"name":"x","type":"float"},{"name":"y","type":"int"}]})";
  ExpectSameForm(with(inner, R"({"y":1,"x":3,"extra":1})"),
                 with(inner, R"({"extra":1,"x":3.0,"y":1})"));
  EXPECT_NE(Parsed(with(R"(["int","double"])", "1"))->normalised(),
            Parsed(with(R"(["int","double"])", "1.0"))->normalised());
  EXPECT_NE(Parsed(with("\"float\"", "1e300")), nullptr);
}

TEST(AvroNormalised, ItIsASchemaThatMeansTheSame) {
  const std::string text = R"({"type":"record","name":"a.R","fields":[
      {"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":1}},
      {"name":"y","type":["null","F",{"type":"array","items":"R"}],"default":null},
      {"name":"z","type":{"type":"record","name":"b.F","fields":[{"name":"f","type":".F"},
        {"name":"g","type":{"type":"enum","name":"c.array","symbols":[],"aliases":["map"]}},
        {"name":"h","type":"c.array"}]}}]})";
  const auto schema = Parsed(text);
  EXPECT_EQ(Parsed(schema->normalised())->normalised(), schema->normalised());
  EXPECT_EQ(Parsed(schema->text())->normalised(), schema->normalised());
  EXPECT_EQ(Parsed(schema->text())->text(), schema->text());
}

}  // namespace
}  // namespace muster::registry::formats
