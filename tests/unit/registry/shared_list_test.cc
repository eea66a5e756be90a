#include "registry/shared_list.h"

#include <gtest/gtest.h>

#include <string>

#include "base/seeded.h"

namespace muster::registry {
namespace {

using List = SharedList<std::string>;

std::vector<std::string> All(const List& list) { return {list.begin(), list.end()}; }

TEST(SharedList, ACopyKeepsWhatItWasWhateverComesAfter) {
  List first;
  for (int i = 0; i < 600; ++i) first.push_back(std::to_string(i));
  const List second = first;
  first.push_back("new");
  first.Change(0, [](std::string& s) { s = "changed"; });
  first.Change(599, [](std::string& s) { s = "changed too"; });
  EXPECT_EQ(second.size(), 600u);
  EXPECT_EQ(second[0], "0");
  EXPECT_EQ(second.back(), "599");
  EXPECT_EQ(first.size(), 601u);
  EXPECT_EQ(first[0], "changed");
  EXPECT_EQ(first[599], "changed too");
  EXPECT_EQ(first.back(), "new");
}

TEST(SharedList, EqualsByValue) {
  List a{"x", "y"}, b;
  EXPECT_NE(a, b);
  b.push_back("x");
  b.push_back("y");
  EXPECT_EQ(a, b);
  b.Change(1, [](std::string& s) { s = "z"; });
  EXPECT_NE(a, b);
  EXPECT_EQ(List(), List());
}

// Copies that are changed in turn, against vectors that are.
TEST(SharedList, IsAVectorToWhoeverLooks) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::vector<List> lists(3);
    std::vector<std::vector<std::string>> vectors(3);
    for (int step = 0; step < 2000; ++step) {
      const std::size_t at = rng.Below(3), other = rng.Below(3);
      const std::string value = std::to_string(step);
      if (rng.Below(100) == 0) {
        lists[at] = lists[other];
        vectors[at] = vectors[other];
      } else if (rng.Below(3) == 0 && !vectors[at].empty()) {
        const std::size_t i = rng.Below(vectors[at].size());
        lists[at].Change(i, [&](std::string& s) { s = value; });
        vectors[at][i] = value;
      } else {
        lists[at].push_back(value);
        vectors[at].push_back(value);
      }
    }
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(All(lists[i]), vectors[i]);
  }
}

}  // namespace
}  // namespace muster::registry
