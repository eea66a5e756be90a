#include "coordinator/secure/patience.h"

#include <gtest/gtest.h>

namespace muster::coordinator {
namespace {
using namespace std::chrono_literals;
constexpr Timestamp kStart{Duration(1'000'000)};

TEST(Patience, LastsAFewTimesAsLongAsTheOthersLieApart) {
  Patience patience(40ms);
  patience.See(1, 0, kStart);
  patience.See(1, 3, kStart + 100ms);
  patience.See(1, 7, kStart + 300ms);
  patience.See(1, 7, kStart + 900ms);  // Nobody came: the others lie 200 ms apart.
  EXPECT_EQ(patience.Until(), kStart + 300ms + 200ms * Patience::kTimes);
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
