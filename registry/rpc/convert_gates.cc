// Gates: wire to domain and back.
#include "registry/rpc/convert_gates.h"
#include "base/time_text.h"

namespace muster::registry {
namespace {

StatusOr<Better> BetterFrom(const std::string& text, const std::string& metric,
                            std::string_view path) {
  if (text.empty()) {
    if (const auto usual = UsualDirection(metric)) return *usual;
    return InvalidField(path, "is missing: say lower or higher, since '{}' may be either",
                        metric.substr(0, 80));
  }
  const auto better = ParseBetter(text);
  if (!better) return InvalidField(path, "'{}' is neither lower nor higher", text.substr(0, 80));
  return *better;
}

// What `parse` makes of `text`, which may be left out.
template <typename T, typename Parse>
StatusOr<std::optional<T>> Optional(const std::string& text, const std::string& path,
                                    const Parse& parse) {
  if (text.empty()) return std::optional<T>();
  StatusOr<T> value = parse(text);
  if (!value.ok()) return InvalidField(path, "{}", MessageOf(value.status()));
  return std::optional<T>(*std::move(value));
}

StatusOr<FreezeWindow> FreezeFrom(const v1::Gates::Freeze& in, const std::string& path) {
  FreezeWindow out;
  MUSTER_ASSIGN(out.from, Optional<Timestamp>(in.from(), path + ".from", ParseTime));
  MUSTER_ASSIGN(out.until, Optional<Timestamp>(in.until(), path + ".until", ParseTime));
  MUSTER_ASSIGN(out.hours, Optional<DayHours>(in.hours(), path + ".hours", ParseHours));
  const auto days = ParseDays({in.days().begin(), in.days().end()});
  if (!days.ok()) return InvalidField(path + ".days", "{}", MessageOf(days.status()));
  out.days = *days;
  if (!in.time_zone().empty() && in.time_zone() != "UTC")
    return InvalidField(path + ".time_zone", "'{}' is not UTC, the only one that is known",
                        in.time_zone().substr(0, 80));
  return out;
}

Status MetricFrom(const v1::Gates::Metric& in, Gates& out) {
  MetricGate& g = out.metric.emplace();
  g.name = in.name();
  MUSTER_ASSIGN(g.better, BetterFrom(in.better(), in.name(), "gates.metric.better"));
  g.alias = in.alias();
  g.margin = in.margin();
  if (in.has_confidence()) g.confidence = in.confidence();
  return Ok();
}

Status SlicesFrom(const v1::Gates::Slices& in, Gates& out) {
  SlicesGate& g = out.slices.emplace();
  g.metric = in.metric();
  MUSTER_ASSIGN(g.better, BetterFrom(in.better(), in.metric(), "gates.slices.better"));
  g.worst_over_mean = in.worst_over_mean();
  g.margins = {in.margins().begin(), in.margins().end()};
  return Ok();
}

void ToProto(const FreezeWindow& in, v1::Gates::Freeze& out) {
  if (in.from) out.set_from(FormatTime(*in.from));
  if (in.until) out.set_until(FormatTime(*in.until));
  for (std::string& day : DaysOf(in.days)) out.add_days(std::move(day));
  if (in.hours) out.set_hours(TextOf(*in.hours));
}
}  // namespace

StatusOr<Gates> FromProto(const v1::Gates& in) {
  Gates out;
  if (!in.aliases().empty()) out.aliases.assign(in.aliases().begin(), in.aliases().end());
  if (in.has_metric()) MUSTER_TRY(MetricFrom(in.metric(), out));
  if (in.has_slices()) MUSTER_TRY(SlicesFrom(in.slices(), out));
  out.contract = in.contract().compatible();
  if (in.has_privacy()) out.epsilon = in.privacy().epsilon();
  if (in.has_approvals())
    out.approvals = ApprovalsGate{in.approvals().count(), in.approvals().role()};
  for (int i = 0; i < in.freeze_size(); ++i) {
    MUSTER_ASSIGN(FreezeWindow window,
                  FreezeFrom(in.freeze(i), fmt::format("gates.freeze[{}]", i)));
    out.freeze.push_back(window);
  }
  if (in.has_hardware())
    out.hardware = HardwareGate{
        {in.hardware().certified().begin(), in.hardware().certified().end()}, in.hardware().role()};
  if (!in.override().role().empty()) out.override_role = in.override().role();
  if (!in.rollback().role().empty()) out.rollback.role = in.rollback().role();
  if (!in.rollback().gates().empty())
    out.rollback.gates.assign(in.rollback().gates().begin(), in.rollback().gates().end());
  return out;
}

v1::Gates ToProto(const Gates& in) {
  v1::Gates out;
  out.mutable_aliases()->Add(in.aliases.begin(), in.aliases.end());
  if (in.metric) {
    v1::Gates::Metric& g = *out.mutable_metric();
    g.set_name(in.metric->name);
    g.set_better(std::string(NameOf(in.metric->better)));
    g.set_alias(in.metric->alias);
    g.set_margin(in.metric->margin);
    if (in.metric->confidence) g.set_confidence(*in.metric->confidence);
  }
  if (in.slices) {
    out.mutable_slices()->set_metric(in.slices->metric);
    out.mutable_slices()->set_better(std::string(NameOf(in.slices->better)));
    out.mutable_slices()->set_worst_over_mean(in.slices->worst_over_mean);
    out.mutable_slices()->mutable_margins()->insert(in.slices->margins.begin(),
                                                    in.slices->margins.end());
  }
  if (in.contract) out.mutable_contract()->set_compatible(true);
  if (in.epsilon) out.mutable_privacy()->set_epsilon(*in.epsilon);
  if (in.approvals) {
    out.mutable_approvals()->set_count(in.approvals->count);
    out.mutable_approvals()->set_role(in.approvals->role);
  }
  for (const FreezeWindow& window : in.freeze) ToProto(window, *out.add_freeze());
  if (in.hardware) {
    const auto& names = in.hardware->certified;
    out.mutable_hardware()->mutable_certified()->Add(names.begin(), names.end());
    out.mutable_hardware()->set_role(in.hardware->role);
  }
  out.mutable_override()->set_role(in.override_role);
  out.mutable_rollback()->set_role(in.rollback.role);
  out.mutable_rollback()->mutable_gates()->Add(in.rollback.gates.begin(), in.rollback.gates.end());
  return out;
}

}  // namespace muster::registry
