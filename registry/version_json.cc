#include "registry/version_json.h"

namespace muster::registry {
namespace {

Json ToJson(const Metrics& metrics) {
  Json out = Json::object();
  for (const auto& [name, value] : metrics) out[name] = DecimalText(value);
  return out;
}

StatusOr<Metrics> MetricsFrom(const Json& json) {
  JsonReader r(json);
  Metrics out;
  MUSTER_TRY(r.status());
  for (const auto& item : json.items()) out[item.key()] = r.Decimal(item.key().c_str());
  MUSTER_TRY(r.status());
  return out;
}

Json ToJson(const Spread& spread) {
  Json out{{"count", spread.count}, {"groups", spread.groups}};
  if (spread.standard_error) out["standard_error"] = DecimalText(*spread.standard_error);
  return out;
}

StatusOr<Spread> SpreadFrom(const Json& json) {
  JsonReader r(json);
  Spread out;
  out.count = r.Unsigned("count");
  out.groups = static_cast<std::uint32_t>(r.Unsigned("groups"));
  if (r.Has("standard_error")) out.standard_error = r.Decimal("standard_error");
  MUSTER_TRY(r.status());
  return out;
}

// Each member of the object `json`, by `read`.
template <typename T, typename Read>
StatusOr<std::map<std::string, T>> EachFrom(const Json& json, const Read& read) {
  if (!json.is_object()) return InvalidArgument("not a JSON object");
  std::map<std::string, T> out;
  for (const auto& item : json.items()) {
    MUSTER_ASSIGN(out[item.key()], read(item.value()));
  }
  return out;
}

Json ToJson(const PairedDifference& d) {
  return {{"value", DecimalText(d.value)},
          {"standard_error", DecimalText(d.standard_error)},
          {"devices", d.devices}};
}

StatusOr<PairedDifference> DifferenceFrom(const Json& json) {
  JsonReader r(json);
  PairedDifference out;
  out.value = r.Decimal("value");
  out.standard_error = r.Decimal("standard_error");
  out.devices = static_cast<std::uint32_t>(r.Unsigned("devices"));
  MUSTER_TRY(r.status());
  return out;
}

Json ToJson(const Baseline& b) {
  Json out{{"version", b.version.value()},
           {"examples", b.examples},
           {"devices", b.devices},
           {"both", b.both}};
  PutMeasurements(b.measured, out);
  for (const auto& [name, difference] : b.differences)
    out["differences"][name] = ToJson(difference);
  return out;
}

StatusOr<Baseline> BaselineFrom(const Json& json) {
  JsonReader r(json);
  Baseline out;
  out.version = VersionNumber(r.Unsigned("version"));
  out.examples = r.Unsigned("examples");
  out.devices = static_cast<std::uint32_t>(r.Unsigned("devices"));
  out.both = static_cast<std::uint32_t>(r.Unsigned("both"));
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(out.measured, MeasurementsFrom(json));
  if (r.Has("differences")) {
    MUSTER_ASSIGN(out.differences, EachFrom<PairedDifference>(r.At("differences"), DifferenceFrom));
  }
  return out;
}

StatusOr<Energy> EnergyFrom(const Json& json) {
  JsonReader r(json);
  Energy out{r.Decimal("kwh"), r.Text("source")};
  MUSTER_TRY(r.status());
  return out;
}
}  // namespace

void PutMeasurements(const Measurements& measured, Json& body) {
  body["metrics"] = ToJson(measured.metrics);
  for (const auto& [name, spread] : measured.spreads) body["spreads"][name] = ToJson(spread);
  for (const auto& [name, metrics] : measured.slices) body["slices"][name] = ToJson(metrics);
  if (measured.energy)
    body["energy"] = {{"kwh", DecimalText(measured.energy->kwh)},
                      {"source", measured.energy->source}};
}

StatusOr<Measurements> MeasurementsFrom(const Json& body) {
  JsonReader r(body);
  const Json& metrics = r.At("metrics");
  MUSTER_TRY(r.status());
  Measurements out;
  MUSTER_ASSIGN(out.metrics, MetricsFrom(metrics));
  if (r.Has("spreads")) {
    MUSTER_ASSIGN(out.spreads, EachFrom<Spread>(r.At("spreads"), SpreadFrom));
  }
  if (r.Has("slices")) {
    MUSTER_ASSIGN(out.slices, EachFrom<Metrics>(r.At("slices"), MetricsFrom));
  }
  if (r.Has("energy")) {
    MUSTER_ASSIGN(out.energy, EnergyFrom(r.At("energy")));
  }
  return out;
}

Json ToJson(const Lineage& l) {
  Json out{{"first_round", l.first_round.value()},
           {"last_round", l.last_round.value()},
           {"cohort", l.cohort.ToString()},
           {"updates", l.updates},
           {"aggregation", l.aggregation},
           {"config", l.config.ToString()},
           {"evaluation_examples", l.evaluation_examples},
           {"evaluation_devices", l.evaluation_devices},
           {"applied_by", l.applied_by}};
  if (!l.secure.empty()) out["secure"] = l.secure;
  if (l.code) out["code"] = l.code->ToString();
  if (l.baseline) out["baseline"] = ToJson(*l.baseline);
  return out;
}

StatusOr<Lineage> LineageFrom(const Json& json) {
  JsonReader r(json);
  Lineage out;
  out.first_round = RoundNumber(r.Unsigned("first_round"));
  out.last_round = RoundNumber(r.Unsigned("last_round"));
  out.updates = r.Unsigned("updates");
  out.aggregation = r.Text("aggregation");
  out.evaluation_examples = r.Unsigned("evaluation_examples");
  out.evaluation_devices = static_cast<std::uint32_t>(r.Unsigned("evaluation_devices"));
  out.applied_by = r.Text("applied_by");
  if (r.Has("secure")) out.secure = r.Text("secure");
  const std::string cohort = r.Text("cohort"), config = r.Text("config");
  const std::string code = r.Has("code") ? r.Text("code") : "";
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(out.cohort, Digest::Parse(cohort));
  MUSTER_ASSIGN(out.config, Digest::Parse(config));
  if (!code.empty()) {
    MUSTER_ASSIGN(out.code, Digest::Parse(code));
  }
  if (r.Has("baseline")) {
    MUSTER_ASSIGN(out.baseline, BaselineFrom(r.At("baseline")));
  }
  return out;
}

Json ToJson(const std::vector<Verdict>& verdicts) {
  Json out = Json::array();
  for (const Verdict& v : verdicts)
    out.push_back({{"gate", v.gate}, {"passed", v.passed}, {"reason", v.reason}});
  return out;
}

StatusOr<std::vector<Verdict>> VerdictsFrom(const Json& json) {
  std::vector<Verdict> out;
  if (!json.is_array()) return InvalidArgument("verdicts are no list");
  for (const Json& item : json) {
    JsonReader r(item);
    out.push_back({r.Text("gate"), r.Bool("passed"), r.Text("reason")});
    MUSTER_TRY(r.status());
  }
  return out;
}

}  // namespace muster::registry
