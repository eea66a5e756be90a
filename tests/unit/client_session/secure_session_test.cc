// A node that is asked to take part in secure rounds: what it refuses, and that it stays up.
#include <gtest/gtest.h>

#include "aggregation/secagg/update_layout.h"
#include "aggregation/statistics/window.h"
#include "client/secure/terms.h"
#include "client/session/session.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/client_session/session_world.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
namespace secagg = aggregation::secagg;
namespace statistics = aggregation::statistics;
using client::SecureAnswer;
using client::SecureAsk;
using client::TaskKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::uint64_t kDim = 50;  // Of FakeWorker's update.

// A node with an identity, and one secure round for it.
struct SecureWorld {
  SecureWorld() {
    client::Assignment& a = h.coordinator.assignment;
    a.bound = 4;
    a.example_cap = 10;
    secagg::Task task{.layout = *secagg::UpdateLayout(kDim, secagg::LaneBits::k32, a.bound, 5)};
    task.query = "c/1/1";
    task.model = a.params.digest;
    task.clip = a.bound;
    task.weight_cap = 10;
    SetTask(std::move(task));
    h.secure = std::make_shared<const client::SecureIdentity>(
        client::SecureIdentity{crypto, rng, std::make_shared<const SymbolicSigner>(crypto, 3),
                               Bytes{}, [this](const IdentityKey&, ByteView) { return vouched; }});
  }
  void SetTask(secagg::Task task) {
    task.cohort.least = 3;
    task.cohort.corrupt_ppm = 100'000;
    task.expiry = h.clock.Now() + 24h;
    h.coordinator.assignment.secure_task = secagg::EncodeTask(task);
  }
  // The one round asks for sums instead: kEvaluate or kStatistics.
  void AskForSums(client::TaskKind kind) {
    client::Assignment& a = h.coordinator.assignment;
    a.kind = kind;
    Digest model = a.params.digest;
    if (kind == client::TaskKind::kStatistics) {
      a.params = {};
      a.module.reset();
      a.statistics = query;
      model = hasher.Sha256(a.statistics);
    }
    secagg::Task task{.layout = *secagg::SumsLayout(client::SumFieldsOf(a).value(), 5)};
    task.query = client::QueryOf(round, kind);
    task.model = model;
    task.clip = task.weight_cap = 1;
    SetTask(std::move(task));
    h.worker.run = [](const client::Assignment&, std::uint64_t) {
      return client::TrainResult{
          .examples = 4, .loss = 0.5, .metrics = {{"sse", 12.25}}, .update = {}};
    };
    h.worker.count = [this](const client::Assignment& asked) -> StatusOr<client::CountedRows> {
      client::CountedRows out{{}, rows};
      const std::vector<secagg::SumField> fields = client::SumFieldsOf(asked).value();
      for (const secagg::SumField& field : fields) out.values.emplace_back(field.count, 1);
      return out;
    };
  }
  static Bytes QueryBytes() {
    const std::string text = statistics::EncodeQuery({.contract = "turbofan",
                                                      .version = 1,
                                                      .fields = {{.name = "T30", .lo = 0, .hi = 9}},
                                                      .quantiles = {},
                                                      .least = 3,
                                                      .zooms = {}})
                                 .value();
    return {AsBytes(text).begin(), AsBytes(text).end()};
  }
  client::ContributionLedger Ledger(MemoryFiles& files) {
    return {files, hasher, DeviceName("engine-1")};
  }
  void Run(Duration d = 5s) {
    h.Boot();
    h.RunFor(d);
  }
  // Nothing was fetched, trained or given, and the node lives on.
  void ExpectRefusedAtOnce(Reason reason) {
    EXPECT_THAT(h.coordinator.failures, ElementsAre(Pair(round, reason)));
    EXPECT_EQ(h.coordinator.downloaded_bytes, 0U);
    EXPECT_THAT(h.worker.runs, IsEmpty());
    EXPECT_THAT(h.coordinator.secure_asks, IsEmpty());
    EXPECT_TRUE(h.coordinator.check_ins.back().ready);
  }

