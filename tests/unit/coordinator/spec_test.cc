#include "coordinator/campaign/spec.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/coordinator/specs.h"

namespace muster::coordinator {
namespace {

TEST(CampaignSpec, AValidOneSurvivesTheJournalUnchanged) {
  CampaignSpec spec = SmallCampaign();
  spec.training.learning_rate = {0.05, LearningRate::Schedule::kCosine, 0.02, 1, 1};
  spec.aggregation.max_norm = 3.5;
  spec.plan.early_stop = {"mae", 4, 0.25};
  spec.plan.energy = EnergySpec{7.5, "datasheet of the gateway"};
  ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
  const auto text = CanonicalJson(ToJson(spec));
  ASSERT_TRUE(text.ok()) << text.status();
  const auto back = CampaignSpecFrom(*ParseJson(*text));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), ToJson(spec));
}

TEST(CampaignSpec, ACohortByDeviceItsNewestRowsAndSlicesSurviveTheJournal) {
  const DeviceId a("0123456789abcdef0123456789abcdef"), b("fedcba9876543210fedcba9876543210");
  CampaignSpec spec = SmallCampaign();
  spec.plan.selection.devices = {a, b};
  spec.training.newest_rows = 500;
  spec.evaluation.newest_rows = 60;
  spec.evaluation.baseline = true;
  spec.evaluation.slices = {{"drifted", {}, {a}}, {"north", {{"site", "north"}}, {}}};
  ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
  const auto text = CanonicalJson(ToJson(spec));
  ASSERT_TRUE(text.ok()) << text.status();
  const auto back = CampaignSpecFrom(*ParseJson(*text));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), ToJson(spec));
  EXPECT_EQ(back->plan.selection.devices, spec.plan.selection.devices);
  EXPECT_EQ(back->training.newest_rows, 500u);
  EXPECT_EQ(back->evaluation.newest_rows, 60u);
  EXPECT_TRUE(back->evaluation.baseline);
  EXPECT_EQ(back->evaluation.slices[0].devices, std::set<DeviceId>{a});
  EXPECT_EQ(back->evaluation.slices[1].labels.at("site"), "north");
}

TEST(CampaignSpec, WhatCameLaterIsNotInFactsThatDoWithoutIt) {
  const Json json = ToJson(SmallCampaign());
  EXPECT_FALSE(json.at("plan").at("selection").contains("devices"));
  EXPECT_FALSE(json.at("training").contains("newest_rows"));
  EXPECT_FALSE(json.at("evaluation").contains("newest_rows"));
  EXPECT_FALSE(json.at("evaluation").contains("slices"));
  EXPECT_FALSE(json.at("evaluation").contains("baseline"));
  EXPECT_FALSE(CampaignSpecFrom(json)->evaluation.baseline);
}

TEST(CampaignSpec, ABaselineNeedsDevicesThatEvaluate) {
  CampaignSpec spec = SmallCampaign();
  spec.evaluation.baseline = true;
  EXPECT_TRUE(Validate(spec).ok());
  spec.evaluation.labels.clear();
  EXPECT_EQ(FieldOf(Validate(spec)), "evaluation.baseline");
}

