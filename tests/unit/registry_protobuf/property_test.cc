// Random schemas, from seeds: what is read is kept, and nothing differs from itself.
#include "base/seeded.h"
#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
constexpr int kSeeds = 300;

// Writes a valid schema of messages M0, M1, ..., some within others, enums, maps and oneofs.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : rng_(seed), proto3_(Below(2) == 0) {}

  std::string File() {
    std::string out = fmt::format("syntax = \"proto{}\";", proto3_ ? 3 : 2);
    if (Below(2) == 0) out += "package p" + std::to_string(Below(3)) + ".q;";
    out += "import \"far.proto\"; import \"google/protobuf/struct.proto\"; enum E0 { E0_Z = 0; }";
    const int messages = 1 + Below(4);
    for (int i = 0; i < messages; ++i) out += Message(2);
    return out;
  }

 private:
  int Below(int bound) { return static_cast<int>(rng_.Next() % static_cast<std::uint64_t>(bound)); }

  std::string Message(int depth) {
    const std::string name = "M" + std::to_string(messages_++);
    std::string body;
    int number = 1;
    for (int n = Below(6); n > 0; --n) body += Field(name, number, true);
    for (int n = Below(3); n > 0; --n) {
      body += fmt::format("oneof o{} {{", number);
      for (int k = 1 + Below(3); k > 0; --k) body += Field(name, number, false);
      body += "}";
    }
    if (Below(3) == 0)
      body += fmt::format("enum E{0} {{ E{0}_Z = 0; E{0}_Y = {1}; }}", number, number);
    if (depth > 0 && Below(2) == 0) body += Message(depth - 1);
    return fmt::format("message {} {{ {} }}", name, body);
  }

  std::string Field(const std::string& own, int& number, bool labelled) {
    static const std::vector<std::string> kTypes = {
        "int32",  "sint64", "bool",  "fixed32", "sfixed64", "float",
        "double", "string", "bytes", "E0",      "far.Far",  "google.protobuf.Struct"};
    std::string type = kTypes[static_cast<std::size_t>(Below(12))];
    if (Below(5) == 0) type = own;
    if (labelled) type = Below(5) == 0 ? "map<string, " + type + ">" : Label() + type;
    number += 1 + Below(3);
    return fmt::format("{} f{} = {}{};", type, number, number,
                       Below(4) == 0 ? " [deprecated = true]" : "");
  }
  std::string Label() {
    static const std::vector<std::string> kProto2 = {"optional ", "required ", "repeated "};
    static const std::vector<std::string> kProto3 = {"optional ", "", "repeated "};
    return (proto3_ ? kProto3 : kProto2)[static_cast<std::size_t>(Below(3))];
  }

  SeededRng rng_;
  bool proto3_;
  int messages_ = 0;
};

References Far(const std::string& scalar) {
  return {
      {"far.proto", Proto3("package far; message Far { " + scalar + " x = 1; Far next = 2; }")}};
}

TEST(Property, NothingDiffersFromItselfAndWhatIsKeptIsRead) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const auto schema = Parsed(Writer(seed).File(), Far("int32"));
    ASSERT_TRUE(schema);
    EXPECT_THAT(Differences(*schema, *schema), ::testing::IsEmpty());
    const auto text = Parsed(schema->text(), Far("int32"));
    ASSERT_TRUE(text);
    EXPECT_EQ(text->text(), schema->text());
    EXPECT_EQ(text->normalised(), schema->normalised());
    EXPECT_THAT(Differences(*schema, *text), ::testing::IsEmpty());
    const auto normalised = Parsed(schema->normalised(), Far("int32"));
    ASSERT_TRUE(normalised);
    EXPECT_EQ(normalised->normalised(), schema->normalised());
    EXPECT_THAT(Differences(*normalised, *schema), ::testing::IsEmpty());
  }
}

TEST(Property, TwoSchemasDifferInOrderAndTheSameWayEachTime) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const auto was = Parsed(Writer(seed).File(), Far("int32"));
    const auto is = Parsed(Writer(seed + kSeeds).File(), Far("string"));
    ASSERT_TRUE(was && is);
    const auto differences = Differences(*was, *is);
    EXPECT_EQ(Differences(*was, *is), differences);
    for (std::size_t i = 0; i < differences.size(); ++i) {
      EXPECT_TRUE(differences[i].path.starts_with("#/"));
      for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(differences[i] == differences[k]);
    }
  }
}

// Whatever is added under a new number outside of oneofs, old records stay readable.
TEST(Property, AFieldMoreIsCompatible) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const std::string text = Writer(seed).File();
    const auto was = Parsed(text, Far("int32"));
    const auto place = text.find("message M0 {") + std::string("message M0 {").size();
    const auto is =
        Parsed(std::string(text).insert(place, " repeated int32 more = 1000;"), Far("int32"));
    ASSERT_TRUE(was && is);
    EXPECT_THAT(Names(Differences(*was, *is)), ::testing::ElementsAre("FIELD_ADDED #/M0/1000"));
  }
}

}  // namespace
}  // namespace muster::registry::formats
