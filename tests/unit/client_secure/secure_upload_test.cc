#include "client/secure/secure_upload.h"

#include <gtest/gtest.h>

#include "aggregation/secagg/update_layout.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_secure/secure_room.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;

void ExpectSummed(const SecureRoom& room, const std::vector<std::size_t>& survivors) {
  ASSERT_NE(room.server.In<secagg::Summed>(), nullptr);
  EXPECT_EQ(room.server.sums, room.PlainSum(survivors));
  for (const std::size_t i : survivors) {
    ASSERT_TRUE(room.devices[i]->ended.has_value()) << i;
    ASSERT_THAT(*room.devices[i]->ended, IsOk()) << i;
    EXPECT_EQ(room.devices[i]->ended->value(), "") << i;
  }
}

TEST(SecureUpload, TheSumOfAllDevicesIsExactWhateverTheirWeights) {
  SecureRoom room(5, 10'000);  // More than two tiles.
  room.StartAll();
  room.RunFor(1min);
  ExpectSummed(room, {0, 1, 2, 3, 4});
}

TEST(SecureUpload, EvaluationsAndStatisticsAddUpExactlyInSessionsOfTheirOwnKind) {
  for (const client::TaskKind kind : {client::TaskKind::kEvaluate, client::TaskKind::kStatistics}) {
    SCOPED_TRACE(client::NameOf(kind));
    SecureRoom room(kind, 5);
    room.StartAll();
    room.RunFor(1min);
    ExpectSummed(room, {0, 1, 2, 3, 4});
    EXPECT_THAT(room.server.kinds, ::testing::ElementsAre(kind));
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(room.server.uploads[i].kind, kind);
      EXPECT_EQ(ReasonOf(room.Ledger(i).Check(room.Question(i))), Reason::kSECURE_REPEATED);
    }
  }
}

TEST(SecureUpload, SumsOfOtherFieldsThanTheTasksAreRefusedAtOnce) {
  SecureRoom room(client::TaskKind::kEvaluate, 3);
  auto& sums = std::get<client::SecureSums>(room.devices[0]->input);
  sums.fields.back().most = 7;
  room.Start(0);
  room.RunFor(1s);
  ASSERT_TRUE(room.devices[0]->ended.has_value());
  EXPECT_EQ(ReasonOf(room.devices[0]->ended->status()), Reason::kUPDATE_WRONG_LAYOUT);
}

TEST(SecureUpload, NoVectorLeavesWithoutItsMasksAndNothingElseIsSaidOfIt) {
  SecureRoom room(4);
  room.StartAll();
  room.RunFor(1min);
  for (std::size_t i = 0; i < 4; ++i) {
    const secagg::LaneVector plain = room.devices[i]->Expected(room.task, room.crypto);
    Bytes wire(plain.segments().wire_bytes());
    ASSERT_THAT(plain.WriteWire(plain.AllTiles(), wire), IsOk());
    ASSERT_EQ(room.server.stored[i].size(), wire.size());
    EXPECT_NE(room.server.stored[i], wire);
    EXPECT_EQ(room.server.uploads[i].examples, 0U);
    EXPECT_EQ(room.server.uploads[i].loss, 0);
  }
}

