#include <nlohmann/json.hpp>

#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kFound[] =
    R"({"contract":"plant","devices":6,"fields":[{"above":0,"below":0,"count":60,"devices":6,)"
    R"("hi":"100","histogram":[20,40],"lo":"0","mean":"55.5","name":"heat","nulls":3,)"
    R"("quantiles":[{"p":"0.5","value":"54","within":"1.5"}],"stddev":"12.25"}],"least":5,)"
    R"("passes":2,"version":3})";

class Stats : public MusterTest {
 protected:
  Stats() {
    services_.contract.set_version(3);
    services_.contract.mutable_contract()->set_name("plant");
    auto& heat = *services_.contract.mutable_contract()->add_fields();
    heat.set_name("heat");
    heat.set_type(v1::Contract::FLOAT);
    heat.set_unit("Cel");
    heat.set_min(0);
    heat.set_max(100);
    for (int i = 0; i < 6; ++i) services_.devices.add_devices();
  }
  static v1::CampaignView View(const std::string& phase) {
    v1::CampaignView v;
    v.mutable_campaign()->set_name("stats-x");
    v.mutable_campaign()->mutable_statistics()->set_contract("plant");
    v.mutable_campaign()->mutable_plan()->set_rounds(2);
    v.set_phase(phase);
    if (phase != "completed") return v;
    v.set_statistics_json(kFound);
    v.set_latest_digest("sha256:0123456789abcdef");
    return v;
  }
  void Answers(std::vector<v1::CampaignView> views) {
    services_.watches.emplace_back(std::move(views), grpc::Status::OK);
  }
};

TEST_F(Stats, AsksTheFleetAndShowsATable) {
  Answers({View("running"), View("completed")});
  ASSERT_EQ(Run({"stats", "--contract", "plant", "--where", "site=hamburg"}), 0) << err();
  EXPECT_EQ(out(),
            "plant version 3: 6 devices\n\n"
            "FIELD  UNIT  COUNT  NULLS  MEAN   STD    P50    HISTOGRAM\n"
            "heat   Cel   60     3      55.50  12.25  54.00  ▅█\n\n"
            "campaign/stats-x  sha256:0123456789ab\n");
  EXPECT_EQ(err(), "");
  ASSERT_EQ(services_.campaigns_applied.size(), 2u);  // Tried, then applied.
  const v1::Campaign& asked = services_.campaigns_applied[0].campaign();
  EXPECT_THAT(asked.name(), ::testing::StartsWith("stats-"));
  EXPECT_EQ(asked.plan().selection().labels().at("site"), "hamburg");
  EXPECT_THAT(asked.statistics().fields(), ElementsAre("heat"));
  EXPECT_THAT(services_.calls,
              ElementsAre("try campaign/" + asked.name(), "site=hamburg",
                          "apply campaign/" + asked.name(), "watch " + asked.name()));
}

TEST_F(Stats, TakesEveryPartOfTheQuestionFromFlags) {
  Answers({View("completed")});
  ASSERT_EQ(Run({"stats", "--contract", "plant@3", "--field", "heat", "--bins", "7", "--quantile",
                 "0.9", "--quantile", "0.1", "--least", "6", "--name", "how-hot"}),
            0)
      << err();
  const v1::Campaign& asked = services_.campaigns_applied.at(0).campaign();
  EXPECT_EQ(asked.name(), "how-hot");
  EXPECT_EQ(asked.statistics().bins(), 7u);
  EXPECT_EQ(asked.statistics().least(), 6u);
  EXPECT_THAT(asked.statistics().quantiles(), ElementsAre(0.1, 0.9));
}

