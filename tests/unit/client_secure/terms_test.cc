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
using client::SecureTaskOf;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Assignment With(const std::function<void(secagg::Task&)>& change) {
  Assignment a = SecureAssignment(5, 20);
  secagg::Task task = TaskIn(a);
  change(task);
  a.secure_task = secagg::EncodeTask(task);
  return a;
}

TEST(SecureTerms, ATaskOfThisAssignmentIsTaken) {
  const Assignment a = SecureAssignment(5, 20);
  const auto task = SecureTaskOf(a, {}, kRoundStart);
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
    EXPECT_THAT(SecureTaskOf(With(lies[i]), {}, kRoundStart),
                Fails(kInvalid, Reason::kSECURE_VIOLATION))
        << i;
}

TEST(SecureTerms, GarbageIsALie) {
  Assignment a = SecureAssignment(5, 20);
  a.secure_task.pop_back();
  EXPECT_THAT(SecureTaskOf(a, {}, kRoundStart), Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, AnEvaluationHasNoUpdateToMask) {
  Assignment a = SecureAssignment(5, 20);
  a.kind = client::TaskKind::kEvaluate;
  EXPECT_THAT(SecureTaskOf(a, {}, kRoundStart), Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, WeakerTermsThanTheSitesAreRefusedForItsPolicy) {
  const Assignment a = SecureAssignment(5, 20);
  for (const secagg::LocalFloor& floor :
       {secagg::LocalFloor{.least = 4}, secagg::LocalFloor{.corrupt_ppm = 1},
        secagg::LocalFloor{.dropout_ppm = 1}})
    EXPECT_THAT(SecureTaskOf(a, floor, kRoundStart),
                Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));
  const Assignment curious =
      With([](secagg::Task& t) { t.cohort.profile = secagg::Profile::kCurious; });
  EXPECT_THAT(SecureTaskOf(curious, {}, kRoundStart),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));
  EXPECT_THAT(SecureTaskOf(curious, {.allow_curious = true}, kRoundStart), IsOk());
}

TEST(SecureTerms, AnExpiredTaskIsARoundThatIsOver) {
  EXPECT_THAT(SecureTaskOf(SecureAssignment(5, 20), {}, kRoundStart + std::chrono::hours(24)),
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

struct LedgerWorld {
  platform::OpenSslHasher hasher;
  MemoryFiles files;
  ContributionLedger ledger{files, hasher, DeviceName("engine-1")};
  Digest model = hasher.Sha256(AsBytes("model"));
  RoundKey round{CampaignName("turbofan"), RoundNumber(3), 1};
};

TEST(ContributionLedger, OneQuestionIsAnsweredOnceWhateverItsAttempt) {
  LedgerWorld w;
  EXPECT_THAT(w.ledger.Check(w.round, w.model), IsOk());
  EXPECT_THAT(w.ledger.Enter(w.round, w.model), IsOk());
  w.round.attempt = 2;
  EXPECT_THAT(w.ledger.Enter(w.round, w.model),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kSECURE_REPEATED));
  // Of another life of the agent, on the same disk.
  EXPECT_THAT(ContributionLedger(w.files, w.hasher, DeviceName("engine-1")).Check(w.round, w.model),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kSECURE_REPEATED));
}

TEST(ContributionLedger, OtherRoundsModelsAndNodesAreOtherQuestions) {
  LedgerWorld w;
  ASSERT_THAT(w.ledger.Enter(w.round, w.model), IsOk());
  RoundKey next = w.round;
  next.round = RoundNumber(4);
  EXPECT_THAT(w.ledger.Check(next, w.model), IsOk());
  EXPECT_THAT(w.ledger.Check(w.round, w.hasher.Sha256(AsBytes("another"))), IsOk());
  EXPECT_THAT(ContributionLedger(w.files, w.hasher, DeviceName("engine-2")).Check(w.round, w.model),
              IsOk());
}

TEST(ContributionLedger, WithoutADiskNothingIsGiven) {
  platform::OpenSslHasher hasher;
  MemoryFiles files([](std::string_view op) -> Status {
    return op == "file.put" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  });
  const ContributionLedger ledger(files, hasher, DeviceName("engine-1"));
  EXPECT_EQ(ReasonOf(ledger.Enter({CampaignName("c"), RoundNumber(1), 1}, Digest())),
            Reason::kDISK_FULL);
}

}  // namespace
}  // namespace muster::testing
