#include "drift/detectors/hddm_a.h"

#include <cmath>

namespace muster::drift {

HddmA::HddmA(const Config& config)
    : config_(config),
      log_bound_(std::log(1 / config.drift_confidence)),
      log_drift_(std::log(2 / config.drift_confidence)),
      log_warning_(std::log(2 / config.warning_confidence)) {}

double HddmA::Bound(std::uint64_t count) const {
  return std::sqrt(1 / (2 * static_cast<double>(count)) * log_bound_);
}

void HddmA::MoveCuts() {
  State& s = state_;
  if (s.low_count == 0) {
    s.low_count = s.high_count = s.count;
    s.low_mean = s.high_mean = s.mean;
  }
  const double bound = Bound(s.count);
  if (s.low_mean + Bound(s.low_count) >= s.mean + bound) {
    s.low_count = s.count;
    s.low_mean = s.mean;
  }
  if (s.high_mean - Bound(s.high_count) <= s.mean - bound) {
    s.high_count = s.count;
    s.high_mean = s.mean;
  }
}

bool HddmA::Differs(double difference, std::uint64_t cut, double log_two_over) const {
  if (cut == state_.count) return false;
  const double n = static_cast<double>(state_.count);
  const double before = static_cast<double>(cut);
  const double m = (n - before) / before * (1 / n);
  return difference >= std::sqrt(m / 2 * log_two_over);
}

Change HddmA::Judge() const {
  const State& s = state_;
  const double rise = s.mean - s.low_mean;
  const double fall = s.high_mean - s.mean;
  const bool two = config_.two_sided_test;
  if (Differs(rise, s.low_count, log_drift_) || (two && Differs(fall, s.high_count, log_drift_)))
    return Change::kDrift;
  if (Differs(rise, s.low_count, log_warning_) ||
      (two && Differs(fall, s.high_count, log_warning_)))
    return Change::kWarning;
  return Change::kNone;
}

Verdict HddmA::Update(double x) {
  if (!IsFraction(x)) return {Change::kIgnored, state_.count, state_.mean};
  ++state_.count;
  state_.mean += 1.0 / static_cast<double>(state_.count) * (x - state_.mean);
  MoveCuts();
  const Verdict verdict{Judge(), state_.count, state_.mean};
  if (verdict.change == Change::kDrift) Reset();
  return verdict;
}

Json HddmA::Save() const {
  if (state_.count == 0) return nullptr;
  FieldWriter writer;
  Fields(state_, writer);
  return std::move(writer).Take();
}

Status HddmA::Restore(const Json& json) {
  State next;
  if (!json.is_null()) {
    FieldReader reader(json, "state");
    Fields(next, reader);
    MUSTER_TRY(reader.Finish());
    MUSTER_TRY(CheckCountOfState(next.count));
    for (const std::uint64_t cut : {next.low_count, next.high_count})
      if (cut < 1 || cut > next.count)
        return InvalidField("state", "a cut at {} is not in 1..{}", cut, next.count);
    if (!IsFraction(next.mean) || !IsFraction(next.low_mean) || !IsFraction(next.high_mean))
      return InvalidField("state", "a mean is not in [0, 1]");
  }
  state_ = next;
  return Ok();
}

}  // namespace muster::drift
