#pragma once
// Monitors over the rows of a contract, several series at once. Fed in event-time order; tells when
// something begins to be wrong and when it has ended, once each. Reads no clock and keeps no row
// longer than its windows are. Values of one series mostly resemble their neighbours: the rates
// that `change` and `input` promise are those of independent values.
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "drift/monitors/finding.h"
#include "drift/monitors/spec.h"
#include "drift/monitors/training_reference.h"

namespace muster::drift {

// Values held in the windows of all series: 8 bytes each, and no more than twice that with what
// surrounds them. The reference's samples add 32 KiB for each field.
inline constexpr std::uint64_t kMostHeldValues = 500'000;
inline constexpr std::size_t kMostSeries = 64;
inline constexpr std::size_t kMostSetBytes = std::size_t{32} << 20;  // Of a saved state.

// Times outside are a wrong clock's. So is one further ahead of its series than `most_jump`, unless
// kRowsToTrust rows in a row say it: then the clock was set, and the series goes on from there; the
// same of rows that are late.
struct ClockBounds {
  Timestamp first = FromUnixMillis(946'684'800'000);   // 2000-01-01.
  Timestamp last = FromUnixMillis(4'102'444'800'000);  // 2100-01-01.
  Duration most_jump = std::chrono::hours(24 * 366);
  static constexpr std::uint32_t kRowsToTrust = 30;
};

struct MonitorRow {
  std::optional<Timestamp> time;
  std::string_view series;
  std::span<const double> values;  // In the order of the set's fields; NaN: null.
};

class Monitor;
struct PlannedMonitor;

class MonitorSet {
 public:
  //   specs      as ReadMonitors gives them; each is judged again.
  //   fields     what a row holds, in its order.
  //   reference  what `input` and calibrated `change` need; those of all fields watch the fields
  //              that it has values of. `stuck` does not watch fields that it has constant.
  //   seed       of the calibration's simulations: equal seeds make equal detectors.
  //   errors     FIELD_INVALID at "monitors[i].fields[j]" and the like: an unknown field (with the
  //              nearest name), a reference that is missing or lacks the field, a wish that no
  //              threshold fulfils, windows beyond kMostHeldValues.
  //   cost       calibration as drift/detectors/calibration.h says; else O(fields).
  static StatusOr<MonitorSet> Make(std::vector<MonitorSpec> specs,
                                   std::vector<MonitoredField> fields,
                                   std::optional<TrainingReference> reference, std::uint64_t seed,
                                   const ClockBounds& clock = {});
  MonitorSet(MonitorSet&&) noexcept;
  MonitorSet& operator=(MonitorSet&&) noexcept;
  ~MonitorSet();

  // Appends what the row begins or ends. INVALID_ARGUMENT (CONTRACT_MISMATCH) when it has another
  // number of values. What is late, twice or of a wrong clock is counted, and judged by nothing.
  Status Feed(const MonitorRow& row, std::vector<Finding>& out);
  // Judges what depends on the present: freshness, and rows that do not come.
  void Tick(Timestamp now, std::vector<Finding>& out);

  std::uint64_t rows() const { return rows_; }  // All that were fed.
  const Tally& tally() const { return tally_; }
  std::span<const MonitorSpec> specs() const { return specs_; }

  // Canonical JSON of all that later findings depend on.
  std::string Save() const;
  // Goes on from there. FIELD_INVALID, and nothing has changed, when the text is no state of a set
  // with these monitors and fields.
  Status Restore(std::string_view text);

 private:
  struct Series;
  using AllSeries = std::map<std::string, Series, std::less<>>;
  MonitorSet();
  Series* SeriesOf(std::string_view name);
  Series NewSeries() const;
  bool TakesTime(Series& series, const MonitorRow& row);
  StatusOr<AllSeries> ReadSeries(const Json& json) const;

  std::vector<MonitorSpec> specs_;
  std::vector<MonitoredField> fields_;
  std::unique_ptr<const TrainingReference> reference_;  // The plans borrow from it.
  ClockBounds clock_;
  std::vector<PlannedMonitor> plans_;
  std::uint64_t held_values_ = 0;  // Of one series.
  AllSeries series_;
  std::uint64_t rows_ = 0;
  Tally tally_;
};  // Used from one thread.

}  // namespace muster::drift
