#include "client/secure/terms.h"

#include <gtest/gtest.h>

#include "aggregation/secagg/update_layout.h"
#include "client/secure/ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_secure/secure_room.h"

namespace muster::testing {
namespace {
using client::Assignment;
using client::ContributionLedger;
using client::Question;
using client::TaskKind;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Assignment With(const std::function<void(secagg::Task&)>& change,
                Assignment a = SecureAssignment(5, 20)) {
  secagg::Task task = TaskIn(a);
  change(task);
  a.secure_task = secagg::EncodeTask(task);
  return a;
}

StatusOr<secagg::Task> TaskOf(const Assignment& a, const secagg::LocalFloor& floor = {},
                              Timestamp now = kRoundStart) {
  return client::SecureTaskOf(a, floor, platform::OpenSslHasher(), now);
}

TEST(SecureTerms, ATaskOfThisAssignmentIsTaken) {
  const Assignment a = SecureAssignment(5, 20);
  const auto task = TaskOf(a);
  ASSERT_THAT(task, IsOk());
  EXPECT_EQ(*task, TaskIn(a));
}

TEST(SecureTerms, ATaskAboutAnythingElseIsALie) {
  const std::vector<std::function<void(secagg::Task&)>> lies = {
      [](secagg::Task& t) { t.query = "turbofan/3/2"; },
      [](secagg::Task& t) { t.model = Digest(); },
      [](secagg::Task& t) { t.clip = 5; },
      [](secagg::Task& t) { t.weight_cap = 1; },
      [](secagg::Task& t) {
        t.layout = *secagg::Segments::Make(5, {{"update", 20, secagg::LaneBits::k24, 100}});
      },
  };
  for (std::size_t i = 0; i < lies.size(); ++i)
    EXPECT_THAT(TaskOf(With(lies[i])), Fails(kInvalid, Reason::kSECURE_VIOLATION)) << i;
}

TEST(SecureTerms, GarbageIsALie) {
  Assignment a = SecureAssignment(5, 20);
  a.secure_task.pop_back();
  EXPECT_THAT(TaskOf(a), Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, AnEvaluationHasNoUpdateToMask) {
  Assignment a = SecureAssignment(5, 20);
  a.kind = client::TaskKind::kEvaluate;
  EXPECT_THAT(TaskOf(a), Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, ATaskOfTheSumsThatAreAskedForIsTaken) {
  for (const TaskKind kind : {TaskKind::kEvaluate, TaskKind::kStatistics}) {
    const Assignment a = SumsAssignment(kind, 5);
    const auto task = TaskOf(a);
    ASSERT_THAT(task, IsOk());
    EXPECT_EQ(task->query, fmt::format("turbofan/3/1/{}", client::NameOf(kind)));
  }
}

TEST(SecureTerms, ATaskOfOtherSumsIsALie) {
  const std::vector<std::function<void(secagg::Task&)>> lies = {
      [](secagg::Task& t) { t.query = "turbofan/3/1"; },
      [](secagg::Task& t) { t.model = Digest(); },
      [](secagg::Task& t) { t.clip = 2; },
      [](secagg::Task& t) { t.weight_cap = 2; },
      [](secagg::Task& t) {  // A name changed: the same numbers would go by another meaning.
        auto segments = t.layout.all();
        segments[0].name = "other";
        t.layout = *secagg::Segments::Make(5, segments);
      },
      [](secagg::Task& t) {
        auto segments = t.layout.all();
        segments.pop_back();
        t.layout = *secagg::Segments::Make(5, segments);
      },
  };
  for (const TaskKind kind : {TaskKind::kEvaluate, TaskKind::kStatistics})
    for (std::size_t i = 0; i < lies.size(); ++i)
      EXPECT_THAT(TaskOf(With(lies[i], SumsAssignment(kind, 5))),
                  Fails(kInvalid, Reason::kSECURE_VIOLATION))
          << client::NameOf(kind) << " " << i;
}

TEST(SecureTerms, StatisticsOfBytesThatAreNoQueryAreALie) {
  Assignment a = SumsAssignment(TaskKind::kStatistics, 5);
  a.statistics.push_back(std::byte{' '});
  const Digest model = platform::OpenSslHasher().Sha256(a.statistics);
  EXPECT_THAT(TaskOf(With([&model](secagg::Task& t) { t.model = model; }, a)),
              Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, WeakerTermsThanTheSitesAreRefusedForItsPolicy) {
  const Assignment a = SecureAssignment(5, 20);
  for (const secagg::LocalFloor& floor :
       {secagg::LocalFloor{.least = 4}, secagg::LocalFloor{.corrupt_ppm = 1},
        secagg::LocalFloor{.dropout_ppm = 1}})
    EXPECT_THAT(TaskOf(a, floor),
                Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));
  const Assignment curious =
      With([](secagg::Task& t) { t.cohort.profile = secagg::Profile::kCurious; });
  EXPECT_THAT(TaskOf(curious), Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));
  EXPECT_THAT(TaskOf(curious, {.allow_curious = true}), IsOk());
}

TEST(SecureTerms, AnExpiredTaskIsARoundThatIsOver) {
  EXPECT_THAT(TaskOf(SecureAssignment(5, 20), {}, kRoundStart + std::chrono::hours(24)),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kROUND_CLOSED));
}

TEST(SecureTerms, UniformWeightsAreOneOfOne) {
  Assignment a;
  EXPECT_EQ(client::WeightOf(a, 700), 1);
  EXPECT_EQ(client::WeightCap(a), 1);
  a.example_cap = 10;
  EXPECT_EQ(client::WeightOf(a, 700), 10);
  EXPECT_EQ(client::WeightOf(a, 7), 7);
}

constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

struct LedgerWorld {
  platform::OpenSslHasher hasher;
  MemoryFiles files;
  ContributionLedger ledger{files, hasher, DeviceName("engine-1")};
  Digest model = hasher.Sha256(AsBytes("model"));
  RoundKey round{CampaignName("turbofan"), RoundNumber(3), 1};

