// Rules of Confluent's that none of its named cases shows.
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string A(const std::string& body) { return Proto3("message A { " + body + " }"); }
std::string A2(const std::string& body) { return Proto2("message A { " + body + " }"); }

TEST(Compare, TellsScalarsApartByTheirCodingAlone) {
  const std::vector<std::vector<std::string>> groups = {
      {"int32", "int64", "uint32", "uint64", "bool", "E"},
      {"sint32", "sint64"},
      {"fixed32", "sfixed32"},
      {"fixed64", "sfixed64"},
      {"float"},
      {"double"},
      {"string", "bytes"}};
  const std::string with_enum = " = 1; enum E { Z = 0; }";
  for (const auto& from : groups)
    for (const auto& to : groups)
      for (const std::string& was : from)
        for (const std::string& is : to)
          EXPECT_EQ(Changes(A(was + " x" + with_enum), A(is + " x" + with_enum)).size(),
                    &from == &to ? 0u : 1u)
              << was << " " << is;
}

TEST(Compare, KnowsALabelOnlyWhereOneIsWritten) {
  EXPECT_THAT(Changes(A("int32 x = 1;"), A("repeated int32 x = 1;")), IsEmpty());
  EXPECT_THAT(Changes(A("int32 x = 1;"), A("optional int32 x = 1;")), IsEmpty());
  EXPECT_THAT(Changes(A("oneof o { int32 x = 1; }"), A("repeated int32 x = 1;")),
              UnorderedElementsAre("ONEOF_REMOVED #/A/o", "ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/A/1"));
  EXPECT_THAT(Changes(A2("required int32 x = 1;"), A2("optional int32 x = 1;")),
              ElementsAre("FIELD_NUMERIC_LABEL_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A2("required string x = 1;"), A2("optional string x = 1;")),
              ElementsAre("FIELD_STRING_OR_BYTES_LABEL_CHANGED #/A/1"));
  EXPECT_THAT(
      Changes(A2("optional E x = 1; enum E { Z = 0; }"), A2("repeated E x = 1; enum E { Z = 0; }")),
      ElementsAre("FIELD_NUMERIC_LABEL_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A2("required A x = 1;"), A2("repeated A x = 1;")), IsEmpty());
}

TEST(Compare, TakesProto3OptionalForALabelAndNotForAOneof) {
  EXPECT_THAT(Changes(A("int32 x = 1; int32 y = 2;"), A("optional int32 x = 1; int32 y = 2;")),
              IsEmpty());
  EXPECT_THAT(Changes(A("optional int32 x = 1;"), A("")), ElementsAre("FIELD_REMOVED #/A/1"));
  EXPECT_THAT(Changes(A("optional int32 x = 1;"), A("oneof o { int32 x = 1; }")),
              ElementsAre("ONEOF_ADDED #/A/o"));
}

TEST(Compare, LooksIntoMaps) {
  EXPECT_THAT(Changes(A("map<int32, int32> x = 1;"), A("map<uint64, bool> x = 1;")), IsEmpty());
  EXPECT_THAT(Changes(A("map<string, int32> x = 1;"), A("map<int32, int32> x = 1;")),
              ElementsAre("FIELD_SCALAR_KIND_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A("map<int32, int32> x = 1;"), A("map<string, string> x = 1;")),
              ElementsAre("FIELD_SCALAR_KIND_CHANGED #/A/1", "FIELD_SCALAR_KIND_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A("map<string, int32> x = 1;"), A("map<string, A> x = 1;")),
              ElementsAre("FIELD_KIND_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A("map<string, A> x = 1;"), A("map<string, B> x = 1; message B {}")),
              UnorderedElementsAre("MESSAGE_ADDED #/A/B", "FIELD_NAMED_TYPE_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A("map<string, A> x = 1;"), A("repeated A x = 1;")),
              ElementsAre("FIELD_KIND_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A("int32 y = 2;"), A("int32 y = 2; map<string, A> x = 1;")),
              ElementsAre("FIELD_ADDED #/A/1"));
}

TEST(Compare, SurvivesAOneofThatGoesAsAWhole) {
  EXPECT_THAT(Changes(A("oneof o { int32 x = 1; int32 y = 2; }"), A("")),
              ElementsAre("ONEOF_REMOVED #/A/o"));
  EXPECT_THAT(Changes(A("oneof o { int32 x = 1; int32 y = 2; }"), A("oneof p { int32 z = 3; }")),
              UnorderedElementsAre("ONEOF_REMOVED #/A/o", "ONEOF_ADDED #/A/p",
                                   "ONEOF_FIELD_ADDED #/A/p/3"));
  EXPECT_THAT(Changes(A("oneof o { int32 x = 1; int32 y = 2; }"), A("int32 x = 1;")),
              UnorderedElementsAre("ONEOF_REMOVED #/A/o", "ONEOF_FIELD_MOVED_TO_TOP_LEVEL #/A/1",
                                   "ONEOF_FIELD_REMOVED #/A/o/2"));
}

TEST(Compare, ComparesFieldsOfAOneofWhereTheyAreNow) {
  EXPECT_THAT(Changes(A("oneof o { int32 x = 1; }"), A("oneof o { string y = 1; }")),
              ElementsAre("FIELD_NAME_CHANGED #/A/o/1", "FIELD_SCALAR_KIND_CHANGED #/A/o/1"));
  EXPECT_THAT(Changes(A("int32 x = 1; int32 y = 2; oneof o { int32 z = 3; }"),
                      A("oneof o { int32 x = 1; int32 y = 2; int32 z = 3; }")),
              ElementsAre("MULTIPLE_FIELDS_MOVED_TO_ONEOF #/A/o"));
}

TEST(Compare, FollowsEnumsByNumber) {
  EXPECT_THAT(
      Changes(Proto3("enum E { A = 0; B = 1; C = 2; }"), Proto3("enum E { A = 0; X = 2; D = 3; }")),
      ElementsAre("ENUM_CONST_REMOVED #/E/1", "ENUM_CONST_CHANGED #/E/2",
                  "ENUM_CONST_ADDED #/E/3"));
  EXPECT_THAT(Changes(A("enum E { Z = 0; }"), A("enum F { Z = 0; }")),
              ElementsAre("ENUM_REMOVED #/A/E", "ENUM_ADDED #/A/F"));
  EXPECT_THAT(Changes(Proto3("enum E { Z = 0; }"), Proto3("message E {}")),
              UnorderedElementsAre("MESSAGE_ADDED #/E", "ENUM_REMOVED #/E"));
}

TEST(Compare, CountsOnlyMessagesForWhereOneStands) {
  EXPECT_THAT(Changes(A("message B {} message C {}"),
                      A("enum E { Z = 0; } map<string, int32> m = 1; message B {} message C {}")),
              UnorderedElementsAre("FIELD_ADDED #/A/1", "ENUM_ADDED #/A/E"));
  EXPECT_THAT(Changes(A("message B {} message C {}"), A("message C {} message B {}")),
              ElementsAre("MESSAGE_MOVED #/A/B", "MESSAGE_MOVED #/A/C"));
}

TEST(Compare, IgnoresWhatTheWireDoesNotHave) {
  EXPECT_THAT(Changes(A2("optional int32 x = 1; reserved 2; extensions 100 to 200;"),
                      Proto3("option java_package = \"p\"; message A { reserved 3;"
                             " int32 x = 1 [deprecated = true, json_name = \"X\"]; }"
                             " service S { rpc R (A) returns (A); }")),
              IsEmpty());
}

TEST(Compare, TakesAGroupForAKindOfItsOwn) {
  const std::string group = "optional group G = 1 { optional int32 x = 1; }";
  EXPECT_THAT(Changes(A2(group), A2("")), ElementsAre("FIELD_REMOVED #/A/1"));
  EXPECT_THAT(Changes(A2(group), A2("optional group G = 1 { optional string x = 1; }")),
              ElementsAre("FIELD_SCALAR_KIND_CHANGED #/A/G/1", "FIELD_NAMED_TYPE_CHANGED #/A/1"));
  EXPECT_THAT(Changes(A2(group), A2("optional G g = 1; message G { optional int32 x = 1; }")),
              UnorderedElementsAre("FIELD_KIND_CHANGED #/A/1", "MESSAGE_ADDED #/A/G"));
}

TEST(Compare, SaysWhatWasAndWhatIs) {
  const auto differences = Differences(*Parsed(A("int32 x = 1;")), *Parsed(A("string y = 1;")));
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].detail, "The field was 'x' and is 'y'");
  EXPECT_TRUE(differences[0].compatible);
  EXPECT_EQ(differences[1].detail, "Field 'y' was int32 and is string");
  EXPECT_FALSE(differences[1].compatible);
}

TEST(Compare, DescendsIntoImportsOfImports) {
  const std::string outer = Proto3("import \"i.proto\"; message Outer { Inner in = 1; }");
  const std::string text = Proto3("import \"o.proto\"; message A { map<string, Outer> o = 1; }");
  const auto was =
      Parsed(text, {{"i.proto", Proto3("message Inner { int32 x = 1; }")}, {"o.proto", outer}});
  const auto is =
      Parsed(text, {{"i.proto", Proto3("message Inner { float x = 1; }")}, {"o.proto", outer}});
  EXPECT_THAT(Names(Differences(*was, *is)),
              ElementsAre("FIELD_SCALAR_KIND_CHANGED #/Inner/1",
                          "FIELD_NAMED_TYPE_CHANGED #/Outer/1", "FIELD_NAMED_TYPE_CHANGED #/A/1"));
}

TEST(Compare, TellsADifferenceOfAnImportedTypeOnceAndEveryFieldThatHasIt) {
  const std::string text = Proto3("import \"i.proto\"; message A { Inner x = 1; Inner y = 2; }");
  const auto was = Parsed(text, {{"i.proto", Proto3("message Inner { int32 x = 1; }")}});
  const auto is = Parsed(text, {{"i.proto", Proto3("message Inner { float x = 1; }")}});
  EXPECT_THAT(Names(Differences(*was, *is)),
              ElementsAre("FIELD_SCALAR_KIND_CHANGED #/Inner/1", "FIELD_NAMED_TYPE_CHANGED #/A/1",
                          "FIELD_NAMED_TYPE_CHANGED #/A/2"));
}

TEST(Compare, ComesToAnEndInRecursiveImports) {
  const std::string text =
      Proto3("import \"n.proto\"; message A { Node node = 1; Leaf leaf = 2; }");
  const std::string node =
      "message Node { Leaf leaf = 1; Node next = 2; } message Leaf { Node up = 1; ";
  const auto was = Parsed(text, {{"n.proto", Proto3(node + "int32 x = 2; }")}});
  const auto is = Parsed(text, {{"n.proto", Proto3(node + "string x = 2; }")}});
  EXPECT_THAT(Names(Differences(*was, *was)), IsEmpty());
  EXPECT_THAT(Names(Differences(*was, *is)),
              UnorderedElementsAre(
                  "FIELD_SCALAR_KIND_CHANGED #/Leaf/2", "FIELD_NAMED_TYPE_CHANGED #/Node/1",
                  "FIELD_NAMED_TYPE_CHANGED #/A/1", "FIELD_NAMED_TYPE_CHANGED #/A/2"));
}

TEST(Compare, ComparesATypeThatWasMovedWithAllThatIsInIt) {
  const std::string home = "message Home { message Room { int32 id = 1; } Room room = 1; }";
  const std::string far = "message Home { message Room { string id = 1; } Room room = 1; }";
  const auto was = Parsed(Proto3("message A { Home home = 1; } " + home));
  const auto is = Parsed(Proto3("import \"h.proto\"; message A { far.Home home = 1; }"),
                         {{"h.proto", Proto3("package far; " + far)}});
  EXPECT_THAT(Names(Differences(*was, *is)),
              UnorderedElementsAre("FIELD_SCALAR_KIND_CHANGED #/Home/Room/1",
                                   "FIELD_NAMED_TYPE_CHANGED #/Home/1",
                                   "FIELD_NAMED_TYPE_CHANGED #/A/1", "MESSAGE_REMOVED #/Home"));
}

}  // namespace
}  // namespace muster::registry::formats
