// Monitors: wire to domain and back.
#include "coordinator/rpc/convert_monitor.h"

#include <cmath>

#include "base/time_text.h"
#include "coordinator/rpc/convert.h"

namespace muster::coordinator {
namespace {
constexpr std::uint32_t kDefaultRows = 50;
constexpr std::uint32_t kDefaultShard = 5;
constexpr std::uint32_t kDefaultBins = 10;
constexpr double kMostInteger = 9007199254740992;  // 2^53.
constexpr char kDefaultReportWindow[] = "30s";

// The same error, with its field under `path`.
Status Under(const std::string& path, const Status& status) {
  if (status.ok()) return status;
  const std::string field = FieldOf(status);
  if (field.starts_with(path)) return status;
  return WithField(status, field.empty() ? path : path + "." + field);
}

// A rule as drift/monitors reads it: only what was given, so that what its kind lacks is refused.
StatusOr<Json> RuleJson(const v1::Monitor::EdgeRule& in, const std::string& path) {
  Json out{{"name", in.name()}, {"kind", in.kind()}};
  if (in.fields_size() != 0) {
    out["fields"] = Json::array();
    for (const std::string& field : in.fields()) out["fields"].push_back(field);
  }
  if (!in.severity().empty()) out["severity"] = in.severity();
  if (in.has_window()) out["window"] = in.window();
  if (in.has_rows()) out["rows"] = in.rows();
  if (!in.time().empty()) out["time"] = in.time();
  if (!in.test().empty()) out["test"] = in.test();
  if (!in.detector().empty()) out["detector"] = in.detector();
  if (in.has_one_false_alarm_in()) out["one_false_alarm_in"] = in.one_false_alarm_in();
  const auto number = [&](const std::string& key, bool has, double value, Json& into) -> Status {
    if (!has) return Ok();
    if (!std::isfinite(value)) return InvalidField(path + "." + key, "is not a finite number");
    if (value >= 0 && value < kMostInteger && value == std::floor(value))
      into[key] = static_cast<std::uint64_t>(value);  // Counts are no decimals.
    else
      into[key] = DecimalText(value);
    return Ok();
  };
  MUSTER_TRY(number("k", in.has_k(), in.k(), out));
  MUSTER_TRY(number("share", in.has_share(), in.share(), out));
  MUSTER_TRY(number("limit", in.has_limit(), in.limit(), out));
  MUSTER_TRY(number("rate", in.has_rate(), in.rate(), out));
  MUSTER_TRY(number("min", in.has_min(), in.min(), out));
  MUSTER_TRY(number("max", in.has_max(), in.max(), out));
  if (in.config().empty()) return out;
  Json config = Json::object();
  for (const auto& [key, value] : in.config()) MUSTER_TRY(number(key, true, value, config));
  out["config"] = std::move(config);
  return out;
}

StatusOr<drift::MonitorSpec> RuleFrom(const v1::Monitor::EdgeRule& in, const std::string& path) {
  MUSTER_ASSIGN(const Json json, RuleJson(in, path));
  auto rule = drift::ReadMonitor(json, path);
  if (!rule.ok()) return Under(path, rule.status());
  return rule;
}

// What sums a window is a campaign of statistics, with a campaign's own defaults.
v1::Campaign CampaignOf(const v1::Monitor& in) {
  const v1::Monitor::Fleet& fleet = in.fleet();
  v1::Campaign out;
  out.set_name(in.name());
  v1::Campaign::Statistics& statistics = *out.mutable_statistics();
  statistics.mutable_fields()->CopyFrom(fleet.fields());
  statistics.set_bins(fleet.bins() == 0 ? kDefaultBins : fleet.bins());
  v1::Campaign::Window& window = *statistics.mutable_window();
  window.set_monitor(in.name());
  window.set_model(in.model());
  window.set_version(1);  // Each window's own.
  window.set_rows(fleet.rows() == 0 ? kDefaultRows : fleet.rows());
  window.set_shard(fleet.shard() == 0 ? kDefaultShard : fleet.shard());
  window.set_prediction(fleet.prediction());
  window.set_error(fleet.error());
  window.set_expected_error(fleet.expected_error());
  window.mutable_drill()->CopyFrom(fleet.drill());
  v1::Campaign::Plan& plan = *out.mutable_plan();
  plan.set_report_window(fleet.report_window().empty() ? kDefaultReportWindow
                                                       : fleet.report_window());
  plan.set_attempts(1);  // A window that fails is another window's turn.
  *plan.mutable_selection()->mutable_labels() = in.labels();
  plan.mutable_selection()->set_enrolled_at_least(fleet.enrolled_at_least());
  *out.mutable_secure() = fleet.secure();
  return out;
}

StatusOr<FleetSpec> FleetFrom(const v1::Monitor& in) {
  const v1::Monitor::Fleet& fleet = in.fleet();
  FleetSpec out;
  auto campaign = FromProto(CampaignOf(in));
  if (!campaign.ok()) return Under("fleet", campaign.status());
  out.campaign = *std::move(campaign);
  if (!fleet.every().empty()) {
    const auto every = ParseDuration(fleet.every());
    if (!every.ok()) return InvalidField("fleet.every", "{}", MessageOf(every.status()));
    out.every = *every;
  }
  out.after_rows = fleet.after_rows() == 0 ? out.window().rows : fleet.after_rows();
  if (fleet.level() != 0) out.level = fleet.level();
  return out;
}

// Parameters back, from the JSON that they were read from.
void Fill(const drift::MonitorSpec& in, v1::Monitor::EdgeRule& out) {
  const Json json = drift::SpecJson(in);
  JsonReader r(json);
  out.set_name(in.name);
  out.set_kind(std::string(NameOf(in.rule)));
  out.mutable_fields()->Assign(in.fields.begin(), in.fields.end());
  out.set_severity(std::string(NameOf(in.severity)));
  if (r.Has("window")) out.set_window(static_cast<std::uint32_t>(r.Unsigned("window")));
  if (r.Has("rows")) out.set_rows(static_cast<std::uint32_t>(r.Unsigned("rows")));
  if (r.Has("k")) out.set_k(r.Decimal("k"));
  if (r.Has("share")) out.set_share(r.Decimal("share"));
  if (r.Has("time")) out.set_time(r.Text("time"));
  if (r.Has("limit")) out.set_limit(r.Decimal("limit"));
  if (r.Has("test")) out.set_test(r.Text("test"));
  if (r.Has("rate")) out.set_rate(r.Decimal("rate"));
  if (r.Has("min")) out.set_min(r.Decimal("min"));
  if (r.Has("max")) out.set_max(r.Decimal("max"));
  if (r.Has("one_false_alarm_in")) out.set_one_false_alarm_in(r.Unsigned("one_false_alarm_in"));
  if (!r.Has("detector")) return;
  out.set_detector(r.Text("detector"));
  for (const auto& [key, value] : r.At("config").items()) {
    if (value.is_number()) (*out.mutable_config())[key] = value.get<double>();
    if (!value.is_string()) continue;
    if (const auto number = ParseDecimal(value.get_ref<const std::string&>()); number.ok())
      (*out.mutable_config())[key] = *number;
  }
}

void Fill(const FleetSpec& in, v1::Monitor::Fleet& out) {
  const v1::Campaign campaign = ToProto(in.campaign);
  const WindowSpec& window = in.window();
  out.mutable_fields()->CopyFrom(campaign.statistics().fields());
  out.set_bins(campaign.statistics().bins());
  out.set_prediction(window.prediction);
  out.set_error(window.error);
  out.set_expected_error(window.expected_error);
  out.set_rows(window.rows);
  if (in.every.count() != 0) out.set_every(FormatDuration(in.every));
  out.set_after_rows(in.after_rows);
  out.set_shard(window.shard);
  out.set_level(in.level);
  *out.mutable_secure() = campaign.secure();
  out.mutable_drill()->Assign(window.drill.begin(), window.drill.end());
  out.set_report_window(campaign.plan().report_window());
  out.set_enrolled_at_least(campaign.plan().selection().enrolled_at_least());
}
}  // namespace

StatusOr<MonitorSpec> FromProto(const v1::Monitor& in) {
  MonitorSpec out;
  out.name = MonitorName(in.name());
  out.description = in.description();
  out.model = ModelName(in.model());
  if (!in.alias().empty()) out.alias = in.alias();
  out.labels = {in.labels().begin(), in.labels().end()};
  if (!in.silent_after().empty()) {
    const auto silent = ParseDuration(in.silent_after());
    if (!silent.ok()) return InvalidField("silent_after", "{}", MessageOf(silent.status()));
    out.silent_after = *silent;
  }
  for (int i = 0; i < in.edge_size(); ++i) {
    MUSTER_ASSIGN(out.edge.emplace_back(), RuleFrom(in.edge(i), fmt::format("edge[{}]", i)));
  }
  if (in.has_fleet()) {
    MUSTER_ASSIGN(out.fleet, FleetFrom(in));
  }
  return out;
}

v1::Monitor ToProto(const MonitorSpec& in) {
  v1::Monitor out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  out.set_model(in.model.value());
  out.set_alias(in.alias);
  out.mutable_labels()->insert(in.labels.begin(), in.labels.end());
  out.set_silent_after(FormatDuration(in.silent_after));
  for (const drift::MonitorSpec& rule : in.edge) Fill(rule, *out.add_edge());
  if (in.fleet) Fill(*in.fleet, *out.mutable_fleet());
  return out;
}

StatusOr<GiveFeedback> FromProto(const v1::GiveFeedbackRequest& in) {
  GiveFeedback out;
  if (!in.rule().empty()) out.rule = in.rule();
  const auto verdict = ParseVerdict(in.verdict());
  if (!verdict)
    return InvalidField("verdict", "'{}' is not one of false_positive, missed, confirmed",
                        in.verdict().substr(0, 40));
  out.verdict = *verdict;
  out.outcome = in.outcome();
  out.epoch = in.epoch();
  out.id = in.id();
  return out;
}

}  // namespace muster::coordinator
