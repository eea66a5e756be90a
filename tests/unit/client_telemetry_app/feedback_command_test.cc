#include "client/app/feedback_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/app/agent_telemetry.h"
#include "client/app/dir_segments.h"
#include "client/app/local_api.h"
#include "platform/dir_files.h"
#include "platform/dir_lock.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::testing {
namespace {
using client::FeedbackArguments;
using client::FeedbackFrom;
using client::GiveFeedback;
using Verdict = client::Feedback::Verdict;
const auto kUsage = Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID);

TEST(FeedbackArgumentsTest, SayOneThing) {
  EXPECT_EQ(FeedbackFrom({.false_positive = true})->feedback.verdict, Verdict::kFalsePositive);
  EXPECT_EQ(FeedbackFrom({.missed = true})->feedback.verdict, Verdict::kMissed);
  EXPECT_EQ(FeedbackFrom({.confirmed = true, .label = "3"})->feedback.verdict, Verdict::kConfirmed);
  EXPECT_EQ(FeedbackFrom({.label = "3.5"})->feedback.label, 3.5);
  EXPECT_THAT(FeedbackFrom({}), kUsage);
  EXPECT_THAT(FeedbackFrom({.missed = true, .confirmed = true}), kUsage);
  EXPECT_THAT(FeedbackFrom({.label = "many"}), kUsage);
  EXPECT_THAT(FeedbackFrom({.missed = true, .about = "yesterday"}), kUsage);
}

class GiveFeedbackTest : public ::testing::Test {
 protected:
  GiveFeedbackTest() {
    settings_.state_dir = dir_ / "state";
    settings_.nodes.resize(1);
    settings_.nodes[0].name = DeviceName("press-3");
  }
  client::FeedbackRequest Tap(std::string id) {
    return *FeedbackFrom({.missed = true, .id = std::move(id)});
  }
  TempDir dir_;
  client::AgentSettings settings_;
  platform::SystemClock clock_;
  platform::OpenSslRng rng_;
  NullLogger log_;
};

TEST_F(GiveFeedbackTest, WithoutAnAgentItGoesToTheSpoolAndOnceByItsId) {
  EXPECT_TRUE(GiveFeedback(settings_, Tap("one"), log_)->taken);
  EXPECT_FALSE(GiveFeedback(settings_, Tap("one"), log_)->taken);
  EXPECT_TRUE(GiveFeedback(settings_, Tap(""), log_)->taken);
  const auto files = *platform::DirFiles::Open(settings_.state_dir.string());
  platform::ThreadPool pool(clock_, log_, {.threads = 1});
  const auto telemetry =
      *client::AgentTelemetry::Make(settings_, {clock_, pool, *files, rng_, log_});
  EXPECT_FALSE(telemetry->desk().Submit(DeviceName("press-3"), Tap("one").feedback)->taken);
}

// Else no monitor would hear it: monitors are of models.
TEST_F(GiveFeedbackTest, WithoutAnAgentItIsOfTheModelThatTheNodeServes) {
  settings_.nodes[0].serve.emplace().model = ModelName("wear");
  ASSERT_THAT(GiveFeedback(settings_, Tap("one"), log_), IsOk());
  const auto spool = *client::TelemetrySpool::Open(
      "press-3", std::make_unique<client::DirSegments>(dir_ / "state/nodes/press-3/telemetry"), {},
      rng_, log_);
  const auto records = *spool->Pending(client::TelemetryClass::kFeedback);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].event.model, ModelName("wear"));
}

TEST_F(GiveFeedbackTest, WithAnAgentThatRunsTheAgentTakesIt) {
  const std::string dir = settings_.state_dir.string();
  const auto lock = *platform::DirLock::Acquire(dir);
  const auto files = *platform::DirFiles::Open(dir);
  platform::ThreadPool pool(clock_, log_, {.threads = 1});
  const auto telemetry =
      *client::AgentTelemetry::Make(settings_, {clock_, pool, *files, rng_, log_});
  EXPECT_THAT(GiveFeedback(settings_, Tap("one"), log_),
              HasCode(absl::StatusCode::kFailedPrecondition))
      << "it listens nowhere";
  const auto api = *client::LocalApi::Start({"127.0.0.1", 0}, settings_.state_dir,
                                            telemetry->desk(), rng_, log_);
  EXPECT_TRUE(GiveFeedback(settings_, Tap("one"), log_)->taken);
  EXPECT_FALSE(GiveFeedback(settings_, Tap("one"), log_)->taken);
  client::FeedbackRequest other = Tap("two");
  other.node = DeviceName("press-4");
  EXPECT_THAT(GiveFeedback(settings_, other, log_),
              Fails(absl::StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
  EXPECT_THAT(GiveFeedback(settings_, Tap("Not An Id"), log_),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kPAYLOAD_INVALID));
  api->Stop();
  EXPECT_THAT(GiveFeedback(settings_, Tap("three"), log_), HasCode(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace muster::testing
