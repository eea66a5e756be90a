#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;

class Get : public MusterTest {
 protected:
  Get() {
    const std::int64_t now = UnixMillis(clock_.Now());
    auto& c = *services_.campaigns.add_campaigns();
    c.mutable_campaign()->set_name("turbofan");
    c.mutable_campaign()->set_model("rul-net");
    c.mutable_campaign()->mutable_plan()->set_rounds(200);
    c.set_phase("running");
    c.set_rounds_published(36);
    c.set_latest_version(37);
    c.set_updated_unix_ms(now - 3'000);
    c.set_started_unix_ms(now - 60'000);
    auto& e = *c.add_evaluations();
    e.set_round(30);
    (*e.mutable_metrics())["rmse"] = 15.317;
    auto& d = *services_.devices.add_devices();
    d.set_name("engine-001");
    d.set_state("unfit");
    d.set_why("e1.csv:3:2: 'x' is no\nnumber");
    (*d.mutable_labels())["site"] = "hamburg";
    (*d.mutable_labels())["line"] = "3";
    (*d.mutable_marks())["UPDATE_NON_FINITE"] = 2;
    d.set_updates_counted(11);
  }
};

TEST_F(Get, ShowsCampaignsAsATable) {
  EXPECT_EQ(Run({"get", "campaigns"}), 0) << err();
  EXPECT_EQ(out(),
            "NAME      MODEL    PHASE    ROUNDS  VERSION  METRIC      UPDATED\n"
            "turbofan  rul-net  running  36/200  37       rmse 15.32  3s ago\n");
  const std::string table = out();
  EXPECT_EQ(Run({"get", "cp", "turbofan"}), 0);
  EXPECT_EQ(out(), table);
}

TEST_F(Get, ShowsDevicesWithLabelsInOrderAndWhyTheyAreUnfit) {
  EXPECT_EQ(Run({"get", "devices", "-l", "site=hamburg"}), 0) << err();
  EXPECT_EQ(out(),
            "NAME        STATE  LABELS               COUNTED  MARKS  LAST SEEN  WHY\n"
            "engine-001  unfit  line=3,site=hamburg  11       2      never      e1.csv:3:2: 'x' is "
            "no number\n");
  EXPECT_THAT(services_.calls, ::testing::ElementsAre("site=hamburg"));
}

TEST_F(Get, GivesJsonAndYamlForPrograms) {
  EXPECT_EQ(Run({"get", "campaigns", "-o", "json"}), 0);
  EXPECT_THAT(out(), HasSubstr("\"rounds_published\": 36"));
  EXPECT_EQ(Run({"-o", "yaml", "get", "campaign", "turbofan"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nlatest_version: \"37\"\n"));
}

TEST_F(Get, SaysWhatIsNotThere) {
  EXPECT_EQ(Run({"get", "campaign", "turbo"}), 1);
  EXPECT_EQ(err(), "error: there is no campaign 'turbo' (RESOURCE_NOT_FOUND)\n");
}

TEST_F(Get, DescribesEverything) {
  auto& c = *services_.campaigns.mutable_campaigns(0);
  auto& plan = *c.mutable_campaign()->mutable_plan();
  plan.mutable_selection()->set_from(v1::Campaign::ENROLLED);
  plan.mutable_selection()->mutable_cohort()->set_goal(20);
  c.mutable_campaign()->mutable_aggregation()->mutable_fedavgm();
  c.mutable_campaign()->mutable_aggregation()->mutable_weights()->set_uniform(true);
  c.mutable_round()->set_round(37);
  c.mutable_round()->set_phase("collecting");
  c.mutable_round()->set_goal(20);
  (*c.mutable_refused_updates())["UPDATE_OVER_NORM"] = 3;
  EXPECT_EQ(Run({"describe", "campaign", "turbofan"}), 0) << err();
  for (const char* text :
       {"Phase:          running\n", "36 of 200 published, 0 abandoned",
        "enrolled devices, drawn by seed", "20 updates wanted, at least 20, 20 devices asked",
        "FedAvgM, uniform weights", "2023-11-14T22:12:20.000Z (1m ago)", "UPDATE_OVER_NORM=3",
        "none: the coordinator sees updates", "Round 37:\n", "rmse=15.32"})
    EXPECT_THAT(out(), HasSubstr(text));

  EXPECT_THAT(out(), ::testing::Not(HasSubstr("aseline")));

  c.mutable_round()->set_round(0);
  (*c.mutable_campaign()->mutable_evaluation()->mutable_labels())["role"] = "test";
  c.mutable_campaign()->mutable_evaluation()->set_baseline(true);
  (*c.mutable_baseline()->mutable_metrics())["rmse"] = 19.5;
  c.mutable_baseline()->set_devices(30);
  c.mutable_baseline()->set_version(4);
  EXPECT_EQ(Run({"describe", "campaign", "turbofan"}), 0) << err();
  for (const char* text :
       {"\nBaseline:\n", "and of the version it starts from", "baseline  rmse=19.5   30       4"})
    EXPECT_THAT(out(), HasSubstr(text));
  c.set_baseline_why("none of 30 devices evaluated it: DEVICE_SILENT");
  EXPECT_EQ(Run({"describe", "campaign", "turbofan"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("none: none of 30 devices evaluated it: DEVICE_SILENT"));

  auto& secure = *c.mutable_campaign()->mutable_secure();
  secure.set_profile("active");
  secure.set_least(16);
  secure.set_bits(24);
  EXPECT_EQ(Run({"describe", "campaign", "turbofan"}), 0) << err();
  EXPECT_THAT(out(),
              HasSubstr("secure aggregation (active), sums over at least 16 devices, 24 bits"));
}

TEST_F(Get, ShowsACampaignOfStatisticsWithoutAModel) {
  auto& view = *services_.campaigns.mutable_campaigns(0);
  view.clear_evaluations();
  view.clear_latest_version();
  view.set_rounds_published(2);
  view.set_phase("completed");
  view.set_latest_digest("sha256:0123456789abcdef");
  view.set_statistics_json(
      R"({"contract":"plant","devices":8,"fields":[{"above":0,"below":0,"count":80,"devices":8,)"
      R"("hi":"1","histogram":[40,40],"lo":"0","mean":"0.5","name":"heat","nulls":0,)"
      R"("quantiles":[{"p":"0.5","value":"0.5","within":"0.25"}],"stddev":"0.25"}],"least":5,)"
      R"("passes":2,"version":3})");
  auto& c = *view.mutable_campaign();
  c.clear_model();
  c.mutable_plan()->set_rounds(2);
  c.mutable_plan()->mutable_selection()->set_from(v1::Campaign::ENROLLED);
  c.mutable_plan()->mutable_selection()->mutable_cohort()->set_minimum(5);
  auto& s = *c.mutable_statistics();
  s.set_contract("plant");
  s.set_contract_version(3);
  s.add_fields("heat");
  s.set_bins(2);
  s.add_quantiles(0.5);
  s.set_least(5);
  c.mutable_secure()->set_session(64);
  view.mutable_round()->set_round(2);
  EXPECT_EQ(Run({"get", "campaigns"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("turbofan  rows of plant  completed  2/2     -"));
  EXPECT_EQ(Run({"describe", "campaign", "turbofan"}), 0) << err();
  for (const char* text :
       {"heat of contract plant, version 3", "2 of 2 done, 0 abandoned",
        "2 bins, shown where at least 5 devices have rows; quantiles 0.5",
        "all that match, at least 5", "sessions of at most 64", "Pass 2:\n",
        "Found over 8 devices, sha256:0123456789abcdef:\n", "heat   80     0      0.5000  0.2500"})
    EXPECT_THAT(out(), HasSubstr(text));
  for (const char* text : {"Model", "Learning rate", "Training", "Evaluation"})
    EXPECT_THAT(out(), ::testing::Not(HasSubstr(text)));
}

TEST_F(Get, PausesWithAReason) {
  EXPECT_EQ(Run({"campaign", "pause", "turbofan", "--why", "line 3 is down"}), 0) << err();
  EXPECT_EQ(out(), "campaign/turbofan is paused, 36 of 200 rounds published\n");
  EXPECT_EQ(services_.controlled.action(), v1::ControlCampaignRequest::PAUSE);
  EXPECT_EQ(services_.controlled.why(), "line 3 is down");
}

}  // namespace
}  // namespace muster::cli
