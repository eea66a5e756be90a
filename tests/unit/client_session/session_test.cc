#include "client/session/session.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/session_world.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::Assignment;
using client::HeldState;
using client::LocalPolicy;
using client::PolicyRules;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

RoundKey Round(std::uint64_t n) { return {CampaignName("c"), RoundNumber(n), 1}; }

TEST(Session, TrainsEveryRoundOnceAndEachUpdateIsCountedOnce) {
  SessionHarness h;
  h.Boot();
  h.RunFor(10s);
  EXPECT_TRUE(h.coordinator.Done());
  for (std::uint64_t n = 1; n <= 3; ++n) {
    EXPECT_THAT(h.coordinator.counted[Round(n)], ElementsAre(h.Expected(Round(n)))) << n;
    EXPECT_EQ(h.worker.runs[Round(n)], 1);
  }
  EXPECT_THAT(h.coordinator.failures, IsEmpty());
  EXPECT_EQ(h.coordinator.downloaded_bytes, 800U);  // The cache served rounds 2 and 3.
}

TEST(Session, SaysThatItIsReadyOnlyWhenItHoldsNothing) {
  SessionHarness h(1, 1);
  h.coordinator.count_at_once = false;
  h.Boot();
  h.RunFor(2s);
  ASSERT_FALSE(h.coordinator.check_ins.empty());
  EXPECT_TRUE(h.coordinator.check_ins.front().ready);
  EXPECT_FALSE(h.coordinator.check_ins.back().ready);
  EXPECT_EQ(h.coordinator.check_ins.back().held, Round(1));
  h.coordinator.CountReceived();
  h.RunFor(2s);
  EXPECT_EQ(h.coordinator.check_ins.back().held, std::nullopt);
}

TEST(Session, HoldsTheUpdateOnDiskBeforeTheFirstByteGoesUp) {
  SessionHarness h(1, 1);
  h.coordinator.refuse_upload = Unavailable("down");
  h.Boot();
  h.RunFor(1s);
  ASSERT_FALSE(h.coordinator.upload_offsets.empty());
  const auto held = client::HeldStore(h.process->files, SessionHarness::kHeld).Load();
  ASSERT_THAT(held, IsOk());
  ASSERT_TRUE(held->has_value());
  EXPECT_EQ((*held)->file, h.Expected(Round(1)));
}

TEST(Session, AFullDiskFailsTheTaskAndNothingIsUploaded) {
  SessionHarness h(1, 1);
  h.disk_fault = [](std::string_view op) -> Status {
    return op == "blob.commit" || op != "file.put"
               ? Ok()
               : WithReason(ResourceExhausted("full"), Reason::kDISK_FULL);
  };
  h.Boot();
  h.RunFor(5s);
  EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(1), Reason::kDISK_FULL)));
  EXPECT_THAT(h.coordinator.upload_offsets, IsEmpty());
}

// However often and wherever the agent is killed, the update that counts is the one update.
TEST(Session, AKillAtAnyStepLeadsToExactlyOneCountedUpload) {
  for (int killed_after = 0; killed_after < 40; ++killed_after) {
    SCOPED_TRACE(::testing::Message() << "killed after " << killed_after << " steps");
    SessionHarness h(1, 1);
    h.coordinator.count_at_once = false;
    h.Boot();
    for (int i = 0; i < killed_after; ++i) h.executor.Step(h.clock.Now() + 1h);
    h.Crash();
    h.Boot();
    h.RunFor(2s);
    h.coordinator.CountReceived();
    h.RunFor(10s);
    EXPECT_THAT(h.coordinator.counted[Round(1)], ElementsAre(h.Expected(Round(1))));
    EXPECT_LE(h.worker.runs[Round(1)], 2);
    EXPECT_THAT(h.coordinator.failures, IsEmpty());
    EXPECT_EQ(h.coordinator.check_ins.back().held, std::nullopt);
  }
}

TEST(Session, AKillAfterTrainingNeverTrainsAgain) {
  SessionHarness h(1, 1);
  h.coordinator.refuse_upload = Unavailable("down");
  h.Boot();
  h.RunFor(1s);
  ASSERT_EQ(h.worker.runs[Round(1)], 1);
  h.Crash();
  h.coordinator.refuse_upload.reset();
  h.Boot();
  h.RunFor(5s);
  EXPECT_EQ(h.worker.runs[Round(1)], 1);
  EXPECT_THAT(h.coordinator.counted[Round(1)], ElementsAre(h.Expected(Round(1))));
}

