// A secure round over a disk that fails: whatever append is not written, or written without an
// answer, nothing that was acknowledged is lost, and no sum is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_secure/house.h"

namespace muster::coordinator {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::IsEmpty;
using testing::JournalFault;
using ::testing::Not;

constexpr std::uint32_t kDevices = 5;

// Devices and coordinator try again until nothing moves any more.
void Persist(House& house) {
  house.devices_persist = true;
  for (int i = 0; i < 8; ++i) {
    house.CheckIn();
    house.Run();
    house.PassMoment();
  }
}

void ExpectSumOfEverybody(House& house) {
  ASSERT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase))
      << PhaseOf(house.Snapshot().state);
  EXPECT_THAT(house.FilesLeft(), IsEmpty());
  const std::vector<float> model = house.Model(), expected = house.Expected(house.Survivors());
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_FLOAT_EQ(model[i], expected[i]) << i;
}

// How many times an undisturbed session writes.
std::size_t Appends() {
  std::size_t appends = 0;
  House house(SecureCampaign(kDevices));
  house.journal_faults = [&appends](std::string_view stream) {
    appends += stream.starts_with("secure/") ? 1 : 0;
    return JournalFault::kNone;
  };
  EXPECT_THAT(house.Apply(), testing::IsOk());
  Persist(house);
  ExpectSumOfEverybody(house);
  return appends;
}

TEST(SecureJournalFaults, OneFailureAtAnyAppendLosesNoDeviceAndNoSum) {
  const std::size_t appends = Appends();
  ASSERT_GT(appends, 3 * kDevices);
  for (const JournalFault fault : {JournalFault::kNothingWritten, JournalFault::kAnswerLost})
    for (std::size_t at = 0; at < appends; ++at) {
      SCOPED_TRACE(::testing::Message() << "append " << at << " fault " << static_cast<int>(fault));
      House house(SecureCampaign(kDevices));
      house.journal_faults = testing::FailAt("secure/", at, fault);
      ASSERT_THAT(house.Apply(), testing::IsOk());
      Persist(house);
      ExpectSumOfEverybody(house);
      EXPECT_THAT(house.Facts("secure/"), Contains("SurvivorsFixed").Times(1));
    }
}

TEST(SecureJournalFaults, MessagesThatComeTogetherAreOneAppendAndFailTogether) {
  using enum JournalFault;
  for (const JournalFault fault : {kNone, kNothingWritten, kAnswerLost}) {
    SCOPED_TRACE(static_cast<int>(fault));
    House house(SecureCampaign(kDevices));
    house.devices_persist = true;
    ASSERT_THAT(house.Apply(), testing::IsOk());
    ASSERT_EQ(house.CheckIn(), static_cast<int>(kDevices));
    for (const std::string_view step : {"KeysAdvertised", "SharesDealt"}) {
      std::size_t appends = 0;
      house.journal_faults = [&](std::string_view stream) {
        return stream.starts_with("secure/") && appends++ == 0 ? fault : kNone;
      };
      house.SendTogether();
      EXPECT_EQ(appends, 1U);
      const bool written = fault != kNothingWritten;
      EXPECT_THAT(house.Facts("secure/"), Contains(step).Times(written ? kDevices : 0));
      if (fault != kNone) house.SendTogether();
      EXPECT_THAT(house.Facts("secure/"), Contains(step).Times(kDevices));
    }
    house.journal_faults = {};
    Persist(house);
    ExpectSumOfEverybody(house);
  }
}

