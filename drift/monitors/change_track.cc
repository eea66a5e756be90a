#include <algorithm>
#include <cmath>

#include "drift/detectors/verdict.h"
#include "drift/monitors/tracks.h"

namespace muster::drift {
namespace {
constexpr std::size_t kRecent = 30;

double ThresholdOf(const AdwinConfig& c) { return c.delta; }
double ThresholdOf(const DdmConfig& c) { return c.drift_threshold; }
double ThresholdOf(const EddmConfig& c) { return c.beta; }
double ThresholdOf(const HddmAConfig& c) { return c.drift_confidence; }
double ThresholdOf(const HddmWConfig& c) { return c.drift_confidence; }
double ThresholdOf(const KswinConfig& c) { return c.alpha; }
double ThresholdOf(const PageHinkleyConfig& c) { return c.threshold; }
}  // namespace

StatusOr<ChangeTrack> ChangeTrack::Make(const ChangeRule&, const WatchedField& field) {
  MUSTER_ASSIGN(auto detector, MakeDetector(field.detector));
  return ChangeTrack(std::move(detector), field.offset, field.scale);
}

Judgement ChangeTrack::Take(double x, Mark, bool) {
  const double seen = (x - offset_) / scale_;
  if (!IsMeasurable(x) || !IsMeasurable(seen)) {
    if (std::isnan(x)) return {};
    return {.skip = Skip::kNotFinite};
  }
  const Change change = detector_->Update(seen).change;
  if (change == Change::kIgnored) return {.skip = Skip::kIgnored};
  Hold(x);
  if (change != Change::kDrift) return {.state = Judgement::State::kCalm};
  recent_ = Recent();
  before_ = Before();
  count_ = 0;
  mean_ = 0;
  ring_.clear();
  next_ = 0;
  return {.state = Judgement::State::kBad, .statistic = std::abs(recent_ - before_)};
}

void ChangeTrack::Hold(double x) {
  if (ring_.size() < kRecent) {
    ring_.push_back(x);
    return;
  }
  if (count_ < kMostStateCount) ++count_;
  mean_ += (ring_[next_] - mean_) / static_cast<double>(count_);
  ring_[next_] = x;
  next_ = (next_ + 1) % kRecent;
}

// The oldest first, so that the sum's last bit survives a restart.
double ChangeTrack::Recent() const {
  double sum = 0;
  for (std::size_t i = 0; i < ring_.size(); ++i) sum += ring_[(next_ + i) % ring_.size()];
  return sum / static_cast<double>(ring_.size());
}

// All that is known of the time before, when there are too few values: what the reference says.
double ChangeTrack::Before() const { return count_ > 0 ? mean_ : offset_; }

double ChangeTrack::threshold() const {
  return std::visit([](const auto& config) { return double{ThresholdOf(config)}; },
                    detector_->spec());
}

std::string ChangeTrack::Say(const Judgement&, std::string_view field) const {
  return fmt::format(
      "the level of {} is changing: {:.6g} before, {:.6g} over the last {} values ({})", field,
      before_, recent_, kRecent, NameOf(detector_->spec()));
}

Json ChangeTrack::Save() const {
  std::vector<double> recent = ring_;
  std::rotate(recent.begin(), recent.begin() + static_cast<std::ptrdiff_t>(next_), recent.end());
  // The detector's own text is canonical JSON.
  return {{"count", count_},
          {"detector", ParseJson(detector_->Save()).value()},
          {"mean", DecimalText(mean_)},
          {"recent", ValuesJson(recent)}};
}

Status ChangeTrack::Restore(const Json& json) {
  FieldReader reader(json, "state.change");
  reader("count", count_);
  reader("mean", mean_);
  const Json& detector = reader.At("detector");
  const Json& recent = reader.At("recent");
  MUSTER_TRY(reader.Finish());
  MUSTER_ASSIGN(ring_, ReadValues(recent, kRecent, "state.change.recent"));
  next_ = 0;
  if (!IsMeasurable(mean_) || count_ > kMostStateCount || (count_ > 0 && ring_.size() < kRecent))
    return InvalidField("state.change", "is beyond bounds");
  const StatusOr<std::string> text = CanonicalJson(detector);
  if (!text.ok()) return InvalidField("state.change.detector", "{}", MessageOf(text.status()));
  return detector_->Restore(*text);
}

}  // namespace muster::drift
