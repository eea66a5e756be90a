#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/telemetry/feedback_desk.h"
#include "client/telemetry/feedback_json.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"
#include "tests/unit/client_telemetry/frail_folder.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::Feedback;
using client::FeedbackDesk;
using client::FeedbackRequest;
using client::ParseFeedback;
using Verdict = client::Feedback::Verdict;
const auto kInvalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kPAYLOAD_INVALID);

TEST(FeedbackText, SaysTheSameAfterAnotherTrip) {
  FeedbackRequest request{DeviceName("press-3"), std::get<Feedback>(Said().what)};
  request.feedback.label = 112.5;
  const auto text = client::FeedbackText(request);
  ASSERT_THAT(text, IsOk());
  const auto again = ParseFeedback(*text);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->node, request.node);
  EXPECT_EQ(again->feedback, request.feedback);
}

TEST(FeedbackText, OneMemberIsEnoughForATap) {
  EXPECT_EQ(ParseFeedback(R"({"verdict":"missed"})")->feedback.verdict, Verdict::kMissed);
  const auto label = ParseFeedback(R"({"label": 17.5, "about": "2026-05-03T12:00Z"})");
  ASSERT_THAT(label, IsOk());
  EXPECT_EQ(label->feedback.verdict, Verdict::kLabel);
  EXPECT_EQ(label->feedback.label, 17.5);
}

