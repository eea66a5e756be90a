#include "coordinator/campaign/spec_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::coordinator {
namespace {

CampaignSpec Counting() {
  CampaignSpec spec;
  spec.name = CampaignName("how-hot");
  spec.plan.rounds = kStatisticsPasses;
  spec.plan.selection.from = SelectionSpec::From::kEnrolled;
  spec.plan.selection.goal = spec.plan.selection.select = kMostCohort;
  spec.plan.selection.minimum = 5;
  spec.secure.emplace();
  spec.secure->least = 5;
  spec.statistics.emplace();
  spec.statistics->contract = ContractName("plant");
  return spec;
}

CampaignSpec Window() {
  CampaignSpec spec = Counting();
  spec.plan.rounds = 1;
  WindowSpec window;
  window.monitor = MonitorName("wear");
  window.epoch = 3;
  window.model = ModelName("rul");
  window.version = VersionNumber(2);
  window.rows = 60;
  window.shard = 6;
  window.prediction = window.error = window.expected_error = true;
  window.drill = {"site", "line"};
  spec.statistics->window = window;
  return spec;
}

registry::ContractVersion Plant() {
  using registry::FieldType;
  registry::ContractVersion out;
  out.version = VersionNumber(3);
  out.spec.name = ContractName("plant");
  out.spec.fields = {{"site", FieldType::kText, "", {}, {}, ""},
                     {"temperature", FieldType::kFloat, "Cel", -20.0, 60.0, ""},
                     {"wear", FieldType::kFloat, "mm", 0.0, {}, ""},
                     {"starts", FieldType::kInteger, "1", 0.0, 500.0, ""}};
  return out;
}

TEST(StatisticsSpec, SurvivesTheJournalUnchanged) {
  CampaignSpec spec = Counting();
  spec.statistics->fields = {"temperature", "starts"};
  spec.statistics->quantiles = {0.1, 0.999};
  ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
  const auto text = CanonicalJson(ToJson(spec));
  ASSERT_TRUE(text.ok()) << text.status();
  const auto back = CampaignSpecFrom(*ParseJson(*text));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), ToJson(spec));
  EXPECT_EQ(back->statistics->quantiles, spec.statistics->quantiles);
  EXPECT_FALSE(ToJson(spec).contains("training"));
}

TEST(StatisticsSpec, OfAWindowSurvivesTheJournalUnchanged) {
  const CampaignSpec spec = Window();
  ASSERT_TRUE(Validate(spec).ok()) << Validate(spec);
  const auto text = CanonicalJson(ToJson(spec));
  ASSERT_TRUE(text.ok()) << text.status();
  const auto back = CampaignSpecFrom(*ParseJson(*text));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), ToJson(spec));
  EXPECT_EQ(back->statistics->window->drill, spec.statistics->window->drill);
  EXPECT_FALSE(ToJson(Counting()).at("statistics").contains("window"));  // Old facts stay.
}