TEST(Session, ResendUploadsTheSameBytesAndNeverTrainsAgain) {
  SessionHarness h(1, 1);
  h.coordinator.count_at_once = false;
  h.Boot();
  h.RunFor(1s);
  ASSERT_THAT(h.coordinator.seen[Round(1)], SizeIs(1));
  h.coordinator.Restart();  // It loses what it merely received.
  h.RunFor(2s);
  ASSERT_THAT(h.coordinator.seen[Round(1)], SizeIs(2));
  EXPECT_EQ(h.coordinator.seen[Round(1)][0], h.coordinator.seen[Round(1)][1]);
  EXPECT_EQ(h.worker.runs[Round(1)], 1);
}

// "Already here" may mean received and not yet durable: only the check-in says that it counts.
TEST(Session, KeepsAnUpdateThatIsSaidToBeThereAlready) {
  SessionHarness h(1, 1);
  h.coordinator.refuse_upload =
      WithReason(FailedPrecondition("here already"), Reason::kALREADY_COUNTED);
  h.Boot();
  h.RunFor(1s);
  EXPECT_TRUE(h.HoldsUpdate());
  h.coordinator.refuse_upload.reset();  // It lost what it had received.
  h.RunFor(60s);
  EXPECT_EQ(h.worker.runs[Round(1)], 1);
  EXPECT_THAT(h.coordinator.counted[Round(1)], ElementsAre(h.Expected(Round(1))));
}

TEST(Session, LetsGoOfAnUpdateWhoseRoundIsOver) {
  SessionHarness h(1, 2);
  h.coordinator.refuse_upload = Unavailable("down");
  h.Boot();
  h.RunFor(1s);
  h.coordinator.CloseRound();
  h.coordinator.refuse_upload.reset();
  h.RunFor(60s);
  EXPECT_THAT(h.coordinator.counted[Round(1)], IsEmpty());
  EXPECT_THAT(h.coordinator.counted[Round(2)], SizeIs(1));
}

TEST(Session, LetsGoOfAnUpdateThatScreeningRefused) {
  SessionHarness h(1, 1);
  h.coordinator.refuse_upload = WithReason(InvalidArgument("too far"), Reason::kUPDATE_OVER_NORM);
  h.Boot();
  h.RunFor(1s);
  EXPECT_THAT(h.coordinator.upload_offsets, SizeIs(::testing::Ge(1)));
  EXPECT_TRUE(h.coordinator.check_ins.back().ready || !h.HoldsUpdate());
}

TEST(Session, ResumesABrokenUploadWhereTheCoordinatorIs) {
  SessionHarness h(3, 1);
  h.faults.break_transfer = 700;
  h.Boot();
  h.RunFor(120s);
  EXPECT_THAT(h.coordinator.counted[Round(1)], ElementsAre(h.Expected(Round(1))));
  EXPECT_GT(
      *std::max_element(h.coordinator.upload_offsets.begin(), h.coordinator.upload_offsets.end()),
      0U);
}

TEST(Session, RefusesADownloadWithAnotherDigestAndFetchesItAgain) {
  SessionHarness h(1, 1);
  h.faults.corrupt_download = 1000;
  h.Boot();
  h.RunFor(5s);
  EXPECT_EQ(h.worker.runs[Round(1)], 0);
  EXPECT_GT(h.coordinator.downloaded_bytes, 500U);
  EXPECT_EQ(h.CachedBlobs(), 0U);  // The wrong bytes were not kept.
  h.faults.corrupt_download = 0;
  h.RunFor(60s);
  EXPECT_THAT(h.coordinator.counted[Round(1)], ElementsAre(h.Expected(Round(1))));
}

TEST(Session, AnArtefactThatIsGoneFailsTheRoundOnly) {
  SessionHarness h(1, 1);
  h.coordinator.blobs.clear();
  h.Boot();
  h.RunFor(5s);
  EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(1), Reason::kBLOB_NOT_FOUND)));
}

// Policy.

SessionHarness& With(SessionHarness& h, const PolicyRules& rules) {
  h.policy = *LocalPolicy::Make(rules);
  return h;
}

TEST(Session, ReportsWhatTheSitesPolicyForbidsAndMovesNothing) {
  const std::vector<std::pair<PolicyRules, Reason>> cases = {
      {{.campaigns = {"other", "d*"}, .hours = {}}, Reason::kPOLICY_CAMPAIGN},
      {{.campaigns = {}, .hours = {}, .least_cohort = 11}, Reason::kPOLICY_COHORT},
      {{.campaigns = {}, .hours = {}, .least_cohort = 0, .bytes_a_day = 900},
       Reason::kPOLICY_BYTES}};
  for (const auto& [rules, reason] : cases) {
    SCOPED_TRACE(NameOf(reason));
    SessionHarness h(1, 1);
    With(h, rules).Boot();
    h.RunFor(5s);
    EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(1), reason)));
    EXPECT_EQ(h.coordinator.downloaded_bytes, 0U);
    EXPECT_EQ(h.worker.runs[Round(1)], 0);
  }
}

