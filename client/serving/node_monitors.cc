#include "client/serving/node_monitors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>

#include "base/seeded.h"

namespace muster::client {
namespace {
using drift::Finding;
using drift::MonitorSpec;
constexpr std::array<std::string_view, 4> kPseudo = {"$error", "$prediction", "$latency", "$power"};
constexpr std::string_view kOver = "it is no longer watched by this rule";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The number in "name[12]" at the beginning of a field's path; nullopt when there is none.
std::optional<std::size_t> IndexIn(std::string_view path, std::string_view name) {
  const std::size_t at = path.find(fmt::format("{}[", name));
  if (at == std::string_view::npos) return std::nullopt;
  const char* const begin = path.data() + at + name.size() + 1;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(begin, path.data() + path.size(), index);
  return error == std::errc{} ? std::optional(index) : std::nullopt;
}

// Takes out what `why` is about: a field of a rule, else the rule, else all of them.
void TakeOut(std::vector<MonitorSpec>& specs, const Status& why, const std::string& node,
             Logger& log) {
  const std::string path = FieldOf(why);
  const auto rule = IndexIn(path, "monitors");
  if (!rule || *rule >= specs.size()) {
    log.Warn("rules_inactive", {{"node", node}, {"error", MessageOf(why)}});
    return specs.clear();
  }
  MonitorSpec& spec = specs[*rule];
  const auto field = IndexIn(path, "].fields");
  const bool one = field && *field < spec.fields.size() && spec.fields.size() > 1;
  log.Warn("rule_inactive", {{"node", node},
                             {"rule", spec.name},
                             {"field", one ? spec.fields[*field] : ""},
                             {"error", MessageOf(why)}});
  if (one)
    spec.fields.erase(spec.fields.begin() + static_cast<std::ptrdiff_t>(*field));
  else
    specs.erase(specs.begin() + static_cast<std::ptrdiff_t>(*rule));
}

Json FindingJson(const Finding& f) {
  return {{"field", f.field},
          {"from_row", f.from.row},
          {"from_time", f.from.time ? Json(UnixMillis(*f.from.time)) : Json()},
          {"kind", f.kind},
          {"monitor", f.monitor},
          {"severity", std::string(drift::NameOf(f.severity))},
          {"statistic", DecimalText(f.statistic)},
          {"threshold", DecimalText(f.threshold)}};
}

StatusOr<Finding> ReadFinding(const Json& json, const std::string& series) {
  if (!json.is_object()) return InvalidField("open", "is no list of findings");
  JsonReader reader(json);
  Finding out;
  out.field = reader.Text("field");
  out.kind = reader.Text("kind");
  out.monitor = reader.Text("monitor");
  out.series = series;
  out.severity =
      reader.Text("severity") == "alarm" ? drift::Severity::kAlarm : drift::Severity::kWarning;
  out.statistic = reader.Decimal("statistic");
  out.threshold = reader.Decimal("threshold");
  out.from.row = reader.Unsigned("from_row");
  const Json& time = reader.At("from_time");
  MUSTER_TRY(reader.status());
  if (time.is_number_integer()) out.from.time = FromUnixMillis(time.get<std::int64_t>());
  return out;
}
}  // namespace

std::span<const std::string_view> PseudoFields() { return kPseudo; }

NodeMonitors NodeMonitors::Make(NodeMonitorsConfig config, Logger& log) {
  NodeMonitors out;
  out.series_ = config.series.substr(0, drift::kMostNameBytes);
  for (MonitorSpec& spec : config.specs)
    if (spec.fields.empty() && !drift::IsOfRows(spec.rule))
      for (const drift::MonitoredField& field : config.fields) spec.fields.push_back(field.name);
  for (const std::string_view name : kPseudo)
    config.fields.push_back({std::string(name), -kInfinity, kInfinity});
  const std::uint64_t seed = SeedOf({"monitors", config.series});
  while (!config.specs.empty()) {
    auto set = drift::MonitorSet::Make(config.specs, config.fields, config.reference, seed);
    if (set.ok()) {
      out.set_ = *std::move(set);
      break;
    }
    TakeOut(config.specs, set.status(), config.series, log);
  }
  out.row_.reserve(config.fields.size());
  return out;
}

void NodeMonitors::Note(std::span<const Finding> found) {
  for (const Finding& finding : found) {
    const Key key{finding.monitor, finding.field, finding.series};
    if (finding.phase == drift::Phase::kBegan)
      open_.insert_or_assign(key, finding);
    else
      open_.erase(key);
  }
}

void NodeMonitors::Feed(std::optional<Timestamp> time, std::span<const double> values,
                        const ServedMeasures& m, std::vector<Finding>& out) {
  if (!set_) return;
  row_.assign(values.begin(), values.end());
  for (const double x : {m.error, m.prediction, m.latency_ms, m.watts}) row_.push_back(x);
  const std::size_t before = out.size();
  // Rows are made for these fields, so none has another width.
  static_cast<void>(set_->Feed({time, series_, row_}, out).ok());
  Note(std::span(out).subspan(before));
}

void NodeMonitors::Tick(Timestamp now, std::vector<Finding>& out) {
  if (!set_) return;
  const std::size_t before = out.size();
  set_->Tick(now, out);
  Note(std::span(out).subspan(before));
}

void NodeMonitors::Close(std::vector<Finding>& out) {
  for (auto& [key, finding] : open_) {
    finding.phase = drift::Phase::kEnded;
    finding.to = finding.from;
    finding.text = kOver;
    out.push_back(std::move(finding));
  }
  open_.clear();
}

std::map<std::string, std::uint64_t> NodeMonitors::NotJudged() const {
  std::map<std::string, std::uint64_t> out;
  if (!set_) return out;
  for (std::size_t i = 0; i < drift::kSkips; ++i) {
    const auto skip = static_cast<drift::Skip>(i);
    if (const std::uint64_t count = set_->tally().of(skip); count > 0)
      out[std::string(drift::NameOf(skip))] = count;
  }
  return out;
}

Json NodeMonitors::Save() const {
  Json open = Json::array();
  for (const auto& [key, finding] : open_) open.push_back(FindingJson(finding));
  return {{"open", std::move(open)}, {"set", set_ ? set_->Save() : std::string()}};
}

Status NodeMonitors::Restore(const Json& json) {
  if (!json.is_object()) return InvalidField("monitors", "is no state of monitors");
  JsonReader reader(json);
  const Json& open = reader.At("open");
  const std::string text = reader.Text("set");
  MUSTER_TRY(reader.status());
  if (!open.is_array() || open.size() > drift::kMostMonitors * drift::kMostWatchedFields)
    return InvalidField("monitors.open", "is no list of findings");
  std::map<Key, Finding> found;
  for (const Json& item : open) {
    MUSTER_ASSIGN(Finding finding, ReadFinding(item, series_));
    found.insert_or_assign(Key{finding.monitor, finding.field, finding.series}, finding);
  }
  if (text.empty() != !set_) return InvalidField("monitors.set", "is of other rules");
  if (set_) MUSTER_TRY(set_->Restore(text));
  open_ = std::move(found);
  return Ok();
}

}  // namespace muster::client
