#include "drift/monitors/monitor_set.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "drift/monitors/monitor.h"
#include "drift/monitors/plan.h"
#include "drift/sketches/refusal.h"

namespace muster::drift {
namespace {
// Tells rows apart that have one time; 52 bits, so that a state can hold it. FNV-1a by words.
std::uint64_t PrintOf(std::span<const double> values) {
  std::uint64_t hash = 14695981039346656037u;
  for (const double x : values) hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 1099511628211u;
  return hash >> 12;
}
}  // namespace

struct MonitorSet::Series {
  std::uint64_t rows = 0;           // All that came, the next one's number.
  std::optional<Timestamp> newest;  // Of those that were judged.
  std::uint64_t print = 0;          // Of the one with that time.
  std::uint32_t distrusted = 0;     // Rows in a row whose time did not fit.
  std::vector<std::unique_ptr<Monitor>> monitors;
};

MonitorSet::MonitorSet() = default;
MonitorSet::MonitorSet(MonitorSet&&) noexcept = default;
MonitorSet& MonitorSet::operator=(MonitorSet&&) noexcept = default;
MonitorSet::~MonitorSet() = default;

StatusOr<MonitorSet> MonitorSet::Make(std::vector<MonitorSpec> specs,
                                      std::vector<MonitoredField> fields,
                                      std::optional<TrainingReference> reference,
                                      std::uint64_t seed, const ClockBounds& clock) {
  if (fields.empty() || fields.size() > kMostWatchedFields)
    return InvalidField("fields", "{} of them, 1 to {} are allowed", fields.size(),
                        kMostWatchedFields);
  MonitorSet out;
  out.fields_ = std::move(fields);
  if (reference) out.reference_ = std::make_unique<const TrainingReference>(*std::move(reference));
  out.clock_ = clock;
  MUSTER_ASSIGN(out.plans_, PlanMonitors(std::move(specs),
                                         {out.fields_, out.reference_.get(), seed}, out.tally_));
  for (const PlannedMonitor& plan : out.plans_) {
    out.specs_.push_back(plan.spec);
    out.held_values_ += HeldValues(plan);
  }
  if (out.held_values_ > kMostHeldValues)
    return InvalidField("monitors", "their windows hold {} values, at most {} are allowed",
                        out.held_values_, kMostHeldValues);
  return out;
}

MonitorSet::Series MonitorSet::NewSeries() const {
  Series out;
  // Each was made once when it was planned: what could be wrong has been told.
  for (const PlannedMonitor& plan : plans_) out.monitors.push_back(MakeMonitor(plan).value());
  return out;
}

MonitorSet::Series* MonitorSet::SeriesOf(std::string_view name) {
  if (const auto it = series_.find(name); it != series_.end()) return &it->second;
  if (series_.size() >= kMostSeries || (series_.size() + 1) * held_values_ > kMostHeldValues ||
      name.size() > kMostNameBytes)
    return nullptr;
  return &series_.emplace(std::string(name), NewSeries()).first->second;
}

bool MonitorSet::TakesTime(Series& series, const MonitorRow& row) {
  if (!row.time) return true;
  const auto refuse = [this](Skip why) {
    tally_.Count(why);
    return false;
  };
  const Timestamp time = *row.time;
  if (time < clock_.first || time > clock_.last) return refuse(Skip::kClock);
  const std::uint64_t print = PrintOf(row.values);
  if (series.newest) {
    const bool late = time < *series.newest;
    const bool ahead = time > *series.newest + clock_.most_jump;
    if ((late || ahead) && ++series.distrusted < ClockBounds::kRowsToTrust)
      return refuse(late ? Skip::kLate : Skip::kClock);
    if (time == *series.newest && print == series.print) return refuse(Skip::kDuplicate);
  }
  series.distrusted = 0;
  series.newest = time;
  series.print = print;
  return true;
}

Status MonitorSet::Feed(const MonitorRow& row, std::vector<Finding>& out) {
  if (row.values.size() != fields_.size()) return RefuseOtherBins("row");
  ++rows_;
  Series* const series = SeriesOf(row.series);
  if (series == nullptr) {
    tally_.Count(Skip::kSeries);
    return Ok();
  }
  const Mark at{series->rows++, row.time};
  if (!TakesTime(*series, row)) return Ok();
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    Telling tell{plans_[i].spec, row.series, out, tally_};
    series->monitors[i]->Take(at, row.values, tell);
  }
  return Ok();
}

void MonitorSet::Tick(Timestamp now, std::vector<Finding>& out) {
  for (auto& [name, series] : series_) {
    if (!series.newest) continue;
    const Mark newest{series.rows - 1, series.newest};
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      Telling tell{plans_[i].spec, name, out, tally_};
      series.monitors[i]->Tick(now, newest, tell);
    }
  }
}

