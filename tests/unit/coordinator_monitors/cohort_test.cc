#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {

std::vector<Candidate> Devices(int from, int to) {
  std::vector<Candidate> out;
  for (int d = from; d < to; ++d)
    out.push_back({Device(d), DeviceName(fmt::format("node-{:03}", d)), {}});
  return out;
}
TriggerSpec OnDrifted(double others, std::uint32_t least = 5) {
  TriggerSpec spec = SmallTrigger();
  spec.action.cohort = {true, others, least};
  return spec;
}

TEST(Cohort, IsTheDriftedDevicesAndAPartOfTheOthers) {
  CohortPool pool{
      .train = Devices(0, 100), .evaluate = {}, .drifted = {}, .alarmed = {}, .serving = {}};
  for (int d = 0; d < 10; ++d) pool.drifted.insert(Device(d));
  pool.drifted.insert(Device(500));  // That the template's labels do not select.
  const Cohort cohort = ChooseCohort(OnDrifted(0.5), 1, pool);
  EXPECT_FALSE(cohort.all);
  EXPECT_EQ(cohort.drifted.size(), 10u);
  EXPECT_EQ(cohort.others.size(), 5u);
  for (const DeviceId& device : cohort.others) EXPECT_FALSE(pool.drifted.contains(device));
  EXPECT_EQ(ChooseCohort(OnDrifted(0.5), 1, pool), cohort) << "drawn by the firing alone";
  EXPECT_NE(ChooseCohort(OnDrifted(0.5), 2, pool).others, cohort.others);
  const CampaignSpec campaign = CampaignFor(OnDrifted(0.5), 1, cohort, VersionNumber(3));
  EXPECT_EQ(campaign.name.value(), "retrain-1");
  EXPECT_EQ(campaign.base_version.value(), 3u);
  EXPECT_EQ(campaign.plan.selection.devices.size(), 15u);
  EXPECT_EQ(campaign.plan.selection.select, 15u) << "no more than there are";
  EXPECT_TRUE(Validate(campaign).ok()) << Validate(campaign);
}

TEST(Cohort, IsAllWhenTooFewDriftedOrNobodyAskedForThem) {
  CohortPool pool{.train = Devices(0, 100),
                  .evaluate = {},
                  .drifted = {Device(1), Device(2)},
                  .alarmed = {},
                  .serving = {}};
  const Cohort few = ChooseCohort(OnDrifted(0.5), 1, pool);
  EXPECT_TRUE(few.all);
  EXPECT_EQ(few.drifted.size(), 2u) << "to know";
  EXPECT_TRUE(CampaignFor(OnDrifted(0.5), 1, few, VersionNumber(1)).plan.selection.devices.empty());
  EXPECT_FALSE(ChooseCohort(OnDrifted(0.5, 2), 1, pool).all);
  EXPECT_TRUE(ChooseCohort(SmallTrigger(), 1, pool).all);
}

TEST(Cohort, IsAllWhereSumsOverTheDriftedAloneCouldNotBeSecure) {
  TriggerSpec spec = OnDrifted(0, 2);
  spec.action.campaign.plan.selection.minimum = 10;
  spec.action.campaign.secure.emplace();
  spec.action.campaign.secure->least = 10;
  ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
  CohortPool pool{
      .train = Devices(0, 100), .evaluate = {}, .drifted = {}, .alarmed = {}, .serving = {}};
  for (int d = 0; d < 8; ++d) pool.drifted.insert(Device(d));
  EXPECT_TRUE(ChooseCohort(spec, 1, pool).all);
}

TEST(Cohort, EvaluatesDriftedAndUndriftedDevicesApart) {
  TriggerSpec spec = SmallTrigger();
  spec.action.campaign.evaluation.labels = {{"role", "test"}};
  CohortPool pool{.train = Devices(0, 10),
                  .evaluate = Devices(10, 20),
                  .drifted = {},
                  .alarmed = {Device(10), Device(11), Device(3)},
                  .serving = {Device(10), Device(11), Device(12), Device(13)}};
  const Cohort cohort = ChooseCohort(spec, 1, pool);
  EXPECT_EQ(cohort.evaluate_drifted, (std::vector{Device(10), Device(11)}));
  EXPECT_EQ(cohort.evaluate_undrifted, (std::vector{Device(12), Device(13)}));
  const CampaignSpec campaign = CampaignFor(spec, 1, cohort, VersionNumber(1));
  ASSERT_EQ(campaign.evaluation.slices.size(), 2u);
  EXPECT_EQ(campaign.evaluation.slices[0].name, "drifted");
  EXPECT_TRUE(Validate(campaign).ok()) << Validate(campaign);
  pool.alarmed.clear();
  EXPECT_TRUE(ChooseCohort(spec, 1, pool).evaluate_undrifted.empty()) << "both or none";
}

}  // namespace
}  // namespace muster::coordinator
