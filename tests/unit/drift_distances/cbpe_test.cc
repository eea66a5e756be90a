#include "drift/distances/cbpe.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using Values = std::vector<double>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(Cbpe, HasTheKnownSums) {
  const ExpectedConfusion sums = *ExpectConfusion(Values{.9, .8, .7, .4, .3, .1}, .5);
  EXPECT_NEAR(static_cast<double>(sums.true_positive) * kConfusionUnit, 2.4, 1e-8);
  EXPECT_NEAR(static_cast<double>(sums.false_positive) * kConfusionUnit, .6, 1e-8);
  EXPECT_NEAR(static_cast<double>(sums.true_negative) * kConfusionUnit, 2.2, 1e-8);
  EXPECT_NEAR(static_cast<double>(sums.false_negative) * kConfusionUnit, .8, 1e-8);
  const ExpectedPerformance performance = *PerformanceOf(sums);
  EXPECT_NEAR(performance.accuracy, .766667, 1e-6);
  EXPECT_NEAR(*performance.precision, .8, 1e-8);
  EXPECT_NEAR(*performance.recall, .75, 1e-8);
  EXPECT_NEAR(*performance.f1, .774194, 1e-6);
}

TEST(Cbpe, LeavesOutWhatIsUndefined) {
  const ExpectedPerformance sure_no = *PerformanceOf(*ExpectConfusion(Values{0, 0}, .5));
  EXPECT_EQ(sure_no.accuracy, 1);
  EXPECT_FALSE(sure_no.precision || sure_no.recall || sure_no.f1);
  const ExpectedPerformance missed = *PerformanceOf(*ExpectConfusion(Values{.25}, .5));
  EXPECT_FALSE(missed.precision);
  EXPECT_EQ(missed.recall, 0);
  EXPECT_EQ(missed.f1, 0);
}

TEST(Cbpe, ACutIsWhereThePositivesBegin) {
  EXPECT_GT(ExpectConfusion(Values{.5}, .5)->true_positive, 0u);
  EXPECT_EQ(ExpectConfusion(Values{std::nextafter(.5, 0)}, .5)->true_positive, 0u);
}

TEST(Cbpe, RefusesWhatIsNoProbability) {
  EXPECT_THAT(ExpectConfusion({}, .5),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_EMPTY));
  EXPECT_THAT(PerformanceOf({}), Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_EMPTY));
  EXPECT_THAT(ExpectConfusion(Values{std::nan("")}, .5),
              Fails(kInvalid, Reason::kDATA_NOT_A_NUMBER));
  for (const double p : {-1e-9, 1.000001, HUGE_VAL})
    EXPECT_THAT(ExpectConfusion(Values{p}, .5), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  for (const double cut : {-0.1, 1.1, std::nan("")})
    EXPECT_THAT(ExpectConfusion(Values{.5}, cut), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(Cbpe, RefusesSumsThatOverflowUnchanged) {
  ExpectedConfusion sums{.true_positive = 1, .false_negative = UINT64_MAX};
  const ExpectedConfusion before = sums;
  EXPECT_THAT(Merge(sums, {.true_positive = 1, .false_negative = 1}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_EQ(sums, before);
}

// However predictions fall to devices, the merged sums are those of one device with all of them.
TEST(CbpeProperty, SumsMergeExactlyOverDevices) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::vector<Values> devices(4, Values{0.5});
    Values all(4, 0.5);
    for (int i = 0; i < 200; ++i) {
      all.push_back(static_cast<double>(rng.Next() >> 11) * 0x1p-53);
      devices[rng.Below(4)].push_back(all.back());
    }
    ExpectedConfusion merged;
    for (const Values& device : devices)
      ASSERT_TRUE(Merge(merged, *ExpectConfusion(device, .3)).ok());
    ASSERT_EQ(merged, *ExpectConfusion(all, .3));
  }
}

}  // namespace
}  // namespace muster::drift
