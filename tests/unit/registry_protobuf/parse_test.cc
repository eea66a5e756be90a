// What counts as a Protobuf schema, and how a refusal says where.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "base/bytes.h"
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::HasSubstr;

const auto kInvalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID);

// Standard base64, padded.
std::string Base64(const std::string& bytes) {
  std::string out = ToBase64Url(AsBytes(bytes));
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  while (out.size() % 4 != 0) out += '=';
  return out;
}

TEST(Parse, TakesBothSyntaxesAndTextWithoutOne) {
  for (const std::string& text :
       {Proto2("message A { required int32 x = 1 [default = 3]; extensions 10 to max; }"),
        Proto3("message A { optional int32 x = 1; map<string, int32> y = 2; }"),
        std::string("message A { optional int32 x = 1; }")}) {
    const auto schema = Parsed(text);
    ASSERT_TRUE(schema);
    EXPECT_EQ(schema->type(), SchemaType::kProtobuf);
  }
}

TEST(Parse, FindsEveryKnownFileWithoutAReference) {
  for (const std::string& name :
       {"google/protobuf/any.proto", "google/protobuf/api.proto",
        "google/protobuf/descriptor.proto", "google/protobuf/duration.proto",
        "google/protobuf/empty.proto", "google/protobuf/field_mask.proto",
        "google/protobuf/source_context.proto", "google/protobuf/struct.proto",
        "google/protobuf/timestamp.proto", "google/protobuf/type.proto",
        "google/protobuf/wrappers.proto", "confluent/meta.proto", "confluent/type/decimal.proto"})
    EXPECT_THAT(ParseProtobuf(Proto3("import \"" + name + "\"; message A {}"), {}), IsOk());
  Parsed(
      Proto3("import \"google/protobuf/timestamp.proto\";"
             "import \"confluent/type/decimal.proto\";"
             "message A { google.protobuf.Timestamp at = 1; confluent.type.Decimal v = 2; }"));
}

TEST(Parse, LetsAReferenceStandForAKnownFile) {
  const References own = {{"google/protobuf/timestamp.proto",
                           Proto3("package google.protobuf; message Timestamp { bool x = 1; }")}};
  Parsed(Proto3("import \"google/protobuf/timestamp.proto\";"
                "message A { google.protobuf.Timestamp at = 1; }"),
         own);
}

TEST(Parse, FollowsReferencesOfReferencesAndIgnoresARepeatedOne) {
  const ReferencedSchema inner{"inner.proto", Proto3("package i; message Inner { int32 x = 1; }")};
  const ReferencedSchema outer{
      "dir/outer.proto",
      Proto3("package o; import public \"inner.proto\"; message Outer { i.Inner in = 1; }")};
  Parsed(Proto3("import \"dir/outer.proto\"; message A { o.Outer o = 1; i.Inner i = 2; }"),
         {inner, outer, inner});
}

TEST(Parse, RefusesAReferenceThatComesBeforeWhatItImports) {
  const References wrong = {{"outer.proto", Proto3("import \"inner.proto\"; message O {}")},
                            {"inner.proto", Proto3("message I {}")}};
  const auto schema = ParseProtobuf(Proto3("import \"outer.proto\"; message A {}"), wrong);
  EXPECT_THAT(schema, kInvalid);
  EXPECT_THAT(std::string(MessageOf(schema.status())),
              HasSubstr("reference 'outer.proto': line 2"));
}

TEST(Parse, SaysWhereAndWhatIsWrong) {
  struct Wrong {
    std::string text;
    std::string place;
  };
  for (const Wrong& wrong : std::initializer_list<Wrong>{
           {Proto3("message A {\n  int32 x = 1\n}"), "line 4, column 1"},
           {Proto3("message A {\n  int32 x = 1;\n  int32 x = 2;\n}"), "line 4, column 9"},
           {Proto3("message A {\n  int32 x = 1;\n  int32 y = 1;\n}"), "line 4, column 13"},
           {Proto3("message A {\n  Gone x = 1;\n}"), "line 3, column 3"},
           {Proto3("import \"gone.proto\";\nmessage A {}"), "line 2"},
           {Proto3("message A {}\nmessage A {}"), "line 3, column 9"},
           {Proto3("message A { required int32 x = 1; }"), "line 2"},
           {Proto3("enum E { ONE = 1; }"), "line 2"},
           {Proto3("message A { reserved 2; int32 x = 2; }"), "line 2"},
           {Proto3("message A { int32 x = 0; }"), "line 2"},
           {Proto3("message A { int32 x = 19000; }"), "line 2"},
           {Proto3("message A { int32 x = 1 [(gone) = 2]; }"), "line 2"},
           {"syntax = \"proto9\"; message A {}", "line 1"},
           {"message A { int32 x = 1; }", "line 1, column 13"},
           {"message A { optional int32 x = 1; }\n}", "line 2, column 1"},
           {Proto3("message A { string s = 1 [json_name = \"\xc3\"]; }"), "UTF-8"},
           {Proto3("message A { string s = \"open"), "line 2"}}) {
    const auto schema = ParseProtobuf(wrong.text, {});
    SCOPED_TRACE(wrong.text);
    ASSERT_THAT(schema, kInvalid);
    EXPECT_THAT(std::string(MessageOf(schema.status())), HasSubstr(wrong.place));
  }
}

TEST(Parse, RefusesWhatDeclaresNothing) {
  for (const std::string& text : {std::string(), std::string("// Nothing\n"), Proto3(""),
                                  Proto3("package a; option java_package = \"b\";")})
    EXPECT_THAT(ParseProtobuf(text, {}), kInvalid) << text;
}

TEST(Parse, ReadsASerialisedFileAsTheTextThatItWasMadeFrom) {
  google::protobuf::FileDescriptorProto file;
  google::protobuf::Timestamp::descriptor()->file()->CopyTo(&file);
  file.set_package("plant");
  const auto schema = Parsed(Base64(file.SerializeAsString()));
  ASSERT_TRUE(schema);
  EXPECT_THAT(schema->text(), HasSubstr("package plant;"));
  EXPECT_THAT(schema->text(), HasSubstr("message Timestamp {\n  int64 seconds = 1;"));
  EXPECT_THAT(Differences(*schema, *Parsed(schema->text())), ::testing::IsEmpty());
}

TEST(Parse, KeepsCustomOptionsOfASerialisedFile) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("a.proto");
  file.set_syntax("proto3");
  file.add_dependency("confluent/meta.proto");
  auto& message = *file.add_message_type();
  message.set_name("A");
  // (confluent.message_meta) = { doc: "x" }, as protoc writes an extension it knows: 1088 << 3 | 2.
  ASSERT_TRUE(message.mutable_options()->ParseFromString(std::string("\x82\x44\x03\x0a\x01x", 6)));
  const auto schema = Parsed(Base64(file.SerializeAsString()));
  ASSERT_TRUE(schema);
  EXPECT_THAT(schema->text(), HasSubstr("option (.confluent.message_meta) = { doc : \"x\" };"));
}

TEST(Parse, RefusesBase64ThatIsNoFile) {
  for (const std::string& text : {std::string("message"), std::string("AAAA"), std::string("A"),
                                  std::string("////"), std::string("====")})
    EXPECT_THAT(ParseProtobuf(text, {}), kInvalid) << text;
}

}  // namespace
}  // namespace muster::registry::formats
