#include "config/statistics_kind.h"

#include "expect.h"

namespace muster::config {
namespace {

constexpr char kHowHot[] = R"(kind: Statistics
name: how-hot
contract: plant
contractVersion: 2
fields: [temperature, starts]
labels: {site: hamburg}
bins: 12
quantiles: [0.5, 0.99]
least: 6
enrolled_at_least: 8
secure: {session: 64}
report_window: 20s
)";

TEST(StatisticsKind, IsACampaignWrittenFlat) {
  const auto resources = ParseResources(kHowHot, "f.yaml");
  ASSERT_TRUE(resources.ok()) << resources.status();
  EXPECT_EQ(KindOf(resources->front()), "Statistics");
  EXPECT_EQ(NameOf(resources->front()), "how-hot");
  const auto& c = std::get<v1::Campaign>(resources->front().message);
  EXPECT_EQ(c.statistics().contract(), "plant");
  EXPECT_EQ(c.statistics().contract_version(), 2u);
  EXPECT_THAT(c.statistics().fields(), testing::ElementsAre("temperature", "starts"));
  EXPECT_EQ(c.statistics().bins(), 12u);
  EXPECT_THAT(c.statistics().quantiles(), testing::ElementsAre(0.5, 0.99));
  EXPECT_EQ(c.statistics().least(), 6u);
  EXPECT_EQ(c.plan().selection().labels().at("site"), "hamburg");
  EXPECT_EQ(c.plan().selection().enrolled_at_least(), 8u);
  EXPECT_EQ(c.plan().report_window(), "20s");
  EXPECT_EQ(c.secure().session(), 64u);
  EXPECT_FALSE(c.has_training());
}

TEST(StatisticsKind, NeedsNothingButAContractAndAName) {
  const auto resources = ParseResources("kind: Statistics\nname: a\ncontract: plant\n", "f.yaml");
  ASSERT_TRUE(resources.ok()) << resources.status();
  EXPECT_TRUE(std::get<v1::Campaign>(resources->front().message).has_statistics());
}

TEST(StatisticsKind, NamesLineAndNearestFieldOfATypo) {
  EXPECT_EQ(
      Refused("kind: Statistics\nname: a\nquantils: [0.5]\n", Reason::kFIELD_UNKNOWN, "quantils"),
      "f.yaml:3:1: quantils: unknown field in Statistics; did you mean 'quantiles'?");
  EXPECT_EQ(Refused("kind: Statistics\nrounds: 2\n", Reason::kFIELD_UNKNOWN, "rounds"),
            "f.yaml:2:1: rounds: unknown field in Statistics");
  EXPECT_EQ(Refused("kind: Statistic\n", Reason::kFIELD_INVALID, "kind"),
            "f.yaml:1:7: kind: unknown kind 'Statistic', not one of Contract, Model, Monitor, "
            "Campaign, Trigger, Statistics; did you mean 'Statistics'?");
}

TEST(StatisticsKind, SeesFieldsThatStandTwiceAndValuesThatDoNotFit) {
  EXPECT_EQ(Refused("kind: Statistics\nbins: 3\nbins: many\n", Reason::kFIELD_DUPLICATE,
                    "statistics.bins"),
            "f.yaml:3:1: statistics.bins: set twice; first in line 2");
  EXPECT_THAT(Refused("kind: Statistics\nleast: few\n", Reason::kFIELD_INVALID, "statistics.least"),
              testing::StartsWith("f.yaml:2:8: statistics.least: expected a whole number"));
  Refused("kind: Statistics\n[a]: b\n", Reason::kFIELD_INVALID, "");
}

TEST(StatisticsKind, PutsAServersComplaintWhereTheFieldStands) {
  const auto resources = ParseResources(kHowHot, "f.yaml");
  ASSERT_TRUE(resources.ok()) << resources.status();
  const SourceMap& source = resources->front().source;
  EXPECT_EQ(source.Where("statistics.fields[1]"), "f.yaml:5:23");
  EXPECT_EQ(source.Where("plan.selection.labels"), "f.yaml:6:1");
  EXPECT_EQ(source.Where("secure.session"), "f.yaml:11:10");
  EXPECT_EQ(source.Where("plan.rounds"), "f.yaml:1:1");
}

}  // namespace
}  // namespace muster::config
