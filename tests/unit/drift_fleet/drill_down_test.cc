#include "drift/fleet/drill_down.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using ::testing::ElementsAre;
using Paths = std::vector<std::vector<std::string>>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

void Put(Paths& paths, int devices, const std::vector<std::string>& path) {
  paths.insert(paths.end(), static_cast<std::size_t>(devices), path);
}

// "eu/paris 12" of each node.
std::vector<std::string> Shown(const Paths& paths, std::uint32_t least) {
  std::vector<std::string> out;
  const std::vector<DrillNode> nodes = *PlanDrillDown(paths, least);
  for (const DrillNode& node : nodes)
    out.push_back(fmt::format("{} {}", fmt::join(node.path, "/"), node.devices.size()));
  return out;
}

TEST(PlanDrillDown, GoesDownWhileGroupsAreLargeEnough) {
  Paths paths;
  Put(paths, 12, {"eu", "paris"});
  Put(paths, 15, {"eu", "rome"});
  Put(paths, 20, {"us", "reno"});
  EXPECT_THAT(Shown(paths, 10),
              ElementsAre(" 47", "eu 27", "eu/paris 12", "eu/rome 15", "us 20", "us/reno 20"));
}

TEST(PlanDrillDown, HidesAGroupThatIsTooSmallAndOneWhoseRestWouldBe) {
  Paths paths;
  Put(paths, 9, {"eu"});
  Put(paths, 91, {"us"});
  const std::vector<DrillNode> nodes = *PlanDrillDown(paths, 10);
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].hidden_children, 2u);
  EXPECT_EQ(nodes[0].hidden_devices, 100u);
}

TEST(PlanDrillDown, HidesTheSmallestSiblingRatherThanLeaveASmallDifference) {
  Paths paths;
  Put(paths, 4, {"a"});
  Put(paths, 30, {"b"});
  Put(paths, 11, {"c"});
  Put(paths, 20, {"d"});
  // 65 - 30 - 11 - 20 would be the four of a.
  EXPECT_THAT(Shown(paths, 10), ElementsAre(" 65", "b 30", "d 20"));
}

TEST(PlanDrillDown, LeavesSmallGroupsHiddenTogetherWhenTheyAreMany) {
  Paths paths;
  Put(paths, 6, {"a"});
  Put(paths, 6, {"b"});
  Put(paths, 30, {"c"});
  EXPECT_THAT(Shown(paths, 10), ElementsAre(" 42", "c 30"));
}

TEST(PlanDrillDown, CountsDevicesWithoutALabelAsAHiddenGroup) {
  Paths paths;
  Put(paths, 3, {});
  Put(paths, 30, {"a"});
  Put(paths, 40, {"b"});
  EXPECT_THAT(Shown(paths, 10), ElementsAre(" 73", "b 40"));
}

TEST(PlanDrillDown, RefusesTooFewDevicesAndBadLabels) {
  Paths paths;
  Put(paths, 9, {"a"});
  EXPECT_THAT(PlanDrillDown(paths, 10),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kTOO_FEW_DEVICES));
  EXPECT_THAT(PlanDrillDown(paths, 1), Fails(kInvalid, Reason::kFIELD_INVALID));
  for (const std::vector<std::string>& bad : {std::vector<std::string>{""},
                                              {std::string(kMostLabelBytes + 1, 'x')},
                                              std::vector<std::string>(kMostDepth + 1, "x")}) {
    Paths with = paths;
    Put(with, 1, bad);
    EXPECT_THAT(PlanDrillDown(with, 10), Fails(kInvalid, Reason::kFIELD_INVALID));
  }
}

// However devices are labelled: no group of fewer than K can be had from what is shown. Devices
// that lie in the same shown nodes are told apart by no sum or difference; every other group is
// made of such.
TEST(PlanDrillDownProperty, NoDifferenceOfShownNodesIsSmallerThanK) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const auto least = static_cast<std::uint32_t>(2 + rng.Below(12));
    Paths paths(least + rng.Below(300));
    const std::uint64_t depth = 1 + rng.Below(4), width = 1 + rng.Below(6);
    for (auto& path : paths)
      while (path.size() < depth && rng.Below(12) != 0)
        path.push_back(fmt::format("{}", std::min(rng.Below(width), rng.Below(width))));
    const std::vector<DrillNode> nodes = *PlanDrillDown(paths, least);
    std::vector<std::vector<std::size_t>> in(paths.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      ASSERT_GE(nodes[i].devices.size(), least);
      const std::size_t outside = paths.size() - nodes[i].devices.size();
      ASSERT_TRUE(outside == 0 || outside >= least);
      for (const std::uint32_t device : nodes[i].devices) {
        ASSERT_TRUE(std::ranges::equal(nodes[i].path,
                                       std::span(paths[device]).first(nodes[i].path.size())));
        in[device].push_back(i);
      }
    }
    std::map<std::vector<std::size_t>, std::size_t> alike;
    for (const auto& shown : in) ++alike[shown];
    for (const auto& [shown, devices] : alike) ASSERT_GE(devices, least);
  }
}

}  // namespace
}  // namespace muster::drift
