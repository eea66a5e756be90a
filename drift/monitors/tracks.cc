#include "drift/monitors/tracks.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "drift/detectors/verdict.h"

namespace muster::drift {
namespace {
using enum Judgement::State;

double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

Judgement NoValue(double x) {
  Judgement out;
  if (!std::isnan(x)) out.skip = Skip::kNotFinite;
  return out;
}

Judgement Skipped(Skip why) { return {.skip = why}; }
}  // namespace

Judgement StuckTrack::Take(double x, Mark at, bool) {
  if (!IsMeasurable(x)) return NoValue(x);
  if (run_ == 0 || x != last_) {
    run_ = 0;
    last_ = x;
    begin_ = at;
  }
  ++run_;
  const bool timed = at.time && begin_.time;
  const Duration lasted = timed ? *at.time - *begin_.time : Duration(0);
  Judgement out{.state = kCalm, .since = begin_};
  if (rule_.rows > 0 && run_ >= rule_.rows) out.state = kBad;
  if (rule_.time > Duration(0) && lasted >= rule_.time) out.state = kBad;
  if (rule_.rows == 0 && !timed) out.skip = Skip::kNoTime;
  out.statistic = rule_.rows > 0 ? static_cast<double>(run_) : Seconds(lasted);
  return out;
}

double StuckTrack::threshold() const { return rule_.rows > 0 ? rule_.rows : Seconds(rule_.time); }

std::string StuckTrack::Say(const Judgement&, std::string_view field) const {
  return fmt::format("{} has been {:.6g} for {} rows", field, last_, run_);
}

Json StuckTrack::Save() const {
  return {{"begin", MarkJson(begin_)}, {"last", DecimalText(last_)}, {"run", run_}};
}

Status StuckTrack::Restore(const Json& json) {
  FieldReader reader(json, "state.stuck");
  reader("run", run_);
  reader("last", last_);
  const Json& begin = reader.At("begin");
  MUSTER_TRY(reader.Finish());
  MUSTER_ASSIGN(begin_, ReadMark(begin, "state.stuck.begin"));
  if (!IsMeasurable(last_) || run_ > kMostStateCount)
    return InvalidField("state.stuck", "is beyond bounds");
  return Ok();
}

namespace {
// Of rising values, at least one.
double MedianOf(std::span<const double> sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : sorted[half - 1] / 2 + sorted[half] / 2;
}

// The median of |x - median|: deviations come in rising order from the middle outwards.
double MadOf(std::span<const double> sorted, double median) {
  const auto upper = std::ranges::lower_bound(sorted, median);
  std::size_t right = static_cast<std::size_t>(upper - sorted.begin()), left = right;
  double last = 0, one_before = 0;
  for (std::size_t i = 0; i <= sorted.size() / 2; ++i) {
    one_before = last;
    const bool from_left =
        right == sorted.size() || (left > 0 && median - sorted[left - 1] < sorted[right] - median);
    last = from_left ? median - sorted[--left] : sorted[right++] - median;
  }
  return sorted.size() % 2 == 1 ? last : one_before / 2 + last / 2;
}
}  // namespace

Judgement SpikeTrack::Take(double x, Mark, bool) {
  if (!IsMeasurable(x)) return NoValue(x);
  const Judgement out = Judge(x);
  Hold(x);
  return out;
}

Judgement SpikeTrack::Judge(double x) const {
  if (sorted_.size() < kLeastWindow) return Skipped(Skip::kFew);
  const double median = MedianOf(sorted_);
  if (x == median) return {.state = kCalm};
  const double mad = MadOf(sorted_, median);
  if (mad == 0) return Skipped(Skip::kConstant);
  const double z = std::min(std::abs(x - median) / (kDeviationsOfMad * mad), kMostStatistic);
  return {.state = z > rule_.k ? kBad : kCalm, .statistic = z};
}

void SpikeTrack::Hold(double x) {
  if (ring_.size() < rule_.window) {
    ring_.push_back(x);
  } else {
    sorted_.erase(std::ranges::lower_bound(sorted_, ring_[next_]));
    ring_[next_] = x;
    next_ = (next_ + 1) % ring_.size();
  }
  sorted_.insert(std::ranges::upper_bound(sorted_, x), x);
}

std::string SpikeTrack::Say(const Judgement& judgement, std::string_view field) const {
  return fmt::format("{} is {:.1f} robust deviations from the median of its last {} values", field,
                     judgement.statistic, rule_.window);
}

Json SpikeTrack::Save() const {
  std::vector<double> values = ring_;
  std::rotate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(next_), values.end());
  return ValuesJson(values);
}

Status SpikeTrack::Restore(const Json& json) {
  MUSTER_ASSIGN(ring_, ReadValues(json, rule_.window, "state.spike"));
  next_ = 0;
  sorted_ = ring_;
  std::ranges::sort(sorted_);
  return Ok();
}

Judgement RateTrack::Take(double x, Mark at, bool) {
  if (!IsMeasurable(x)) return NoValue(x);
  if (!at.time || (any_ && at_.time == at.time)) return Skipped(Skip::kNoTime);
  const bool first = !any_;
  const double before = last_;
  const Mark from = at_;
  any_ = true;
  last_ = x;
  at_ = at;
  // The clock may have been set back: nothing is known of how long that took.
  if (first || *at.time < *from.time) return {};
  const double rate = std::abs(x - before) / Seconds(*at.time - *from.time);
  return {.state = rate > rule_.limit ? kBad : kCalm, .statistic = rate, .since = from};
}

std::string RateTrack::Say(const Judgement& judgement, std::string_view field) const {
  return fmt::format("{} moves by {:.4g} a second, at most {:.4g} is allowed", field,
                     judgement.statistic, rule_.limit);
}

Json RateTrack::Save() const {
  if (!any_) return nullptr;
  return {{"at", MarkJson(at_)}, {"last", DecimalText(last_)}};
}

Status RateTrack::Restore(const Json& json) {
  any_ = !json.is_null();
  if (!any_) return Ok();
  FieldReader reader(json, "state.rate");
  reader("last", last_);
  const Json& at = reader.At("at");
  MUSTER_TRY(reader.Finish());
  MUSTER_ASSIGN(at_, ReadMark(at, "state.rate.at"));
  if (!at_.time || !IsMeasurable(last_)) return InvalidField("state.rate", "is beyond bounds");
  return Ok();
}

}  // namespace muster::drift
