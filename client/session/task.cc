#include "client/session/task.h"

#include <cmath>

#include "base/safetensors.h"
#include "base/seeded.h"
#include "client/secure/terms.h"
#include "client/session/screen.h"

namespace muster::client {
namespace {
// What canonical JSON can carry: sums end up in facts.
constexpr double kMostMicro = 9007199254740991.0;

Status BadMetric(std::string_view name) {
  return WithReason(InvalidArgument("'{}' is no number that can be summed", name),
                    Reason::kUPDATE_BAD_METRICS);
}

StatusOr<std::int64_t> Micro(std::string_view name, double value) {
  const double micro = value * 1e6;
  if (!(std::abs(micro) <= kMostMicro)) return BadMetric(name);  // NaN falls here too.
  return std::llround(micro);
}

Status CheckExamples(std::uint64_t examples) {
  if (examples > 0) return Ok();
  return WithReason(InvalidArgument("the trainer saw no example"), Reason::kUPDATE_BAD_METRICS);
}

StatusOr<TaskOutcome> Update(TrainResult result, const Assignment& assignment) {
  if (!result.update)
    return WithReason(FailedPrecondition("the trainer gave no update"), Reason::kTASK_FAILED);
  if (!std::isfinite(result.loss)) return BadMetric("loss");
  Params& update = *result.update;
  if (update.values.size() != update.layout.size())
    return WithReason(
        InvalidArgument("{} values; the layout has {}", update.values.size(), update.layout.size()),
        Reason::kUPDATE_WRONG_LAYOUT);
  const ScreenRule rule{assignment.bound, assignment.max_norm, assignment.example_cap};
  MUSTER_TRY(ScreenDelta(update.values, rule).status());
  if (!assignment.secure_task.empty())
    return SecureOffer{
        SecureUpdate{std::move(update.values), WeightOf(assignment, result.examples)},
        std::nullopt};
  return HeldUpdate{assignment.round, ClampWeight(result.examples, rule), result.loss,
                    SerializeParams(update.View()), result.quality};
}

StatusOr<TaskOutcome> Evaluation(const TrainResult& result, const Assignment& assignment) {
  EvaluationReport report{result.examples, {}};
  for (const auto& [name, sum] : result.metrics) {
    MUSTER_ASSIGN(report.sums_micro[name], Micro(name, sum));
  }
  const double loss_sum = result.loss * static_cast<double>(result.examples);
  MUSTER_ASSIGN(report.sums_micro["loss_sum"], Micro("loss", loss_sum));
  if (assignment.secure_task.empty()) return report;
  MUSTER_ASSIGN(auto fields, SumFieldsOf(assignment));
  MUSTER_ASSIGN(auto values, aggregation::secagg::MetricSumValues(fields, report));
  return SecureOffer{SecureSums{std::move(fields), std::move(values)}, std::nullopt};
}

StatusOr<TaskOutcome> Statistics(Worker& worker, const Assignment& assignment) {
  MUSTER_ASSIGN(auto fields, SumFieldsOf(assignment));
  MUSTER_ASSIGN(CountedRows counted, worker.Count(assignment));
  return SecureOffer{SecureSums{std::move(fields), std::move(counted.values)}, counted.rows};
}
}  // namespace

std::uint64_t TrainingSeed(const Assignment& assignment, const DeviceName& device) {
  return SeedOf({"train", std::to_string(assignment.campaign_seed),
                 std::to_string(assignment.round.round.value()), device.value()});
}

StatusOr<TaskOutcome> RunTask(Worker& worker, const Assignment& assignment,
                              const DeviceName& device) {
  if (assignment.kind == TaskKind::kStatistics) return Statistics(worker, assignment);
  MUSTER_ASSIGN(TrainResult result, worker.Run(assignment, TrainingSeed(assignment, device)));
  MUSTER_TRY(CheckExamples(result.examples));
  if (assignment.kind == TaskKind::kEvaluate) return Evaluation(result, assignment);
  return Update(std::move(result), assignment);
}

bool IsDataError(const Status& status) {
  switch (ReasonOf(status).value_or(Reason::kTASK_FAILED)) {
    case Reason::kDATA_EMPTY:
    case Reason::kDATA_COLUMN_MISSING:
    case Reason::kDATA_NOT_A_NUMBER:
    case Reason::kDATA_NO_WINDOW:
    case Reason::kDATA_OUT_OF_RANGE:
    case Reason::kDATA_BAD_ROWS:
    case Reason::kDATA_STALE:
    case Reason::kDATA_UNREADABLE: return true;
    default: return false;
  }
}

}  // namespace muster::client
