#pragma once
// One monitor on one series: what a MonitorSet feeds. Internal to this folder and its tests.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "drift/detectors/fields.h"
#include "drift/monitors/finding.h"
#include "drift/monitors/spec.h"
#include "drift/monitors/training_reference.h"

namespace muster::drift {

// A field that a monitor watches, with what was settled for it when the set was made.
struct WatchedField {
  std::size_t index = 0;  // In a row.
  MonitoredField field;
  const FieldReference* reference = nullptr;  // Null: none, or not needed.
  std::shared_ptr<const Histogram> deciles;   // Of `input` by PSI: the sample over its deciles.
  DetectorSpec detector;                      // Of `change`: calibrated.
  double offset = 0;                          // Of `change`: what the detector sees is
  double scale = 1;                           // (x - offset) / scale.
};

struct PlannedMonitor {
  MonitorSpec spec;
  std::vector<WatchedField> fields;
};

// Where findings and skips of one row go.
struct Telling {
  const MonitorSpec& spec;
  std::string_view series;
  std::vector<Finding>& out;
  Tally& tally;
};

class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void Take(Mark at, std::span<const double> values, Telling& tell) = 0;
  // The present, and the newest row there was.
  virtual void Tick(Timestamp, Mark, Telling&) {}
  virtual Json Save() const = 0;
  // FIELD_INVALID when it is no state of this monitor, which may then be anything.
  virtual Status Restore(const Json& json) = 0;
};

// Borrows from the plan.
StatusOr<std::unique_ptr<Monitor>> MakeMonitor(const PlannedMonitor& plan);
// Values that it holds on one series, at most.
std::uint64_t HeldValues(const PlannedMonitor& plan);

// No statistic is told as larger: rates of 1e100 units in a millisecond are still below.
inline constexpr double kMostStatistic = 1e110;

// What a rule says of one value or window.
struct Judgement {
  enum class State { kNone, kCalm, kBad } state = State::kNone;
  double statistic = 0;
  std::optional<double> p = {};
  std::optional<Mark> since = {};  // Where a bad state began; none: at this very row.
  std::optional<Skip> skip = {};   // Of kNone: why.
};

// What tells a finding once: it begins with the first bad judgement and ends after `calm` calm ones
// in a row. Judgements of neither kind change nothing.
class Episode {
 public:
  explicit Episode(std::uint32_t calm = 1) : calm_(calm) {}
  bool active() const { return active_; }
  // The largest statistic, least p and first row of the one that is or was.
  double statistic() const { return statistic_; }
  std::optional<double> p() const { return p_; }
  const Mark& from() const { return from_; }
  std::optional<Phase> Take(const Judgement& judgement, Mark at);
  Json Save() const;
  Status Restore(const Json& json);

 private:
  std::uint32_t calm_;
  bool active_ = false;
  std::uint32_t calm_so_far_ = 0;
  double statistic_ = 0;
  std::optional<double> p_;
  Mark from_;
};

// Tells what the judgement begins or ends. `text` is asked for at a beginning only.
template <typename Text>
void Tell(Telling& tell, std::string_view field, Episode& episode, const Judgement& judgement,
          Mark at, double threshold, const Text& text) {
  if (judgement.skip) tell.tally.Count(*judgement.skip);
  const std::optional<Phase> phase = episode.Take(judgement, at);
  if (!phase) return;
  const bool began = *phase == Phase::kBegan;
  tell.out.push_back({.monitor = tell.spec.name,
                      .kind = std::string(NameOf(tell.spec.rule)),
                      .field = std::string(field),
                      .series = std::string(tell.series),
                      .phase = *phase,
                      .severity = tell.spec.severity,
                      .from = episode.from(),
                      .to = at,
                      .statistic = began ? judgement.statistic : episode.statistic(),
                      .threshold = threshold,
                      .p = episode.p(),
                      .text = began ? text() : std::string("it has ended")});
}

// States: marks and finite values.
Json MarkJson(const Mark& mark);
StatusOr<Mark> ReadMark(const Json& json, std::string_view path);
Json ValuesJson(std::span<const double> values);
// At most `most` measurable values.
StatusOr<std::vector<double>> ReadValues(const Json& json, std::size_t most, std::string_view path);

}  // namespace muster::drift
