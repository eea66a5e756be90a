// Whoever vanishes, and whenever: what comes out is the sum of the survivors, to the unit, or
// nothing.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

// The step before which a device vanishes.
enum Leaves { kBeforeKeys, kBeforeShares, kBeforeVector, kBeforeAgreement, kBeforeReply, kNever };

Room::Alive Before(const std::vector<Leaves>& leaves, Leaves step) {
  return [&leaves, step](std::size_t device) { return leaves[device] > step; };
}

std::optional<std::vector<std::vector<std::int32_t>>> Drive(Room& room,
                                                            const std::vector<Leaves>& leaves) {
  room.Advertise(Before(leaves, kBeforeKeys));
  room.Deal(Before(leaves, kBeforeShares));
  room.SendVectors(Before(leaves, kBeforeVector));
  room.Agree(Before(leaves, kBeforeAgreement));
  return room.Unmask(Before(leaves, kBeforeReply));
}

TEST(SecureSum, FiveDevicesSumExactly) {
  Room room(RoomOptions{});
  const auto sums = Drive(room, std::vector<Leaves>(5, kNever));
  ASSERT_TRUE(sums.has_value());
  EXPECT_EQ(*sums, room.PlainSum(MemberSet::All(5)));
  EXPECT_TRUE(room.server->IsOver());
}

TEST(SecureSum, OneThatVanishesAtAnyStepIsLeftOut) {
  for (int step = kBeforeKeys; step <= kBeforeReply; ++step) {
    SCOPED_TRACE(::testing::Message() << "step=" << step);
    RoomOptions options{.devices = 6};
    options.rule.dropout_ppm = 200'000;
    Room room(options);
    std::vector<Leaves> leaves(6, kNever);
    leaves[2] = static_cast<Leaves>(step);
    const auto sums = Drive(room, leaves);
    ASSERT_TRUE(sums.has_value());
    const MemberSet& survivors = room.In<Summed>()->survivors;
    EXPECT_EQ(*sums, room.PlainSum(survivors));
    EXPECT_EQ(survivors.size(), step <= kBeforeVector ? 5u : 6u);
  }
}

struct Drawn {
  RoomOptions options;
  std::vector<Leaves> leaves;
};
Drawn Draw(std::uint64_t seed) {
  SeededRng rng(seed);
  Drawn out;
  RoomOptions& o = out.options;
  o.seed = seed;
  o.devices = 3 + static_cast<std::uint32_t>(rng.Below(14));
  o.rule.least = 3;
  o.rule.corrupt_ppm = static_cast<std::uint32_t>(rng.Below(200'000));
  o.rule.dropout_ppm = static_cast<std::uint32_t>(rng.Below(250'000));
  o.rule.privacy_bits = 4 + static_cast<std::uint32_t>(rng.Below(20));
  o.rule.complete_up_to = rng.Below(2) == 0 ? 0 : 256;
  o.rule.profile = rng.Below(2) == 0 ? Profile::kActive : Profile::kCurious;
  o.floor.privacy_bits = 4;
  const LaneBits widths[] = {LaneBits::k16, LaneBits::k24, LaneBits::k32};
  o.segments = {{"update", 1 + rng.Below(40), widths[rng.Below(3)],
                 1 + static_cast<std::int64_t>(rng.Below(1000))},
                {"weight", 1, LaneBits::k32, 1000}};
  // With some chance nobody vanishes, with some many do.
  const std::uint64_t often = rng.Below(40);
  for (std::uint32_t i = 0; i < o.devices; ++i)
    out.leaves.push_back(rng.Below(100) < often ? static_cast<Leaves>(rng.Below(kNever)) : kNever);
  return out;
}

TEST(SecureSumProperty, WhoeverVanishesTheSumOfTheSurvivorsIsExact) {
  std::uint64_t summed = 0, infeasible = 0;
  const std::uint64_t cases = Cases(1'000, 10'000);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const Drawn drawn = Draw(seed);
    if (!CheckTask(TaskOf(drawn.options)).ok()) {
      ++infeasible;
      continue;
    }
    Room room(drawn.options);
    const auto sums = Drive(room, drawn.leaves);
    ASSERT_TRUE(room.refusals.empty());
    if (!sums) continue;
    ASSERT_NE(room.In<Summed>(), nullptr);
    ASSERT_EQ(*sums, room.PlainSum(room.In<Summed>()->survivors));
    ++summed;
  }
  // Most sessions must come to their end, or this proves nothing.
  EXPECT_GT(2 * summed, cases);
  EXPECT_LT(4 * infeasible, cases);
}
}  // namespace
}  // namespace muster::aggregation::secagg