std::string MonitorSet::Save() const {
  Json specs = Json::array(), fields = Json::array(), series = Json::array(), skips = Json::array();
  for (const MonitorSpec& spec : specs_) specs.push_back(SpecJson(spec));
  for (const MonitoredField& field : fields_) fields.push_back(field.name);
  for (std::size_t i = 0; i < kSkips; ++i) skips.push_back(tally_.of(static_cast<Skip>(i)));
  for (const auto& [name, s] : series_) {
    Json monitors = Json::array();
    for (const auto& monitor : s.monitors) monitors.push_back(monitor->Save());
    series.push_back({{"distrusted", s.distrusted},
                      {"monitors", std::move(monitors)},
                      {"name", name},
                      {"newest", s.newest ? Json(UnixMillis(*s.newest)) : Json()},
                      {"print", s.print},
                      {"rows", s.rows}});
  }
  // Integers below 2^53 and text that a contract or a source gave.
  return CanonicalJson({{"fields", std::move(fields)},
                        {"monitors", std::move(specs)},
                        {"rows", rows_},
                        {"series", std::move(series)},
                        {"skips", std::move(skips)},
                        {"version", 1}})
      .value_or("");
}

StatusOr<MonitorSet::AllSeries> MonitorSet::ReadSeries(const Json& json) const {
  const std::uint64_t most = std::min<std::uint64_t>(kMostSeries, kMostHeldValues / held_values_);
  if (!json.is_array() || json.size() > most)
    return InvalidField("state.series", "is no list of at most {}", most);
  AllSeries out;
  for (const Json& item : json) {
    Series series = NewSeries();
    FieldReader reader(item, "state.series");
    reader("rows", series.rows);
    reader("print", series.print);
    reader("distrusted", series.distrusted);
    const Json& name = reader.At("name");
    const Json& newest = reader.At("newest");
    const Json& monitors = reader.At("monitors");
    MUSTER_TRY(reader.Finish());
    if (!name.is_string() || name.get_ref<const std::string&>().size() > kMostNameBytes ||
        series.distrusted >= ClockBounds::kRowsToTrust || series.rows == 0 ||
        series.rows > kMostStateCount)
      return InvalidField("state.series", "is beyond bounds");
    if (!newest.is_null()) {
      MUSTER_ASSIGN(const Mark mark,
                    ReadMark({{"row", 0u}, {"time", newest}}, "state.series.newest"));
      series.newest = mark.time;
    }
    if (!monitors.is_array() || monitors.size() != series.monitors.size())
      return InvalidField("state.series.monitors", "are not those of this set");
    for (std::size_t i = 0; i < monitors.size(); ++i)
      MUSTER_TRY(series.monitors[i]->Restore(monitors[i]));
    if (!out.emplace(name.get<std::string>(), std::move(series)).second)
      return InvalidField("state.series", "one stands twice");
  }
  return out;
}

Status MonitorSet::Restore(std::string_view text) {
  constexpr int kDepth = 12;
  if (text.size() > kMostSetBytes)
    return InvalidField("state", "{} bytes, at most {} are allowed", text.size(), kMostSetBytes);
  const StatusOr<Json> json = ParseJson(text, kDepth);
  if (!json.ok()) return InvalidField("state", "{}", MessageOf(json.status()));
  std::uint64_t version = 0, rows = 0;
  FieldReader reader(*json, "state");
  reader("version", version);
  reader("rows", rows);
  const Json& fields = reader.At("fields");
  const Json& monitors = reader.At("monitors");
  const Json& series = reader.At("series");
  const Json& skips = reader.At("skips");
  MUSTER_TRY(reader.Finish());
  Json own_fields = Json::array(), own_monitors = Json::array();
  for (const MonitorSpec& spec : specs_) own_monitors.push_back(SpecJson(spec));
  for (const MonitoredField& field : fields_) own_fields.push_back(field.name);
  if (version != 1) return InvalidField("state.version", "{} is not known", version);
  if (fields != own_fields || monitors != own_monitors)
    return InvalidField("state.monitors", "are not those of this set");
  if (!skips.is_array() || skips.size() != kSkips || rows > kMostStateCount)
    return InvalidField("state.skips", "are not {} counts", kSkips);
  Tally tally;
  for (std::size_t i = 0; i < kSkips; ++i) {
    if (!skips[i].is_number_unsigned() || skips[i].get<std::uint64_t>() > kMostStateCount)
      return InvalidField("state.skips", "are not {} counts", kSkips);
    tally.Count(static_cast<Skip>(i), skips[i].get<std::uint64_t>());
  }
  MUSTER_ASSIGN(AllSeries all, ReadSeries(series));
  series_ = std::move(all);
  rows_ = rows;
  tally_ = tally;
  return Ok();
}

}  // namespace muster::drift
