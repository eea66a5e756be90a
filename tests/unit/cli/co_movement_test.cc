#include "cli/co_movement.h"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::cli {
namespace {

// One window a pair; of NAN one was not tested.
std::vector<v1::WindowView> Of(const std::vector<std::pair<double, double>>& distances) {
  std::vector<v1::WindowView> out;
  for (const auto& [a, b] : distances) {
    v1::WindowView& w = out.emplace_back();
    w.set_judged(true);
    for (const auto& [name, distance] : {std::pair("a", a), std::pair("b", b)}) {
      v1::FeatureView& f = *w.add_features();
      f.set_name(name);
      f.set_distance(distance);
      if (std::isnan(distance)) f.set_why("not tested");
    }
  }
  return out;
}
std::optional<CoMovement> Move(const std::vector<v1::WindowView>& windows) {
  std::vector<const v1::WindowView*> pointers;
  for (const auto& w : windows) pointers.push_back(&w);
  return CoMovementOf(pointers, "a", "b");
}

TEST(CoMovement, IsOneForWhatRisesAndFallsInProportion) {
  const auto m = Move(Of({{1, 12}, {2, 14}, {3, 16}, {9, 28}, {5, 20}, {6, 22}, {7, 24}, {0, 10}}));
  ASSERT_TRUE(m);
  EXPECT_DOUBLE_EQ(m->r, 1);
  EXPECT_EQ(m->windows, 8);
}

TEST(CoMovement, IsMinusOneForWhatGoesTheOtherWay) {
  const auto m = Move(Of({{1, 8}, {2, 7}, {3, 6}, {4, 5}, {5, 4}, {6, 3}, {7, 2}, {8, 1}}));
  ASSERT_TRUE(m);
  EXPECT_DOUBLE_EQ(m->r, -1);
}

TEST(CoMovement, HearsAFewDriftsThroughTheNoiseOfTheOtherWindows) {
  const auto m = Move(Of({{.01, .04},
                          {.03, .02},
                          {.02, .03},
                          {.04, .01},
                          {.02, .04},
                          {.03, .01},
                          {.01, .03},
                          {.6, .3},
                          {.7, .4}}));
  ASSERT_TRUE(m);
  EXPECT_GT(m->r, 0.95);
}

TEST(CoMovement, SaysNothingOfFewWindowsOrOfWhatStoodStill) {
  EXPECT_FALSE(Move(Of({{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}})));
  EXPECT_FALSE(
      Move(Of({{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, NAN}, {NAN, 9}})));
  EXPECT_FALSE(Move(Of({{1, 5}, {2, 5}, {3, 5}, {4, 5}, {5, 5}, {6, 5}, {7, 5}, {8, 5}})));
  EXPECT_FALSE(Move({}));
}

}  // namespace
}  // namespace muster::cli
