#include "fake_loop.h"
#include "loop_fixture.h"

#include <nlohmann/json.hpp>

#include <sstream>

namespace muster::cli {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

v1::TriggerView Ended(const char* state) {
  v1::TriggerView t = TurbofanTrigger();
  t.mutable_firings(0)->set_state(state);
  t.mutable_firings(0)->set_why("because");
  return t;
}

class WatchLoop : public LoopTest {
 protected:
  WatchLoop() {
    *loops_.monitors.add_monitors() = TurbofanMonitor();
    services_.model = TurbofanModel();
    *services_.campaigns.add_campaigns() = TrainingCampaign();
  }
  std::vector<nlohmann::json> Events() const {
    std::vector<nlohmann::json> out;
    std::istringstream in(screen_.out);
    for (std::string line; std::getline(in, line);) out.push_back(nlohmann::json::parse(line));
    return out;
  }
};

TEST_F(WatchLoop, UntilSettledEndsWithTheNewestFiring) {
  loops_.watches = {{TrainingTrigger(), grpc::Status::OK}, {TurbofanTrigger(), grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "trigger", "rul-drift", "--until-settled"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr(" firing    rul-drift firing 1: training: 2 of 2 windows in a row: "
                               "s11 p=1.2e-05 < 0.01\n"));
  EXPECT_THAT(out(), HasSubstr(" campaign  rul-drift-1 running 3/10\n"));
  EXPECT_THAT(out(), HasSubstr(" firing    rul-drift firing 1: promoted\n"));
  EXPECT_THAT(out(), HasSubstr(" version   rul-net version 5 from version 4\n"));
}

TEST_F(WatchLoop, AHeldVersionIsExitZeroAndNoVersionIsExitOne) {
  for (const char* state : {"held", "promoted", "evaluated"}) {
    loops_.watches = {{Ended(state), grpc::Status::OK}};
    EXPECT_EQ(Run({"watch", "trigger", "rul-drift", "--until-settled"}), 0) << state;
  }
  for (const char* state : {"failed", "declined", "expired"}) {
    loops_.watches = {{Ended(state), grpc::Status::OK}};
    EXPECT_EQ(Run({"watch", "trigger", "rul-drift", "--until-settled"}), 1) << state;
    EXPECT_EQ(err(), fmt::format("error: firing 1 of trigger rul-drift: {}: because "
                                 "(TRIGGER_STATE)\n",
                                 state));
  }
}

TEST_F(WatchLoop, GivesAJsonObjectAnEventWithTheFactItStandsFor) {
  loops_.watches = {{TurbofanTrigger(), grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "trigger", "rul-drift", "--until-settled", "-o", "json"}), 0) << err();
  std::map<std::string, nlohmann::json> events;
  for (const auto& e : Events()) events[e["event"]] = e;
  EXPECT_EQ(events["window"]["epoch"], 14);
  EXPECT_EQ(events["window"]["drifted"], false);
  EXPECT_EQ(events["window"]["fact"], "monitor/turbofan#38");
  EXPECT_EQ(events["firing"]["state"], "promoted");
  EXPECT_EQ(events["firing"]["fact"], "trigger/rul-drift#2");
  EXPECT_EQ(events["firing"]["verdicts"].size(), 2);
  EXPECT_EQ(events["version"]["metrics"]["rmse"], 14.9);
  EXPECT_EQ(events["alarms"]["devices"], 7);
}

TEST_F(WatchLoop, TellsEachWindowThatCameInBetweenOnce) {
  loops_.monitors.mutable_monitors(0)->mutable_windows()->DeleteSubrange(9, 5);
  loops_.watches = {{TrainingTrigger(), grpc::Status::OK}};
  // The second look finds five windows more.
  world_.sleep = [&](Duration) {
    *loops_.monitors.mutable_monitors(0) = TurbofanMonitor();
    loops_.watches = {{TurbofanTrigger(), grpc::Status::OK}};
  };
  EXPECT_EQ(Run({"watch", "trigger", "rul-drift", "--until-settled", "-o", "json"}), 0) << err();
  std::vector<int> epochs;
  for (const auto& e : Events())
    if (e["event"] == "window") epochs.push_back(e["epoch"]);
  EXPECT_THAT(epochs, ::testing::ElementsAre(9, 10, 11, 12, 13, 14));
}

TEST_F(WatchLoop, RedrawsTheTreeInPlaceOnATerminal) {
  screen_.terminal = true;
  loops_.watches = {{TrainingTrigger(), {grpc::StatusCode::UNAVAILABLE, "x"}},
                    {TurbofanTrigger(), grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "trigger", "rul-drift", "--until-settled"}), 0) << err();
  EXPECT_THAT(out(), ::testing::StartsWith("\rrul-drift  training\x1b[K\n"));
  EXPECT_THAT(out(), HasSubstr("trying to reach it again …\x1b[K\n\x1b[J\x1b["));
  EXPECT_THAT(out(), HasSubstr("A\rrul-drift  armed\x1b[K\n"));
}

TEST_F(WatchLoop, OfAModelFollowsAllItsTriggers) {
  *loops_.triggers.add_triggers() = TrainingTrigger();
  *loops_.triggers.add_triggers() = TrainingTrigger();
  loops_.triggers.mutable_triggers(1)->mutable_trigger()->set_name("other");
  loops_.triggers.mutable_triggers(1)->mutable_trigger()->set_model("another-net");
  int looks = 0;
  world_.sleep = [&](Duration) {
    if (++looks == 3) *loops_.triggers.mutable_triggers(0) = TurbofanTrigger();
  };
  EXPECT_EQ(Run({"watch", "model", "rul-net", "--until-settled"}), 0) << err();
  EXPECT_EQ(looks, 3);
  EXPECT_THAT(out(), HasSubstr("rul-drift firing 1: promoted\n"));
  EXPECT_THAT(out(), Not(HasSubstr("other")));
}

TEST_F(WatchLoop, WhatIsNotThereIsExitOne) {
  EXPECT_EQ(Run({"watch", "trigger", "rul-drift"}), 1);
  EXPECT_EQ(Run({"watch", "model", "rul"}), 1);
  EXPECT_THAT(err(), HasSubstr("there is no model 'rul'"));
}

}  // namespace
}  // namespace muster::cli
