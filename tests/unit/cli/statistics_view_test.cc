#include "cli/statistics_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::cli {
namespace {
using aggregation::statistics::Cell;
using aggregation::statistics::FieldStatistics;

StatisticsResult Found() {
  StatisticsResult r;
  r.contract = "plant";
  r.version = 3;
  r.devices = 8;
  r.least = 5;
  r.passes = 2;
  FieldStatistics heat;
  heat.name = "heat";
  heat.hi = 100;
  heat.devices = 8;
  heat.count = 12'345;
  heat.nulls = 0;
  heat.below = 0;
  heat.above = 0;
  heat.mean = 61.25;
  heat.stddev = 8.5;
  heat.histogram = {Cell(0), Cell(1), Cell(500), Cell(1000)};
  heat.quantiles = {{0.5, 60.125, 0.5}, {0.999, 99.0, 0.5}};
  r.fields.push_back(heat);
  return r;
}

v1::Contract Plant() {
  v1::Contract c;
  c.add_fields()->set_name("heat");
  c.mutable_fields(0)->set_unit("Cel");
  c.add_fields()->set_name("starts");
  return c;
}

TEST(StatisticsTable, IsALineAField) {
  EXPECT_EQ(StatisticsTable(Found(), Plant()),
            "FIELD  UNIT  COUNT   NULLS  MEAN   STD   P50    P99.9  HISTOGRAM\n"
            "heat   Cel   12,345  0      61.25  8.50  60.12  99.00  ▁▂▅█\n");
}

TEST(StatisticsTable, ShowsAsManyDigitsAsTheDeclaredRangeIsWorth) {
  StatisticsResult r = Found();
  r.fields[0].lo = 2386.5;
  r.fields[0].hi = 2390;
  r.fields[0].mean = 2388.04123;
  EXPECT_THAT(StatisticsTable(r, Plant()), ::testing::HasSubstr("  2388.0412  "));
  r.fields[0].lo = -1e9;
  r.fields[0].hi = 1e9;
  EXPECT_THAT(StatisticsTable(r, Plant()), ::testing::HasSubstr("  2388  "));
}

TEST(StatisticsTable, LeavesUnitsOutWithoutAContractAndShowsWhatIsOutside) {
  StatisticsResult r = Found();
  r.fields[0].above = 7;
  EXPECT_THAT(StatisticsTable(r, v1::Contract()),
              ::testing::StartsWith("FIELD  COUNT   NULLS  OUTSIDE  MEAN   STD"));
}

TEST(StatisticsTable, MarksWhatTooFewDevicesStandBehindAndSaysSo) {
  StatisticsResult r = Found();
  FieldStatistics hidden;  // As it comes when fewer than K devices have any value.
  hidden.name = "starts";
  hidden.histogram = {std::nullopt, std::nullopt, std::nullopt, std::nullopt};
  hidden.quantiles = {{0.5, std::nullopt, 0}, {0.999, std::nullopt, 0}};
  r.fields.push_back(hidden);
  r.fields[0].histogram[1] = std::nullopt;
  EXPECT_EQ(StatisticsTable(r, Plant()),
            "FIELD   UNIT  COUNT   NULLS  MEAN   STD   P50    P99.9  HISTOGRAM\n"
            "heat    Cel   12,345  0      61.25  8.50  60.12  99.00  ▁·▅█\n"
            "starts  -     ·       ·      ·      ·     ·      ·      ····\n"
            "· fewer than 5 devices stand behind it, so it is not shown\n");
}

TEST(HistogramText, FitsWhateverTheNumberOfBins) {
  EXPECT_EQ(HistogramText({}, 8), "");
  EXPECT_EQ(HistogramText({Cell(0), Cell(0)}, 8), "▁▁");
  EXPECT_EQ(HistogramText({Cell(1), Cell(1), Cell(4), Cell(4)}, 2), "▃█");
  EXPECT_EQ(HistogramText({Cell(4), std::nullopt, std::nullopt, std::nullopt}, 2), "█·");
  EXPECT_EQ(HistogramText({Cell(4), std::nullopt, std::nullopt, Cell(0)}, 2), "█·");
  const std::vector<Cell> many(1000, Cell(1));
  EXPECT_LE(HistogramText(many, 32).size(), 32 * std::string("█").size());
}

}  // namespace
}  // namespace muster::cli
