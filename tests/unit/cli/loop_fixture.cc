#include "loop_fixture.h"

#include <fmt/format.h>

#include <cmath>

namespace muster::cli {
namespace {
constexpr int kBins = 10;
constexpr int kWindows = 14, kFirstDrifted = 10, kLastDrifted = 12;
constexpr const char* kSensors[] = {"s2",  "s3",  "s4",  "s7",  "s8",  "s9",  "s11",
                                    "s12", "s13", "s14", "s15", "s17", "s20", "s21"};

// Proportions of a normal distribution in ten bins over [lo, hi], with what is below, above, and
// without a value.
void Proportions(double mean, double sd, double lo, double hi,
                 google::protobuf::RepeatedField<double>* out) {
  const auto below = [&](double x) { return 0.5 * std::erfc((mean - x) / sd / std::sqrt(2.0)); };
  double last = 0;
  for (int i = 0; i <= kBins; ++i) {
    const double at = below(lo + (hi - lo) * i / kBins);
    out->Add((at - last) * 0.999);
    last = at;
  }
  out->Add((1 - last) * 0.999);
  out->Add(0.001);
}

double Wobble(int sensor, int epoch) {
  return std::sin(sensor * 12.9898 + epoch * 78.233) * 0.5 + 0.5;  // In [0, 1], always the same.
}

bool IsDriftedWindow(int epoch) { return epoch >= kFirstDrifted && epoch <= kLastDrifted; }

v1::FeatureView Feature(int sensor, const char* name, int epoch, double shift) {
  v1::FeatureView f;
  const double lo = 100.0 * (sensor + 1), hi = lo + 60, mean = lo + 28, sd = 9;
  f.set_name(name);
  f.set_lo(lo);
  f.set_hi(hi);
  Proportions(mean, sd, lo, hi, f.mutable_before());
  Proportions(mean + sd * (shift + 0.08 * (Wobble(sensor, epoch) - 0.5)), sd, lo, hi,
              f.mutable_now());
  f.set_drifted(shift > 0.4);
  f.set_p(shift > 0.4 ? std::pow(10, -4 * shift - 2 * Wobble(sensor, epoch))
                      : 0.05 + 0.95 * Wobble(sensor, epoch));
  f.set_psi(shift * shift + 0.004 * Wobble(sensor, epoch));
  f.set_distance(0.35 * shift + 0.01 * Wobble(sensor, epoch));
  return f;
}

double ShiftOf(int sensor, int epoch) {
  if (!IsDriftedWindow(epoch)) return 0;
  if (sensor == 6) return 1.2 + 0.2 * (epoch - kFirstDrifted);  // s11.
  return sensor == 2 && epoch > kFirstDrifted ? 0.6 : 0;        // s4.
}

void AddMeasure(const char* name, double mean, v1::WindowView& w) {
  auto& m = *w.add_measures();
  m.set_name(name);
  m.set_mean(mean);
  m.set_count(4000);
}

void AddGroups(int epoch, v1::WindowView& w) {
  for (const char* site : {"gdansk", "hamburg", "lyon", "porto", "turin"}) {
    auto& g = *w.add_groups();
    (*g.mutable_labels())["site"] = site;
    g.set_devices(site[0] == 'h' ? 60 : 30);
    for (int i = 0; i < 14; ++i)
      *g.add_features() = Feature(i, kSensors[i], epoch + site[0],
                                  site[0] == 'p' || site[0] == 'l' ? 0 : ShiftOf(i, epoch) * 1.3);
  }
}

v1::WindowView Window(int epoch) {
  v1::WindowView w;
  w.set_epoch(epoch);
  w.set_campaign(fmt::format("turbofan.{}-{}", epoch > kLastDrifted ? 5 : 4, epoch));
  w.set_version(epoch > kLastDrifted ? 5 : 4);
  w.set_devices(180 + 4 * static_cast<std::uint32_t>(5 * Wobble(3, epoch)));
  w.set_shards(36);
  w.set_rows(w.devices() * 50);
  w.set_level(0.01);
  w.set_begun_unix_ms(kStart + epoch * kHour - 90'000);
  w.set_ended_unix_ms(kStart + epoch * kHour);
  w.set_fact(fmt::format("monitor/turbofan#{}", 10 + 2 * epoch));
  w.set_judged(epoch != 4);
  if (epoch == 4) {
    w.set_why("TOO_FEW_DEVICES: 41 devices answered, 50 are asked for");
    return w;
  }
  for (int i = 0; i < 14; ++i) {
    *w.add_features() = Feature(i, kSensors[i], epoch, ShiftOf(i, epoch));
    w.set_drifted(w.drifted() || w.features().rbegin()->drifted());
  }
  *w.add_features() = Feature(15, "$prediction", epoch, IsDriftedWindow(epoch) ? 0.7 : 0);
  const double lost = IsDriftedWindow(epoch) ? 6 + epoch - kFirstDrifted : 0;
  const double gained = epoch > kLastDrifted ? -0.6 : 0;
  AddMeasure("error", 10.2 + lost + gained + Wobble(1, epoch), w);
  AddMeasure("expected_error", 10.4 + 0.6 * lost + Wobble(2, epoch), w);
  AddMeasure("squared_error", std::pow(14.1 + 1.2 * lost + gained + Wobble(1, epoch), 2), w);
  AddGroups(epoch, w);
  return w;
}

void AddFinding(int device, const char* rule, const char* field, bool open, v1::MonitorView& m) {
  auto& f = *m.add_findings();
  f.set_device(fmt::format("d{:04x}", 977 * device));
  f.set_rule(rule);
  f.set_field(field);
  f.set_severity("alarm");
  f.set_began_unix_ms(kStart + 9 * kHour + device * 60'000);
  if (!open) f.set_ended_unix_ms(kStart + 13 * kHour);
  f.set_text(fmt::format("the level of {} is changing", field));
  f.set_fact(fmt::format("monitor/turbofan#{}", 100 + device));
}

void AddRule(const char* rule, std::uint64_t alarms, std::uint64_t wrong, std::uint64_t right,
             std::uint64_t missed, v1::MonitorView& m) {
  auto& r = *m.add_rules();
  r.set_rule(rule);
  r.set_alarms(alarms);
  r.set_false_positives(wrong);
  r.set_confirmed(right);
  r.set_missed(missed);
}

v1::Explanation Evidence(bool met) {
  v1::Explanation e;
  e.set_what("any of 2 conditions");
  e.set_met(met);
  e.set_why(met ? "1 of 2 holds" : "none of 2 holds");
  auto& drift = *e.add_parts();
  drift.set_what("drift of monitor turbofan in 2 windows");
  drift.set_met(met);
  drift.set_why(met ? "2 of 2 windows in a row: s11 p=1.2e-05 < 0.01" : "0 of 2 windows in a row");
  if (met) drift.add_facts("monitor/turbofan#30");
  if (met) drift.add_facts("monitor/turbofan#32");
  auto& devices = *e.add_parts();
  devices.set_what("20 devices with an open alarm of monitor turbofan");
  devices.set_why(met ? "17 of 20 devices" : "7 of 20 devices");
  return e;
}

v1::Firing Fired() {
  v1::Firing f;
  f.set_number(1);
  f.set_fired_unix_ms(kStart + 11 * kHour + 400);
  *f.mutable_evidence() = Evidence(true);
  f.set_campaign("rul-drift-1");
  f.set_campaign_phase("running");
  f.set_state("training");
  f.set_rounds(10);
  f.set_rounds_published(3);
  f.set_drifted_devices(17);
  f.set_other_devices(17);
  f.set_base_version(4);
  f.set_fact("trigger/rul-drift#2");
  return f;
}

void AddVerdict(const char* gate, bool passed, const char* reason, v1::Firing& f) {
  auto& v = *f.add_verdicts();
  v.set_gate(gate);
  v.set_passed(passed);
  v.set_reason(reason);
}

v1::ModelVersion Version(std::uint64_t number, double all, double drifted, double undrifted) {
  v1::ModelVersion v;
  v.set_model("rul-net");
  v.set_version(number);
  v.set_params_digest("sha256:11ed406a5df5c0ffee0000000000000000000000000000000000000000000000");
  v.set_created_unix_ms(kStart + (number == 5 ? 11 * kHour + 1'500'000 : -40 * kHour));
  v.set_parent(number - 1);
  v.set_campaign(number == 5 ? "rul-drift-1" : "turbofan");
  v.set_round(10);
  (*v.mutable_metrics())["rmse"] = all;
  if (number == 5) v.add_aliases("champion");
  (*(*v.mutable_slices())["drifted"].mutable_metrics())["rmse"] = drifted;
  (*(*v.mutable_slices())["undrifted"].mutable_metrics())["rmse"] = undrifted;
  return v;
}

void AddMove(std::uint64_t version, std::uint64_t from, std::int64_t at, v1::AliasHistory& h) {
  auto& m = *h.add_moves();
  m.set_alias("champion");
  m.set_version(version);
  m.set_from(from);
  m.set_at_unix_ms(at);
  m.set_by(version == 5 ? "trigger/rul-drift" : "operator/ann");
  m.set_how("promotion");
  if (version == 4) m.set_until_unix_ms(kStart + 11 * kHour + 1'800'400);
}

}  // namespace

v1::MonitorView TurbofanMonitor() {
  v1::MonitorView m;
  m.mutable_monitor()->set_name("turbofan");
  m.mutable_monitor()->set_model("rul-net");
  m.mutable_monitor()->set_alias("champion");
  m.mutable_monitor()->mutable_fleet()->set_shard(5);
  m.mutable_monitor()->mutable_fleet()->set_level(0.01);
  m.set_phase("watching");
  m.set_version(5);
  m.set_level(0.005);
  m.set_updated_unix_ms(kStart + kWindows * kHour);
  auto& reference = *m.mutable_reference();
  reference.set_reference(true);
  reference.set_judged(true);
  reference.set_version(5);
  reference.set_devices(196);
  reference.set_rows(9800);
  reference.set_ended_unix_ms(kStart + 11 * kHour + 1'900'000);
  for (int epoch = 1; epoch <= kWindows; ++epoch) *m.add_windows() = Window(epoch);
  for (int i = 0; i < 17; ++i) AddFinding(i, "level", "s11", i < 7, m);
  for (int i = 0; i < 3; ++i) AddFinding(i, "bounds", "s4", true, m);
  AddRule("fleet", 3, 0, 1, 0, m);
  AddRule("level", 17, 2, 9, 1, m);
  AddRule("bounds", 3, 3, 0, 0, m);
  return m;
}

v1::TriggerView TrainingTrigger() {
  v1::TriggerView t;
  t.mutable_trigger()->set_name("rul-drift");
  t.mutable_trigger()->set_model("rul-net");
  auto& any = *t.mutable_trigger()->mutable_when()->mutable_any();
  any.add_conditions()->mutable_drift()->set_monitor("turbofan");
  any.add_conditions()->mutable_devices()->set_monitor("turbofan");
  t.set_phase("training");
  t.set_updated_unix_ms(kStart + 11 * kHour + 500);
  *t.mutable_explanation() = Evidence(false);
  *t.add_firings() = Fired();
  return t;
}

v1::TriggerView TurbofanTrigger() {
  v1::TriggerView t = TrainingTrigger();
  t.set_phase("armed");
  v1::Firing& f = *t.mutable_firings(0);
  f.set_state("promoted");
  f.set_campaign_phase("completed");
  f.set_rounds_published(10);
  f.set_version(5);
  f.set_ended_unix_ms(kStart + 11 * kHour + 1'800'400);
  AddVerdict("metric", true, "rmse 14.9 against 18.1", f);
  AddVerdict("slices", true, "worst over mean 1.02", f);
  return t;
}

v1::CampaignView TrainingCampaign() {
  v1::CampaignView c;
  c.mutable_campaign()->set_name("rul-drift-1");
  c.mutable_campaign()->mutable_plan()->set_rounds(10);
  c.set_phase("running");
  c.set_rounds_published(3);
  c.set_updated_unix_ms(kStart + 11 * kHour + 600'000);
  auto& r = *c.mutable_round();
  r.set_round(4);
  r.set_attempt(1);
  r.set_phase("collecting");
  r.set_goal(34);
  r.set_joined(34);
  r.set_received(12);
  r.set_counted(9);
  return c;
}

v1::ModelView TurbofanModel() {
  v1::ModelView m;
  m.mutable_model()->set_name("rul-net");
  *m.add_versions() = Version(4, 18.1, 22.4, 14.6);
  *m.add_versions() = Version(5, 14.9, 15.2, 14.5);
  (*m.mutable_aliases())["champion"] = 5;
  m.set_version_count(5);
  return m;
}

v1::AliasHistory TurbofanHistory() {
  v1::AliasHistory h;
  AddMove(4, 0, kStart - 30 * kHour, h);
  AddMove(5, 4, kStart + 11 * kHour + 1'800'400, h);
  return h;
}

Timestamp TurbofanNow() { return FromUnixMillis(kStart + kWindows * kHour + 300'000); }

}  // namespace muster::cli
