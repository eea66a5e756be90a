#include "aggregation/screen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/aggregation/testing.h"

namespace muster::aggregation {
namespace {
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr ScreenLimits kLimits{16, std::nullopt};

std::optional<Reason> ReasonFor(const std::vector<float>& delta, const ScreenLimits& limits) {
  const Status status = Screen(delta, limits).status();
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  return ReasonOf(status);
}

TEST(Screen, ReportsTheNormAndTheLargestCoordinate) {
  const auto report = Screen(std::vector<float>{3, -4, 0}, kLimits);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->l2_norm, 5);
  EXPECT_EQ(report->max_abs, 4);
  EXPECT_EQ(Screen({}, kLimits)->l2_norm, 0);
}

TEST(Screen, RefusesNaNAndInfinityInEveryPlace) {
  for (std::size_t n = 1; n <= 37; ++n)
    for (std::size_t at = 0; at < n; ++at)
      for (const float bad : {kNaN, -kNaN, kInf, -kInf}) {
        std::vector<float> delta(n, 0.5f);
        delta[at] = bad;
        ASSERT_EQ(ReasonFor(delta, kLimits), Reason::kUPDATE_NON_FINITE) << n << " " << at;
      }
}

TEST(Screen, RefusesThemInLaterBlocksToo) {
  for (const std::size_t at : {65'535, 65'536, 131'071, 131'072, 131'073}) {
    std::vector<float> delta(131'074, 0.5f);
    delta[at] = kNaN;
    EXPECT_EQ(ReasonFor(delta, kLimits), Reason::kUPDATE_NON_FINITE) << at;
    delta[at] = -16.5f;
    EXPECT_EQ(ReasonFor(delta, kLimits), Reason::kUPDATE_OVER_BOUND) << at;
  }
}

TEST(Screen, TheBoundItselfIsWithinAndTheNextFloatIsNot) {
  for (std::size_t at = 0; at < 20; ++at)
    for (const float sign : {1.0f, -1.0f}) {
      std::vector<float> delta(20, 0);
      delta[at] = 16 * sign;
      EXPECT_TRUE(Screen(delta, kLimits).ok());
      delta[at] = std::nextafter(16.0f, kInf) * sign;
      EXPECT_EQ(ReasonFor(delta, kLimits), Reason::kUPDATE_OVER_BOUND);
      delta[at] = std::numeric_limits<float>::max() * sign;
      EXPECT_EQ(ReasonFor(delta, kLimits), Reason::kUPDATE_OVER_BOUND);
    }
}

TEST(Screen, TheClipItselfIsWithinAndBeyondItIsOverNorm) {
  const std::vector<float> delta = {3, 4};
  EXPECT_TRUE(Screen(delta, {16, 5}).ok());
  EXPECT_EQ(ReasonFor(delta, {16, std::nextafter(5.0, 0.0)}), Reason::kUPDATE_OVER_NORM);
}

TEST(Screen, ANonFiniteCoordinateOutranksOthersFaults) {
  EXPECT_EQ(ReasonFor({100, kNaN}, {16, 1}), Reason::kUPDATE_NON_FINITE);
  EXPECT_EQ(ReasonFor({100, 1}, {16, 1}), Reason::kUPDATE_OVER_BOUND);
}

TEST(Screen, ARefusalNamesTheCoordinate) {
  std::vector<float> delta(70'000, 0);
  delta[66'001] = 17;
  EXPECT_NE(MessageOf(Screen(delta, kLimits).status()).find("coordinate 66001 is 17"),
            std::string_view::npos);
}

TEST(Screen, LargeFiniteFloatsDoNotOverflowTheNorm) {
  const std::vector<float> delta(1000, std::numeric_limits<float>::max());
  const auto report = Screen(delta, {std::numeric_limits<double>::max(), std::nullopt});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(std::isfinite(report->l2_norm));
}

// Device and coordinator compare norms with one clip, so the order of the sum may never change:
// this value was computed outside this code, block by block and lane by lane.
TEST(Screen, TheNormOfAFixedUpdateIsPinned) {
  SeededRng rng(72);
  EXPECT_EQ(Screen(RandomDelta(rng, 150'001), kLimits)->l2_norm, 0x1.bec9e2e57426dp+11);
}

// What a device clipped to its norm must not be refused for on another machine type.
TEST(Screen, TheNormHasTheSameBitsOnEveryTarget) {
  SeededRng rng(71);
  const std::vector<float> delta = RandomDelta(rng, 200'003);
  const double norm = Screen(delta, kLimits)->l2_norm;
  long double squares = 0;
  for (const float x : delta) squares += static_cast<long double>(x) * x;
  EXPECT_NEAR(norm, static_cast<double>(std::sqrt(squares)), norm * 1e-14);
  OnEveryTarget(
      [&](const char* target) { EXPECT_EQ(Screen(delta, kLimits)->l2_norm, norm) << target; });
}
}  // namespace
}  // namespace muster::aggregation
