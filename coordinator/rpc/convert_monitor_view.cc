// Monitors as people see them.
#include "coordinator/rpc/convert_monitor.h"

namespace muster::coordinator {
namespace {

void Fill(const WindowFeature& in, v1::FeatureView& out) {
  out.set_name(in.name);
  out.set_p(in.p);
  out.set_drifted(in.drifted);
  out.set_psi(in.psi);
  out.set_distance(in.distance);
  out.set_why(in.why);
  out.set_lo(in.lo);
  out.set_hi(in.hi);
  for (const std::uint32_t part : in.now) out.add_now(part / 1e6);
  for (const std::uint32_t part : in.before) out.add_before(part / 1e6);
  out.set_baseline(in.baseline);
}

void Fill(const WindowGroup& in, v1::GroupView& out) {
  out.mutable_labels()->insert(in.labels.begin(), in.labels.end());
  out.set_devices(in.devices);
  for (const WindowFeature& feature : in.features) Fill(feature, *out.add_features());
}

void Fill(const Window& in, const MonitorName& monitor, v1::WindowView& out) {
  const WindowOutcome& o = in.outcome;
  out.set_epoch(in.epoch);
  out.set_campaign(in.campaign.value());
  out.set_version(in.version.value());
  out.set_judged(o.judged);
  out.set_why(o.why);
  out.set_drifted(o.drifted);
  for (const WindowFeature& feature : o.features) Fill(feature, *out.add_features());
  out.set_devices(o.devices);
  out.set_shards(o.shards);
  out.set_begun_unix_ms(UnixMillis(in.begun));
  out.set_ended_unix_ms(UnixMillis(in.ended));
  for (const WindowMeasure& m : o.measures) {
    v1::MeasureView& measure = *out.add_measures();
    measure.set_name(m.name);
    measure.set_mean(m.mean);
    measure.set_count(m.count);
  }
  out.set_rows(o.rows);
  out.set_reference(in.reference);
  for (const WindowGroup& group : o.groups) Fill(group, *out.add_groups());
  out.set_level(o.level);
  out.set_fact(FactRef(monitor, in.seq));
}

void Fill(const Finding& in, const MonitorName& monitor, v1::FindingView& out) {
  out.set_device(in.device.value());
  out.set_rule(in.rule);
  out.set_field(in.field);
  out.set_severity(in.alarm ? "alarm" : "warning");
  out.set_began_unix_ms(UnixMillis(in.began));
  if (in.ended) out.set_ended_unix_ms(UnixMillis(*in.ended));
  out.set_text(in.text);
  out.set_fact(FactRef(monitor, in.seq));
}

void Fill(const std::string& rule, const RuleRecord& in, v1::RuleRecord& out) {
  out.set_rule(rule);
  out.set_alarms(in.alarms);
  out.set_false_positives(in.false_positives);
  out.set_confirmed(in.confirmed);
  out.set_missed(in.missed);
}
}  // namespace

v1::MonitorView ToProto(const MonitorSnapshot& in) {
  v1::MonitorView out;
  *out.mutable_monitor() = ToProto(in.spec);
  out.set_phase(in.phase);
  out.set_why(in.why);
  out.set_version(in.version.value());
  if (in.reference) Fill(*in.reference, in.spec.name, *out.mutable_reference());
  if (in.baseline) out.set_prediction_baseline(in.baseline->epoch);
  for (const Window& window : in.windows) Fill(window, in.spec.name, *out.add_windows());
  for (const Finding& finding : in.findings) Fill(finding, in.spec.name, *out.add_findings());
  for (const auto& [rule, record] : in.rules) Fill(rule, record, *out.add_rules());
  out.set_level(in.level);
  out.set_updated_unix_ms(UnixMillis(in.updated_at));
  out.set_applied_by(in.applied_by);
  return out;
}

}  // namespace muster::coordinator
