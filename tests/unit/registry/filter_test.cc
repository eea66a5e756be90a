#include "registry/filter.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/seeded.h"
#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Four versions that differ in everything that a filter can name.
class Filtering : public ::testing::Test {
 protected:
  Filtering() {
    model_.Add(Rmse(14));
    model_.Add(Rmse(13), "operator/bob");
    AddPublished("spring", 10, 12);
    AddPublished("summer", 20, 11);
    EXPECT_TRUE(model_.Do(TagVersion{VersionNumber(2), {{"env", "prod"}}, {}, "operator/a"}).ok());
    EXPECT_TRUE(
        model_
            .Do(TagVersion{
                VersionNumber(3), {{"env", "test"}, {"a.b-c", "say \"hi\""}}, {}, "operator/a"})
            .ok());
    EXPECT_TRUE(model_.Do(MoveAlias{"champion", VersionNumber(2), "operator/a"}).ok());
    EXPECT_TRUE(model_.Do(MoveAlias{"blue", VersionNumber(2), "operator/a"}).ok());
    EXPECT_TRUE(model_.Do(ApproveVersion{VersionNumber(3), "", {}, "operator/ann"}).ok());
    EXPECT_TRUE(model_.Do(CertifyVersion{VersionNumber(4), "x86-64", {}, "operator/ann"}).ok());
  }
  void AddPublished(const char* campaign, std::uint64_t round, double rmse) {
    CreateModelVersion event;
    event.params = Digest({std::byte(round)});
    event.module = Digest({std::byte{99}});
    event.parent = VersionNumber(1);
    event.parameters = round * 100;
    event.origin = CampaignRound{CampaignName(campaign), RoundNumber(round)};
    event.lineage.emplace().applied_by = "operator/cy";
    event.measured = Rmse(rmse);
    event.by = "system";
    model_.now = Noon() + std::chrono::hours(round);
    EXPECT_TRUE(model_.Do(event).ok());
  }
  std::vector<std::size_t> Of(std::string_view text) {
    const auto filter = Filter::Parse(text);
    EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
    std::vector<std::size_t> out;
    for (std::size_t i = 0; filter.ok() && i < model_.state.versions.size(); ++i)
      if (filter->Matches(model_.state, i)) out.push_back(i + 1);
    return out;
  }
  GatedModel model_;
};

TEST_F(Filtering, NothingAsksForEverything) {
  EXPECT_THAT(Of(""), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Of("  \t\n "), ElementsAre(1, 2, 3, 4));
}

