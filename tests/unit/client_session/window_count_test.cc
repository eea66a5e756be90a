// What a node gives to a window: rows to bounded integers, and never more of them than it may.
#include "client/session/window_count.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/status_matchers.h"

namespace muster::testing {
namespace {
namespace statistics = aggregation::statistics;
using client::CountWindow;
using client::ServedWindow;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kUnit = std::uint64_t{1} << statistics::kSumBits;

std::uint64_t Units(double sum) { return static_cast<std::uint64_t>(std::llround(sum * kUnit)); }

statistics::WindowQuery Asked() {
  return {.monitor = "wear",
          .epoch = 1,
          .contract = "k",
          .version = 1,
          .model = "rul",
          .model_version = 1,
          .reference = false,
          .rows = 50,
          .fields = {{"t", 0, 10, 2}, {"$prediction", 0, 100, 2}},
          .measures = {{"error", 0, 100}, {"squared_error", 0, 10'000}},
          .binary = false};
}
ServedWindow FourRows() {
  ServedWindow out;
  out.fields = {"t"};
  out.cells = {-1, 2, 10, kNull};
  out.predictions = {20, 60, 500, kNull};
  out.labels = {10, kNull, 0, 50};
  out.last = 4;
  return out;
}

TEST(WindowCount, CountsCellsByHandAndMeasuresWhereThereIsALabel) {
  const auto values = CountWindow(Asked(), FourRows());
  ASSERT_THAT(values, IsOk());
  ASSERT_EQ(values->size(), 4U);
  // Of each field: below, two bins, above, without a value.
  EXPECT_THAT(values->at(0), ElementsAre(1, 1, 1, 0, 1, /**/ 0, 1, 1, 1, 1));
  EXPECT_THAT(values->at(1), ElementsAre(2, 2));
  // |20 - 10| of 100 and 500, clamped, of 100; the squares likewise, each sum rounded once.
  EXPECT_THAT(values->at(2), ElementsAre(Units(1.1), Units(1.01)));
  EXPECT_THAT(values->at(3), ElementsAre(1));
}

TEST(WindowCount, OfABinaryLabelAnErrorIsTheWrongSideAndCanBeExpected) {
  statistics::WindowQuery query = Asked();
  query.binary = true;
  query.fields[1] = {"$prediction", 0, 1, 2};
  query.measures = {{"error", 0, 1}, {"squared_error", 0, 1}, {"expected_error", 0, 1}};
  ServedWindow window = FourRows();
  window.predictions = {0.75, 0.25, 0.5, kNull};
  window.labels = {1, 1, kNull, 0};
  const auto values = CountWindow(query, window);
  ASSERT_THAT(values, IsOk());
  EXPECT_THAT(values->at(1), ElementsAre(2, 2, 3));
  EXPECT_THAT(values->at(2), ElementsAre(kUnit, kUnit / 16 + kUnit * 9 / 16, kUnit));
}

TEST(WindowCount, TakesNoMoreThanTheNewestRowsThatItMay) {
  statistics::WindowQuery query = Asked();
  query.rows = 2;
  const auto values = CountWindow(query, FourRows());
  ASSERT_THAT(values, IsOk());
  EXPECT_THAT(values->at(0), ElementsAre(0, 0, 1, 0, 1, /**/ 0, 0, 0, 1, 1));
}

TEST(WindowCount, ADeviceWithABillionRowsGivesWhatAnyOtherMay) {
  ServedWindow window;
  window.fields = {"t"};
  window.cells.assign(1'000'000, 3.0);  // The count, a thousandth of what it stands for.
  window.predictions.assign(window.cells.size(), 50.0);
  window.labels.assign(window.cells.size(), -1e300);
  const auto values = CountWindow(Asked(), window);
  ASSERT_THAT(values, IsOk());
  EXPECT_THAT(values->at(0), ElementsAre(0, 50, 0, 0, 0, /**/ 0, 0, 50, 0, 0));
  EXPECT_THAT(values->at(1), Each(50U));
  EXPECT_THAT(values->at(2), Each(50 * kUnit));
  const std::vector<aggregation::secagg::SumField> fields = FieldsOf(Asked());
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (const std::uint64_t v : values->at(f)) EXPECT_LE(v, fields[f].most);
  EXPECT_THAT(CheckShard(Asked(), {{}, 1, *values}), IsOk());
}

TEST(WindowCount, WithoutRowsItGivesNothingAtAll) {
  ServedWindow none;
  none.fields = {"t"};
  const auto values = CountWindow(Asked(), none);
  ASSERT_THAT(values, IsOk());
  for (const auto& kind : *values) EXPECT_THAT(kind, Each(0U));
}

TEST(WindowCount, RowsOfOtherColumnsAreRefused) {
  ServedWindow other = FourRows();
  other.fields = {"u"};
  EXPECT_THAT(CountWindow(Asked(), other), HasCode(absl::StatusCode::kInvalidArgument));
  ServedWindow torn = FourRows();
  torn.labels.pop_back();
  EXPECT_THAT(CountWindow(Asked(), torn), HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace muster::testing