TEST(FeedbackText, RefusesAllElse) {
  for (const std::string& text :
       {std::string("{}"), std::string("[]"), std::string("{"),
        std::string(R"({"verdict":"wrong"})"), std::string(R"({"verdict":7})"),
        std::string(R"({"verdict":"missed","verdicts":1})"),
        std::string(R"({"verdict":"missed","about":"yesterday"})"),
        std::string(R"({"verdict":"missed","about":-5})"),
        std::string(R"({"verdict":"missed","label":"many"})"),
        std::string(R"({"verdict":"missed","by":"a\nb"})"),
        R"({"verdict":"missed","by":")" + std::string(200, 'x') + "\"}", std::string(10'000, ' ')})
    EXPECT_THAT(ParseFeedback(text), kInvalid) << text.substr(0, 100);
}

class FeedbackDeskTest : public ::testing::Test {
 protected:
  FeedbackDeskTest() { Boot(); }
  void Boot() {
    desk_ = std::make_unique<FeedbackDesk>(files_, clock_, ids_, log_);
    spool_ =
        *client::TelemetrySpool::Open("a", std::make_unique<FrailFolder>(disk_), {}, ids_, log_);
    labels_ = *client::Labels::Open(files_, "labels.json");
    ASSERT_THAT(desk_->AddNode(kNode, spool_, labels_), IsOk());
  }
  std::vector<Feedback> Told() {
    std::vector<Feedback> out;
    const auto records = *spool_->Pending(client::TelemetryClass::kFeedback);
    for (const auto& record : records) out.push_back(std::get<Feedback>(record.event.what));
    return out;
  }
  static Feedback Tap(std::string id = "") {
    Feedback out;
    out.id = std::move(id);
    out.verdict = Verdict::kFalsePositive;
    out.monitor = "rul.level";
    return out;
  }

  const DeviceName kNode{"a"};
  ManualClock clock_{kThen};
  CountingRng ids_;
  NullLogger log_;
  std::string fails_;
  std::shared_ptr<MemoryFiles::Disk> files_disk_ = MemoryFiles::NewDisk();
  MemoryFiles files_{files_disk_, [this](std::string_view op) {
                       return !fails_.empty() && op == fails_ ? Unavailable("crash") : Ok();
                     }};
  std::shared_ptr<FrailDisk> disk_ = std::make_shared<FrailDisk>();
  std::unique_ptr<FeedbackDesk> desk_;
  std::shared_ptr<client::TelemetrySpool> spool_;
  std::shared_ptr<client::Labels> labels_;
};

TEST_F(FeedbackDeskTest, ATapIsToldWithWhatWasServedThen) {
  desk_->SetServes(kNode, [] { return FeedbackDesk::Serves{ModelName("rul"), VersionNumber(4)}; });
  const auto answer = desk_->Submit(kNode, Tap());
  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(answer->taken);
  const auto batch = *spool_->Next();
  ASSERT_EQ(batch.records.size(), 1U);
  EXPECT_EQ(batch.records[0].event.model, ModelName("rul"));
  EXPECT_EQ(batch.records[0].event.version, VersionNumber(4));
  EXPECT_EQ(Told()[0].id, answer->id);
  EXPECT_EQ(Told()[0].about, kThen);
}

TEST_F(FeedbackDeskTest, TheSameIdSaysItOnceAlsoAfterARestart) {
  EXPECT_TRUE(desk_->Submit(kNode, Tap("one"))->taken);
  EXPECT_FALSE(desk_->Submit(kNode, Tap("one"))->taken);
  Boot();
  EXPECT_FALSE(desk_->Submit(kNode, Tap("one"))->taken);
  ASSERT_THAT(spool_->Acknowledge({{client::TelemetryClass::kFeedback, 1}}), IsOk());
  Boot();
  EXPECT_FALSE(desk_->Submit(kNode, Tap("one"))->taken);
  EXPECT_TRUE(desk_->Submit(kNode, Tap("two"))->taken);
}

TEST_F(FeedbackDeskTest, ACrashBetweenTheRecordAndTheNoteOfItsIdSaysItOnce) {
  fails_ = "file.put";
  EXPECT_THAT(desk_->Submit(kNode, Tap("one")), IsOk());
  fails_.clear();
  Boot();
  EXPECT_FALSE(desk_->Submit(kNode, Tap("one"))->taken);
  EXPECT_EQ(Told().size(), 1U);
}

TEST_F(FeedbackDeskTest, ALabelStaysAndTheVerdictIsTold) {
  Feedback label = Tap("l");
  label.verdict = Verdict::kLabel;
  label.field = "rul";
  label.label = 112.5;
  label.about = kThen - 1h;
  ASSERT_THAT(desk_->Submit(kNode, label), IsOk());
  EXPECT_EQ(labels_->Find("rul", kThen - 1h), 112.5);
  ASSERT_EQ(Told().size(), 1U);
  EXPECT_EQ(Told()[0].label, std::nullopt);
  for (const auto& [name, bytes] : disk_->files)
    EXPECT_EQ(AsText(bytes).find("112"), std::string_view::npos) << name;
}

TEST_F(FeedbackDeskTest, ALabelThatIsNotDurableIsNotToldEither) {
  Feedback label = Tap("l");
  label.label = 1;
  label.about = kThen;
  fails_ = "file.put";
  EXPECT_THAT(desk_->Submit(kNode, label), HasCode(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(Told().empty());
  fails_.clear();
  EXPECT_TRUE(desk_->Submit(kNode, label)->taken);
}

TEST_F(FeedbackDeskTest, WhatMakesNoSenseIsRefused) {
  Feedback bad_id = Tap("Not An Id"), no_label = Tap(), no_time = Tap(), nan = Tap(), far = Tap(),
           serving = Tap();
  no_label.verdict = Verdict::kLabel;
  no_time.label = 1;
  nan.label = std::nan("");
  nan.about = kThen;
  far.about = kThen + 48h;
  serving.field = "$error";
  serving.label = 1;
  serving.about = kThen;
  for (const Feedback& f : {bad_id, no_label, no_time, nan, far, serving})
    EXPECT_THAT(desk_->Submit(kNode, f), kInvalid);
  EXPECT_TRUE(Told().empty());
  EXPECT_THAT(desk_->Submit(DeviceName("other"), Tap()),
              Fails(absl::StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
}

TEST_F(FeedbackDeskTest, ANodeNeedsNoNameWhereItIsTheOnlyOne) {
  EXPECT_THAT(desk_->Submit(DeviceName(), Tap()), IsOk());
  auto second = *client::TelemetrySpool::Open(
      "b", std::make_unique<FrailFolder>(std::make_shared<FrailDisk>()), {}, ids_, log_);
  ASSERT_THAT(desk_->AddNode(DeviceName("b"), std::move(second), labels_), IsOk());
  EXPECT_THAT(desk_->Submit(DeviceName(), Tap()), HasCode(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace muster::testing
