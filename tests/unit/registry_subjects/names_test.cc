// Names of subjects and of their streams, of levels and modes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/seeded.h"
#include "registry/subject_names.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using testing::Fails;
using testing::IsOk;

TEST(SubjectNamesTest, ASubjectIsAnyTextWithoutControlCharacters) {
  for (const char* name : {"orders-value", "a/b c%2F?&", "line 1/température", "日本語", "😀", "~x",
                           ".", ":a", "%", "null"})
    EXPECT_THAT(CheckSubject(SubjectName(name)), IsOk()) << name;
  EXPECT_THAT(CheckSubject(SubjectName(std::string(255, 'x'))), IsOk());
}

TEST(SubjectNamesTest, ASubjectIsNotEmptyTooLongControllingOrOfAnotherContext) {
  const std::string names[] = {"",
                               std::string(256, 'x'),
                               "a\nb",
                               std::string("a\0", 2),
                               "a\x7f",
                               "a\xc2\x85z",
                               "\xff\xfe",
                               "\xc3",
                               ":.ctx:name",
                               ":.:name",
                               "\xed\xa0\x80"};
  for (const std::string& name : names)
    EXPECT_THAT(CheckSubject(SubjectName(name)),
                Fails(StatusCode::kInvalidArgument, Reason::kSUBJECT_INVALID))
        << name;
}

TEST(SubjectNamesTest, AStreamIsNamedAfterItsSubjectInPrintableAscii) {
  EXPECT_EQ(KeyOf(SubjectName("orders-value_2.x")).value(), "orders-value_2.x");
  EXPECT_EQ(KeyOf(SubjectName("a/b %")).value(), "a%2Fb%20%25");
  EXPECT_EQ(KeyOf(SubjectName("~é")).value(), "%7E%C3%A9");
  const std::string longest = KeyOf(SubjectName(std::string(255, '/'))).value();
  EXPECT_TRUE(longest.starts_with("~"));
  EXPECT_LE(longest.size(), 400u);
}

TEST(SubjectNamesTest, EveryNameComesBackFromItsKeyAndNoTwoShareOne) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE(::testing::Message() << "seed=" << kSeed);
  SeededRng rng(kSeed);
  const std::vector<std::string> pieces = {"a",  "/", "%", "2F", "~", "é",
                                           "日", "😀", " ", "-",  "Z9"};
  std::map<SubjectKey, SubjectName> seen;
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (std::uint64_t n = rng.Below(80) + 1; n > 0; --n) {
      const std::string& piece = pieces[rng.Below(pieces.size())];
      if (text.size() + piece.size() <= kLongestSubject) text += piece;
    }
    const SubjectName name(text);
    const SubjectKey key = KeyOf(name);
    const auto back = SubjectOf(key);
    ASSERT_THAT(back, IsOk()) << text;
    EXPECT_EQ(*back, name);
    const auto [it, fresh] = seen.emplace(key, name);
    EXPECT_TRUE(fresh || it->second == name);
  }
}

TEST(SubjectNamesTest, AKeyThatNoNameHasIsRefused) {
  for (const char* key :
       {"", "a/b", "%2f", "%41", "a%", "a%2", "~", "~YQ", "~!", "%0A", "%FF", "é"})
    EXPECT_FALSE(SubjectOf(SubjectKey(key)).ok()) << key;
}

TEST(SubjectNamesTest, LevelsAndModesAreReadInAnyCaseOfLetters) {
  for (const char* name : {"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD",
                           "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"})
    EXPECT_EQ(NameOf(*ParseCompatibilityLevel(name)), name);
  for (const char* name : {"READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"})
    EXPECT_EQ(NameOf(*ParseSubjectMode(name)), name);
  EXPECT_EQ(ParseCompatibilityLevel("full_Transitive"), CompatibilityLevel::kFullTransitive);
  EXPECT_EQ(ParseSubjectMode("readOnly"), SubjectMode::kReadOnly);
  for (const char* name : {"", "BACK", "FULL ", "FORWARDS", "BACKWARD\x01TRANSITIVE"})
    EXPECT_FALSE(ParseCompatibilityLevel(name)) << name;
  for (const char* name : {"", "FORWARD", "READ", "IMPORTS"}) EXPECT_FALSE(ParseSubjectMode(name));
}

}  // namespace
}  // namespace muster::registry
