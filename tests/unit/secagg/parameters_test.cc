#include "aggregation/secagg/parameters.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::aggregation::secagg {
namespace {

using ::muster::testing::Fails;

constexpr std::uint32_t kThird = 333'334;
constexpr std::uint32_t kDropouts[] = {50'000, 100'000, 200'000, 300'000};

// Degrees for dropouts of 5, 10, 20 and 30 %, at 40 bits.
struct CuriousRow {
  std::uint32_t devices, corrupt_ppm;
  std::uint32_t degrees[4];
};
constexpr CuriousRow kCurious[] = {
    {100, 50'000, {12, 16, 20, 26}},    {100, 100'000, {16, 18, 24, 30}},
    {100, 200'000, {20, 24, 30, 38}},   {100, kThird, {28, 32, 40, 50}},
    {1000, 50'000, {18, 22, 30, 40}},   {1000, 100'000, {22, 26, 34, 44}},
    {1000, 200'000, {30, 34, 44, 58}},  {1000, kThird, {42, 48, 64, 86}},
    {10000, 50'000, {20, 26, 34, 44}},  {10000, 100'000, {26, 30, 40, 52}},
    {10000, 200'000, {34, 40, 52, 68}}, {10000, kThird, {48, 56, 74, 102}},
};
TEST(Parameters, RingsForACuriousServerAreAsWideAsTheUnionBoundAsks) {
  for (const CuriousRow& row : kCurious)
    for (int i = 0; i < 4; ++i) {
      SCOPED_TRACE(::testing::Message() << row.devices << ' ' << row.corrupt_ppm << ' ' << i);
      const auto graph = NarrowForCurious(row.devices, PartOf(row.devices, row.corrupt_ppm),
                                          PartOf(row.devices, kDropouts[i]), 40);
      EXPECT_EQ(graph.degree, row.degrees[i]);
    }
}

// (k, h) for a lying server at 80 bits.
struct ActiveRow {
  std::uint32_t devices, corrupt_ppm;
  NarrowGraph graphs[4];
};
constexpr ActiveRow kActive[] = {
    {100, 100'000, {{30, 26}, {40, 31}, {58, 40}, {80, 51}}},
    {1000, 50'000, {{78, 65}, {110, 85}, {194, 133}, {370, 229}}},
    {1000, 100'000, {{108, 92}, {146, 116}, {272, 193}, {536, 345}}},
    {1000, 200'000, {{158, 138}, {224, 184}, {446, 330}, {874, 593}}},
    {1000, kThird, {{240, 215}, {364, 308}, {762, 588}, {999, 0}}},
};
TEST(Parameters, RingsForALyingServerCarryTheDegreeRule) {
  for (const ActiveRow& row : kActive)
    for (int i = 0; i < 4; ++i) {
      SCOPED_TRACE(::testing::Message() << row.devices << ' ' << row.corrupt_ppm << ' ' << i);
      const auto graph = NarrowForActive(row.devices, PartOf(row.devices, row.corrupt_ppm),
                                         PartOf(row.devices, kDropouts[i]), 80);
      EXPECT_EQ(graph.degree, row.graphs[i].degree);
      EXPECT_EQ(graph.core, row.graphs[i].core);
    }
}

struct ThresholdRow {
  std::uint32_t devices, corrupt_ppm, threshold;
};
TEST(Parameters, ThresholdsLetNoSecretBeOpenedTwice) {
  for (const ThresholdRow& row : std::initializer_list<ThresholdRow>{{10, 50'000, 6},
                                                                     {10, 100'000, 6},
                                                                     {10, 200'000, 7},
                                                                     {10, kThird, 7},
                                                                     {100, 50'000, 53},
                                                                     {100, 100'000, 56},
                                                                     {100, 200'000, 61},
                                                                     {100, kThird, 67},
                                                                     {1000, 50'000, 526},
                                                                     {1000, 100'000, 551},
                                                                     {1000, 200'000, 601},
                                                                     {1000, kThird, 667}}) {
    const CohortRule rule{.least = 3, .corrupt_ppm = row.corrupt_ppm, .dropout_ppm = 300'000};
    const auto found = FindParameters(rule, row.devices);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->threshold, row.threshold);
    EXPECT_GT(2 * found->threshold, row.devices + found->corrupt);
  }
}

TEST(Parameters, SmallActiveSessionsHaveCompleteGraphs) {
  const CohortRule rule{.least = 3, .corrupt_ppm = 100'000, .dropout_ppm = 100'000};
  EXPECT_TRUE(FindParameters(rule, 256)->complete());
  EXPECT_FALSE(FindParameters(rule, 257)->complete());
}

TEST(Parameters, InfeasibleCohortsAreRefusedUpFront) {
  const auto refused = [](CohortRule rule, std::uint32_t devices) {
    return FindParameters(rule, devices).status();
  };
  const auto invalid = Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID);
  EXPECT_THAT(refused({.least = 6}, 5), invalid);
  EXPECT_THAT(refused({.least = 1}, 1), invalid);
  // Six of ten survive and seven are needed.
  EXPECT_THAT(refused({.least = 3, .corrupt_ppm = 200'000, .dropout_ppm = 400'000}, 10), invalid);
  EXPECT_THAT(refused({.least = 3, .corrupt_ppm = 900'000}, 10), invalid);
  EXPECT_THAT(refused({.least = 3, .dropout_ppm = 1'000'000}, 10), invalid);
  EXPECT_THAT(refused({.least = 3, .privacy_bits = 0}, 10), invalid);
  EXPECT_THAT(refused({.threshold = ThresholdRule::kSemiHonest, .least = 3}, 10), invalid);
  EXPECT_THAT(refused({.profile = static_cast<Profile>(7), .least = 3}, 10), invalid);
  EXPECT_TRUE(refused({.least = 3, .corrupt_ppm = 200'000, .dropout_ppm = 300'000}, 10).ok());
}
}  // namespace
}  // namespace muster::aggregation::secagg
