#include "drift/detectors/sampler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/unit/drift_detectors/python_random.h"

namespace muster::drift {
namespace {
using ::testing::ElementsAre;

std::vector<std::uint32_t> Drawn(Sampler& sampler, std::uint64_t draw, std::uint32_t population,
                                 std::size_t count) {
  std::vector<std::uint32_t> out(count);
  sampler.Sample(draw, population, out);
  return out;
}

TEST(Sampler, ADrawIsASubsetOfThePopulation) {
  SeededSampler sampler(7);
  for (std::uint32_t population = 1; population < 80; ++population)
    for (std::uint32_t count = 0; count <= population; ++count) {
      const auto drawn = Drawn(sampler, population * 100 + count, population, count);
      const std::set<std::uint32_t> distinct(drawn.begin(), drawn.end());
      ASSERT_EQ(distinct.size(), count) << "of " << population;
      if (count > 0) ASSERT_LT(*distinct.rbegin(), population);
    }
}

TEST(Sampler, ADrawDependsOnItsNumberAndTheSeedAlone) {
  SeededSampler one(7), two(7), other(8);
  const auto fifth = Drawn(one, 5, 70, 30);
  EXPECT_NE(Drawn(one, 6, 70, 30), fifth);
  EXPECT_EQ(Drawn(one, 5, 70, 30), fifth);
  EXPECT_EQ(Drawn(two, 5, 70, 30), fifth);
  EXPECT_NE(Drawn(other, 5, 70, 30), fifth);
}

// Each position is in a draw with chance 3 / 7, and each pair with (30 29) / (70 69): within five
// standard deviations, of 20,000 draws.
TEST(Sampler, EveryPositionAndPairIsDrawnAsOftenAsAnyOther) {
  constexpr int kDraws = 20'000;
  SeededSampler sampler(1);
  std::vector<int> times(70), with_first(70);
  for (int draw = 0; draw < kDraws; ++draw) {
    const auto drawn = Drawn(sampler, draw, 70, 30);
    const bool first = std::find(drawn.begin(), drawn.end(), 0u) != drawn.end();
    for (const std::uint32_t position : drawn) {
      ++times[position];
      with_first[position] += first;
    }
  }
  const auto expect_share = [](int count, double share) {
    EXPECT_NEAR(count, kDraws * share, 5 * std::sqrt(kDraws * share * (1 - share)));
  };
  for (int position = 0; position < 70; ++position) {
    expect_share(times[position], 30.0 / 70);
    if (position > 0) expect_share(with_first[position], 30.0 * 29 / (70 * 69));
  }
}

TEST(PythonRandom, DrawsWhatPythonDraws) {
  testing::PythonRandom random(12345);
  EXPECT_EQ(random.Random(), 0.41661987254534116);
  EXPECT_EQ(random.Random(), 0.010169169457068361);
  std::vector<std::uint32_t> few(6), many(6);
  testing::PythonRandom(42).Sample(20, few);
  EXPECT_THAT(few, ElementsAre(3, 0, 8, 7, 16, 2));
  testing::PythonRandom(42).Sample(1000, many);
  EXPECT_THAT(many, ElementsAre(654, 114, 25, 759, 281, 250));
}

}  // namespace
}  // namespace muster::drift
