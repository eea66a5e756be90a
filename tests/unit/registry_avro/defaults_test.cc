#include "tests/unit/registry_avro/avro_testing.h"

namespace muster::registry::formats {
namespace {

std::string Defaulting(std::string_view type, std::string_view value) {
  return RecordOf(R"({"name":"v","type":)" + std::string(type) +
                  ",\"default\":" + std::string(value) + "}");
}
void ExpectFits(std::string_view type, std::string_view value) {
  EXPECT_THAT(ParseAvro(Defaulting(type, value), {}), testing::IsOk()) << type << " " << value;
}
void ExpectUnfit(std::string_view type, std::string_view value) {
  ExpectRefused(Defaulting(type, value), "/fields/0", "default");
}

TEST(AvroDefaults, APrimitiveTakesItsOwnValues) {
  ExpectFits("\"null\"", "null");
  ExpectFits("\"boolean\"", "false");
  ExpectFits("\"string\"", "\"ä\"");
  ExpectFits("\"string\"", "\"\"");
  for (const std::string type :
       {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}) {
    const std::string quoted = "\"" + type + "\"";
    if (type != "null") ExpectUnfit(quoted, "null");
    if (type != "boolean") ExpectUnfit(quoted, "true");
    ExpectUnfit(quoted, "[]");
    ExpectUnfit(quoted, "{}");
  }
  ExpectUnfit("\"string\"", "1");
  ExpectUnfit("\"null\"", "\"null\"");
}

TEST(AvroDefaults, AnIntegerIsWholeAndWithinItsBits) {
  for (const std::string value : {"2147483647", "-2147483648", "0"}) ExpectFits("\"int\"", value);
  for (const std::string value : {"2147483648", "-2147483649", "1.0", "1e3", "\"1\""})
    ExpectUnfit("\"int\"", value);
  for (const std::string value : {"9223372036854775807", "-9223372036854775808"})
    ExpectFits("\"long\"", value);
  for (const std::string value : {"9223372036854775808", "-9223372036854775809", "1.0"})
    ExpectUnfit("\"long\"", value);
}

TEST(AvroDefaults, AFloatTakesAnyNumberAlsoOneInText) {
  for (const std::string type : {"\"float\"", "\"double\""}) {
    for (const std::string value :
         {"1", "1.5", "-1e300", "99999999999999999999", "\"2.5\"", "\"NaN\"", "\"Infinity\""})
      ExpectFits(type, value);
    for (const std::string value : {"\"two\"", "\"\"", "\"1.5x\"", "true"})
      ExpectUnfit(type, value);
  }
  ExpectUnfit(R"(["null","double"])", "\"NaN\"");
  ExpectUnfit(R"({"type":"array","items":"double"})", "[\"1.5\"]");
}

TEST(AvroDefaults, BytesAreCodePointsUpTo255) {
  ExpectFits("\"bytes\"", R"("\u0000\u00ff")");
  ExpectUnfit("\"bytes\"", R"("\u0100")");
  ExpectUnfit("\"bytes\"", R"("\ud83d\ude00")");
  const std::string fixed = R"({"type":"fixed","name":"F","size":2})";
  ExpectFits(fixed, R"("\u00ffa")");
  ExpectUnfit(fixed, R"("a")");
  ExpectUnfit(fixed, R"("abc")");
  ExpectUnfit(fixed, "1");
}

TEST(AvroDefaults, AnEnumTakesOneOfItsSymbols) {
  const std::string type = R"({"type":"enum","name":"E","symbols":["A","B"],"default":"A"})";
  ExpectFits(type, "\"B\"");
  ExpectUnfit(type, "\"C\"");
  ExpectUnfit(type, "0");
}

TEST(AvroDefaults, ArraysAndMapsAreCheckedToTheLastOfThem) {
  const std::string array = R"({"type":"array","items":"int"})";
  ExpectFits(array, "[]");
  ExpectFits(array, "[1,2]");
  ExpectUnfit(array, "[1,\"2\"]");
  ExpectUnfit(array, "{}");
  const std::string map = R"({"type":"map","values":["null","int"]})";
  ExpectFits(map, "{}");
  ExpectFits(map, R"({"a":1,"b":null})");
  ExpectUnfit(map, R"({"a":1,"b":"x"})");
  ExpectUnfit(map, "[]");
}

TEST(AvroDefaults, AUnionTakesAValueOfAnyBranch) {
  ExpectFits(R"(["null","string"])", "null");
  ExpectFits(R"(["null","string"])", "\"x\"");
  ExpectFits(R"(["string","null"])", "null");
  ExpectUnfit(R"(["null","string"])", "1");
  ExpectUnfit("[]", "null");
}

TEST(AvroDefaults, ARecordMayLeaveOutWhatHasADefaultItself) {
  const std::string type = R"({"type":"record","name":"I","fields":[
      {"name":"x","type":"int"},{"name":"y","type":"string","default":"s"}]})";
  ExpectFits(type, R"({"x":1})");
  ExpectFits(type, R"({"x":1,"y":"t","more":true})");
  ExpectUnfit(type, "{}");
  ExpectUnfit(type, R"({"x":1,"y":2})");
  ExpectUnfit(type, "[]");
}

TEST(AvroDefaults, TheMessageNamesTheValueTheFieldAndTheType) {
  ExpectRefused(Defaulting("\"int\"", "\"seven\""), "/fields/0",
                "the default \\\"seven\\\" of field 'v' is no int");
  ExpectRefused(R"({"type":"array","items":)" + Defaulting("\"int\"", "null") + "}",
                "/items/fields/0", "the default null of field 'v' is no int");
}

TEST(AvroDefaults, ARecursiveRecordHasDefaultsThatEnd) {
  EXPECT_NE(Parsed(RecordOf(R"({"name":"next","type":["null","Reading"],"default":null})")),
            nullptr);
  EXPECT_NE(Parsed(RecordOf(R"({"name":"x","type":"int"},
      {"name":"next","type":["null","Reading"],"default":{"x":1,"next":{"x":2,"next":null}}})")),
            nullptr);
  ExpectRefused(RecordOf(R"({"name":"next","type":"Reading","default":{}})"), "/fields/0",
                "without an end");
  ExpectRefused(RecordOf(R"({"name":"a","type":{"type":"record","name":"A","fields":[
      {"name":"back","type":"Reading","default":{}}]},"default":{}})"),
                "/fields/0/type/fields/0", "without an end");
}

TEST(AvroDefaults, ABranchThatDoesNotFitDoesNotCountAsWithoutEnd) {
  EXPECT_NE(Parsed(RecordOf(
                R"({"name":"next","type":["Reading",{"type":"map","values":"int"}],"default":{}},
                   {"name":"needed","type":"int"})")),
            nullptr);
}

TEST(AvroDefaults, LongChainsOfLeftOutFieldsAreFine) {
  // Each record is made of the last one, and leaves all of it out.
  std::string text = R"([{"type":"record","name":"R0","fields":[]})";
  for (int i = 1; i < 500; ++i)
    text += R"(,{"type":"record","name":"R)" + std::to_string(i) +
            R"(","fields":[{"name":"a","type":"R)" + std::to_string(i - 1) +
            R"(","default":{}},{"name":"b","type":"R)" + std::to_string(i - 1) +
            R"(","default":{}}]})";
  EXPECT_NE(Parsed(text + "]"), nullptr);
}

}  // namespace
}  // namespace muster::registry::formats
