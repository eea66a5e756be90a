#include "drift/distances/quadratic_form.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/seeded.h"
#include "drift/distances/tails.h"

namespace muster::drift {
namespace {

// By numerical inversion of the characteristic function (Imhof, Biometrika 48, 1961) with scipy.
TEST(QuadraticRatioTail, IsWithinAnEighthOfTheExactOneFarInTheTailToo) {
  const struct {
    double f;
    std::vector<double> l;
    double d;
    double tail;
  } exact[] = {
      {0.5, {1, .5}, 18, 0.5983873755212973},
      {1, {1, .2, .1, .05}, 38, 0.34207559330081105},
      {2.5, {1, .2, .1, .05}, 38, 0.09037599376578737},
      {8, {1, .2, .1, .05}, 38, 0.001989794365229003},
      {12, {1, .2, .1, .05}, 38, 0.00017832841193077265},
      {25, {1, .2, .1, .05}, 38, 2.0362444980159822e-07},
      {3, std::vector(9, .3), 38, 0.0018585901785609926},
      {4, {1, 1, 1, .1, .1}, 30, 0.007702524804685196},
      {0.2, {1, .6, .3}, 25, 0.8818705670485631},
      {6, {1, .01, .01}, 18, 0.02334589532416581},
      {1.7,
       {1, 1. / 2, 1. / 3, 1. / 4, 1. / 5, 1. / 6, 1. / 7, 1. / 8, 1. / 9},
       38,
       0.12188373549830661},
  };
  for (const auto& e : exact)
    EXPECT_NEAR(QuadraticRatioTail(e.f, e.l, e.d), e.tail, e.tail / 8) << e.f;
}

TEST(QuadraticRatioTail, OfOneOrOfEqualWeightsIsFisher) {
  for (const double f : {0.1, 0.9, 2.0, 5.0, 20.0}) {
    EXPECT_EQ(QuadraticRatioTail(f, std::vector{3.0}, 20), FTail(f, 1, 20));
    const double fisher = FTail(f, 9, 9 * 20);
    EXPECT_NEAR(QuadraticRatioTail(f, std::vector(9, 2.0), 20), fisher, 0.02 * fisher) << f;
  }
}

TEST(QuadraticRatioTail, IsSmoothWhereTheSaddlepointIsZero) {
  const std::vector<double> l{1, .4, .2};
  const double at = QuadraticRatioTail(1, l, 30);
  for (const double apart : {-1e-3, -1e-5, -1e-7, -1e-10, 1e-10, 1e-7, 1e-5, 1e-3})
    EXPECT_NEAR(QuadraticRatioTail(1 + apart, l, 30), at, 1e-6 + std::abs(apart));
}

TEST(QuadraticRatioTail, AnswersAtTheEnds) {
  const std::vector<double> l{1, .4};
  EXPECT_EQ(QuadraticRatioTail(0, l, 30), 1);
  EXPECT_EQ(QuadraticRatioTail(std::nan(""), l, 30), 1);
  EXPECT_EQ(QuadraticRatioTail(std::numeric_limits<double>::infinity(), l, 30), 0);
}

// Whatever the weights and their scale: a tail that falls as f rises.
TEST(QuadraticRatioTailProperty, FallsFromOneToZero) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::vector<double> l(1 + rng.Below(20));
    const double scale = std::pow(10, static_cast<double>(rng.Below(40)) - 20);
    for (double& x : l) x = scale * std::pow(10, -static_cast<double>(rng.Below(120)) / 10);
    const double d = 1 + static_cast<double>(rng.Below(100));
    double last = 1;
    for (double f = 1e-6; f < 1e12; f *= 1.7) {
      const double tail = QuadraticRatioTail(f, l, d);
      ASSERT_TRUE(tail >= 0 && tail <= last + 1e-6) << f << " " << tail << " after " << last;
      last = tail;
    }
    ASSERT_LT(last, 0.02);
  }
}

}  // namespace
}  // namespace muster::drift
