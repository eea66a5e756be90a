// A node that is asked to take part in secure rounds: what it refuses, and that it stays up.
#include <gtest/gtest.h>

#include "aggregation/secagg/update_layout.h"
#include "client/session/session.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/client_session/session_world.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
namespace secagg = aggregation::secagg;
using client::SecureAnswer;
using client::SecureAsk;
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
    task.cohort.least = 3;
    task.expiry = h.clock.Now() + 24h;
    a.secure_task = secagg::EncodeTask(task);
    h.secure = std::make_shared<const client::SecureIdentity>(
        client::SecureIdentity{crypto, rng, std::make_shared<const SymbolicSigner>(crypto, 3),
                               Bytes{}, [this](const IdentityKey&, ByteView) { return vouched; }});
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
  ASSERT_THAT(client::ContributionLedger(files, w.hasher, DeviceName("engine-1"))
                  .Enter(w.round, w.h.coordinator.assignment.params.digest),
              IsOk());
  w.Run();
  w.ExpectRefusedAtOnce(Reason::kSECURE_REPEATED);
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
