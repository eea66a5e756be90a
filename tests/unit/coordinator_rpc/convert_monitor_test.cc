#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/rpc/convert_monitor.h"
#include "coordinator/rpc/convert_trigger.h"

namespace muster::coordinator {
namespace {

v1::Monitor Small() {
  v1::Monitor m;
  m.set_name("fleet");
  m.set_model("rul");
  m.mutable_fleet();
  auto& shape = *m.add_edge();
  shape.set_name("shape");
  shape.set_kind("input");
  shape.set_rate(0.01);
  auto& level = *m.add_edge();
  level.set_name("level");
  level.set_kind("change");
  level.set_detector("page_hinkley");
  (*level.mutable_config())["delta"] = 0.25;
  level.add_fields("$error");
  return m;
}
v1::Trigger SmallTrigger() {
  v1::Trigger t;
  t.set_name("retrain");
  t.set_model("rul");
  t.mutable_when()->mutable_drift()->set_monitor("fleet");
  v1::Campaign& c = *t.mutable_do_()->mutable_campaign();
  c.mutable_plan()->set_rounds(3);
  c.mutable_plan()->mutable_selection()->mutable_cohort()->set_goal(20);
  c.mutable_aggregation()->mutable_weights()->set_uniform(true);
  return t;
}
std::string RefusedAt(const v1::Monitor& m) { return FieldOf(FromProto(m).status()); }
std::string RefusedAt(const v1::Trigger& t) {
  const auto spec = FromProto(t);
  return spec.ok() ? FieldOf(Validate(*spec)) : FieldOf(spec.status());
}

TEST(ConvertMonitor, HasDefaultsThatAreFeasible) {
  auto spec = FromProto(Small());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->alias, "champion");
  EXPECT_EQ(spec->fleet->window().rows, 50u);
  EXPECT_EQ(spec->fleet->after_rows, 50u);
  EXPECT_EQ(spec->fleet->window().shard, 5u);
  EXPECT_EQ(spec->fleet->campaign.secure->least, 5u);
  EXPECT_DOUBLE_EQ(spec->fleet->level, 0.01);
  EXPECT_EQ(spec->fleet->campaign.plan.report_window, Duration(30'000));
  EXPECT_EQ(spec->silent_after, Duration(24 * 3'600'000));
  spec->fleet->campaign.statistics->contract = ContractName("engine");
  EXPECT_TRUE(Validate(spec->fleet->campaign).ok()) << Validate(spec->fleet->campaign);
}

TEST(ConvertMonitor, WhatIsWrittenAndReadBackMeansTheSame) {
  v1::Monitor small = Small();
  small.set_silent_after("90m");
  auto spec = FromProto(small);
  ASSERT_TRUE(spec.ok()) << spec.status();
  const auto again = FromProto(ToProto(*spec));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ToJson(*again), ToJson(*spec));
  spec->fleet->campaign.statistics->contract = ContractName("engine");
  const auto fact = MonitorSpecFrom(ToJson(*spec));
  ASSERT_TRUE(fact.ok()) << fact.status();
  EXPECT_EQ(ToJson(*fact), ToJson(*spec));
  EXPECT_EQ(fact->silent_after, Duration(90 * 60'000));
  Json old = ToJson(*spec);
  old.erase("silent_after_ms");
  EXPECT_EQ(MonitorSpecFrom(old)->silent_after, kSilentByDefault) << "as rows of before have it";
}

TEST(ConvertMonitor, AParameterThatTheKindHasNotIsAnError) {
  v1::Monitor m = Small();
  m.mutable_edge(0)->set_k(3);
  EXPECT_EQ(RefusedAt(m), "edge[0].k");
  m = Small();
  m.mutable_edge(1)->set_kind("chang");
  EXPECT_EQ(RefusedAt(m), "edge[1].kind");
  m = Small();
  m.mutable_edge(0)->set_rate(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(RefusedAt(m), "edge[0].rate");
  m = Small();
  m.set_silent_after("soon");
  EXPECT_EQ(RefusedAt(m), "silent_after");
  m.set_silent_after("1s");
  EXPECT_EQ(FieldOf(Validate(*FromProto(m))), "silent_after");
  m = Small();
  m.mutable_fleet()->set_every("soon");
  EXPECT_EQ(RefusedAt(m), "fleet.every");
}

TEST(ConvertMonitor, AViewTellsEveryPart) {
  MonitorSnapshot snapshot;
  snapshot.spec = *FromProto(Small());
  snapshot.phase = "watching";
  Window window;
  window.epoch = 3;
  window.seq = 17;
  window.outcome.judged = true;
  window.outcome.features.push_back(
      {"s1", 0.5, false, 0.1, 0.2, "", 0, 0, 1, {250'000, 750'000}, {500'000, 500'000}});
  window.outcome.features.push_back({.name = "$prediction", .baseline = 2});
  snapshot.baseline = {2, Digest()};
  window.outcome.measures.push_back({"error", 0.25, 100});
  window.outcome.groups.push_back({{{"site", "a"}}, 10, {{.name = "s1"}}});
  snapshot.windows = {window};
  Finding finding;
  finding.device = DeviceId("d");
  finding.rule = "shape";
  finding.ended = FromUnixMillis(5);
  snapshot.findings = {finding};
  snapshot.rules["fleet"].missed = 2;
  const v1::MonitorView view = ToProto(snapshot);
  EXPECT_EQ(view.windows(0).fact(), "monitor/fleet#17");
  EXPECT_DOUBLE_EQ(view.windows(0).features(0).now(1), 0.75);
  EXPECT_DOUBLE_EQ(view.windows(0).features(0).before(0), 0.5);
  EXPECT_EQ(view.windows(0).features(0).baseline(), 0u);
  EXPECT_EQ(view.windows(0).features(1).baseline(), 2u);
  EXPECT_EQ(view.prediction_baseline(), 2u);
  EXPECT_EQ(view.windows(0).measures(0).count(), 100u);
  EXPECT_EQ(view.windows(0).groups(0).labels().at("site"), "a");
  EXPECT_EQ(view.findings(0).ended_unix_ms(), 5);
  EXPECT_EQ(view.rules(0).missed(), 2u);
}

TEST(ConvertTrigger, WhatIsWrittenAndReadBackMeansTheSame) {
  v1::Trigger t = SmallTrigger();
  auto& any = *t.mutable_when()->mutable_any();
  any.add_conditions()->mutable_drift()->set_monitor("fleet");
  any.add_conditions()->mutable_devices()->set_monitor("fleet");
  auto& performance = *any.add_conditions()->mutable_performance();
  performance.set_monitor("fleet");
  performance.set_above_best(0.1);
  auto& all = *any.add_conditions()->mutable_all();
  all.add_conditions()->mutable_schedule()->set_every("24h");
  all.add_conditions()->mutable_volume()->set_rows(1000);
  auto& feedback = *all.add_conditions()->mutable_feedback();
  feedback.set_monitor("fleet");
  feedback.set_count(3);
  t.mutable_ask()->set_role("release-manager");
  t.mutable_do_()->mutable_cohort()->set_drifted(true);
  t.mutable_do_()->mutable_promote();
  const auto spec = FromProto(t);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(Validate(*spec).ok()) << Validate(*spec);
  EXPECT_EQ(spec->cool_down, Duration(600'000));
  EXPECT_EQ(spec->ask->expires, Duration(72LL * 3'600'000));
  EXPECT_EQ(spec->action.cohort.least, 5u);
  EXPECT_EQ(spec->action.promote, "champion");
  const auto again = FromProto(ToProto(*spec));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ToJson(*again), ToJson(*spec));
  const auto fact = TriggerSpecFrom(ToJson(*spec));
  ASSERT_TRUE(fact.ok()) << fact.status();
  EXPECT_EQ(ToJson(*fact), ToJson(*spec));
}

TEST(ConvertTrigger, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(RefusedAt(SmallTrigger()), "");
  v1::Trigger t = SmallTrigger();
  t.clear_when();
  EXPECT_EQ(RefusedAt(t), "when");
  t = SmallTrigger();
  t.mutable_when()->mutable_all()->add_conditions()->mutable_schedule()->set_every("soon");
  EXPECT_EQ(RefusedAt(t), "when.all.conditions[0].schedule.every");
  t = SmallTrigger();
  t.mutable_do_()->mutable_campaign()->set_name("mine");
  EXPECT_EQ(RefusedAt(t), "do.campaign.name");
  t = SmallTrigger();
  t.mutable_do_()->mutable_campaign()->mutable_plan()->set_report_window("x");
  EXPECT_EQ(RefusedAt(t), "do.campaign.plan.report_window");
  t = SmallTrigger();
  t.mutable_do_()->mutable_campaign()->mutable_statistics()->set_contract("c");
  EXPECT_EQ(RefusedAt(t).substr(0, 11), "do.campaign");
}

TEST(ConvertTrigger, AViewTellsTheCampaignOfAFiring) {
  TriggerSnapshot snapshot;
  snapshot.state.spec = *FromProto(SmallTrigger());
  FiringRecord firing;
  firing.number = 2;
  firing.seq = 9;
  firing.campaign = CampaignName("retrain-2");
  firing.drifted = 2;
  firing.evidence.parts.push_back({"w", true, "y", {}, {"monitor/fleet#3"}});
  snapshot.state.firings.push_back(firing);
  snapshot.campaigns[firing.campaign] = {
      "running", 4, 20, VersionNumber(7), {{"drifted", "rmse", 12, {}}, {"", "rmse", {}, 7}}};
  const v1::TriggerView view = ToProto(snapshot);
  EXPECT_EQ(view.firings(0).fact(), "trigger/retrain#9");
  EXPECT_EQ(view.firings(0).drifted_devices(), 2u);
  EXPECT_EQ(view.firings(0).campaign_phase(), "running");
  EXPECT_EQ(view.firings(0).rounds_published(), 4u);
  EXPECT_EQ(view.firings(0).version(), 7u);
  EXPECT_EQ(view.firings(0).evidence().parts(0).facts(0), "monitor/fleet#3");
  ASSERT_EQ(view.firings(0).changes_size(), 2);
  EXPECT_EQ(view.firings(0).changes(0).slice(), "drifted");
  EXPECT_EQ(view.firings(0).changes(0).before(), 12);
  EXPECT_FALSE(view.firings(0).changes(0).has_after());
  EXPECT_FALSE(view.firings(0).changes(1).has_before());
  EXPECT_EQ(view.firings(0).changes(1).after(), 7);
}

TEST(ConvertTrigger, ItsCampaignsMeasureABaselineUnlessToldNotTo) {
  v1::Trigger t = SmallTrigger();
  EXPECT_FALSE(FromProto(t)->action.campaign.evaluation.baseline);  // It evaluates nothing.
  v1::Campaign::Evaluation& evaluation = *t.mutable_do_()->mutable_campaign()->mutable_evaluation();
  (*evaluation.mutable_labels())["role"] = "test";
  EXPECT_TRUE(FromProto(t)->action.campaign.evaluation.baseline);
  evaluation.set_baseline(false);
  const auto spec = FromProto(t);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_FALSE(spec->action.campaign.evaluation.baseline);
  EXPECT_FALSE(FromProto(ToProto(*spec))->action.campaign.evaluation.baseline);
}

}  // namespace
}  // namespace muster::coordinator