  const RoundKey round{CampaignName("c"), RoundNumber(1), 1};
  Digest rows = platform::OpenSslHasher().Sha256(AsBytes("rows"));
  Bytes query = QueryBytes();
  platform::OpenSslHasher hasher;
  SymbolicCrypto crypto{hasher};
  SeededSecureRng rng{1};
  Status vouched = Ok();
  SessionHarness h{1, 1};
};

TEST(SecureSession, TheUpdateGoesUpInNoOtherWayAndNeverLiesOnDisk) {
  SecureWorld w;
  bool held = false;
  w.h.coordinator.answer_secure = [&](const SecureAsk&) {
    held = held || w.h.HoldsUpdate();
    return SecureAnswer{{}, w.h.coordinator.secure_asks.size() > 2, {}};
  };
  w.Run();
  EXPECT_TRUE(w.h.coordinator.Done());
  EXPECT_THAT(w.h.coordinator.upload_offsets, IsEmpty());
  EXPECT_FALSE(held);
  EXPECT_EQ(w.h.worker.runs[w.round], 1);
  EXPECT_THAT(w.h.coordinator.failures, IsEmpty());
  ASSERT_THAT(w.h.coordinator.secure_asks, SizeIs(3));
  EXPECT_THAT(secagg::ParseAdvertiseKeys(w.h.coordinator.secure_asks[0].message), IsOk());
  EXPECT_THAT(w.h.coordinator.secure_asks[1].message, IsEmpty());  // It was taken.
}

TEST(SecureSession, NoCountOfRowsLeavesTheNodeBesideASum) {
  for (const bool secure : {true, false}) {
    SCOPED_TRACE(secure);
    SecureWorld w;
    if (!secure) w.h.coordinator.assignment.secure_task.clear();
    w.h.worker.run = [](const client::Assignment&, std::uint64_t) {
      return WithReason(FailedPrecondition("30 of 40 rows: range 30"), Reason::kDATA_BAD_ROWS);
    };
    w.Run();
    EXPECT_THAT(w.h.coordinator.failures, ElementsAre(Pair(w.round, Reason::kDATA_BAD_ROWS)));
    std::string told = w.h.coordinator.failure_details.at(0);
    for (const client::CheckInRequest& request : w.h.coordinator.check_ins)
      if (request.unfit) told += request.unfit->detail;
    EXPECT_EQ(told.find("30") == std::string::npos, secure) << told;
  }
}

TEST(SecureSession, TermsBelowTheSitesFloorAreRefusedBeforeAnyDownload) {
  SecureWorld w;
  w.h.policy = *client::LocalPolicy::Make({.campaigns = {}, .hours = {}, .floor = {.least = 4}});
  w.Run();
  w.ExpectRefusedAtOnce(Reason::kPOLICY_SECURE);
}

TEST(SecureSession, ASiteThatAsksForSecureRoundsRefusesPlainOnes) {
  SecureWorld w;
  w.h.coordinator.assignment.secure_task.clear();
  w.h.policy = *client::LocalPolicy::Make({.campaigns = {}, .hours = {}, .secure_required = true});
  w.Run();
  w.ExpectRefusedAtOnce(Reason::kPOLICY_SECURE);
}

TEST(SecureSession, ANodeWithoutAStatementOrWithAnOldOneTakesNoPart) {
  for (const bool holds_one : {false, true}) {
    SCOPED_TRACE(holds_one);
    SecureWorld w;
    w.vouched = Unauthenticated("no longer good");
    if (!holds_one) w.h.secure.reset();
    w.Run();
    w.ExpectRefusedAtOnce(Reason::kSECURE_UNREADY);
  }
}

TEST(SecureSession, AnotherQuestionsTaskIsRefusedBeforeAnyDownload) {
  SecureWorld w;
  w.h.coordinator.assignment.bound = 5;
  w.Run();
  w.ExpectRefusedAtOnce(Reason::kSECURE_VIOLATION);
}

TEST(SecureSession, WhatWasGivenBeforeIsRefusedBeforeAnyDownload) {
  SecureWorld w;
  MemoryFiles files(w.h.files_disk);
  ASSERT_THAT(
      client::ContributionLedger(files, w.hasher, DeviceName("engine-1"))
          .Enter(client::Question::OfUpdate(w.round, w.h.coordinator.assignment.params.digest),
                 w.h.clock.Now()),
      IsOk());
  w.Run();
  w.ExpectRefusedAtOnce(Reason::kSECURE_REPEATED);
}

