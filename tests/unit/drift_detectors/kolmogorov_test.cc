#include "drift/detectors/kolmogorov.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace muster::drift {
namespace {

TEST(Kolmogorov, ChancesAreThoseOfScipy) {
  EXPECT_NEAR(KolmogorovChance(5, 3), 0.357142857142857, 1e-15);
  EXPECT_NEAR(KolmogorovChance(30, 6), 0.5940706297759378, 1e-14);
  EXPECT_NEAR(KolmogorovChance(30, 15), 0.0008995776840176799, 1e-17);
  EXPECT_NEAR(KolmogorovChance(100, 33), 3.211428734211389e-05, 1e-18);
  EXPECT_NEAR(KolmogorovChance(1000, 100), 8.974277567313009e-05, 1e-17);
  EXPECT_NEAR(KolmogorovChance(30, 30) / 1.6911233892144742e-17, 1, 1e-12);
}

// Of all C(2n, n) ways to lay out two samples in one order, those with a distance so large.
TEST(Kolmogorov, ChancesAreWhatCountingEveryOrderGives) {
  for (std::uint32_t n = 1; n <= 7; ++n) {
    std::vector<int> order(2 * n, 1);
    std::fill(order.begin(), order.begin() + n, -1);
    std::vector<double> at_least(n + 2);
    double orders = 0;
    do {
      int ahead = 0, most = 0;
      for (const int side : order) most = std::max(most, std::abs(ahead += side));
      for (int steps = 1; steps <= most; ++steps) ++at_least[steps];
      ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    for (std::uint32_t steps = 1; steps <= n + 1; ++steps)
      EXPECT_NEAR(KolmogorovChance(n, steps), at_least[steps] / orders, 1e-14) << n << " " << steps;
  }
}

TEST(Kolmogorov, CriticalStepsAreTheFewestThatAreRareEnough) {
  for (const std::uint32_t n : {1u, 2u, 10u, 30u, 1000u})
    for (const double alpha : {0.9, 0.05, 0.005, 1e-4, 1e-12}) {
      const std::uint32_t steps = KolmogorovSteps(n, alpha);
      EXPECT_LE(KolmogorovChance(n, steps), alpha);
      if (steps > 1) EXPECT_GT(KolmogorovChance(n, steps - 1), alpha);
    }
  EXPECT_EQ(KolmogorovSteps(2, 1e-12), 3u);  // No two samples of two differ so much.
}

}  // namespace
}  // namespace muster::drift
