#include "base/seeded.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace muster {
namespace {
// The generator's published first outputs for seed 1234567 (SplitMix64 reference code).
TEST(SeededRng, GivesTheReferenceSequenceOfSplitMix64) {
  SeededRng rng(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
        4593380528125082431ULL, 16408922859458223821ULL})
    EXPECT_EQ(rng.Next(), expected);
}

// Cohorts and training hang on these values: they may never change.
TEST(SeedOf, ValuesArePinned) {
  EXPECT_EQ(SeedOf({}), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(SeedOf({"campaign", "1", "engine-017"}), 0xd4d088166afafcb4ULL);
  EXPECT_EQ(SeedOf({"42", "7"}), 0x124935fccc7597c2ULL);
}

TEST(SeedOf, PartsKeepTheirBorders) {
  EXPECT_NE(SeedOf({"ab", "c"}), SeedOf({"a", "bc"}));
  EXPECT_NE(SeedOf({"ab"}), SeedOf({"ab", ""}));
  EXPECT_NE(SeedOf({"a", "b"}), SeedOf({"b", "a"}));
  EXPECT_NE(SeedOf({}), SeedOf({""}));
  EXPECT_EQ(SeedOf({"a", "b"}), SeedOf({"a", "b"}));
}

TEST(SeededRng, DrawsBelowTheBoundArePinned) {
  SeededRng rng(SeedOf({"pinned"}));
  std::array<std::uint64_t, 6> draws{};
  for (std::uint64_t& d : draws) d = rng.Below(100);
  EXPECT_EQ(draws, (std::array<std::uint64_t, 6>{72, 61, 31, 63, 75, 83}));
}

TEST(SeededRng, DrawsStayBelowTheBoundAndReachEveryValue) {
  SeededRng rng(41);
  for (const std::uint64_t bound : {1ULL, 2ULL, 7ULL, 100ULL}) {
    std::vector<int> seen(bound);
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t draw = rng.Below(bound);
      ASSERT_LT(draw, bound);
      ++seen[draw];
    }
    const double expected = 20'000.0 / static_cast<double>(bound);
    for (const int count : seen) EXPECT_NEAR(count, expected, 0.35 * expected);
  }
}

// With modulo alone, the lower half would come twice as often as the upper.
TEST(SeededRng, ABoundNearTheTopIsDrawnWithoutBias) {
  const std::uint64_t bound = 3ULL << 62;
  SeededRng rng(42);
  int low = 0;
  for (int i = 0; i < 9'000; ++i) low += rng.Below(bound) < bound / 3;
  EXPECT_NEAR(low, 3'000, 300);
}
}  // namespace
}  // namespace muster
