// The text that is kept, and the form in which schemas that only look different are equal.
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
// Something of everything, in no order.
const std::string kAll = R"(// The plant.
syntax = "proto2";
import "google/protobuf/descriptor.proto"; /* for options */
import "google/protobuf/any.proto";
package plant.line;
option java_package = "org." 'plant';
option (note).text = "a\n\"b\" \303\251";
option (note).ratio = 1.5e3;
message Note { optional string text = 1; optional double ratio = 2; map<string, int32> m = 3;
  optional Note next = 4; }
extend google.protobuf.FileOptions { optional Note note = 5000; }
extend google.protobuf.FieldOptions { repeated int32 tag = 5001; optional Note about = 5002; }
message Machine {
  enum State { option allow_alias = true; IDLE = 0; BUSY = 2; ERROR = -1 [deprecated = true];
    FAULT = 2; reserved 5 to max, 3; reserved "OLD"; }
  extensions 100 to 120, 200 to max; extensions 50;
  reserved 30, 20 to 25; reserved "z", "a";
  oneof late { State state = 15; group Part = 12 { optional bytes id = 1 [default = "\001\"'"]; } }
  oneof early { string s = 11; }
  required int32 x = 2 [default = -5, (tag) = 2, (tag) = 1,
    (about) = { text: "q" /* gone */ m { key: "k" value: 3 } next < text : 'y' > }, json_name = "X"];
  map<string, .plant.line.Note> notes = 1 [deprecated = false];
  optional State old = 3 [default = BUSY];
  optional double inf = 4 [default = -inf];
  optional google.protobuf.Any any = 5;
  message Inner { optional Machine up = 1; }
  extend Machine { optional Inner inner = 100; }
}
service Feed { option deprecated = true; rpc Put (stream Note) returns (Machine.Inner) {
    option idempotency_level = IDEMPOTENT; } rpc Get (Note) returns (stream .plant.line.Note); }
)";

TEST(Text, IsLaidOutWithoutComments) {
  EXPECT_EQ(Parsed("syntax=\"proto3\";/*a*/package a.b;import \"google/protobuf/any.proto\";\n"
                   "option java_package='x';message A{// b\nreserved 9 to max,7;oneof o{B b=3;}\n"
                   "repeated int32 x=1[packed=false,json_name=\"X\"];optional bool y=2\n"
                   "[deprecated=true];message B{}enum E{Z=0;}map<string,E>m=4;}")
                ->text(),
            R"(syntax = "proto3";
package a.b;

import "google/protobuf/any.proto";

option java_package = "x";

message A {
  reserved 9 to max, 7;

  repeated int32 x = 1 [
    packed = false,
    json_name = "X"
  ];
  optional bool y = 2 [deprecated = true];
  map<string, E> m = 4;

  oneof o {
    B b = 3;
  }

  message B {}
  enum E {
    Z = 0;
  }
}
)");
}

TEST(Text, ParsesToItself) {
  const auto schema = Parsed(kAll);
  ASSERT_TRUE(schema);
  const auto again = Parsed(schema->text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), schema->text());
  EXPECT_EQ(again->normalised(), schema->normalised());
  EXPECT_THAT(Differences(*schema, *again), ::testing::IsEmpty());
  EXPECT_THAT(Differences(*again, *schema), ::testing::IsEmpty());
}

TEST(Text, KeepsWhatAReaderNeeds) {
  const std::string text = Parsed(kAll)->text();
  for (const std::string& line :
       {R"(option java_package = "org.plant";)", R"(option (note).ratio = 1500.0;)",
        R"(option (note).text = "a\012\"b\" é";)", R"(extensions 200 to max;)",
        R"(reserved 30, 20 to 25;)", R"(reserved "z", "a";)", R"(reserved 5 to max, 3;)",
        R"(map<string, .plant.line.Note> notes = 1 [deprecated = false];)",
        R"(optional double inf = 4 [default = -inf];)",
        R"(optional State old = 3 [default = BUSY];)", R"(group Part = 12 {)",
        R"(optional bytes id = 1 [default = "\001\"\'"];)",
        R"(rpc Put (stream Note) returns (Machine.Inner) {)", R"(extend Machine {)",
        R"((about) = { text : "q" m { key : "k" value : 3 } next < text : 'y' > })"})
    EXPECT_THAT(text, ::testing::HasSubstr(line));
}

TEST(Text, KeepsNumbersOfOptionsReadable) {
  for (const char* const number :
       {"1e20", "123456789012345680000.0", "-0.0", "1e-300", "0", "-9223372036854775808",
        "18446744073709551615", "0x1F", "017", "1e999", "-1e999"}) {
    SCOPED_TRACE(number);
    const auto schema = Parsed(
        Proto3("import \"google/protobuf/descriptor.proto\";"
               "extend google.protobuf.FileOptions { optional double d = 5000; } option (d) = " +
               std::string(number) + ";"));
    ASSERT_TRUE(schema);
    EXPECT_EQ(Parsed(schema->text())->text(), schema->text());
  }
}

TEST(Normalised, ParsesToItself) {
  const auto schema = Parsed(kAll);
  ASSERT_TRUE(schema);
  const auto again = Parsed(schema->normalised());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->normalised(), schema->normalised());
  EXPECT_EQ(again->text(), schema->normalised());
  EXPECT_THAT(Differences(*schema, *again), ::testing::IsEmpty());
}

TEST(Normalised, IsEqualForSchemasThatOnlyLookDifferent) {
  const std::string original = R"(syntax = "proto3"; package a.b;
import "google/protobuf/any.proto"; import "google/protobuf/empty.proto";
option java_package = "x"; option deprecated = true;
message A { reserved 9, 7; reserved "q", "p"; oneof o { B b = 4; int32 i = 3; } oneof n { E e = 2; }
  int32 x = 1 [packed = false, deprecated = true]; message B {} enum E { Z = 0; Y = 2; X = 1; }
  map<string, B> m = 5; }
service S { rpc R (A) returns (A.B); })";
  const std::string other = R"(syntax = "proto3"; package a.b;
import "google/protobuf/empty.proto"; import "google/protobuf/any.proto";
option deprecated = true; option java_package = "x";
message A { map<string, a.b.A.B> m = 5; enum E { Z = 0; X = 1; Y = 2; } message B {}
  oneof n { A.E e = 2; } oneof o { int32 i = 3; .a.b.A.B b = 4; }
  int32 x = 1 [deprecated = true, packed = false]; reserved "p", "q"; reserved 7, 9; }
service S { rpc R (.a.b.A) returns (a.b.A.B); })";
  // `packed` is of repeated fields only.
  const auto fixed = [](std::string text) {
    return text.replace(text.find("int32 x"), 0, "repeated ");
  };
  const auto a = Parsed(fixed(original));
  const auto b = Parsed(fixed(other));
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->text(), b->text());
  EXPECT_EQ(a->normalised(), b->normalised());
}

TEST(Normalised, KeepsWhereMessagesStandAndWhichEnumValueIsTheDefault) {
  EXPECT_NE(Parsed(Proto3("message A {} message B {}"))->normalised(),
            Parsed(Proto3("message B {} message A {}"))->normalised());
  EXPECT_NE(Parsed(Proto2("enum E { A = 1; B = 0; }"))->normalised(),
            Parsed(Proto2("enum E { B = 0; A = 1; }"))->normalised());
  Parsed(Parsed(Proto3("enum E { A = 0; B = -1; }"))->normalised());
}

}  // namespace
}  // namespace muster::registry::formats