TEST(SecureSession, WithADamagedLedgerItRefusesBeforeAnyDownloadAndStaysUp) {
  SecureWorld w;
  MemoryFiles files(w.h.files_disk);
  const std::array<ByteView, 1> damaged = {AsBytes("damaged\n")};
  ASSERT_THAT(files.Put("nodes/engine-1/ledger", damaged), IsOk());
  w.Run();
  w.ExpectRefusedAtOnce(Reason::kSECURE_UNREADY);
}

TEST(SecureSession, ALieIsReportedAndTheNodeStaysUp) {
  SecureWorld w;
  w.h.coordinator.answer_secure = [](const SecureAsk&) {
    return SecureAnswer{Bytes(20, std::byte{9}), false, {}};
  };
  w.Run();
  EXPECT_THAT(w.h.coordinator.failures, ElementsAre(Pair(w.round, Reason::kSECURE_VIOLATION)));
  EXPECT_TRUE(w.h.coordinator.check_ins.back().ready);
}

TEST(SecureSession, OneThatAsksAgainForWhatIsRefusedHearsItLessAndLess) {
  SecureWorld w;
  w.h.coordinator.asks_again = true;
  w.h.policy = *client::LocalPolicy::Make({.campaigns = {}, .hours = {}, .floor = {.least = 4}});
  w.Run(10min);
  EXPECT_GT(w.h.coordinator.failures.size(), 10U);  // Its terms may change.
  EXPECT_LT(w.h.coordinator.failures.size(), 100U);
}

TEST(SecureSession, WhatItFailedAtIsNotBegunAgainInTheSameAttempt) {
  SecureWorld w;
  w.h.coordinator.asks_again = true;
  w.h.worker.run = [](const client::Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    return WithReason(FailedPrecondition("it crashed"), Reason::kTASK_FAILED);
  };
  w.Run(1min);
  EXPECT_EQ(w.h.worker.runs[w.round], 1);
  EXPECT_GT(w.h.coordinator.failures.size(), 1U);
  EXPECT_THAT(w.h.coordinator.failures, ::testing::Each(Pair(w.round, Reason::kTASK_FAILED)));
}

TEST(SecureSession, APlainRoundThatItFailedAtMayBeTriedAgain) {
  SecureWorld w;
  w.h.coordinator.assignment.secure_task.clear();
  w.h.coordinator.asks_again = true;
  w.h.worker.run = [](const client::Assignment&, std::uint64_t) -> StatusOr<client::TrainResult> {
    return WithReason(FailedPrecondition("it crashed"), Reason::kTASK_FAILED);
  };
  w.Run(1min);
  EXPECT_GT(w.h.worker.runs[w.round], 1);
}

TEST(SecureSession, AnEvaluationOfASecureCampaignGoesIntoTheSumAndIsNotReported) {
  SecureWorld w;
  w.AskForSums(TaskKind::kEvaluate);
  w.h.policy = *client::LocalPolicy::Make({.campaigns = {}, .hours = {}, .secure_required = true});
  w.h.coordinator.answer_secure = [](const SecureAsk&) { return SecureAnswer{{}, true, {}}; };
  w.Run();
  EXPECT_TRUE(w.h.coordinator.Done());
  EXPECT_THAT(w.h.coordinator.evaluated, IsEmpty());
  EXPECT_THAT(w.h.coordinator.failures, IsEmpty());
  ASSERT_THAT(w.h.coordinator.secure_asks, SizeIs(1));
  EXPECT_EQ(w.h.coordinator.secure_asks[0].kind, TaskKind::kEvaluate);
  EXPECT_THAT(secagg::ParseAdvertiseKeys(w.h.coordinator.secure_asks[0].message), IsOk());
}

TEST(SecureSession, AnEvaluationWhoseTrainerLacksAMetricIsRefusedRatherThanGuessed) {
  SecureWorld w;
  w.h.coordinator.assignment.metrics = {"rmse", "accuracy"};
  w.AskForSums(TaskKind::kEvaluate);
  w.Run();
  EXPECT_THAT(w.h.coordinator.failures, ElementsAre(Pair(w.round, Reason::kUPDATE_BAD_METRICS)));
  EXPECT_THAT(w.h.coordinator.secure_asks, IsEmpty());
}