TEST(Session, OutsideTheAllowedHoursItSaysThatItIsNotReady) {
  SessionHarness h(1, 1);
  With(h, {.campaigns = {}, .hours = {{22h, 6h}}}).Boot();  // It is noon.
  h.RunFor(2s);
  ASSERT_FALSE(h.coordinator.check_ins.empty());
  EXPECT_FALSE(h.coordinator.check_ins.back().ready);
  ASSERT_TRUE(h.coordinator.check_ins.back().unfit.has_value());
  EXPECT_EQ(h.coordinator.check_ins.back().unfit->reason, Reason::kPOLICY_HOURS);
  h.local_time = 23h;
  h.RunFor(5s);
  EXPECT_THAT(h.coordinator.counted[Round(1)], SizeIs(1));
}

TEST(Session, TheDaysBytesAreCountedAcrossRestartsAndFreeAgainTomorrow) {
  SessionHarness h(1, 3);
  const std::uint64_t update = h.Expected(Round(1)).size();
  // Enough for the artefacts and one update, which is judged as large as the parameters.
  With(h, {.campaigns = {}, .hours = {}, .least_cohort = 0, .bytes_a_day = 800 + 500}).Boot();
  ASSERT_LT(update, 500U);
  h.RunFor(2s);
  EXPECT_THAT(h.coordinator.counted[Round(1)], SizeIs(1));
  EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(2), Reason::kPOLICY_BYTES),
                                                  Pair(Round(3), Reason::kPOLICY_BYTES)));
  h.Crash();
  SessionHarness& again = h;
  again.Boot();
  EXPECT_EQ(again.process->budget.Used(), 800 + update);
  again.clock.Advance(24h);
  EXPECT_EQ(again.process->budget.Used(), 0U);
}

// Data and trainers at fault.

TEST(Session, ADataErrorMakesItUnfitUntilTheDataChange) {
  SessionHarness h(1, 3);
  h.worker.run = [](const Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    return WithReason(InvalidArgument("engine-1.csv:12: column 'T30': not a number"),
                      Reason::kDATA_NOT_A_NUMBER);
  };
  h.Boot();
  h.RunFor(10s);
  EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(1), Reason::kDATA_NOT_A_NUMBER)));
  const client::CheckInRequest unfit = h.coordinator.check_ins.back();
  EXPECT_FALSE(unfit.ready);
  ASSERT_TRUE(unfit.unfit.has_value());
  EXPECT_EQ(unfit.unfit->reason, Reason::kDATA_NOT_A_NUMBER);
  EXPECT_EQ(unfit.unfit->detail, "engine-1.csv:12: column 'T30': not a number");
  h.worker.run = nullptr;
  h.RunFor(10s);
  EXPECT_EQ(h.worker.runs[Round(2)], 0);  // The file has not changed.
  h.worker.stamp = "2";
  h.RunFor(10s);
  EXPECT_THAT(h.coordinator.counted[Round(2)], SizeIs(1));
}

TEST(Session, DataThatDoNotChangeAreTriedAgainAfterAWhile) {
  SessionHarness h(1, 2);
  h.worker.run = [](const Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    return WithReason(InvalidArgument("engine-1.csv: empty"), Reason::kDATA_EMPTY);
  };
  h.Boot();
  h.RunFor(10s);
  h.worker.run = nullptr;
  h.RunFor(4min);
  EXPECT_EQ(h.worker.runs[Round(2)], 0);
  h.RunFor(2min);
  EXPECT_EQ(h.worker.runs[Round(2)], 1);
}

TEST(Session, SaysWhatItProducesAndRemembersWhoRefusesIt) {
  SessionHarness h(1, 0);
  h.produces = client::Produced{"turbofan", 3};
  h.coordinator.refusals = {{"learn", Reason::kCONTRACT_INCOMPATIBLE, "fields[a].unit"}};
  h.Boot();
  h.RunFor(std::chrono::minutes(1));
  ASSERT_GT(h.coordinator.check_ins.size(), 2U);
  for (const client::CheckInRequest& request : h.coordinator.check_ins) {
    EXPECT_EQ(request.produces, h.produces);
    EXPECT_TRUE(request.ready);  // Others may ask it.
  }
  // Said once, however often it is repeated.
  ASSERT_EQ(h.log.lines.size(), 1U);
  EXPECT_NE(h.log.lines[0].find("campaign_refuses"), std::string::npos);
  EXPECT_NE(h.log.lines[0].find("fields[a].unit"), std::string::npos);
}

