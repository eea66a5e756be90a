// Which sums stand for the metrics of an evaluation, on the devices and on the coordinator.
#include "aggregation/secagg/metric_sums.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using Metrics = std::vector<std::string>;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<std::string> NamesOf(const Metrics& metrics) {
  const std::vector<SumField> fields = MetricSumFields(metrics).value();
  std::vector<std::string> out;
  for (const SumField& field : fields) out.push_back(field.name);
  return out;
}

TEST(MetricSums, EveryMetricHasItsSumInOneOrderAndTheLossIsThereInAnyCase) {
  EXPECT_THAT(NamesOf({}), ElementsAre("examples", "loss_sum"));
  EXPECT_THAT(NamesOf({"rmse"}), ElementsAre("examples", "loss_sum", "sse"));
  EXPECT_THAT(NamesOf({"accuracy", "loss", "mae", "rmse", "mae"}),
              ElementsAre("examples", "loss_sum", "sse", "sae", "correct"));
}

TEST(MetricSums, AMetricThatNobodyKnowsIsRefused) {
  EXPECT_THAT(MetricSumFields(Metrics{"rmse", "auc"}), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(MetricSums, ReportsOfSeveralDevicesAddUpToTheirSums) {
  const auto fields = MetricSumFields(Metrics{"rmse"}).value();
  const MetricSums first{7, {{"loss_sum", 1'500'000}, {"sse", 12}, {"sae", 3}}};
  const MetricSums second{3, {{"loss_sum", 500'000}, {"sse", 30}}};
  SumValues totals = MetricSumValues(fields, first).value();
  ASSERT_THAT(AddTotals(totals, MetricSumValues(fields, second).value()), IsOk());
  EXPECT_EQ(MetricTotals(fields, totals).value(),
            (MetricSums{10, {{"loss_sum", 2'000'000}, {"sse", 42}}}));
}

TEST(MetricSums, TotalsBeyondWhatFactsHoldAreGivenAsTheLargest) {
  const auto fields = MetricSumFields(Metrics{}).value();
  const MetricSums totals = MetricTotals(fields, {{kMostTotal}, {kMostMetricSum + 1}}).value();
  EXPECT_EQ(totals.examples, kMostMetricSum);
  EXPECT_EQ(totals.sums_micro.at("loss_sum"), static_cast<std::int64_t>(kMostMetricSum));
}

TEST(MetricSums, AReportThatCannotBeSummedIsRefused) {
  const auto fields = MetricSumFields(Metrics{"mae"}).value();
  const MetricSums good{7, {{"loss_sum", 1}, {"sae", 2}}};
  EXPECT_THAT(MetricSumValues(fields, good), IsOk());
  for (const MetricSums& bad :
       {MetricSums{7, {{"loss_sum", 1}}}, MetricSums{7, {{"loss_sum", 1}, {"sae", -2}}},
        MetricSums{7, {{"loss_sum", 1}, {"sae", std::int64_t{1} << 53}}},
        MetricSums{kMostExamples + 1, {{"loss_sum", 1}, {"sae", 2}}}})
    EXPECT_THAT(MetricSumValues(fields, bad), Fails(kInvalid, Reason::kUPDATE_BAD_METRICS));
}

TEST(MetricSums, TotalsOfOtherFieldsAreRefused) {
  const auto fields = MetricSumFields(Metrics{}).value();
  EXPECT_THAT(MetricTotals(fields, {{1}}), HasCode(kInvalid));
  EXPECT_THAT(MetricTotals(fields, {{1}, {1, 2}}), HasCode(kInvalid));
}

}  // namespace
}  // namespace muster::aggregation::secagg
