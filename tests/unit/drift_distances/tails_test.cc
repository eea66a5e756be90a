#include "drift/distances/tails.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/drift_distances/golden.h"

namespace muster::drift {
namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

TEST(Tails, AreThoseOfScipy) {
  for (const golden::Tail& g : golden::kChiSquare)
    EXPECT_NEAR(ChiSquareTail(g.x, g.d1), g.tail, 1e-10 * g.tail) << g.x;
  for (const golden::Tail& g : golden::kFisher)
    EXPECT_NEAR(FTail(g.x, g.d1, g.d2), g.tail, 1e-10 * g.tail) << g.x;
  for (const golden::Tail& g : golden::kStudent)
    EXPECT_NEAR(StudentTwoSidedTail(g.x, g.d1), g.tail, 1e-10 * g.tail) << g.x;
  for (const golden::Tail& g : golden::kKolmogorov)
    EXPECT_NEAR(KolmogorovTail(g.x), g.tail, 1e-12 * g.tail) << g.x;
}

TEST(Tails, PointsAreWhereTheTailIsTheRate) {
  EXPECT_NEAR(KolmogorovTail(1.0), 0.269999672, 1e-9);
  EXPECT_NEAR(KolmogorovPoint(0.05), 1.358098639, 1e-9);
  for (const double rate : {1e-12, 1e-3, 0.05, 0.5, 0.99}) {
    EXPECT_NEAR(ChiSquareTail(ChiSquarePoint(rate, 9), 9), rate, 1e-9 * rate);
    EXPECT_NEAR(KolmogorovTail(KolmogorovPoint(rate)), rate, 1e-9 * rate);
  }
}

TEST(Tails, AnswerOutsideTheirSupportToo) {
  const auto all = [](double x) {
    return std::vector{ChiSquareTail(x, 3), FTail(x, 3, 40), StudentTwoSidedTail(x, 3),
                       KolmogorovTail(x)};
  };
  EXPECT_EQ(all(kInfinity), std::vector(4, 0.0));
  EXPECT_EQ(all(0), std::vector(4, 1.0));
  EXPECT_EQ(all(kNan), std::vector(4, 1.0));
  for (const double x : {1e-300, 1e-9, 1e9, 1e300})
    for (const double tail : all(x)) EXPECT_TRUE(tail >= 0 && tail <= 1) << x << " " << tail;
}

}  // namespace
}  // namespace muster::drift