  ContributionLedger Of(const char* node) { return {files, hasher, DeviceName(node)}; }
  Status Enter(const RoundKey& key, Timestamp now = kRoundStart) {
    return ledger.Enter(Question::OfUpdate(key, model), now);
  }
  Status Check(const RoundKey& key) { return ledger.Check(Question::OfUpdate(key, model)); }
  RoundKey Round(std::uint64_t number) const { return {round.campaign, RoundNumber(number), 1}; }
};

TEST(ContributionLedger, OneQuestionIsAnsweredOnceWhateverItsAttempt) {
  LedgerWorld w;
  EXPECT_THAT(w.Check(w.round), IsOk());
  EXPECT_THAT(w.Enter(w.round), IsOk());
  w.round.attempt = 2;
  EXPECT_THAT(w.Enter(w.round), Fails(kPrecondition, Reason::kSECURE_REPEATED));
  // Of another life of the agent, on the same disk.
  EXPECT_THAT(w.Of("engine-1").Check(Question::OfUpdate(w.round, w.model)),
              Fails(kPrecondition, Reason::kSECURE_REPEATED));
}

TEST(ContributionLedger, OtherRoundsModelsKindsAndNodesAreOtherQuestions) {
  LedgerWorld w;
  ASSERT_THAT(w.Enter(w.round), IsOk());
  EXPECT_THAT(w.Check(w.Round(4)), IsOk());
  const Digest another = w.hasher.Sha256(AsBytes("another"));
  EXPECT_THAT(w.ledger.Check(Question::OfUpdate(w.round, another)), IsOk());
  EXPECT_THAT(w.ledger.Check(Question::OfEvaluation(w.round, w.model)), IsOk());
  EXPECT_THAT(w.Of("engine-2").Check(Question::OfUpdate(w.round, w.model)), IsOk());
}

TEST(ContributionLedger, TheSameCountOfTheSameRowsIsOneQuestionInAnyCampaign) {
  LedgerWorld w;
  const Digest query = w.hasher.Sha256(AsBytes("query")), rows = w.hasher.Sha256(AsBytes("rows"));
  ASSERT_THAT(w.ledger.Enter(Question::OfStatistics(query, rows), kRoundStart), IsOk());
  EXPECT_THAT(w.ledger.Check(Question::OfStatistics(query, rows)),
              Fails(kPrecondition, Reason::kSECURE_REPEATED));
  EXPECT_THAT(w.ledger.Check(Question::OfStatistics(query, w.model)), IsOk());
  EXPECT_THAT(w.ledger.Check(Question::OfStatistics(w.model, rows)), IsOk());
}

TEST(ContributionLedger, AWindowIsGivenToOnceWhateverItsRows) {
  EXPECT_EQ(Question::OfWindow("wear", 3).line(), "window wear 3\n");
  EXPECT_NE(Question::OfWindow("wear", 3).line(), Question::OfWindow("wear", 4).line());
}

TEST(ContributionLedger, WithoutADiskNothingIsGiven) {
  platform::OpenSslHasher hasher;
  MemoryFiles files([](std::string_view op) -> Status {
    return op == "file.put" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  });
  const ContributionLedger ledger(files, hasher, DeviceName("engine-1"));
  EXPECT_EQ(ReasonOf(ledger.Enter(
                Question::OfUpdate({CampaignName("c"), RoundNumber(1), 1}, Digest()), kRoundStart)),
            Reason::kDISK_FULL);
}

TEST(LedgerPruning, WhatIsOlderThanTheLimitGoesAndNothingElse) {
  LedgerWorld w;
  constexpr client::LedgerLimits kLimits;
  ASSERT_THAT(w.Enter(w.Round(1), kRoundStart), IsOk());
  ASSERT_THAT(w.Enter(w.Round(2), kRoundStart + Duration(1)), IsOk());
  const std::array<ByteView, 1> held = {AsBytes("held")};
  ASSERT_THAT(w.files.Put("nodes/engine-1/held", held), IsOk());
  EXPECT_EQ(client::PruneLedgers(w.files, kLimits, kRoundStart + kLimits.age).value(), 0U);
  EXPECT_EQ(client::PruneLedgers(w.files, kLimits, kRoundStart + kLimits.age + Duration(1)).value(),
            1U);
  EXPECT_THAT(w.Check(w.Round(1)), IsOk());
  EXPECT_THAT(w.Check(w.Round(2)), Fails(kPrecondition, Reason::kSECURE_REPEATED));
  EXPECT_THAT(w.files.Get("nodes/engine-1/held"), IsOk());
}

TEST(LedgerPruning, OfTooManyTheOldestGoNodeByNode) {
  LedgerWorld w;
  for (std::uint64_t i = 1; i <= 5; ++i)
    ASSERT_THAT(w.Enter(w.Round(i), kRoundStart - Duration(i)), IsOk());
  ASSERT_THAT(w.Of("engine-2").Enter(Question::OfUpdate(w.round, w.model), kRoundStart), IsOk());
  EXPECT_EQ(client::PruneLedgers(w.files, {.entries = 3}, kRoundStart).value(), 2U);
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_EQ(w.Check(w.Round(i)).ok(), i > 3) << i;
  EXPECT_FALSE(w.Of("engine-2").Check(Question::OfUpdate(w.round, w.model)).ok());
}

TEST(LedgerPruning, AnEntryThatDoesNotSayWhenItWasMadeIsKept) {
  LedgerWorld w;
  for (const std::string entry : {"turbofan/1 sha256:00\n", "", "x\n-5\n", "x\nsoon\n"}) {
    const std::array<ByteView, 1> parts = {AsBytes(entry)};
    ASSERT_THAT(w.files.Put(fmt::format("nodes/engine-1/given/{}", entry.size()), parts), IsOk());
  }
  EXPECT_EQ(client::PruneLedgers(w.files, {}, kRoundStart + std::chrono::hours(1'000'000)).value(),
            0U);
}

}  // namespace
}  // namespace muster::testing
