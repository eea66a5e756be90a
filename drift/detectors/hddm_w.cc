#include "drift/detectors/hddm_w.h"

#include <cmath>

namespace muster::drift {

HddmW::HddmW(const Config& config)
    : config_(config),
      log_drift_(std::log(1 / config.drift_confidence)),
      log_warning_(std::log(1 / config.warning_confidence)) {}

void HddmW::Add(Weighted& sample, double x) const {
  const double newest = config_.lambda_val;
  const double older = 1 - newest;
  const bool first = sample.weight == 0;
  sample.mean = first ? x : newest * x + older * sample.mean;
  // The first value too is discounted, as if another had stood before it.
  sample.weight = newest * newest + older * older * (first ? 1 : sample.weight);
}

bool HddmW::Above(const Weighted& high, const Weighted& low, double log_over) const {
  if (high.weight == 0 || low.weight == 0) return false;
  return high.mean - low.mean > std::sqrt((low.weight + high.weight) * log_over / 2);
}

void HddmW::MoveCuts(double x) {
  State& s = state_;
  const double bound = std::sqrt(s.all.weight * log_drift_ / 2);
  if (s.all.mean + bound < s.low_cut) {
    s.low_cut = s.all.mean + bound;
    s.before_rise = s.all;
    s.since_rise = {};
  } else {
    Add(s.since_rise, x);
  }
  if (s.all.mean - bound > s.high_cut) {
    s.high_cut = s.all.mean - bound;
    s.before_fall = s.all;
    s.since_fall = {};
  } else {
    Add(s.since_fall, x);
  }
}

Change HddmW::Judge() const {
  const State& s = state_;
  const bool two = config_.two_sided_test;
  if (Above(s.since_rise, s.before_rise, log_drift_) ||
      (two && Above(s.before_fall, s.since_fall, log_drift_)))
    return Change::kDrift;
  if (Above(s.since_rise, s.before_rise, log_warning_) ||
      (two && Above(s.before_fall, s.since_fall, log_warning_)))
    return Change::kWarning;
  return Change::kNone;
}

Verdict HddmW::Update(double x) {
  if (!IsFraction(x)) return {Change::kIgnored, state_.count, state_.all.mean};
  ++state_.count;
  Add(state_.all, x);
  MoveCuts(x);
  const Verdict verdict{Judge(), state_.count, state_.all.mean};
  if (verdict.change == Change::kDrift) Reset();
  return verdict;
}

template <typename S, typename Visitor>
void HddmW::Fields(S& s, Visitor& visit) {
  visit("count", s.count);
  visit("mean", s.all.mean);
  visit("weight", s.all.weight);
  visit("low_cut", s.low_cut);
  visit("before_rise_mean", s.before_rise.mean);
  visit("before_rise_weight", s.before_rise.weight);
  visit("since_rise_mean", s.since_rise.mean);
  visit("since_rise_weight", s.since_rise.weight);
  visit("high_cut", s.high_cut);
  visit("before_fall_mean", s.before_fall.mean);
  visit("before_fall_weight", s.before_fall.weight);
  visit("since_fall_mean", s.since_fall.mean);
  visit("since_fall_weight", s.since_fall.weight);
}

Json HddmW::Save() const {
  if (state_.count == 0) return nullptr;
  FieldWriter writer;
  Fields(state_, writer);
  return std::move(writer).Take();
}

Status HddmW::Restore(const Json& json) {
  State next;
  if (!json.is_null()) {
    FieldReader reader(json, "state");
    Fields(next, reader);
    MUSTER_TRY(reader.Finish());
    MUSTER_TRY(CheckCountOfState(next.count));
    for (const Weighted& sample :
         {next.all, next.before_rise, next.since_rise, next.before_fall, next.since_fall})
      if (!IsFraction(sample.mean) || !IsFraction(sample.weight))
        return InvalidField("state", "a weighted mean is not in [0, 1]");
  }
  state_ = next;
  return Ok();
}

}  // namespace muster::drift
