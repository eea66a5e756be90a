#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;

v1::CampaignView View(const std::string& phase, std::uint32_t published) {
  v1::CampaignView v;
  v.mutable_campaign()->set_name("turbofan");
  v.mutable_campaign()->mutable_plan()->set_rounds(2);
  v.set_phase(phase);
  v.set_rounds_published(published);
  return v;
}

class Watch : public MusterTest {};

TEST_F(Watch, EndsWithTheCampaignAndPrintsALineForEachChange) {
  services_.watches = {{{View("completed", 2)}, grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 0) << err();
  EXPECT_EQ(out(), "turbofan completed 2/2\n");
}

TEST_F(Watch, AFailedOrCancelledCampaignIsExitOne) {
  services_.watches = {{{View("failed", 1)}, grpc::Status::OK},
                       {{View("cancelled", 1)}, grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 1);
  EXPECT_EQ(err(), "error: campaign turbofan failed (CAMPAIGN_STATE)\n");
  EXPECT_EQ(Run({"watch", "turbofan"}), 1);
  EXPECT_EQ(err(), "error: campaign turbofan was cancelled (CAMPAIGN_CANCELLED)\n");
}

TEST_F(Watch, GoesOnWhenTheServerComesBack) {
  const grpc::Status away(grpc::StatusCode::UNAVAILABLE, "going down");
  services_.watches = {{{View("running", 1)}, away},
                       {{}, away},
                       {{}, away},
                       {{View("running", 1)}, grpc::Status::OK},  // Ended early, politely.
                       {{View("completed", 2)}, grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 0) << err();
  EXPECT_EQ(out(), "turbofan running 1/2\nturbofan completed 2/2\n");
  EXPECT_EQ(err(),
            "note: the coordinator went away; trying to reach it again …\n"
            "note: the coordinator went away; trying to reach it again …\n");
}

TEST_F(Watch, GivesUpWhenTheServerNeverCameOrDoesNotComeBack) {
  const grpc::Status away(grpc::StatusCode::UNAVAILABLE, "going down");
  services_.watches = {{{}, away}};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 3);
  services_.watches.assign(2000, {{}, away});
  services_.watches[1].first = {View("running", 1)};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 3);
}

TEST_F(Watch, AnUnknownCampaignIsExitOne) {
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 1);
  EXPECT_EQ(Run({"watch", "device", "turbofan"}), 1);
}

TEST_F(Watch, WithoutANameTakesTheOnlyOneUnderWay) {
  EXPECT_EQ(Run({"watch"}), 1);
  EXPECT_THAT(err(), HasSubstr("no campaign is under way"));
  *services_.campaigns.add_campaigns() = View("completed", 2);
  *services_.campaigns.add_campaigns() = View("running", 1);
  services_.watches = {{{View("completed", 2)}, grpc::Status::OK}};
  EXPECT_EQ(Run({"watch"}), 0) << err();
  EXPECT_THAT(services_.calls, ::testing::ElementsAre("watch turbofan"));
  *services_.campaigns.add_campaigns() = View("paused", 1);
  EXPECT_EQ(Run({"watch"}), 1);
  EXPECT_THAT(err(), HasSubstr("several campaigns are under way"));
}

TEST_F(Watch, RedrawsTheTreeInPlaceOnATerminal) {
  screen_.terminal = true;
  services_.watches = {{{View("running", 1)}, {grpc::StatusCode::UNAVAILABLE, "x"}},
                       {{View("completed", 2)}, grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan"}), 0) << err();
  // Two lines, then up two and a note below, then up three and two lines that clear the rest.
  EXPECT_EQ(out(),
            "\rturbofan  running\x1b[K\n\r└─ rounds   ████████████░░░░░░░░░░░░   1/2\x1b[K\n\x1b[J"
            "\x1b[2A\rturbofan  running\x1b[K\n\r└─ rounds   ████████████░░░░░░░░░░░░   1/2\x1b[K\n"
            "\rthe coordinator went away; trying to reach it again …\x1b[K\n\x1b[J"
            "\x1b[3A\rturbofan  completed\x1b[K\n"
            "\r└─ rounds   ████████████████████████   2/2\x1b[K\n\x1b[J");
}

TEST_F(Watch, GivesAJsonObjectALineForPrograms) {
  services_.watches = {{{View("completed", 2)}, grpc::Status::OK}};
  EXPECT_EQ(Run({"watch", "campaign", "turbofan", "-o", "json"}), 0);
  EXPECT_EQ(std::count(out().begin(), out().end(), '\n'), 1);
  EXPECT_THAT(out(), HasSubstr("\"phase\":\"completed\""));
}

}  // namespace
}  // namespace muster::cli