TEST(SecureJournalFaults, ACrashRightAfterAnyFailureLosesNoDeviceAndNoSum) {
  const std::size_t appends = Appends();
  for (const JournalFault fault : {JournalFault::kNothingWritten, JournalFault::kAnswerLost})
    for (std::size_t at = 0; at < appends; ++at) {
      SCOPED_TRACE(::testing::Message() << "append " << at << " fault " << static_cast<int>(fault));
      House house(SecureCampaign(kDevices));
      bool failed = false;
      house.journal_faults =
          [&failed, one = testing::FailAt("secure/", at, fault)](std::string_view stream) mutable {
            // From the first failure on nothing is written, as if the process were gone.
            if (failed) return JournalFault::kNothingWritten;
            const JournalFault now = one(stream);
            failed = now != JournalFault::kNone;
            return now;
          };
      ASSERT_THAT(house.Apply(), testing::IsOk());
      house.devices_persist = true;
      house.CheckIn();
      house.Run();
      ASSERT_TRUE(failed);
      house.journal_faults = nullptr;
      house.Restart();
      Persist(house);
      ExpectSumOfEverybody(house);
      EXPECT_THAT(house.Facts("secure/"), Contains("SurvivorsFixed").Times(1));
    }
}

// Two rounds, so that one has to follow the other.
TEST(SecureJournalFaults, OneFailureAtAnyAppendOfRoundsAndCampaignsHoldsNothingUp) {
  CampaignSpec spec = SecureCampaign(kDevices);
  spec.plan.rounds = 2;
  for (const char* stream : {"round/", "campaign/"})
    for (const JournalFault fault : {JournalFault::kNothingWritten, JournalFault::kAnswerLost})
      for (std::size_t at = 0; at < 12; ++at) {
        SCOPED_TRACE(::testing::Message()
                     << stream << " append " << at << " fault " << static_cast<int>(fault));
        House house(spec);
        std::size_t appends = 0;
        house.journal_faults =
            [&, one = testing::FailAt(stream, at, fault)](std::string_view to) mutable {
              appends += to.starts_with(stream) ? 1 : 0;
              return one(to);
            };
        for (int tries = 0; tries < 2 && !house.Apply().ok();) ++tries;
        Persist(house);
        Persist(house);
        EXPECT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase))
            << PhaseOf(house.Snapshot().state);
        if (at >= appends) break;  // There are no more.
      }
}

TEST(SecureJournalFaults, AJournalThatFailsForLongOnlyDelaysTheSum) {
  House house(SecureCampaign(kDevices));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  for (const Step step : {Step::kDeal, Step::kUpload, Step::kAgree, Step::kReply, Step::kNever}) {
    house.journal_faults = [](std::string_view) { return JournalFault::kNothingWritten; };
    Persist(house);
    const std::size_t rows = house.Facts("secure/").size();
    Persist(house);
    EXPECT_EQ(house.Facts("secure/").size(), rows);
    house.journal_faults = nullptr;
    house.Run(step);
  }
  Persist(house);
  ExpectSumOfEverybody(house);
}

// Failures at random, also of rounds and campaigns, with crashes among them.
TEST(SecureJournalFaults, HoweverTheyFallTheSumIsRightOrThereIsNoneWithAReason) {
  const std::uint64_t seeds = std::getenv("MUSTER_SOAK") ? 3000 : 60;
  std::uint64_t published = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(SeedOf({"journal faults", std::to_string(seed)}));
    House house(SecureCampaign(kDevices));
    ASSERT_THAT(house.Apply(), testing::IsOk());
    house.devices_persist = true;
    const std::uint64_t percent = 5 + rng.Below(40);
    house.journal_faults = [&rng, percent](std::string_view) {
      if (rng.Below(100) >= percent) return JournalFault::kNone;
      return rng.Below(2) == 0 ? JournalFault::kNothingWritten : JournalFault::kAnswerLost;
    };
    for (int i = 0; i < 20; ++i) {
      house.CheckIn();
      house.Run();
      house.PassMoment();
      if (rng.Below(8) == 0) house.Restart();
    }
    house.journal_faults = nullptr;
    Persist(house);
    const auto facts = house.Facts("secure/");
    EXPECT_THAT(facts, AnyOf(Contains("SecureSumOpened"), Contains("SecureSessionAbandoned")));
    if (!std::holds_alternative<Completed>(house.Snapshot().state.phase)) continue;
    EXPECT_THAT(facts, Not(Contains("SecureSessionAbandoned")));
    ExpectSumOfEverybody(house);
    ++published;
  }
  EXPECT_GT(published, seeds / 2);
}

}  // namespace
}  // namespace muster::coordinator
