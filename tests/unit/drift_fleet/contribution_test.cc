#include "drift/fleet/contribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/seeded.h"
#include "drift/sketches/refusal.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using Counts = std::vector<std::uint64_t>;
using Limited = std::vector<std::uint32_t>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(LimitContribution, LeavesWhatIsWithinTheCap) {
  EXPECT_EQ(*LimitContribution(Counts{3, 0, 7}, 10), (Limited{3, 0, 7}));
  EXPECT_EQ(*LimitContribution({}, 10), Limited{});
}

TEST(LimitContribution, ScalesDownByTheLargestRemainders) {
  EXPECT_EQ(*LimitContribution(Counts{1'000'000'000, 0}, 50), (Limited{50, 0}));
  // 3.33, 3.33, 3.33: one is left over, and goes to the first.
  EXPECT_EQ(*LimitContribution(Counts{10, 10, 10}, 10), (Limited{4, 3, 3}));
  EXPECT_EQ(*LimitContribution(Counts{kMostCount - 2, 1, 1}, 7), (Limited{7, 0, 0}));
}

TEST(LimitContribution, WantsACapAndCountsThatAddUp) {
  for (const std::uint64_t cap : {std::uint64_t{0}, kMostCap + 1})
    EXPECT_THAT(LimitContribution(Counts{1}, cap), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(LimitContribution(Counts{UINT64_MAX, 1}, 9),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
}

// Whatever is counted: at most the cap, no count off by one, and no proportion of a window moved
// by more than cap / n.
TEST(LimitContributionProperty, BoundsTheSwayOfADevice) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Counts said(1 + rng.Below(12)), others(said.size());
    for (std::uint64_t& c : said) c = rng.Next() >> (20 + rng.Below(44));
    for (std::uint64_t& c : others) c = 1 + rng.Below(1000);
    const std::uint64_t cap = 1 + rng.Below(2000);
    const Limited limited = *LimitContribution(said, cap);
    const auto sum = [](const auto& c) {
      return static_cast<double>(std::accumulate(c.begin(), c.end(), std::uint64_t{0}));
    };
    ASSERT_EQ(sum(limited), std::min(sum(said), static_cast<double>(cap)));
    const double n = sum(others) + sum(limited);
    for (std::size_t i = 0; i < said.size(); ++i) {
      const double kept = static_cast<double>(limited[i]), other = static_cast<double>(others[i]);
      if (sum(said) > 0)
        ASSERT_LT(std::abs(kept - static_cast<double>(said[i]) * sum(limited) / sum(said)), 1);
      ASSERT_LE(std::abs((other + kept) / n - other / sum(others)),
                static_cast<double>(cap) / n + 1e-12);
    }
  }
}

}  // namespace
}  // namespace muster::drift