TEST(SecureSession, StatisticsFetchNothingAndGoIntoTheSumAlone) {
  SecureWorld w;
  w.AskForSums(TaskKind::kStatistics);
  w.h.coordinator.answer_secure = [](const SecureAsk&) { return SecureAnswer{{}, true, {}}; };
  w.Run();
  EXPECT_TRUE(w.h.coordinator.Done());
  EXPECT_EQ(w.h.coordinator.downloaded_bytes, 0U);
  EXPECT_THAT(w.h.coordinator.failures, IsEmpty());
  ASSERT_THAT(w.h.coordinator.secure_asks, SizeIs(1));
  EXPECT_EQ(w.h.coordinator.secure_asks[0].kind, TaskKind::kStatistics);
}

TEST(SecureSession, TheSameCountOfTheSameRowsIsRefusedBeforeAnythingIsSaid) {
  for (const bool same_rows : {true, false}) {
    SCOPED_TRACE(same_rows);
    SecureWorld w;
    w.AskForSums(TaskKind::kStatistics);
    w.h.coordinator.answer_secure = [](const SecureAsk&) { return SecureAnswer{{}, true, {}}; };
    MemoryFiles files(w.h.files_disk);
    const Digest before = same_rows ? w.rows : w.hasher.Sha256(AsBytes("rows of last week"));
    ASSERT_THAT(w.Ledger(files).Enter(
                    client::Question::OfStatistics(w.hasher.Sha256(w.QueryBytes()), before),
                    w.h.clock.Now()),
                IsOk());
    w.Run();
    EXPECT_EQ(w.h.coordinator.failures.size(), same_rows ? 1U : 0U);
    EXPECT_EQ(w.h.coordinator.secure_asks.size(), same_rows ? 0U : 1U);
    if (same_rows) EXPECT_EQ(w.h.coordinator.failures[0].second, Reason::kSECURE_REPEATED);
  }
}

TEST(SecureSession, AWindowThatWasGivenToIsRefusedWhateverItsRowsAre) {
  for (const std::uint64_t epoch : {6U, 7U}) {
    SCOPED_TRACE(epoch);
    SecureWorld w;
    const std::string text = statistics::EncodeWindowQuery({.monitor = "wear",
                                                            .epoch = 7,
                                                            .contract = "turbofan",
                                                            .version = 1,
                                                            .model = "rul",
                                                            .model_version = 1,
                                                            .reference = false,
                                                            .rows = 50,
                                                            .fields = {{"T30", 0, 9, 4}},
                                                            .measures = {},
                                                            .binary = false})
                                 .value();
    w.query = {AsBytes(text).begin(), AsBytes(text).end()};
    w.AskForSums(TaskKind::kStatistics);
    w.h.coordinator.answer_secure = [](const SecureAsk&) { return SecureAnswer{{}, true, {}}; };
    MemoryFiles files(w.h.files_disk);
    ASSERT_THAT(w.Ledger(files).Enter(client::Question::OfWindow("wear", epoch), w.h.clock.Now()),
                IsOk());
    w.Run();
    const bool given = epoch == 7;
    EXPECT_EQ(w.h.coordinator.failures.size(), given ? 1U : 0U);
    EXPECT_EQ(w.h.coordinator.secure_asks.size(), given ? 0U : 1U);
    if (given) EXPECT_EQ(w.h.coordinator.failures[0].second, Reason::kSECURE_REPEATED);
  }
}

TEST(SecureSession, AnEvaluationIsNoAnswerToTheTrainingOfItsRound) {
  for (const TaskKind given : {TaskKind::kTrain, TaskKind::kEvaluate}) {
    SCOPED_TRACE(client::NameOf(given));
    SecureWorld w;
    w.AskForSums(TaskKind::kEvaluate);
    w.h.coordinator.answer_secure = [](const SecureAsk&) { return SecureAnswer{{}, true, {}}; };
    MemoryFiles files(w.h.files_disk);
    const Digest& model = w.h.coordinator.assignment.params.digest;
    ASSERT_THAT(w.Ledger(files).Enter(given == TaskKind::kTrain
                                          ? client::Question::OfUpdate(w.round, model)
                                          : client::Question::OfEvaluation(w.round, model),
                                      w.h.clock.Now()),
                IsOk());
    w.Run();
    EXPECT_EQ(w.h.coordinator.secure_asks.size(), given == TaskKind::kTrain ? 1U : 0U);
  }
}

