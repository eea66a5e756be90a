// Schemas that are made to cost: each is refused, or read in time.
#include <google/protobuf/descriptor.pb.h>

#include "base/bytes.h"
#include "registry/formats/protobuf/limits.h"
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;

const auto kInvalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID);

std::string Times(int n, const std::string& text) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}
std::string Nested(int depth) { return Proto3(Times(depth, "message A {") + Times(depth, "}")); }
// `n` lines of the format, which takes the number from 1.
std::string Numbered(int n, const std::string& format) {
  std::string out;
  for (int i = 1; i <= n; ++i) out += fmt::format(fmt::runtime(format), i);
  return out;
}

TEST(Hostile, TextThatIsTooLong) {
  const std::string text = Proto3("message A {}");
  const std::string longest = text + std::string(SchemaParser::kMostBytes - text.size(), ' ');
  EXPECT_THAT(ParseProtobuf(longest, {}), IsOk());
  EXPECT_THAT(ParseProtobuf(longest + " ", {}), kInvalid);
  EXPECT_THAT(ParseProtobuf(std::string(SchemaParser::kMostBytes + 4, 'A'), {}), kInvalid);
}

TEST(Hostile, TextThatIsTooDeep) {
  EXPECT_THAT(ParseProtobuf(Nested(31), {}), IsOk());
  EXPECT_THAT(ParseProtobuf(Nested(33), {}), kInvalid);  // protoc's own limit.
  EXPECT_THAT(ParseProtobuf(Nested(SchemaParser::kMostDepth + 1), {}), kInvalid);
  EXPECT_THAT(ParseProtobuf(Nested(30'000), {}), kInvalid);
}

TEST(Hostile, DepthThatForeignClosersHide) {
  for (const std::string& pair : {"{>", "{]", "{)", "{\"}\"", "{/*}*/", "{//}\n"}) {
    EXPECT_THAT(ParseProtobuf(Proto3("gibberish " + Times(100'000, pair)), {}), kInvalid) << pair;
    EXPECT_THAT(ParseProtobuf(Proto3("option (x) = " + Times(100'000, pair)), {}), kInvalid);
  }
}

TEST(Hostile, DepthWithinTheValueOfAnOption) {
  const std::string head =
      "import \"google/protobuf/descriptor.proto\"; message M { M m = 1; repeated M r = 2; }"
      "extend google.protobuf.FileOptions { M o = 5000; } option (o) = {";
  EXPECT_THAT(ParseProtobuf(Proto3(head + Times(90, "m <") + Times(90, ">") + "};"), {}), IsOk());
  EXPECT_THAT(ParseProtobuf(Proto3(head + Times(20'000, "m <") + Times(20'000, ">") + "};"), {}),
              kInvalid);
  EXPECT_THAT(ParseProtobuf(Proto3(head + Times(20'000, "r: [{") + Times(20'000, "}]") + "};"), {}),
              kInvalid);
}

TEST(Hostile, DepthThatASerialisedFileBrings) {
  google::protobuf::FileDescriptorProto file;
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/descriptor.proto");
  auto& option = *file.mutable_options()->add_uninterpreted_option();
  option.add_name()->set_name_part("o");
  option.mutable_name(0)->set_is_extension(true);
  option.set_aggregate_value(Times(50'000, "m <"));
  std::string base64 = ToBase64Url(AsBytes(file.SerializeAsString()));
  std::replace(base64.begin(), base64.end(), '-', '+');
  std::replace(base64.begin(), base64.end(), '_', '/');
  EXPECT_THAT(ParseProtobuf(base64, {}), kInvalid);
}

TEST(Hostile, NamesThatMakeEveryFullNameLong) {
  EXPECT_THAT(ParseProtobuf(Proto3("package " + std::string(500'000, 'p') + ";" +
                                   Numbered(20'000, "message A{} {{}}")),
                            {}),
              kInvalid);
  EXPECT_THAT(ParseProtobuf(Proto3("package p" + Times(200'000, ".p") + "; message A {}"), {}),
              kInvalid);
  EXPECT_THAT(ParseProtobuf(Proto3("message " + std::string(kMostNameBytes + 1, 'A') + " {}"), {}),
              kInvalid);
  std::string nest;
  for (int i = 0; i < 90; ++i) nest += "message " + std::string(kMostNameBytes, 'A') + "{";
  EXPECT_THAT(ParseProtobuf(Proto3(nest + Numbered(20'000, "bool f{0}={0};") + Times(90, "}")), {}),
              kInvalid);
}

TEST(Hostile, RangesThatAreCheckedAgainstEachOther) {
  EXPECT_THAT(
      ParseProtobuf(Proto2("message A { extensions 1" + Numbered(40'000, ",{0}0") + ";}"), {}),
      kInvalid);
  EXPECT_THAT(
      ParseProtobuf(Proto2("enum E { A = 0; reserved 1" + Numbered(40'000, ",{0}0") + ";}"), {}),
      kInvalid);
  EXPECT_THAT(
      ParseProtobuf(Proto2("message A { extensions 1000000" + Numbered(1'000, ",{0}000000") + ";}"),
                    {}),
      kInvalid);  // Beyond the highest number, but few enough to be looked at.
}

TEST(Hostile, OptionsInTooManyPieces) {
  const std::string head =
      "import \"google/protobuf/descriptor.proto\"; message M { M m = 1; int32 x = 2; }"
      "extend google.protobuf.FileOptions { M o = 5000; } ";
  EXPECT_THAT(ParseProtobuf(Proto3(head + "option (o)" + Times(50'000, ".m") + ".x = 1;"), {}),
              kInvalid);
  EXPECT_THAT(ParseProtobuf(Proto3(head + Times(20'000, "option (o).x = 1;")), {}), kInvalid);
}

TEST(Hostile, ErrorsByTheThousandAreToldAsOne) {
  const auto schema =
      ParseProtobuf(Proto3("message A {" + Numbered(20'000, "Gone f{0} = {0};") + "}"), {});
  EXPECT_THAT(schema, kInvalid);
  EXPECT_LT(MessageOf(schema.status()).size(), 400u);
}

TEST(Hostile, MessagesHoldNoForeignBytes) {
  const auto schema =
      ParseProtobuf(Proto3("import \"\x1b[31m\\001\xe2\x80\xae\"; message A {}"), {});
  EXPECT_THAT(schema, kInvalid);
  for (const char c : MessageOf(schema.status())) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

TEST(Hostile, ReferencesThatAreTooManyOrTooLarge) {
  References many;
  for (std::size_t i = 0; i <= kMostReferences; ++i)
    many.push_back({fmt::format("{}.proto", i), Proto3("message M" + std::to_string(i) + " {}")});
  EXPECT_THAT(ParseProtobuf(Proto3("message A {}"), many), kInvalid);
  many.pop_back();
  EXPECT_THAT(ParseProtobuf(Proto3("message A {}"), many), IsOk());
  const References large(5, {"a.proto", std::string(SchemaParser::kMostBytes, ' ')});
  EXPECT_THAT(ParseProtobuf(Proto3("message A {}"), large), kInvalid);
}

TEST(Hostile, TheLargestSchemasAreReadAndCompared) {
  for (const std::string& text :
       {Proto3("message A {\n" + Numbered(18'000, "int32 field_{0} = {0};\n") + "}")
            .substr(0, SchemaParser::kMostBytes),
        Proto3(Numbered(20'000, "message A{0} {{ A{0} a = 1; }}\n")),
        Proto3("enum E { Z = 0;" + Numbered(50'000, "V{0}={0};") + "}"),
        Proto3("message A { oneof o {" + Numbered(18'000, "A f{0} = {0};\n") + "} }"),
        Proto3("message A {" + Numbered(15'000, "map<string,A> f{0} = {0};\n") + "}"),
        Proto3("message A {" + Numbered(15'000, "oneof o{0} {{ A f{0} = {0}; }}\n") + "}")}) {
    const auto schema = ParseProtobuf(text, {});
    ASSERT_THAT(schema, IsOk()) << text.substr(0, 60);
    EXPECT_THAT((*schema)->Compare(**schema, {}), IsOk());
  }
}

}  // namespace
}  // namespace muster::registry::formats