TEST(SecureUpload, InADrillADeviceFallsSilentBeforeItsStepAndTheOthersAddUp) {
  for (std::uint64_t step = 0; step < client::kSecureSteps; ++step) {
    SCOPED_TRACE(step);
    SecureRoom room(5, 20, 200'000);
    room.devices[2]->silent_at = static_cast<client::SecureStep>(step);
    room.StartAll();
    room.RunFor(30min);
    ASSERT_NE(room.server.In<secagg::Summed>(), nullptr);
    EXPECT_EQ(room.devices[2]->ended->value(), "DRILL");
    const bool counts = step > static_cast<std::uint64_t>(client::SecureStep::kUpload);
    EXPECT_EQ(room.server.stored.contains(2), counts);
    if (counts) continue;
    ExpectSummed(room, {0, 1, 3, 4});
  }
}

TEST(SecureUpload, EachAnswerMayBeLostOnceAndTheVectorMayBreakHalfWay) {
  SecureRoom room(4);
  room.server.lose_first_answers = true;
  room.StartAll();
  room.RunFor(30min);
  ExpectSummed(room, {0, 1, 2, 3});
  EXPECT_GE(room.server.answers_lost(), 4U * 6U);  // Four steps, two of the upload.
}

TEST(SecureUpload, AVectorThatARestartLostGoesUpAgain) {
  SecureRoom room(4);
  room.server.forgets = {1, 3};
  room.StartAll();
  room.RunFor(30s);  // Less than the window after which they would be left out.
  ExpectSummed(room, {0, 1, 2, 3});
}

TEST(SecureUpload, OneThatVanishesBeforeItsVectorIsLeftOut) {
  SecureRoom room(5, 20, 200'000);
  room.server.tamper = [&room](std::size_t device, Bytes message) {
    if (device == 2 && room.server.In<secagg::Collecting>() != nullptr)
      room.server.offline.insert(device);
    return message;
  };
  room.StartAll();
  room.RunFor(20min);
  ExpectSummed(room, {0, 1, 3, 4});
}

TEST(SecureUpload, ARosterWithAForeignKeyIsRefusedBeforeAnythingIsShared) {
  SecureRoom room(4);
  room.server.tamper = [](std::size_t, Bytes message) {
    auto roster = secagg::ParseRoster(message);
    if (!roster.ok()) return message;
    roster->members[0].mask_key = roster->members[1].seal_key;
    return secagg::Encode(*roster);
  };
  room.StartAll();
  room.RunFor(1min);
  for (const auto& device : room.devices) {
    ASSERT_TRUE(device->ended.has_value());
    EXPECT_EQ(ReasonOf(device->ended->status()), Reason::kSECURE_VIOLATION);
  }
  EXPECT_NE(room.server.In<secagg::Sharing>(), nullptr);
}

TEST(SecureUpload, GarbageIsAViolation) {
  SecureRoom room(3);
  room.server.tamper = [](std::size_t, const Bytes&) { return Bytes(50, std::byte{9}); };
  room.StartAll();
  room.RunFor(1min);
  for (const auto& device : room.devices) {
    ASSERT_TRUE(device->ended.has_value());
    EXPECT_EQ(ReasonOf(device->ended->status()), Reason::kSECURE_VIOLATION);
  }
}

TEST(SecureUpload, WhatWasGivenBeforeIsNotGivenAgain) {
  SecureRoom room(4);
  ASSERT_THAT(room.Ledger(1).Enter(room.Question(1), kRoundStart), IsOk());
  room.StartAll();
  room.RunFor(1min);
  ASSERT_TRUE(room.devices[1]->ended.has_value());
  EXPECT_EQ(ReasonOf(room.devices[1]->ended->status()), Reason::kSECURE_REPEATED);
  EXPECT_FALSE(room.server.stored.contains(1));
}

TEST(SecureUpload, ItIsInTheLedgerBeforeTheFirstByteLeaves) {
  SecureRoom room(3);
  room.StartAll();
  while (room.server.stored.empty()) ASSERT_TRUE(room.executor.Step(kRoundStart + 1min));
  for (const auto& [i, stored] : room.server.stored)
    EXPECT_EQ(ReasonOf(room.Ledger(i).Check(room.Question(i))), Reason::kSECURE_REPEATED);
}

TEST(SecureUpload, AnUpdateOfAnotherLengthIsRefusedAtOnce) {
  SecureRoom room(3);
  room.devices[0]->update().values.push_back(1);
  room.Start(0);
  room.RunFor(1s);
  ASSERT_TRUE(room.devices[0]->ended.has_value());
  EXPECT_EQ(ReasonOf(room.devices[0]->ended->status()), Reason::kUPDATE_WRONG_LAYOUT);
}

TEST(SecureUpload, AnAbandonedSessionEndsWithItsReason) {
  SecureRoom room(4);
  room.Start(0);  // Alone, and nobody comes.
  room.RunFor(10min);
  ASSERT_TRUE(room.devices[0]->ended.has_value());
  ASSERT_THAT(*room.devices[0]->ended, IsOk());
  EXPECT_EQ(room.devices[0]->ended->value(), "TOO_FEW_DEVICES");
}

TEST(SecureUpload, ATaskThatExpiresEndsIt) {
  SecureRoom room(3);
  room.server.offline = {0};
  room.clock.Advance(std::chrono::hours(25));
  room.Start(0);
  room.RunFor(1s);
  ASSERT_TRUE(room.devices[0]->ended.has_value());
  EXPECT_EQ(ReasonOf(room.devices[0]->ended->status()), Reason::kROUND_CLOSED);
}

}  // namespace
}  // namespace muster::testing