TEST_F(Stats, GivesJsonAndYamlForPrograms) {
  Answers({View("completed")});
  ASSERT_EQ(Run({"stats", "--contract", "plant", "-o", "json"}), 0) << err();
  const auto json = nlohmann::json::parse(out());
  EXPECT_EQ(json["campaign"], "stats-x");
  EXPECT_EQ(json["digest"], "sha256:0123456789abcdef");
  EXPECT_EQ(json["result"], nlohmann::json::parse(kFound));
  Answers({View("completed")});
  ASSERT_EQ(Run({"stats", "--contract", "plant", "-o", "yaml"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\nresult:\n"));
}

TEST_F(Stats, OfTooFewDevicesAsksNobodyAndSaysHowManyMatch) {
  services_.devices.mutable_devices()->DeleteSubrange(0, 4);
  EXPECT_EQ(Run({"stats", "--contract", "plant", "--where", "site=hamburg"}), 1);
  EXPECT_THAT(err(), HasSubstr("2 devices match site=hamburg; --least asks for 5"));
  EXPECT_THAT(err(), HasSubstr("(TOO_FEW_DEVICES)"));
  for (const std::string& call : services_.calls)
    EXPECT_THAT(call, Not(::testing::StartsWith("apply")));
}

TEST_F(Stats, ThatTheServerRefusesShowWhatIsWrongBeforeWhoIsMissing) {
  services_.devices.clear_devices();
  services_.refusals["campaign/how-hot"] = InvalidField("statistics.bins", "5000 is too many");
  EXPECT_EQ(Run({"stats", "--contract", "plant", "--name", "how-hot"}), 1);
  EXPECT_EQ(err(), "error: statistics.bins: 5000 is too many (FIELD_INVALID)\n");
}

TEST_F(Stats, ShowsAStoredAnswerThoughDevicesHaveLeft) {
  services_.devices.clear_devices();
  *services_.campaigns.add_campaigns() = View("completed");
  services_.campaigns.mutable_campaigns(0)->mutable_campaign()->set_name("how-hot");
  Answers({View("completed")});
  EXPECT_EQ(Run({"stats", "--contract", "plant", "--name", "how-hot"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("heat"));
}

TEST_F(Stats, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(Run({"stats", "--contract", "plnt"}), 1);
  EXPECT_EQ(err(), "error: there is no contract 'plnt' (RESOURCE_NOT_FOUND)\n");
  EXPECT_EQ(Run({"stats", "--contract", "plant", "--field", "haet"}), 1);
  EXPECT_THAT(err(), HasSubstr("did you mean 'heat'?"));
  for (const char* bad : {"plant@", "plant@x", "plant@0", "plant@3x"}) {
    EXPECT_EQ(Run({"stats", "--contract", bad}), 1) << bad;
    EXPECT_THAT(err(), HasSubstr("number from 1")) << bad;
  }
  EXPECT_EQ(Run({"stats", "--contract", "plant", "--where", "hamburg"}), 1);
  EXPECT_THAT(err(), HasSubstr("expected key=value"));
  EXPECT_EQ(Run({"stats"}), 2);
  EXPECT_THAT(services_.campaigns_applied, IsEmpty());
}

TEST_F(Stats, EndsWithARemedyWhenThePassesFail) {
  v1::CampaignView paused = View("paused");
  paused.set_why("round 1 failed 3 times, last: 4 of 5 updates came");
  Answers({paused});
  EXPECT_EQ(Run({"stats", "--contract", "plant"}), 1);
  EXPECT_THAT(err(), HasSubstr("is paused: round 1 failed 3 times"));
  EXPECT_THAT(err(), HasSubstr("muster campaign resume stats-"));
  Answers({View("cancelled")});
  EXPECT_EQ(Run({"stats", "--contract", "plant"}), 1);
  EXPECT_THAT(err(), HasSubstr("(CAMPAIGN_CANCELLED)"));
}

TEST_F(Stats, AnAnswerThatIsNoneIsAnError) {
  v1::CampaignView empty = View("completed");
  empty.clear_statistics_json();
  Answers({empty});
  EXPECT_EQ(Run({"stats", "--contract", "plant"}), 1);
  v1::CampaignView garbled = View("completed");
  garbled.set_statistics_json("{\"fields\": 7}");
  Answers({garbled});
  EXPECT_EQ(Run({"stats", "--contract", "plant"}), 1);
  EXPECT_EQ(out(), "");
}

TEST_F(Stats, ShowsProgressOnATerminalAndWipesIt) {
  screen_.terminal = true;
  Answers({View("running"), View("completed")});
  ASSERT_EQ(Run({"stats", "--contract", "plant"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
  // The first view may have been passed over; what was drawn is gone either way.
  if (!err().empty()) EXPECT_THAT(err(), ::testing::EndsWith("\r\x1b[K"));
}

TEST_F(Stats, SaysThatSomeWhoMatchAreNotInIt) {
  services_.devices.add_devices();
  services_.devices.add_devices();
  Answers({View("completed")});
  ASSERT_EQ(Run({"stats", "--contract", "plant"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("2 more that match are not in it: away, unwilling"));
}

TEST_F(Stats, SaysWhatWasRefused) {
  v1::CampaignView view = View("completed");
  (*view.mutable_refused_updates())["UPDATE_OVER_BOUND"] = 2;
  Answers({view});
  ASSERT_EQ(Run({"stats", "--contract", "plant"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Refused: UPDATE_OVER_BOUND=2\n"));
}

}  // namespace
}  // namespace muster::cli
