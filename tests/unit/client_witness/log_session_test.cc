// A node's life with a coordinator whose log it remembers, and whose files it loads only when they
// are signed and certified.
#include <gtest/gtest.h>

#include "client/witness/log_book.h"
#include "registry/evidence/dsse.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/session_world.h"
#include "tests/unit/client_witness/two_histories.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
namespace evidence = registry::evidence;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Pair;

class LogSession : public ::testing::Test {
 protected:
  LogSession() {
    h.witness = [this](Files& files) {
      return *client::LogBook::Open({.name = "c", .folder = "state", .key = ""}, files, log.crypto);
    };
    h.ended = [this](const Status& why) { verdict = why; };
    h.coordinator.show_log = [this](std::uint64_t since) -> StatusOr<client::LogHead> {
      asked.push_back(since);
      if (away) return Unavailable("away");
      return log.Head(*story, since, size);
    };
    h.coordinator.assignment.signed_artefacts = Signed(log.signer());
  }
  std::string Signed(const Signer& signer) const {
    const client::Assignment& a = h.coordinator.assignment;
    const std::string said = *evidence::AssignmentStatement(
        "c", 1, 1, {{"params", a.params.digest}, {"module", a.module->digest}});
    return *evidence::SignEnvelope(evidence::kInTotoPayload, said, "log", signer);
  }
  std::size_t Runs() const { return h.worker.runs.size(); }

  TwoHistories log;
  audit::NaiveTree* story = &log.first;
  std::uint64_t size = 25;
  bool away = false;
  std::vector<std::uint64_t> asked;
  std::optional<Status> verdict;
  SessionHarness h;
};

TEST_F(LogSession, LooksAtTheLogBeforeItAsksForWork) {
  away = true;
  h.Boot();
  h.RunFor(10s);
  EXPECT_FALSE(asked.empty());
  EXPECT_THAT(h.coordinator.check_ins, IsEmpty());
  away = false;
  h.RunFor(60s);
  EXPECT_TRUE(h.coordinator.Done());
  EXPECT_FALSE(verdict);
}

TEST_F(LogSession, DoesNothingForACoordinatorThatWasRewound) {
  h.Boot();
  h.RunFor(10s);
  ASSERT_TRUE(h.coordinator.Done());
  h.Crash();
  size = 24;
  h.coordinator.check_ins.clear();
  h.Boot();
  h.RunFor(10min);
  EXPECT_THAT(h.coordinator.check_ins, IsEmpty());
  ASSERT_TRUE(verdict);
  EXPECT_THAT(*verdict, Fails(absl::StatusCode::kFailedPrecondition, Reason::kLOG_REWOUND));
  EXPECT_EQ(asked.back(), 25U);
}

TEST_F(LogSession, NoticesAForkWithinItsLifeAndGivesNoUpdateAway) {
  h.coordinator.refuse_upload = Unavailable("down");
  h.Boot();
  h.RunFor(1s);
  ASSERT_TRUE(h.HoldsUpdate());
  // The line broke; who answers now tells another story.
  story = &log.second;
  size = 30;
  h.coordinator.refuse_upload.reset();
  h.RunFor(2min);
  ASSERT_TRUE(verdict);
  EXPECT_THAT(*verdict, Fails(absl::StatusCode::kFailedPrecondition, Reason::kLOG_FORKED));
  EXPECT_THAT(h.coordinator.seen, IsEmpty());
  EXPECT_TRUE(h.HoldsUpdate());
}

// It ended in good order and was there again before anybody called: no call has failed.
TEST_F(LogSession, LooksAtTheLogAgainWheneverItHasToConnect) {
  h.Boot();
  h.RunFor(10s);
  ASSERT_TRUE(h.coordinator.Done());
  const std::size_t before = asked.size();
  h.coordinator.connected = false;
  size = 24;
  h.RunFor(10s);
  EXPECT_GT(asked.size(), before);
  ASSERT_TRUE(verdict);
  EXPECT_THAT(*verdict, Fails(absl::StatusCode::kFailedPrecondition, Reason::kLOG_REWOUND));
}

