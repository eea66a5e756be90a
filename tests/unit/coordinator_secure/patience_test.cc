#include "coordinator/secure/patience.h"

#include <gtest/gtest.h>

namespace muster::coordinator {
namespace {
using namespace std::chrono_literals;
constexpr Timestamp kStart{Duration(1'000'000)};

TEST(Patience, LastsAFewTimesAsLongAsTheLongestGapBetweenTheOthers) {
  Patience patience(40ms);
  patience.See(1, 0, kStart);
  patience.See(1, 3, kStart + 500ms);  // What all took alike is no gap.
  patience.See(1, 7, kStart + 600ms);
  patience.See(1, 8, kStart + 620ms);
  patience.See(1, 8, kStart + 900ms);  // Nobody came.
  EXPECT_EQ(patience.Until(), kStart + 620ms + 100ms * Patience::kTimes);
}

TEST(Patience, GrowsWithADeviceThatCameLate) {
  Patience patience(40ms);
  patience.See(1, 5, kStart);
  patience.See(1, 6, kStart + 10s);
  EXPECT_EQ(patience.Until(), kStart + 10s + 10s * Patience::kTimes);
}

TEST(Patience, LastsAtLeastSoLong) {
  Patience patience(2s);
  patience.See(1, 5, kStart);
  EXPECT_EQ(patience.Until(), kStart + 2s);
}

TEST(Patience, BeginsAnewWithEachStep) {
  Patience patience(40ms);
  patience.See(1, 0, kStart);
  patience.See(1, 7, kStart + 10s);
  patience.See(2, 7, kStart + 11s);
  EXPECT_EQ(patience.Until(), kStart + 11s + 40ms);
}

}  // namespace
}  // namespace muster::coordinator