TEST(CampaignSpec, NamesTheFieldThatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  struct Case {
    const char* field;
    void (*bend)(CampaignSpec&, double);
  };
  const Case cases[] = {
      {"name", [](CampaignSpec& s, double) { s.name = CampaignName("two words"); }},
      {"model", [](CampaignSpec& s, double) { s.model = ModelName(""); }},
      {"plan.rounds", [](CampaignSpec& s, double) { s.plan.rounds = 0; }},
      {"plan.seed", [](CampaignSpec& s, double) { s.plan.seed = 1ULL << 53; }},
      {"plan.attempts", [](CampaignSpec& s, double) { s.plan.attempts = 0; }},
      {"plan.recruit_window", [](CampaignSpec& s, double) { s.plan.recruit_window = Duration(0); }},
      {"plan.selection.cohort.goal", [](CampaignSpec& s, double) { s.plan.selection.goal = 0; }},
      {"plan.selection.cohort.minimum",
       [](CampaignSpec& s, double) { s.plan.selection.minimum = 9; }},
      {"plan.selection.cohort.select",
       [](CampaignSpec& s, double) { s.plan.selection.select = 1; }},
      {"plan.energy.device_watts",
       [](CampaignSpec& s, double n) {
         s.plan.energy = EnergySpec{n, "x"};
       }},
      {"plan.energy.device_watts",
       [](CampaignSpec& s, double) {
         s.plan.energy = EnergySpec{0, "x"};
       }},
      {"plan.energy.device_watts",
       [](CampaignSpec& s, double) {
         s.plan.energy = EnergySpec{10'000.5, "x"};
       }},
      {"plan.energy.source",
       [](CampaignSpec& s, double) {
         s.plan.energy = EnergySpec{15, ""};
       }},
      {"plan.energy.source",
       [](CampaignSpec& s, double) {
         s.plan.energy = EnergySpec{15, std::string(129, 'x')};
       }},
      {"plan.energy.source",
       [](CampaignSpec& s, double) {
         s.plan.energy = EnergySpec{15, "a\tb"};
       }},
      {"plan.early_stop.metric",
       [](CampaignSpec& s, double) {
         s.plan.early_stop = {"beauty", 1, 0};
       }},
      {"training.loss", [](CampaignSpec& s, double) { s.training.loss = "mze"; }},
      {"training.optimizer.name", [](CampaignSpec& s, double) { s.training.optimizer = "sdg"; }},
      {"training.optimizer.momentum", [](CampaignSpec& s, double n) { s.training.momentum = n; }},
      {"training.learning_rate.initial",
       [](CampaignSpec& s, double n) { s.training.learning_rate.initial = n; }},
      {"training.batch", [](CampaignSpec& s, double) { s.training.batch = 0; }},
      {"training.epochs", [](CampaignSpec& s, double) { s.training.epochs = 0; }},
      {"aggregation.bound", [](CampaignSpec& s, double n) { s.aggregation.bound = n; }},
      {"aggregation.max_norm", [](CampaignSpec& s, double n) { s.aggregation.max_norm = n; }},
      {"aggregation.rule",
       [](CampaignSpec& s, double n) {
         s.aggregation.rule = aggregation::FedAvgM{n, 1};
       }},
      {"aggregation.weights.example_cap",
       [](CampaignSpec& s, double) {
         s.aggregation.weights = aggregation::WeightRule::kCappedExamples;
       }},
      {"evaluation.every", [](CampaignSpec& s, double) { s.evaluation.every = 0; }},
      {"plan.selection.devices",
       [](CampaignSpec& s, double) { s.plan.selection.devices = {DeviceId("engine-17")}; }},
      {"training.newest_rows",
       [](CampaignSpec& s, double) { s.training.newest_rows = 1ULL << 53; }},
      {"evaluation.newest_rows",
       [](CampaignSpec& s, double) { s.evaluation.newest_rows = 1ULL << 53; }},
      {"evaluation.slices[0]",
       [](CampaignSpec& s, double) {
         s.evaluation.slices = {{"all", {}, {}}};
       }},
      {"evaluation.slices[0].name",
       [](CampaignSpec& s, double) {
         s.evaluation.slices = {{"others", {{"a", "b"}}, {}}};
       }},
      {"evaluation.slices[1].name",
       [](CampaignSpec& s, double) {
         s.evaluation.slices.assign(2, {"one", {{"a", "b"}}, {}});
       }},
      {"evaluation.slices[0].devices",
       [](CampaignSpec& s, double) {
         s.evaluation.slices = {{"one", {}, {DeviceId("x")}}};
       }},
      {"evaluation.slices",
       [](CampaignSpec& s, double) {
         s.evaluation.labels.clear();
         s.evaluation.slices = {{"one", {{"a", "b"}}, {}}};
       }},
      {"evaluation.slices",
       [](CampaignSpec& s, double) {
         s.evaluation.slices.assign(17, {"one", {{"a", "b"}}, {}});
       }},
      {"evaluation.metrics[0]", [](CampaignSpec& s, double) { s.evaluation.metrics = {"rsme"}; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.field);
    CampaignSpec spec = SmallCampaign();
    c.bend(spec, nan);
    const Status status = Validate(spec);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(FieldOf(status), c.field) << status;
  }
}

CampaignSpec SecureCampaign(std::uint32_t devices) {
  CampaignSpec spec = SmallCampaign();
  spec.plan.selection.goal = spec.plan.selection.select = devices;
  spec.secure.emplace();
  spec.secure->least = 3;
  spec.evaluation.enrolled_at_least = 3;
  return spec;
}

TEST(CutSessions, IntoAsFewAsWillDoAndOfNearlyOneSize) {
  for (std::uint32_t most : {3u, 7u, 1024u})
    for (std::uint32_t devices = 1; devices < 5000; devices = devices * 5 / 4 + 1) {
      SCOPED_TRACE(testing::Message() << devices << " by " << most);
      const SessionCut cut = CutSessions(devices, most);
      EXPECT_LE(cut.largest, most);
      EXPECT_LT((cut.sessions - 1) * most, devices);  // One fewer would not do.
      EXPECT_LE(cut.largest - cut.smallest, 1u);
      EXPECT_LE(cut.sessions * cut.smallest, devices);
      EXPECT_GE(cut.sessions * cut.largest, devices);
    }
}

TEST(SecureSpec, CutsALargeCohortWhereEachSessionCanStand) {
  CampaignSpec spec = SecureCampaign(3000);
  EXPECT_TRUE(Validate(spec).ok()) << Validate(spec);
  spec.secure->session = 8;
  EXPECT_TRUE(Validate(spec).ok()) << Validate(spec);
  spec.secure->least = 8;
  spec.evaluation.enrolled_at_least = 8;
  EXPECT_TRUE(Validate(spec).ok()) << Validate(spec);  // 375 sessions of 8.
  spec.plan.selection.select = 3001;
  const Status status = Validate(spec);
  EXPECT_EQ(FieldOf(status), "secure.session") << status;
}

TEST(SecureSpec, NamesWhatMakesItInfeasible) {
  struct Case {
    const char* field;
    void (*bend)(CampaignSpec&);
  };
  const Case cases[] = {
      {"secure.session", [](CampaignSpec& s) { s.secure->session = 2; }},
      {"secure.session", [](CampaignSpec& s) { s.secure->session = 1025; }},
      {"secure.least", [](CampaignSpec& s) { s.secure->least = 21; }},
      {"secure", [](CampaignSpec& s) { s.secure->dropout = 0.9; }},
      {"secure.bits",
       [](CampaignSpec& s) {
         s.secure->bits = aggregation::secagg::LaneBits::k16;
         s.plan.selection.select = 1024;
       }},
      {"evaluation.enrolled_at_least", [](CampaignSpec& s) { s.evaluation.enrolled_at_least = 2; }},
      {"evaluation.enrolled_at_least",
       [](CampaignSpec& s) {
         s.secure->session = 4;
         s.evaluation.enrolled_at_least = 5;
       }},
      {"plan.selection.replay", [](CampaignSpec& s) { s.plan.selection.replay = s.name; }},
      {"plan.selection.replay",
       [](CampaignSpec& s) { s.plan.selection.replay = CampaignName("plain"); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.field);
    CampaignSpec spec = SecureCampaign(20);
    ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
    c.bend(spec);
    const Status status = Validate(spec);
    EXPECT_EQ(FieldOf(status), c.field) << status;
  }
  CampaignSpec unjudged = SecureCampaign(20);
  unjudged.evaluation.labels.clear();
  unjudged.evaluation.enrolled_at_least = 0;
  EXPECT_TRUE(Validate(unjudged).ok()) << Validate(unjudged);
}

TEST(SecureSpec, ReplaysAnotherCampaignsCohortsAndSurvivesTheJournal) {
  CampaignSpec spec = SecureCampaign(20);
  spec.plan.selection.from = SelectionSpec::From::kEnrolled;
  spec.plan.selection.replay = CampaignName("plain");
  spec.secure->session = 12;
  ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
  const auto back = CampaignSpecFrom(ToJson(spec));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->plan.selection.replay, CampaignName("plain"));
  EXPECT_EQ(back->secure->session, 12u);
}

TEST(SecureSpec, OfAnOldFactIsReadAndEvaluatesWithEnough) {
  Json old = ToJson(SecureCampaign(20));
  old["secure"].erase("session");
  old["evaluation"]["enrolled_at_least"] = 1u;
  const auto spec = CampaignSpecFrom(old);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->secure->session, 1024u);
  EXPECT_EQ(spec->evaluation.enrolled_at_least, 3u);
}

TEST(LearningRate, FollowsItsSchedule) {
  const LearningRate cosine{0.05, LearningRate::Schedule::kCosine, 0.02, 1, 1};
  EXPECT_DOUBLE_EQ(cosine.At(RoundNumber(1), 200), 0.05);
  EXPECT_DOUBLE_EQ(cosine.At(kBaselineRound, 200), 0.05);  // It trains nothing, at a sane rate.
  EXPECT_NEAR(cosine.At(RoundNumber(101), 200), 0.05 * 0.51, 1e-12);
  EXPECT_GT(cosine.At(RoundNumber(200), 200), 0.05 * 0.02);
  const LearningRate step{1.0, LearningRate::Schedule::kStep, 0, 0.5, 10};
  EXPECT_DOUBLE_EQ(step.At(RoundNumber(10), 100), 1.0);
  EXPECT_DOUBLE_EQ(step.At(RoundNumber(11), 100), 0.5);
  const LearningRate falling{1.0, LearningRate::Schedule::kExponential, 0, 0.9, 1};
  EXPECT_NEAR(falling.At(RoundNumber(3), 100), 0.81, 1e-12);
}

}  // namespace
}  // namespace muster::coordinator