TEST(StatisticsSpec, NamesTheFieldOfAWindowThatIsWrong) {
  struct Case {
    const char* field;
    void (*bend)(CampaignSpec&, WindowSpec&);
  };
  const Case cases[] = {
      {"statistics.window.monitor",
       [](CampaignSpec&, WindowSpec& w) { w.monitor = MonitorName("a b"); }},
      {"statistics.window.model", [](CampaignSpec&, WindowSpec& w) { w.model = ModelName(""); }},
      {"statistics.window.version",
       [](CampaignSpec&, WindowSpec& w) { w.version = VersionNumber(0); }},
      {"statistics.window.rows", [](CampaignSpec&, WindowSpec& w) { w.rows = 0; }},
      {"statistics.window.rows", [](CampaignSpec&, WindowSpec& w) { w.rows = 100'001; }},
      {"statistics.window.shard", [](CampaignSpec&, WindowSpec& w) { w.shard = 4; }},
      {"statistics.window.shard", [](CampaignSpec&, WindowSpec& w) { w.shard = 513; }},
      {"statistics.window.drill",
       [](CampaignSpec&, WindowSpec& w) {
         w.drill = {"site", "site"};
       }},
      {"statistics.window.drill", [](CampaignSpec&, WindowSpec& w) { w.drill.assign(9, "site"); }},
      {"plan.rounds", [](CampaignSpec& s, WindowSpec&) { s.plan.rounds = 2; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.field);
    CampaignSpec spec = Window();
    c.bend(spec, *spec.statistics->window);
    const Status status = Validate(spec);
    EXPECT_EQ(ReasonOf(status), Reason::kFIELD_INVALID) << status;
    EXPECT_EQ(FieldOf(status), c.field) << status;
  }
}

TEST(StatisticsSpec, NamesTheFieldThatIsWrong) {
  struct Case {
    const char* field;
    void (*bend)(CampaignSpec&);
  };
  const Case cases[] = {
      {"statistics.contract", [](CampaignSpec& s) { s.statistics->contract = ContractName(""); }},
      {"statistics.fields[1]",
       [](CampaignSpec& s) {
         s.statistics->fields = {"a", "a"};
       }},
      {"statistics.fields[0]", [](CampaignSpec& s) { s.statistics->fields = {"a b"}; }},
      {"statistics.fields", [](CampaignSpec& s) { s.statistics->fields.assign(257, "a"); }},
      {"statistics.bins", [](CampaignSpec& s) { s.statistics->bins = 1; }},
      {"statistics.bins", [](CampaignSpec& s) { s.statistics->bins = 1025; }},
      {"statistics.quantiles[0]", [](CampaignSpec& s) { s.statistics->quantiles = {1.0}; }},
      {"statistics.quantiles[1]",
       [](CampaignSpec& s) {
         s.statistics->quantiles = {0.5, 0.5};
       }},
      {"statistics.quantiles", [](CampaignSpec& s) { s.statistics->quantiles.assign(17, 0.5); }},
      {"statistics.least", [](CampaignSpec& s) { s.statistics->least = 1; }},
      {"plan.rounds", [](CampaignSpec& s) { s.plan.rounds = 3; }},
      {"plan.selection.cohort.minimum", [](CampaignSpec& s) { s.statistics->least = 6; }},
      {"plan.selection.from",
       [](CampaignSpec& s) { s.plan.selection.from = SelectionSpec::From::kAvailable; }},
      {"plan.selection.replay",
       [](CampaignSpec& s) { s.plan.selection.replay = CampaignName("other"); }},
      {"model", [](CampaignSpec& s) { s.model = ModelName("rul"); }},
      {"evaluation",
       [](CampaignSpec& s) {
         s.evaluation.labels = {{"a", "b"}};
       }},
      {"secure", [](CampaignSpec& s) { s.secure.reset(); }},
      {"secure.bits", [](CampaignSpec& s) { s.secure->bits = aggregation::secagg::LaneBits::k24; }},
      {"secure.session", [](CampaignSpec& s) { s.secure->session = 8; }},  // 9 would be 4 and 5.
      {"secure",
       [](CampaignSpec& s) {  // Of 5, though not of 1,024.
         s.secure->corrupt = 0.2;
         s.secure->dropout = 0.4;
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.field);
    CampaignSpec spec = Counting();
    c.bend(spec);
    const Status status = Validate(spec);
    EXPECT_EQ(ReasonOf(status), Reason::kFIELD_INVALID) << status;
    EXPECT_EQ(FieldOf(status), c.field) << status;
  }
}

TEST(StatisticsSpec, CountsWhatIsNamedOrAllThatDeclaresARange) {
  StatisticsSpec asked = *Counting().statistics;
  auto query = FirstQuery(asked, Plant());
  ASSERT_TRUE(query.ok()) << query.status();
  ASSERT_EQ(query->fields.size(), 2u);
  EXPECT_EQ(query->fields[0], (aggregation::statistics::FieldRange{"temperature", -20, 60, 20}));
  EXPECT_EQ(query->fields[1].name, "starts");
  EXPECT_EQ(query->version, 3u);
  EXPECT_EQ(query->pass(), 1u);
  asked.fields = {"starts"};
  query = FirstQuery(asked, Plant());
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->fields.size(), 1u);
}

TEST(StatisticsSpec, NamesTheNearestFieldAndWhyOneCannotBeCounted) {
  StatisticsSpec asked = *Counting().statistics;
  const auto refused = [&](std::vector<std::string> fields) {
    asked.fields = std::move(fields);
    return FirstQuery(asked, Plant()).status();
  };
  EXPECT_THAT(std::string(MessageOf(refused({"starts", "temprature"}))),
              testing::HasSubstr("did you mean 'temperature'?"));
  EXPECT_EQ(FieldOf(refused({"starts", "temprature"})), "statistics.fields[1]");
  EXPECT_EQ(FieldOf(refused({"site"})), "statistics.fields[0]");
  EXPECT_EQ(FieldOf(refused({"wear"})), "statistics.fields[0]");  // Half a range is none.
  registry::ContractVersion bare = Plant();
  bare.spec.fields.resize(1);
  asked.fields.clear();
  EXPECT_EQ(FieldOf(FirstQuery(asked, bare).status()), "statistics.fields");
}

}  // namespace
}  // namespace muster::coordinator
