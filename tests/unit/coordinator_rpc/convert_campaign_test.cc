#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/rpc/convert.h"

namespace muster::coordinator {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Campaign Training() {
  v1::Campaign c;
  c.set_name("turbofan");
  c.set_model("rul");
  c.mutable_plan()->set_rounds(3);
  c.mutable_plan()->mutable_selection()->mutable_cohort()->set_goal(20);
  c.mutable_aggregation()->mutable_weights()->set_uniform(true);
  return c;
}

v1::Campaign Counting() {
  v1::Campaign c;
  c.set_name("how-hot");
  c.mutable_statistics()->set_contract("plant");
  return c;
}

// What is written into a view and read back means the same.
void ExpectRoundTrip(const CampaignSpec& spec) {
  const auto again = FromProto(ToProto(spec));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ToJson(*again), ToJson(spec));
}

TEST(ConvertCampaign, OfStatisticsHasDefaultsThatAreFeasible) {
  const auto spec = FromProto(Counting());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->plan.rounds, 2u);
  EXPECT_EQ(spec->plan.selection.from, SelectionSpec::From::kEnrolled);
  EXPECT_EQ(spec->plan.selection.select, kMostCohort);
  EXPECT_EQ(spec->plan.selection.minimum, 5u);
  EXPECT_EQ(spec->secure->least, 5u);
  EXPECT_THAT(spec->statistics->quantiles, ElementsAre(0.25, 0.5, 0.75));
  ExpectRoundTrip(*spec);
}

TEST(ConvertCampaign, OfStatisticsTakesWhatIsAskedAndSurvivesTheWire) {
  v1::Campaign c = Counting();
  auto& s = *c.mutable_statistics();
  s.set_contract_version(4);
  s.add_fields("temperature");
  s.set_bins(7);
  s.add_quantiles(0.9);
  s.set_least(8);
  auto& selection = *c.mutable_plan()->mutable_selection();
  (*selection.mutable_labels())["site"] = "hamburg";
  selection.mutable_cohort()->set_goal(30);
  selection.set_enrolled_at_least(12);
  c.mutable_secure()->set_session(16);
  const auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->statistics->contract_version, VersionNumber(4));
  EXPECT_THAT(spec->statistics->fields, ElementsAre("temperature"));
  EXPECT_THAT(spec->statistics->quantiles, ElementsAre(0.9));
  EXPECT_EQ(spec->plan.selection.minimum, 8u);
  EXPECT_EQ(spec->plan.selection.select, 30u);
  EXPECT_EQ(spec->secure->session, 16u);
  ExpectRoundTrip(*spec);
}

TEST(ConvertCampaign, OfStatisticsOfSomeKeepsHowManyAreAsked) {
  v1::Campaign c = Counting();
  c.mutable_plan()->mutable_selection()->mutable_cohort()->set_goal(5);
  c.mutable_plan()->mutable_selection()->mutable_cohort()->set_select(kMostCohort);
  const auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  ExpectRoundTrip(*spec);
}

TEST(ConvertCampaign, OfStatisticsOverManyDevicesABinStillCutsIntoSessions) {
  v1::Campaign c = Counting();
  c.mutable_statistics()->set_least(100'000);
  const auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->secure->least, 512u);
}

TEST(ConvertCampaign, OfStatisticsRefusesWhatOnlyTrainingHas) {
  const std::pair<const char*, void (*)(v1::Campaign&)> cases[] = {
      {"model", [](v1::Campaign& c) { c.set_model("rul"); }},
      {"base_version", [](v1::Campaign& c) { c.set_base_version(1); }},
      {"training", [](v1::Campaign& c) { c.mutable_training(); }},
      {"aggregation", [](v1::Campaign& c) { c.mutable_aggregation(); }},
      {"evaluation", [](v1::Campaign& c) { c.mutable_evaluation(); }},
  };
  for (const auto& [field, bend] : cases) {
    SCOPED_TRACE(field);
    v1::Campaign c = Counting();
    bend(c);
    EXPECT_EQ(FieldOf(FromProto(c).status()), field);
  }
}

TEST(ConvertCampaign, OfASecureTrainingWaitsForEnoughEvaluators) {
  v1::Campaign c = Training();
  (*c.mutable_evaluation()->mutable_labels())["role"] = "test";
  c.mutable_secure()->set_least(6);
  auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->evaluation.enrolled_at_least, 6u);
  ExpectRoundTrip(*spec);
  c.mutable_evaluation()->set_enrolled_at_least(5);  // Said so: refused, not mended.
  spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(FieldOf(Validate(*spec)), "evaluation.enrolled_at_least");
  c.clear_secure();
  c.mutable_evaluation()->set_enrolled_at_least(0);
  EXPECT_EQ(FromProto(c)->evaluation.enrolled_at_least, 0u);
}

TEST(ConvertCampaign, AReplayAndSessionsSurviveTheWire) {
  v1::Campaign c = Training();
  c.mutable_plan()->mutable_selection()->set_from(v1::Campaign::ENROLLED);
  c.mutable_plan()->mutable_selection()->set_replay("plain");
  c.mutable_secure()->set_session(10);
  const auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->plan.selection.replay, CampaignName("plain"));
  EXPECT_EQ(spec->secure->session, 10u);
  ExpectRoundTrip(*spec);
}