TEST(SecureSession, SumsAreHeldToTheSitesTermsToo) {
  struct Case {
    const char* what;
    client::PolicyRules rules;
    bool has_statement;
    bool has_task;
    TaskKind kind;
    Reason reason;
  };
  const Case cases[] = {
      {"floor",
       {.campaigns = {}, .hours = {}, .floor = {.least = 4}},
       true,
       true,
       TaskKind::kEvaluate,
       Reason::kPOLICY_SECURE},
      {"floor",
       {.campaigns = {}, .hours = {}, .floor = {.least = 4}},
       true,
       true,
       TaskKind::kStatistics,
       Reason::kPOLICY_SECURE},
      {"no statement", {}, false, true, TaskKind::kEvaluate, Reason::kSECURE_UNREADY},
      {"no statement", {}, false, true, TaskKind::kStatistics, Reason::kSECURE_UNREADY},
      {"plain", {}, true, false, TaskKind::kStatistics, Reason::kPOLICY_SECURE},
      {"opted out",
       {.campaigns = {}, .hours = {}, .statistics = false},
       true,
       true,
       TaskKind::kStatistics,
       Reason::kPOLICY_CAMPAIGN},
      {"campaign",
       {.campaigns = {"turbo*"}, .hours = {}},
       true,
       true,
       TaskKind::kStatistics,
       Reason::kPOLICY_CAMPAIGN},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(::testing::Message() << c.what << ", " << client::NameOf(c.kind));
    SecureWorld w;
    w.AskForSums(c.kind);
    if (!c.has_task) w.h.coordinator.assignment.secure_task.clear();
    if (!c.has_statement) w.h.secure.reset();
    w.h.policy = *client::LocalPolicy::Make(c.rules);
    w.Run();
    w.ExpectRefusedAtOnce(c.reason);
  }
}

TEST(SecureSession, AColumnThatOnlyStatisticsMissDoesNotMakeTheNodeUnfit) {
  SecureWorld w;
  w.AskForSums(TaskKind::kStatistics);
  w.h.worker.count = [](const client::Assignment&) -> StatusOr<client::CountedRows> {
    return WithReason(InvalidArgument("no column"), Reason::kDATA_COLUMN_MISSING);
  };
  w.Run();
  EXPECT_THAT(w.h.coordinator.failures, ElementsAre(Pair(w.round, Reason::kDATA_COLUMN_MISSING)));
  EXPECT_FALSE(w.h.coordinator.check_ins.back().unfit.has_value());
  EXPECT_TRUE(w.h.coordinator.check_ins.back().ready);
}

TEST(SecureSession, ACoordinatorThatKnowsNoSecureRoundsIsNotWaitedFor) {
  SecureWorld w;
  w.Run();
  EXPECT_THAT(w.h.coordinator.failures, SizeIs(1));
  EXPECT_TRUE(w.h.coordinator.check_ins.back().ready);
}

TEST(SecureSession, ARestartForgetsTheSessionAndTheNodeJustChecksIn) {
  SecureWorld w;
  w.h.coordinator.answer_secure = [](const SecureAsk&) { return SecureAnswer{}; };
  w.Run(1s);
  ASSERT_FALSE(w.h.coordinator.secure_asks.empty());
  const Bytes first = w.h.coordinator.secure_asks.front().message;
  w.h.Crash();
  w.h.coordinator.secure_asks.clear();
  w.Run(1s);
  EXPECT_TRUE(w.h.coordinator.check_ins.back().ready);
  ASSERT_FALSE(w.h.coordinator.secure_asks.empty());
  EXPECT_NE(w.h.coordinator.secure_asks.front().message, first);  // Fresh keys.
}

}  // namespace
}  // namespace muster::testing
