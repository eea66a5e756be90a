#include "config/source_map.h"

#include <gtest/gtest.h>

namespace muster::config {
namespace {

TEST(SourceMap, FindsAFieldOrTheNearestPartAroundIt) {
  SourceMap map("c.yaml", {2, 1});
  map.Add("plan", {3, 1});
  map.Add("fields[3]", {9, 5});
  map.Add("fields[3].min", {11, 7});
  EXPECT_EQ(map.Where("fields[3].min"), "c.yaml:11:7");
  EXPECT_EQ(map.Where("fields[3].max"), "c.yaml:9:5");
  EXPECT_EQ(map.Where("plan.selection.cohort"), "c.yaml:3:1");
  EXPECT_EQ(map.Where("fields[4]"), "c.yaml:2:1");
  EXPECT_EQ(map.Where("training"), "c.yaml:2:1");
  EXPECT_EQ(map.Where(""), "c.yaml:2:1");
}

TEST(SourceMap, FindsAnItemByItsName) {
  SourceMap map("c.yaml", {2, 1});
  map.Add("fields[3]", {9, 5});
  map.Add("fields[3].min", {11, 7});
  map.AddName("fields[s2]", "fields[3]");
  EXPECT_EQ(map.Where("fields[s2].min"), "c.yaml:11:7");
  EXPECT_EQ(map.Where("fields[s2]"), "c.yaml:9:5");
  EXPECT_EQ(map.Where("fields[s3].min"), "c.yaml:2:1");
}

}  // namespace
}  // namespace muster::config
