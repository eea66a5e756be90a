// Hostile and broken text: a clear refusal, in bounded time and memory.
#include "expect.h"

namespace muster::config {
namespace {

std::string Nested(int levels) {
  return "kind: Campaign\nplan: " + std::string(levels, '[') + std::string(levels, ']') + "\n";
}

TEST(YamlLimits, DeepNestingIsRefused) {
  EXPECT_THAT(Refused(Nested(65), Reason::kFIELD_INVALID, ""),
              testing::HasSubstr("deeper than 64"));
  Refused(Nested(20'000), Reason::kFIELD_INVALID, "");
  Refused("kind: Model\n" + std::string(20'000, '{'), Reason::kFIELD_INVALID, "");
}

TEST(YamlLimits, TooManyValuesAreRefused) {
  std::string text = "kind: Model\ninput: {features: [";
  for (int i = 0; i < 100'000; ++i) text += "a,";
  EXPECT_THAT(Refused(text + "]}\n", Reason::kFIELD_INVALID, ""),
              testing::HasSubstr("more than 100000 values"));
}

TEST(YamlLimits, AliasesThatMultiplyAreRefused) {
  std::string text = "kind: Contract\nfields:\n- &f\n  name: a\n";
  for (int i = 0; i < 40'000; ++i) text += "- *f\n";  // 40,001 fields of a name each: 80,002.
  EXPECT_TRUE(ParseResources(text, "f.yaml").ok());
  for (int i = 0; i < 10'000; ++i) text += "- *f\n";
  EXPECT_THAT(Refused(text, Reason::kFIELD_INVALID, "fields[50000]"),
              testing::HasSubstr("aliases make more than 100000 values"));
}

TEST(YamlLimits, AnAliasInsideItsOwnAnchorIsRefused) {
  EXPECT_EQ(Refused("kind: Campaign\nplan: &p\n  selection: *p\n", Reason::kFIELD_INVALID, ""),
            "f.yaml:3:14: an alias may not stand inside what it names");
}

TEST(YamlLimits, AnAliasIsReadLikeWhatItNames) {
  const auto r = ParseResources(
      "kind: Campaign\nplan: {report_window: &w 30s, recruit_window: *w}\n", "f.yaml");
  ASSERT_TRUE(r.ok()) << r.status();
  EXPECT_EQ(std::get<v1::Campaign>(r->front().message).plan().recruit_window(), "30s");
  EXPECT_THAT(Refused("kind: Campaign\nname: *nobody\n", Reason::kFIELD_INVALID, ""),
              testing::StartsWith("f.yaml:2:7: not valid YAML: "));
}

TEST(YamlLimits, BrokenYamlIsRefusedWithItsLine) {
  EXPECT_THAT(Refused("kind: Campaign\nplan:\n\trounds: 5\n", Reason::kFIELD_INVALID, ""),
              testing::StartsWith("f.yaml:3:"));
  EXPECT_THAT(Refused("kind: Model\nname: [a\nlabel: x\n", Reason::kFIELD_INVALID, ""),
              testing::HasSubstr("not valid YAML"));
  EXPECT_THAT(Refused("kind: Model\nname: !!python/object x\n", Reason::kFIELD_INVALID, ""),
              testing::StartsWith("f.yaml:2:7: tags are not supported"));
}

TEST(YamlLimits, AFileThatEndsInsideAQuoteIsRefused) {
  const std::string_view cut[] = {"kind: Model\nname: \"Größe", "kind: Model\nname: \"a\\\"\n",
                                  "kind: Model\r\nname: 'it is\n", "kind: Model\nname: &n \"x",
                                  "kind: Model\nname: 'it''s\n"};
  for (const std::string_view text : cut) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Refused(text, Reason::kFIELD_INVALID, ""),
                testing::AnyOf(testing::HasSubstr("the quote is never closed"),
                               testing::HasSubstr("illegal EOF in scalar")));
  }
  const std::string_view whole[] = {
      "kind: Model\nname: \"Größe\"",
      "\xef\xbb\xbfkind: Model\nname: \"a\\\"\"\n",
      "kind: Model\r\nname: 'it''s'\n",
      "kind: Model\nname: &n \"x\"",
      "kind: Model\nname: 'ü'\ndescription: |\n  \"",
  };
  for (const std::string_view text : whole) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(ParseResources(text, "f.yaml").ok()) << ParseResources(text, "f.yaml").status();
  }
}

TEST(YamlLimits, ColumnsCountCharactersNotBytes) {
  EXPECT_THAT(Refused("{kind: Model, name: Größe, foo: 1}", Reason::kFIELD_UNKNOWN, "foo"),
              testing::StartsWith("f.yaml:1:28: "));
}

TEST(YamlLimits, OnlyUtf8TextIsRead) {
  EXPECT_EQ(Refused("kind: Model\nname: a\xff\n", Reason::kFIELD_INVALID, ""),
            "f.yaml:2:8: not UTF-8");
  for (const std::string_view bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    Refused(fmt::format("name: {}", bad), Reason::kFIELD_INVALID, "");
  Refused(std::string_view("k\0nd", 4), Reason::kFIELD_INVALID, "");
  Refused(std::string_view("\xff\xfek\0", 4), Reason::kFIELD_INVALID, "");  // UTF-16.
  const auto r = ParseResources("kind: Model\nname: Größe-温度-🛩\n", "f.yaml");
  ASSERT_TRUE(r.ok()) << r.status();
  EXPECT_EQ(NameOf(r->front()), "Größe-温度-🛩");
}

TEST(YamlLimits, AFileBeyondFourMebibytesIsRefused) {
  EXPECT_EQ(Refused(std::string((4 << 20) + 1, ' '), Reason::kFIELD_INVALID, ""),
            "f.yaml:1:1: larger than 4 MiB");
}

}  // namespace
}  // namespace muster::config