TEST(ConvertCampaign, OfAWindowIsOnePassOfShardsAndSurvivesTheWire) {
  v1::Campaign c = Counting();
  auto& window = *c.mutable_statistics()->mutable_window();
  window.set_monitor("wear");
  window.set_epoch(9);
  window.set_model("rul");
  window.set_version(4);
  window.set_shard(8);
  window.set_prediction(true);
  window.add_drill("site");
  const auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->plan.rounds, 1u);
  EXPECT_EQ(spec->plan.selection.minimum, 8u);
  EXPECT_EQ(spec->secure->least, 8u);
  EXPECT_EQ(spec->statistics->window->rows, 50u);
  EXPECT_EQ(spec->statistics->window->epoch, 9u);
  ExpectRoundTrip(*spec);
}

TEST(ConvertCampaign, ACohortByDeviceItsNewestRowsAndSlicesSurviveTheWire) {
  const std::string id(32, 'a');
  v1::Campaign c = Training();
  c.mutable_plan()->mutable_selection()->add_devices(id);
  c.mutable_training()->set_newest_rows(500);
  (*c.mutable_evaluation()->mutable_labels())["role"] = "test";
  c.mutable_evaluation()->set_newest_rows(60);
  c.mutable_evaluation()->set_baseline(true);
  auto& slice = *c.mutable_evaluation()->add_slices();
  slice.set_name("drifted");
  slice.add_devices(id);
  const auto spec = FromProto(c);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->plan.selection.devices, std::set<DeviceId>{DeviceId(id)});
  EXPECT_EQ(spec->training.newest_rows, 500u);
  EXPECT_EQ(spec->evaluation.newest_rows, 60u);
  EXPECT_TRUE(spec->evaluation.baseline);
  ASSERT_EQ(spec->evaluation.slices.size(), 1u);
  EXPECT_EQ(spec->evaluation.slices[0].devices, std::set<DeviceId>{DeviceId(id)});
  ExpectRoundTrip(*spec);
}

TEST(ConvertCampaign, ABaselineIsOnlyWhereItIsAskedFor) {
  v1::Campaign c = Training();
  (*c.mutable_evaluation()->mutable_labels())["role"] = "test";
  EXPECT_FALSE(FromProto(c)->evaluation.baseline);
}

TEST(ConvertCampaign, AViewShowsTheBaselineOrWhyThereIsNone) {
  CampaignSnapshot snapshot;
  snapshot.state.spec = *FromProto(Training());
  snapshot.state.base.version = VersionNumber(4);
  EXPECT_FALSE(ToProto(snapshot).has_baseline());
  snapshot.plan.emplace();
  snapshot.plan->key = {CampaignName("turbofan"), kBaselineRound, 1};
  snapshot.round = Evaluating{.awaited = {DeviceId("a")}, .reported = {DeviceId("b")}};
  snapshot.state.baseline = BaselineEvaluation{
      .metrics = {{"rmse", 9}}, .slices = {{"drifted", {{"rmse", 12}}}}, .devices = 3};
  v1::CampaignView view = ToProto(snapshot);
  EXPECT_EQ(view.round().round(), 0u);
  EXPECT_EQ(view.round().learning_rate(), 0);
  EXPECT_EQ(view.round().evaluators(), 2u);
  EXPECT_EQ(view.baseline().version(), 4u);
  EXPECT_EQ(view.baseline().metrics().at("rmse"), 9);
  EXPECT_EQ(view.baseline().slices().at("drifted").metrics().at("rmse"), 12);
  EXPECT_EQ(view.baseline_why(), "");
  snapshot.state.baseline = BaselineEvaluation{.metrics = {}, .slices = {}, .why = "nobody came"};
  view = ToProto(snapshot);
  EXPECT_TRUE(view.has_baseline());
  EXPECT_EQ(view.baseline_why(), "nobody came");
}

TEST(ConvertCampaign, AViewOfStatisticsShowsWhatWasFoundAndNothingOfTraining) {
  CampaignSnapshot snapshot;
  snapshot.state.spec = *FromProto(Counting());
  snapshot.plan.emplace();
  snapshot.plan->key = {CampaignName("how-hot"), RoundNumber(1), 1};
  snapshot.round =
      Collecting{.awaited = {DeviceId("a"), DeviceId("b")}, .counted = {DeviceId("c")}};
  snapshot.statistics_json = "{}";
  const v1::CampaignView view = ToProto(snapshot);
  EXPECT_EQ(view.round().joined(), 3u);
  EXPECT_EQ(view.round().learning_rate(), 0);
  EXPECT_EQ(view.statistics_json(), "{}");
  EXPECT_FALSE(view.campaign().has_training());
  EXPECT_EQ(view.campaign().plan().selection().cohort().goal(), 0u);
  EXPECT_THAT(view.campaign().model(), IsEmpty());
}

}  // namespace
}  // namespace muster::coordinator
