#include "aggregation/secagg/metric_sums.h"

#include <algorithm>
#include <array>

namespace muster::aggregation::secagg {
namespace {
constexpr std::string_view kExamples = "examples";
constexpr std::string_view kLossSum = "loss_sum";

// In the order of the vector. The loss is in it in any case.
struct Metric {
  std::string_view name;
  std::string_view sum;
};
constexpr std::array<Metric, 3> kMetrics{
    {{"rmse", "sse"}, {"mae", "sae"}, {"accuracy", "correct"}}};

Status BadMetric(std::string_view name, std::string_view why) {
  return WithReason(InvalidArgument("'{}' {}", name, why), Reason::kUPDATE_BAD_METRICS);
}

Status CheckKnown(std::span<const std::string> metrics) {
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (metrics[i] != "loss" &&
        std::ranges::find(kMetrics, metrics[i], &Metric::name) == kMetrics.end())
      return InvalidField(fmt::format("metrics[{}]", i), "is not known");
  return Ok();
}
}  // namespace

StatusOr<std::vector<SumField>> MetricSumFields(std::span<const std::string> metrics) {
  MUSTER_TRY(CheckKnown(metrics));
  std::vector<SumField> out = {{std::string(kExamples), 1, kMostExamples},
                               {std::string(kLossSum), 1, kMostMetricSum}};
  for (const Metric& metric : kMetrics)
    if (std::ranges::find(metrics, metric.name) != metrics.end())
      out.push_back({std::string(metric.sum), 1, kMostMetricSum});
  return out;
}

StatusOr<SumValues> MetricSumValues(std::span<const SumField> fields, const MetricSums& report) {
  SumValues out;
  for (const SumField& field : fields) {
    std::uint64_t value = report.examples;
    if (field.name != kExamples) {
      const auto found = report.sums_micro.find(field.name);
      if (found == report.sums_micro.end())
        return BadMetric(field.name, "is asked for, and the trainer gives none");
      if (found->second < 0) return BadMetric(field.name, "is negative");
      value = static_cast<std::uint64_t>(found->second);
    }
    if (value > field.most) return BadMetric(field.name, "is more than can be summed");
    out.push_back({value});
  }
  return out;
}

StatusOr<MetricSums> MetricTotals(std::span<const SumField> fields, const SumValues& totals) {
  if (totals.size() != fields.size())
    return InvalidArgument("totals of {} fields, there are {}", totals.size(), fields.size());
  MetricSums out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (totals[i].size() != 1)
      return InvalidArgument("{}: {} totals, it has one", fields[i].name, totals[i].size());
    const std::uint64_t total = std::min(totals[i][0], kMostMetricSum);
    if (fields[i].name == kExamples)
      out.examples = total;
    else
      out.sums_micro[fields[i].name] = static_cast<std::int64_t>(total);
  }
  return out;
}

}  // namespace muster::aggregation::secagg