TEST_F(Filtering, EveryNameIsKnown) {
  EXPECT_THAT(Of("model = \"turbofan\""), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Of("campaign = \"spring\""), ElementsAre(3));
  EXPECT_THAT(Of("contract = 'engine'"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Of("created_by = 'operator/bob'"), ElementsAre(2));
  EXPECT_THAT(Of("applied_by = 'operator/cy'"), ElementsAre(3, 4));
  EXPECT_THAT(Of("alias = 'champion'"), ElementsAre(2));
  EXPECT_THAT(Of("approved_by = 'operator/ann'"), ElementsAre(3));
  EXPECT_THAT(Of("hardware = 'x86-64'"), ElementsAre(4));
  EXPECT_THAT(Of("tags.env = 'prod'"), ElementsAre(2));
  EXPECT_THAT(Of("version >= 3"), ElementsAre(3, 4));
  EXPECT_THAT(Of("parent = 1"), ElementsAre(3, 4));
  EXPECT_THAT(Of("round > 10"), ElementsAre(4));
  EXPECT_THAT(Of("contract_version = 1"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Of("parameters = 1000"), ElementsAre(3));
  EXPECT_THAT(Of("metrics.rmse < 13"), ElementsAre(3, 4));
  const std::string digest = model_.state.versions[0].params.ToString();
  EXPECT_THAT(Of("params = '" + digest + "'"), ElementsAre(1));
  EXPECT_THAT(Of("module > 'sha256:'"), ElementsAre(3, 4));
  EXPECT_THAT(Of("created > '2026-09-21T14:13:20.000Z'"), ElementsAre(3, 4));
  EXPECT_THAT(Of("created <= '2026-09-21T14:13:20Z'"), ElementsAre(1, 2));
}

TEST_F(Filtering, EveryOperatorCompares) {
  EXPECT_THAT(Of("version = 2"), ElementsAre(2));
  EXPECT_THAT(Of("version != 2"), ElementsAre(1, 3, 4));
  EXPECT_THAT(Of("version < 2"), ElementsAre(1));
  EXPECT_THAT(Of("version <= 2"), ElementsAre(1, 2));
  EXPECT_THAT(Of("version > 2"), ElementsAre(3, 4));
  EXPECT_THAT(Of("version >= 2"), ElementsAre(2, 3, 4));
  EXPECT_THAT(Of("metrics.rmse=1.4e1"), ElementsAre(1));
  EXPECT_THAT(Of("metrics.rmse > -1"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Of("tags.env < 'q'"), ElementsAre(2));
}

TEST_F(Filtering, AndBindsMoreThanOrAndNotMostOfAll) {
  EXPECT_THAT(Of("version = 1 or version = 2 and tags.env = 'test'"), ElementsAre(1));
  EXPECT_THAT(Of("(version = 1 or version = 2) and tags.env = 'prod'"), ElementsAre(2));
  EXPECT_THAT(Of("not version = 1 and not version = 2"), ElementsAre(3, 4));
  EXPECT_THAT(Of("not (version = 1 or version = 2)"), ElementsAre(3, 4));
  EXPECT_THAT(Of("not not version = 1"), ElementsAre(1));
  EXPECT_THAT(Of("version=1 or version=2 or version=4"), ElementsAre(1, 2, 4));
  EXPECT_THAT(Of("version>1 and version<4 and tags.env='test'"), ElementsAre(3));
}

TEST_F(Filtering, WhatAVersionLacksFulfilsNothing) {
  EXPECT_THAT(Of("tags.env != 'prod'"), ElementsAre(3));
  EXPECT_THAT(Of("not tags.env = 'prod'"), ElementsAre(1, 3, 4));
  EXPECT_THAT(Of("campaign != 'spring'"), ElementsAre(4));
  EXPECT_THAT(Of("metrics.mae >= 0 or metrics.mae < 0"), IsEmpty());
  EXPECT_THAT(Of("alias != 'champion'"), ElementsAre(2));  // It is blue as well.
}

TEST_F(Filtering, TextMayHoldQuotesAndBackslashes) {
  EXPECT_THAT(Of(R"(tags.a.b-c = "say \"hi\"")"), ElementsAre(3));
  EXPECT_THAT(Of(R"(tags.a.b-c = 'say "hi"')"), ElementsAre(3));
  EXPECT_THAT(Of(R"(tags.a.b-c = "say \\ hi")"), IsEmpty());
}

void ExpectRefusedAt(std::string_view text, const char* words) {
  SCOPED_TRACE(text);
  const Status status = Filter::Parse(text).status();
  ExpectInvalid(status, "filter");
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(words));
}

TEST(FilterText, ThatIsNoneIsRefusedWithItsPlaceAndTheNearestName) {
  ExpectRefusedAt("metric.rmse < 14", "column 1: 'metric.rmse' is none of");
  ExpectRefusedAt("versoin = 1", "did you mean 'version'?");
  ExpectRefusedAt("version", "column 8: expected one of = != < <= > >=, not the end");
  ExpectRefusedAt("version ==1", "column 10: expected a number, not '=1'");
  ExpectRefusedAt("version = 'x'", "expected a number");
  ExpectRefusedAt("version = nan", "expected a number");
  ExpectRefusedAt("version = 1e999", "expected a number");
  ExpectRefusedAt("campaign = 3", "expected text in quotes, not '3'");
  ExpectRefusedAt("campaign = ", "expected text in quotes, not the end");
  ExpectRefusedAt("campaign = 'x", "the text is not closed by '");
  ExpectRefusedAt("campaign = 'x\\", "the text is not closed by '");
  ExpectRefusedAt("campaign = 'x\"", "the text is not closed by '");
  ExpectRefusedAt("created > 'yesterday'", "'yesterday' is not a time");
  ExpectRefusedAt("version = 1 version = 2", "column 13: expected and, or, or the end");
  ExpectRefusedAt("version = 1 and", "expected a name, not or '(', not the end");
  ExpectRefusedAt("version = 1)", "expected and, or, or the end, not ')'");
  ExpectRefusedAt("(version = 1", "expected and, or, or ')', not the end");
  ExpectRefusedAt("()", "expected a name");
  ExpectRefusedAt("tags. = 'x'", "expected tags. with a name behind it");
  ExpectRefusedAt("tags.1 = 'x'", "expected tags. with a name behind it");
  ExpectRefusedAt("tags = 'x'", "'tags' is none of");
  ExpectRefusedAt("AND", "'AND' is none of");
  ExpectRefusedAt("\xff", "expected a name");
}

TEST(FilterText, IsBoundedInLengthComparisonsAndDepth) {
  std::string many = "version = 1";
  for (int i = 0; i < 63; ++i) many += " or version = 1";
  EXPECT_TRUE(Filter::Parse(many).ok());
  ExpectRefusedAt(many + " or version = 1", "more than 64 comparisons");
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '(') + "version = 1" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_TRUE(Filter::Parse(nested(31)).ok());
  ExpectRefusedAt(nested(32), "deeper than 32 levels");
  ExpectRefusedAt(nested(1000), "deeper than 32 levels");
  std::string nots;
  for (int i = 0; i < 500; ++i) nots += "not ";
  ExpectRefusedAt(nots + "version = 1", "deeper than 32 levels");
  ExpectRefusedAt(std::string(4097, ' '), "4097 bytes are more than 4096");
}

// Random expressions over version numbers, against the same evaluated as they are made.
struct Made {
  std::string text;
  std::function<bool(std::uint64_t)> holds;
};
Made MakeExpression(SeededRng& rng, int depth) {
  const std::uint64_t kind = depth == 0 ? 0 : rng.Below(4);
  if (kind == 0) {
    const std::uint64_t n = rng.Below(5);
    if (rng.Below(2) == 0)
      return {fmt::format("version <= {}", n), [n](std::uint64_t v) { return v <= n; }};
    return {fmt::format("version = {}", n), [n](std::uint64_t v) { return v == n; }};
  }
  const Made a = MakeExpression(rng, depth - 1);
  if (kind == 1) return {"not (" + a.text + ")", [a](std::uint64_t v) { return !a.holds(v); }};
  const Made b = MakeExpression(rng, depth - 1);
  if (kind == 2)
    return {fmt::format("({}) and ({})", a.text, b.text),
            [a, b](std::uint64_t v) { return a.holds(v) && b.holds(v); }};
  return {fmt::format("({}) or ({})", a.text, b.text),
          [a, b](std::uint64_t v) { return a.holds(v) || b.holds(v); }};
}

TEST_F(Filtering, MeansWhatItSays) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SeededRng rng(seed);
    const Made made = MakeExpression(rng, 5);
    SCOPED_TRACE(::testing::Message() << "seed=" << seed << " " << made.text);
    std::vector<std::size_t> expected;
    for (std::uint64_t v = 1; v <= 4; ++v)
      if (made.holds(v)) expected.push_back(v);
    EXPECT_EQ(Of(made.text), expected);
  }
}

}  // namespace
}  // namespace muster::registry
