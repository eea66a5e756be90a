#pragma once
// The masked vector of an evaluation: which sums stand for the metrics that a campaign asks for.
// One place, so that devices and coordinator agree on it.
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "aggregation/secagg/named_sums.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

// What one device reports, and what all of them do together: sums over the examples in millionths.
struct MetricSums {
  std::uint64_t examples = 0;
  std::map<std::string, std::int64_t> sums_micro;  // "loss_sum", "sse", "sae", "correct".
  friend bool operator==(const MetricSums&, const MetricSums&) = default;
};
inline constexpr std::uint64_t kMostExamples = std::uint64_t{1} << 32;         // Of one device.
inline constexpr std::uint64_t kMostMetricSum = (std::uint64_t{1} << 53) - 1;  // In millionths.

// "examples", "loss_sum", then what the metrics need: "sse" for "rmse", "sae" for "mae", "correct"
// for "accuracy", in this order, each once; the loss is summed whether it is asked for or not, as
// it is in plain rounds. FIELD_INVALID on a metric that is none of "rmse", "mae", "loss",
// "accuracy".
StatusOr<std::vector<SumField>> MetricSumFields(std::span<const std::string> metrics);

// A device's report as integers of `fields`; sums that are not asked for are left out.
// INVALID_ARGUMENT (UPDATE_BAD_METRICS) when one that is asked for is missing, negative or beyond
// what the field allows.
StatusOr<SumValues> MetricSumValues(std::span<const SumField> fields, const MetricSums& report);
// The totals of OpenSums as one report, saturating at kMostMetricSum, which facts can hold.
// INVALID_ARGUMENT when the totals are not those of `fields`.
StatusOr<MetricSums> MetricTotals(std::span<const SumField> fields, const SumValues& totals);

}  // namespace muster::aggregation::secagg
