// Which verdict each level gives over a history, whatever order it came in.
#include "registry/subject_compatibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_schemas.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
namespace {
using enum CompatibilityLevel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;

// A field; the same and one more with a default; without one; wider; widest; two more with
// defaults.
const std::map<int, std::string> kTexts = {{1, "f1:int"},         {2, "f1:int f2:text="},
                                           {3, "f1:int f2:text"}, {6, "f1:long"},
                                           {7, "f1:double"},      {8, "f1:int f2:text= f3:text="}};

std::shared_ptr<const Schema> Parsed(std::string_view text, SchemaType type = SchemaType::kAvro) {
  return *testing::FakeSchemaParser().Parse(type, text, {});
}

// `past` in order of registration.
std::vector<Incompatibility> Found(CompatibilityLevel level, const std::vector<int>& past,
                                   int update) {
  std::vector<Predecessor> history;
  for (std::size_t i = past.size(); i > 0; --i)
    history.push_back({VersionNumber(i), Parsed(kTexts.at(past[i - 1]))});
  const auto found = FindIncompatibilities(level, history, *Parsed(kTexts.at(update)));
  EXPECT_THAT(found, IsOk());
  return *found;
}
bool Holds(CompatibilityLevel level, const std::vector<int>& past, int update) {
  return Found(level, past, update).empty();
}

TEST(CompatibilityLevelTest, BackwardLetsTheNewSchemaReadTheNewestVersion) {
  EXPECT_TRUE(Holds(kBackward, {1}, 2));
  EXPECT_FALSE(Holds(kBackward, {1}, 3));
  EXPECT_TRUE(Holds(kBackward, {1}, 6));
  EXPECT_FALSE(Holds(kBackward, {6}, 1));
  EXPECT_TRUE(Holds(kBackward, {6}, 7));
  EXPECT_FALSE(Holds(kBackward, {7}, 6));
  EXPECT_TRUE(Holds(kBackward, {1, 2}, 3)) << "only the newest version counts";
}

TEST(CompatibilityLevelTest, BackwardTransitiveLetsItReadEveryVersion) {
  EXPECT_TRUE(Holds(kBackwardTransitive, {1, 2}, 8));
  EXPECT_FALSE(Holds(kBackwardTransitive, {1, 2}, 3));
  EXPECT_FALSE(Holds(kBackwardTransitive, {2, 1}, 3)) << "whatever order they came in";
}

TEST(CompatibilityLevelTest, ForwardLetsTheNewestVersionReadTheNewSchema) {
  EXPECT_TRUE(Holds(kForward, {1}, 2));
  EXPECT_TRUE(Holds(kForward, {1}, 3));
  EXPECT_TRUE(Holds(kForward, {2}, 3));
  EXPECT_TRUE(Holds(kForward, {3}, 2));
  EXPECT_TRUE(Holds(kForward, {3, 2}, 1));
  EXPECT_FALSE(Holds(kForward, {2, 3}, 1));
}

TEST(CompatibilityLevelTest, ForwardTransitiveLetsEveryVersionReadIt) {
  EXPECT_TRUE(Holds(kForwardTransitive, {8, 2}, 1));
  EXPECT_FALSE(Holds(kForwardTransitive, {2, 3}, 1));
  EXPECT_FALSE(Holds(kForwardTransitive, {3, 2}, 1));
}

TEST(CompatibilityLevelTest, FullIsBothWaysWithTheNewest) {
  EXPECT_TRUE(Holds(kFull, {1}, 2));
  EXPECT_TRUE(Holds(kFull, {1, 2}, 3));
  EXPECT_TRUE(Holds(kFull, {3, 2}, 1));
  EXPECT_FALSE(Holds(kFull, {1}, 6)) << "an int reader cannot read longs";
  EXPECT_FALSE(Holds(kFull, {1}, 3));
}

TEST(CompatibilityLevelTest, FullTransitiveIsBothWaysWithEvery) {
  EXPECT_TRUE(Holds(kFullTransitive, {1, 2}, 8));
  EXPECT_TRUE(Holds(kFullTransitive, {8, 2}, 1));
  EXPECT_FALSE(Holds(kFullTransitive, {2, 1}, 3));
  EXPECT_FALSE(Holds(kFullTransitive, {1, 2}, 3));
  EXPECT_FALSE(Holds(kFullTransitive, {2, 3}, 1));
}

TEST(CompatibilityLevelTest, NoneComparesNothingAndTheFirstSchemaFitsEveryLevel) {
  EXPECT_TRUE(Holds(kNone, {1, 2, 6}, 3));
  for (const auto level :
       {kBackward, kBackwardTransitive, kForward, kForwardTransitive, kFull, kFullTransitive})
    EXPECT_TRUE(Holds(level, {}, 3));
}

TEST(CompatibilityLevelTest, EveryDifferenceOfEveryVersionIsToldNewestFirst) {
  const auto found = Found(kFullTransitive, {6, 1}, 3);
  std::vector<std::string> told;
  for (const Incompatibility& i : found)
    told.push_back(fmt::format("{} {} {} {}", i.version.value(), i.backward ? "back" : "forth",
                               i.difference.code, i.difference.path));
  EXPECT_THAT(told, ElementsAre("2 back FIELD_WITHOUT_DEFAULT /f2", "1 back FIELD_TYPE_CHANGED /f1",
                                "1 back FIELD_WITHOUT_DEFAULT /f2"));
  EXPECT_EQ(Sentence(found.front()),
            "version 2, backward: FIELD_WITHOUT_DEFAULT at '/f2': the field was not there");
  EXPECT_THAT(Summary(found), HasSubstr("; version 1, backward"));
}

TEST(CompatibilityLevelTest, ASummaryNamesTenAndCountsTheRest) {
  const Incompatibility one{VersionNumber(1), true, {"CODE", "/x", false, "why"}};
  EXPECT_THAT(Summary(std::vector(13, one)), HasSubstr("; and 3 more"));
  EXPECT_THAT(Summary(std::vector(10, one)), ::testing::Not(HasSubstr("more")));
}

TEST(CompatibilityLevelTest, ASchemaOfAnotherTypeBreaksEveryLevelButNone) {
  const std::vector<Predecessor> history = {{VersionNumber(1), Parsed("a:int")}};
  const auto json = Parsed("a:int", SchemaType::kJson);
  EXPECT_TRUE(FindIncompatibilities(kNone, history, *json)->empty());
  const auto full = FindIncompatibilities(kFull, history, *json);
  ASSERT_EQ(full->size(), 2u);
  EXPECT_EQ(full->front().difference.code, "SCHEMA_TYPE_CHANGED");
}

TEST(CompatibilityLevelTest, AVersionThatCannotBeParsedAnyMoreIsNotCompatible) {
  const auto found = FindIncompatibilities(
      kBackward, std::vector<Predecessor>{{VersionNumber(4), nullptr}}, *Parsed("a:int"));
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().difference.code, "SCHEMA_UNREADABLE");
}

TEST(CompatibilityLevelTest, AComparisonBeyondItsBudgetIsRefused) {
  const std::vector<Predecessor> history = {{VersionNumber(1), Parsed("a:int b:int")}};
  EXPECT_THAT(FindIncompatibilities(kBackward, history, *Parsed("a:int"), {2, 10}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX));
}

}  // namespace
}  // namespace muster::registry