TEST(Session, TakesNoTaskOfAContractThatItDoesNotProduce) {
  SessionHarness h(1, 1);
  h.coordinator.assignment.contract.name = "pump";
  h.produces = client::Produced{"turbofan", 3};
  h.Boot();
  h.RunFor(std::chrono::minutes(1));
  ASSERT_EQ(h.coordinator.failures.size(), 1U);
  EXPECT_EQ(h.coordinator.failures[0].second, Reason::kCONTRACT_INCOMPATIBLE);
  EXPECT_TRUE(h.worker.runs.empty());
  EXPECT_EQ(h.coordinator.downloaded_bytes, 0U);
}

TEST(Session, SaysHowManyRowsStoodBehindAnUpdateAndHowManyWereLeftOut) {
  SessionHarness h(1, 1);
  const client::RowQuality quality{40, 3, {{client::RowRule::kRange, 3}}};
  h.worker.run = [&](const client::Assignment&, std::uint64_t seed) {
    client::TrainResult result = FakeWorker::Result(seed);
    result.quality = quality;
    return result;
  };
  h.Boot();
  h.RunFor(std::chrono::minutes(1));
  ASSERT_FALSE(h.coordinator.qualities.empty());
  EXPECT_EQ(h.coordinator.qualities[0], quality);
}

TEST(Session, WhatATrainerGetsWrongFailsTheRoundAndNotTheAgent) {
  using client::TrainResult;
  const auto broken = [](auto change) {
    return [change](const Assignment&, std::uint64_t seed) -> StatusOr<TrainResult> {
      TrainResult result = FakeWorker::Result(seed);
      change(result);
      return result;
    };
  };
  const std::vector<
      std::pair<std::function<StatusOr<TrainResult>(const Assignment&, std::uint64_t)>, Reason>>
      cases = {{broken([](TrainResult& r) { r.update->values[3] = std::nanf(""); }),
                Reason::kUPDATE_NON_FINITE},
               {broken([](TrainResult& r) { r.update->values[0] = HUGE_VALF; }),
                Reason::kUPDATE_NON_FINITE},
               {broken([](TrainResult& r) { r.update->values.pop_back(); }),
                Reason::kUPDATE_WRONG_LAYOUT},
               {broken([](TrainResult& r) { r.update.reset(); }), Reason::kTASK_FAILED},
               {broken([](TrainResult& r) { r.loss = std::nan(""); }), Reason::kUPDATE_BAD_METRICS},
               {broken([](TrainResult& r) { r.examples = 0; }), Reason::kUPDATE_BAD_METRICS},
               {[](const Assignment&, std::uint64_t) -> StatusOr<TrainResult> {
                  return Internal("the trainer died");
                },
                Reason::kTASK_FAILED}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(::testing::Message() << "case " << i);
    SessionHarness h(1, 2);
    h.worker.run = [&](const Assignment& a, std::uint64_t seed) {
      return a.round == Round(1) ? cases[i].first(a, seed)
                                 : StatusOr<TrainResult>(FakeWorker::Result(seed));
    };
    h.Boot();
    h.RunFor(10s);
    EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(1), cases[i].second)));
    EXPECT_THAT(h.coordinator.counted[Round(1)], IsEmpty());
    EXPECT_THAT(h.coordinator.counted[Round(2)], SizeIs(1));
  }
}

TEST(Session, ScreensItsOwnUpdateBeforeItLeaves) {
  SessionHarness h(1, 1);
  h.coordinator.assignment.bound = 0.5;
  h.coordinator.assignment.max_norm = 1;
  h.coordinator.assignment.example_cap = 3;
  h.Boot();
  h.RunFor(5s);
  ASSERT_THAT(h.coordinator.counted[Round(1)], SizeIs(1));
  const auto update = ParseParams(h.coordinator.counted[Round(1)][0]);
  ASSERT_THAT(update, IsOk());
  double squares = 0;
  for (const float x : update->values) {
    EXPECT_LE(std::abs(x), 0.5F);
    squares += static_cast<double>(x) * x;
  }
  EXPECT_LE(std::sqrt(squares), 1.0);
  EXPECT_GT(std::sqrt(squares), 0.999);
}

