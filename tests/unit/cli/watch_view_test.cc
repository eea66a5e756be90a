#include "cli/watch_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/progress.h"

namespace muster::cli {
namespace {

v1::CampaignView View() {
  v1::CampaignView v;
  v.mutable_campaign()->set_name("turbofan");
  v.mutable_campaign()->mutable_plan()->set_rounds(200);
  v.set_phase("running");
  v.set_started_unix_ms(1'000'000);
  v.set_rounds_published(36);
  v.set_rounds_abandoned(1);
  v.set_latest_version(37);
  auto& r = *v.mutable_round();
  r.set_round(37);
  r.set_attempt(2);
  r.set_phase("collecting");
  r.set_goal(20);
  r.set_joined(20);
  r.set_received(11);
  r.set_counted(8);
  r.set_dropped(2);
  r.set_learning_rate(0.0493);
  double rmse = 41.2;
  for (std::uint64_t round = 5; round <= 35; round += 5, rmse *= 0.85) {
    auto& e = *v.add_evaluations();
    e.set_round(round);
    (*e.mutable_metrics())["rmse"] = round == 35 ? 19.0 : rmse;
  }
  (*v.mutable_refused_updates())["UPDATE_OVER_NORM"] = 1;
  (*v.mutable_refused_updates())["UPDATE_NON_FINITE"] = 3;
  return v;
}
const Timestamp kNow = FromUnixMillis(1'000'000 + 72'000);

std::string Tree(const v1::CampaignView& view, int columns = 80) {
  std::string out;
  for (const std::string& line : WatchTree(view, kNow, columns, Paint(false))) out += line + "\n";
  return out;
}

TEST(WatchView, ShowsTheWholeCampaignAsATree) {
  EXPECT_EQ(Tree(View()),
            "turbofan  running  elapsed 1m12s, about 5m28s left\n"
            "├─ round 37  collecting  attempt 2  learning rate 0.0493\n"
            "│  joined    ████████████████████████  20/20\n"
            "│  received  █████████████░░░░░░░░░░░  11/20\n"
            "│  counted   █████████░░░░░░░░░░░░░░░   8/20  2 dropped\n"
            "├─ rmse     █▆▅▃▂▁▁  19  best 18.28 in round 30\n"
            "├─ refused  UPDATE_NON_FINITE=3, UPDATE_OVER_NORM=1\n"
            "└─ rounds   ████░░░░░░░░░░░░░░░░░░░░  36/200  1 abandoned  version 37\n");
}

TEST(WatchView, ShowsEvaluatorsWhileTheyEvaluate) {
  v1::CampaignView v = View();
  v.mutable_round()->set_phase("evaluating");
  v.mutable_round()->set_evaluators(100);
  v.mutable_round()->set_evaluated(50);
  EXPECT_THAT(Tree(v), ::testing::HasSubstr("│  evaluated ████████████░░░░░░░░░░░░  50/100\n"));
  EXPECT_THAT(Tree(v), ::testing::Not(::testing::HasSubstr("joined")));
}

TEST(WatchView, CallsRoundZeroWhatItIsFor) {
  v1::CampaignView v = View();
  v.mutable_round()->set_round(0);
  v.mutable_round()->set_phase("evaluating");
  EXPECT_THAT(Tree(v), ::testing::HasSubstr("├─ baseline  evaluating"));
}

TEST(WatchView, OfAPausedCampaignSaysWhyAndEstimatesNothing) {
  v1::CampaignView v = View();
  v.set_phase("paused");
  v.set_why("round 37 failed 3 times\x1b[2J");
  EXPECT_THAT(Tree(v), ::testing::StartsWith("turbofan  paused  elapsed 1m12s\n"
                                             "│  round 37 failed 3 times [2J\n"));
}

TEST(WatchView, StopsTheClockWhenTheCampaignIsOver) {
  v1::CampaignView v = View();
  v.set_phase("completed");
  v.set_updated_unix_ms(1'000'000 + 10'000);
  EXPECT_THAT(Tree(v), ::testing::StartsWith("turbofan  completed  elapsed 10s\n"));
  EXPECT_TRUE(IsOver(v));
  EXPECT_FALSE(IsOver(View()));
}

TEST(WatchView, NeverWidensTheTerminal) {
  for (int columns : {1, 5, 20, 40})
    for (const std::string& line : WatchTree(View(), kNow, columns, Paint(true)))
      EXPECT_LE(DisplayWidth(line), columns) << line;
}

TEST(WatchView, OfACampaignWithoutRoundsIsTwoLines) {
  v1::CampaignView v;
  v.mutable_campaign()->set_name("c");
  v.mutable_campaign()->mutable_plan()->set_rounds(3);
  v.set_phase("waiting");
  EXPECT_EQ(Tree(v), "c  waiting\n└─ rounds   ░░░░░░░░░░░░░░░░░░░░░░░░   0/3\n");
}

TEST(WatchView, ALineSaysTheSameForLogs) {
  EXPECT_EQ(WatchLine(View()),
            "turbofan running 36/200 round=37 attempt=2 collecting joined=20 received=11 counted=8 "
            "goal=20 rmse=19 version=37 refused=4");
  v1::CampaignView v = View();
  v.set_phase("failed");
  v.set_why("no devices");
  EXPECT_EQ(WatchLine(v), "turbofan failed 36/200 rmse=19 version=37 refused=4: no devices");
}

TEST(WatchView, OfStatisticsCountsPasses) {
  v1::CampaignView v = View();
  v.clear_evaluations();
  v.clear_latest_version();
  v.mutable_campaign()->mutable_statistics();
  v.mutable_campaign()->mutable_plan()->set_rounds(2);
  v.set_rounds_published(1);
  v.mutable_round()->set_round(2);
  EXPECT_THAT(Tree(v), ::testing::HasSubstr("├─ pass 2  collecting"));
  EXPECT_THAT(Tree(v), ::testing::HasSubstr("└─ passes   ████████████░░░░░░░░░░░░   1/2"));
  EXPECT_THAT(WatchLine(v), ::testing::HasSubstr("running 1/2 pass=2 attempt=2 collecting"));
}

TEST(ProgressText, TellsShareAndBytes) {
  EXPECT_EQ(ProgressText("uploading net.pt", 512, 2048),
            "uploading net.pt  ██████░░░░░░░░░░░░░░░░░░  25%  512 B of 2.0 KiB");
  EXPECT_EQ(ProgressText("downloading net.pt", 512, 0), "downloading net.pt  512 B");
}

}  // namespace
}  // namespace muster::cli
