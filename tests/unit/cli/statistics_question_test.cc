#include "cli/statistics_question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "platform/sha256.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::ContractVersion Plant() {
  v1::ContractVersion out;
  out.set_version(3);
  v1::Contract& c = *out.mutable_contract();
  c.set_name("plant");
  const auto add = [&](const char* name, v1::Contract::Type type, bool range) {
    v1::Contract::Field& f = *c.add_fields();
    f.set_name(name);
    f.set_type(type);
    if (!range) return;
    f.set_min(0);
    f.set_max(100);
  };
  add("site", v1::Contract::TEXT, false);
  add("heat", v1::Contract::FLOAT, true);
  add("wear", v1::Contract::FLOAT, false);
  add("starts", v1::Contract::INTEGER, true);
  return out;
}

const platform::OpenSslHasher kHasher;

StatusOr<v1::Campaign> Asked(const StatisticsQuestion& question) {
  return CampaignOf(question, Plant(), kHasher);
}

TEST(StatisticsQuestion, CountsEveryNumericFieldWithARangeUnlessToldWhich) {
  const auto all = Asked({});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(all->statistics().fields(), ElementsAre("heat", "starts"));
  EXPECT_THAT(all->statistics().quantiles(), ElementsAre(0.25, 0.5, 0.75));
  EXPECT_EQ(all->statistics().contract_version(), 3u);
  const auto one = Asked({.fields = {"wear"}, .labels = {{"site", "hamburg"}}});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_THAT(one->statistics().fields(), ElementsAre("wear"));  // The server says why not.
  EXPECT_EQ(one->plan().selection().labels().at("site"), "hamburg");
}

TEST(StatisticsQuestion, IsCalledTheSameHoweverItIsPut) {
  const std::string name = Asked({})->name();
  EXPECT_THAT(name, ::testing::MatchesRegex("stats-[0-9a-f]{12}"));
  EXPECT_EQ(Asked({.fields = {"starts", "heat"}})->name(), name);
  EXPECT_EQ(Asked({.fields = {"heat", "starts", "heat"}})->name(), name);
  EXPECT_EQ(Asked({.quantiles = {0.75, 0.25, 0.5, 0.25}})->name(), name);
  EXPECT_EQ(Asked({.name = "mine"})->name(), "mine");
}

TEST(StatisticsQuestion, OfAnythingElseIsCalledOtherwise) {
  const StatisticsQuestion others[] = {{.fields = {"heat"}}, {.labels = {{"site", "hamburg"}}},
                                       {.bins = 21},         {.quantiles = {0.5}},
                                       {.least = 6},         {.fields = {"starts"}}};
  std::set<std::string> names{Asked({})->name()};
  for (const StatisticsQuestion& other : others) names.insert(Asked(other)->name());
  EXPECT_EQ(names.size(), 7u);
  v1::ContractVersion newer = Plant();
  newer.set_version(4);
  EXPECT_FALSE(names.contains(CampaignOf({}, newer, kHasher)->name()));
}

TEST(StatisticsQuestion, NamesTheNearestFieldAndRefusesWhatCannotBeCounted) {
  const Status unknown = Asked({.fields = {"haet"}}).status();
  EXPECT_EQ(ReasonOf(unknown), Reason::kFIELD_UNKNOWN);
  EXPECT_THAT(std::string(MessageOf(unknown)),
              HasSubstr("--field haet: contract plant version 3 has no such field; did you mean "
                        "'heat'?"));
  for (const double p : {0.0, 1.0, -0.5, std::nan("")})
    EXPECT_EQ(ReasonOf(Asked({.quantiles = {p}}).status()), Reason::kFIELD_INVALID) << p;
  v1::ContractVersion words = Plant();
  words.mutable_contract()->mutable_fields()->DeleteSubrange(1, 3);
  EXPECT_EQ(ReasonOf(CampaignOf({}, words, kHasher).status()), Reason::kFIELD_INVALID);
}

}  // namespace
}  // namespace muster::cli