TEST(Session, ReportsEvaluationsAsSumsInMillionths) {
  SessionHarness h(1, 1);
  h.coordinator.assignment.kind = client::TaskKind::kEvaluate;
  h.worker.run = [](const Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    return client::TrainResult{
        .examples = 4, .loss = 0.5, .metrics = {{"sse", 12.25}, {"sae", -0.0000015}}, .update = {}};
  };
  h.Boot();
  h.RunFor(5s);
  EXPECT_THAT(h.coordinator.evaluated[Round(1)],
              ElementsAre(Pair("loss_sum", 2'000'000), Pair("sae", -2), Pair("sse", 12'250'000)));
}

TEST(Session, ASumTooLargeToReportFailsTheRound) {
  SessionHarness h(1, 1);
  h.coordinator.assignment.kind = client::TaskKind::kEvaluate;
  h.worker.run = [](const Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    return client::TrainResult{.examples = 4, .loss = 0, .metrics = {{"sse", 1e30}}, .update = {}};
  };
  h.Boot();
  h.RunFor(5s);
  EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(Round(1), Reason::kUPDATE_BAD_METRICS)));
}

TEST(Session, ComesBackAtOnceAfterAnOutageOfAnyLength) {
  SessionHarness h(1, 1);
  h.faults.lose_request = 1000;
  h.Boot();
  h.RunFor(1h);
  // A call every 15 s in the mean once the backoff is full, and never a flood before.
  EXPECT_THAT(h.coordinator.check_ins, IsEmpty());
  h.faults.lose_request = 0;
  h.RunFor(30s);
  EXPECT_THAT(h.coordinator.counted[Round(1)], SizeIs(1));
}

TEST(Session, AHeldUpdateThatTheDiskSpoiltIsDroppedAndTheRoundTrainedAgain) {
  SessionHarness h(1, 1);
  h.coordinator.refuse_upload = Unavailable("down");
  h.Boot();
  h.RunFor(1s);
  h.Crash();
  h.SpoilHeldUpdate();
  h.coordinator.refuse_upload.reset();
  h.Boot();
  h.RunFor(5s);
  EXPECT_EQ(h.worker.runs[Round(1)], 2);
  EXPECT_THAT(h.coordinator.counted[Round(1)], ElementsAre(h.Expected(Round(1))));
}

// Serves what it is offered, once it could be tried.
struct FakeServing final : client::ServingPort {
  std::optional<client::ServingState> State() const override { return state; }
  void Offered(const std::shared_ptr<const client::ServingOffer>& offer,
               const std::shared_ptr<client::CoordinatorLink>&,
               std::function<void(Status)> done) override {
    ++offers;
    if (!result.ok()) return done(std::exchange(result, Ok()));
    (refuses ? state.refused : state.version) = offer->version;
    done(Ok());
  }
  client::ServingState state{ModelName("m"), "champion", {}, {}, {}};
  Status result = Ok();
  bool refuses = false;
  int offers = 0;
};

TEST(Session, SaysWhatItServesAndTakesWhatItIsOfferedBeforeItTrains) {
  SessionHarness h(1, 1);
  const auto serving = std::make_shared<FakeServing>();
  serving->result = Unavailable("not yet");
  client::ServingOffer offer;
  offer.model = ModelName("m");
  offer.version = VersionNumber(3);
  h.coordinator.serve = std::make_shared<const client::ServingOffer>(offer);
  h.serving = serving;
  h.Boot();
  h.RunFor(20s);
  EXPECT_EQ(serving->offers, 2);  // Once more after what failed,
  ASSERT_GE(h.coordinator.check_ins.size(), 4u);
  EXPECT_EQ(h.coordinator.check_ins[0].serving->version.value(), 0u);
  EXPECT_FALSE(h.coordinator.check_ins[1].serving);  // and it trains in between.
  EXPECT_EQ(h.coordinator.check_ins.back().serving->version.value(), 3u);
  EXPECT_THAT(h.coordinator.counted[Round(1)], SizeIs(1));
}

TEST(Session, AVersionThatWasRefusedIsNotOfferedAgain) {
  SessionHarness h(1, 1);
  const auto serving = std::make_shared<FakeServing>();
  serving->refuses = true;
  client::ServingOffer offer;
  offer.version = VersionNumber(3);
  h.coordinator.serve = std::make_shared<const client::ServingOffer>(offer);
  h.serving = serving;
  h.Boot();
  h.RunFor(20s);
  EXPECT_EQ(serving->offers, 1);
  EXPECT_THAT(h.coordinator.counted[Round(1)], SizeIs(1));
}

}  // namespace
}  // namespace muster::testing
