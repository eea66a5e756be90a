#include "base/nearest.h"

#include <gtest/gtest.h>

namespace muster {
namespace {
using Names = std::vector<std::string>;

TEST(Nearest, IsTheCandidateWithTheFewestEdits) {
  EXPECT_EQ(Nearest("rouns", Names{"bounds", "rounds", "goal"}), "rounds");
  EXPECT_EQ(Nearest("s121", Names{"s2", "s12", "s20"}), "s12");
  EXPECT_EQ(Nearest("temprature", Names{"pressure", "temperature"}), "temperature");
}

TEST(Nearest, CountsSwappedNeighboursAsOneEdit) {
  EXPECT_EQ(Nearest("s21", Names{"s3", "s12"}), "s12");
  EXPECT_EQ(Nearest("wnidow", Names{"widow_x", "window"}), "window");
}

TEST(Nearest, IgnoresCase) { EXPECT_EQ(Nearest("RPM", Names{"rp", "rpm"}), "rpm"); }

TEST(Nearest, IsTheFirstOfEquals) { EXPECT_EQ(Nearest("s1", Names{"s3", "s2"}), "s3"); }

TEST(Nearest, IsNothingWhenNothingIsNear) {
  EXPECT_EQ(Nearest("voltage", Names{"s1", "pressure"}), std::nullopt);
  EXPECT_EQ(Nearest("ab", Names{"cd"}), std::nullopt);
  EXPECT_EQ(Nearest("x", {}), std::nullopt);
  EXPECT_EQ(Nearest("", Names{"s"}), std::nullopt);
}

TEST(Nearest, DoesNotComparePagesOfText) {
  const std::string page(65, 'a');
  EXPECT_EQ(Nearest(page, Names{page}), std::nullopt);
}

TEST(DidYouMean, EndsAMessageOrAddsNothing) {
  EXPECT_EQ(DidYouMean("s21", Names{"s12"}), "; did you mean 's12'?");
  EXPECT_EQ(DidYouMean("voltage", Names{"s12"}), "");
}

}  // namespace
}  // namespace muster