// A line that is never up in between must not keep it from working.
TEST_F(LogSession, WorksAlsoWhenEachCallConnectsAnew) {
  h.coordinator.connected = false;
  h.Boot();
  h.RunFor(60s);
  EXPECT_TRUE(h.coordinator.Done());
  EXPECT_FALSE(verdict);
}

// A long task, in which the coordinator became another.
TEST_F(LogSession, GivesNoEvaluationToACoordinatorThatForkedWhileItWorked) {
  h.coordinator.assignment.kind = client::TaskKind::kEvaluate;
  h.worker.run = [this](const client::Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    h.clock.Advance(10min);
    story = &log.second;
    size = 30;
    return client::TrainResult{.examples = 4, .loss = 0.5, .metrics = {{"sse", 1.0}}, .update = {}};
  };
  h.Boot();
  h.RunFor(1min);  // Which the task takes, and more;
  h.RunFor(1min);  // and this is what comes after it.
  EXPECT_EQ(Runs(), 1U);
  EXPECT_THAT(h.coordinator.evaluated, IsEmpty());
  ASSERT_TRUE(verdict);
  EXPECT_THAT(*verdict, Fails(absl::StatusCode::kFailedPrecondition, Reason::kLOG_FORKED));
}

TEST_F(LogSession, LooksAgainEveryFiveMinutes) {
  h.Boot();
  h.RunFor(20min);
  EXPECT_GE(asked.size(), 4U);
  EXPECT_LE(asked.size(), 6U);
}

TEST_F(LogSession, LoadsNothingThatTheLogsKeyDidNotSign) {
  const TwoHistories stranger(2);
  for (const std::string& envelope : {std::string(), Signed(stranger.signer())}) {
    h.coordinator.assignment.signed_artefacts = envelope;
    h.Boot();
    h.RunFor(5s);
    EXPECT_EQ(Runs(), 0U);
    EXPECT_EQ(h.coordinator.downloaded_bytes, 0U);
    ASSERT_FALSE(h.coordinator.failures.empty());
    EXPECT_EQ(h.coordinator.failures.back().second, Reason::kSIGNATURE_INVALID);
    h.Crash();
  }
}

TEST_F(LogSession, LoadsNoModelThatIsNotCertifiedForItsHardware) {
  h.hardware = "jetson-nano";
  h.coordinator.assignment.certified = {"x86-64", "jetson-orin"};
  h.Boot();
  h.RunFor(5s);
  EXPECT_EQ(Runs(), 0U);
  EXPECT_EQ(h.coordinator.downloaded_bytes, 0U);
  ASSERT_FALSE(h.coordinator.failures.empty());
  EXPECT_THAT(h.coordinator.failures, Each(Pair(::testing::_, Reason::kHARDWARE_NOT_CERTIFIED)));
  EXPECT_EQ(h.coordinator.check_ins.front().hardware, "jetson-nano");
}

TEST_F(LogSession, LoadsAModelThatIsCertifiedForItOrThatNobodyHasToCertify) {
  h.hardware = "jetson-nano";
  h.coordinator.assignment.certified = {"x86-64", "jetson-nano"};
  h.Boot();
  h.RunFor(1s);
  EXPECT_GE(Runs(), 1U);
  h.coordinator.assignment.certified.reset();
  h.RunFor(10s);
  EXPECT_TRUE(h.coordinator.Done());
  EXPECT_THAT(h.coordinator.failures, IsEmpty());
}

TEST_F(LogSession, AModelThatIsCertifiedForNothingIsLoadedByNobody) {
  h.hardware = "x86-64";
  h.coordinator.assignment.certified.emplace();
  h.Boot();
  h.RunFor(5s);
  EXPECT_EQ(Runs(), 0U);
}

}  // namespace
}  // namespace muster::testing
