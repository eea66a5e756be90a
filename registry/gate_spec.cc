// What gates may be declared, and their form in facts.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/nearest.h"
#include "base/nested_json.h"
#include "registry/gate.h"
#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMaxAliases = 20;
constexpr std::size_t kMaxWindows = 50;
constexpr std::size_t kMaxHardware = 50;
constexpr std::size_t kMaxMargins = 50;
constexpr std::uint32_t kMaxApprovals = 20;

const std::vector<std::string>& GateNames() {
  static const auto& names = *new std::vector<std::string>{
      "metric", "slices", "contract", "privacy", "approvals", "freeze", "hardware"};
  return names;
}

// Names that stand once each, checked one by one by `check`.
template <typename Check>
Status CheckEach(const std::vector<std::string>& names, std::string_view path, std::size_t most,
                 const Check& check) {
  if (names.empty() || names.size() > most)
    return InvalidField(path, "{} names are not 1 to {}", names.size(), most);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    MUSTER_TRY(check(names[i], at));
    if (!seen.insert(names[i]).second)
      return WithReason(InvalidField(at, "'{}' stands twice", names[i]), Reason::kFIELD_DUPLICATE);
  }
  return Ok();
}

Status Check(const MetricGate& g) {
  MUSTER_TRY(CheckName(g.name, "gates.metric.name"));
  if (!g.alias.empty()) MUSTER_TRY(CheckAliasName(g.alias, "gates.metric.alias"));
  if (!std::isfinite(g.margin)) return InvalidField("gates.metric.margin", "is not finite");
  if (g.confidence && !(*g.confidence > 0.5 && *g.confidence < 1))
    return InvalidField("gates.metric.confidence", "{} is not more than 0.5 and less than 1",
                        *g.confidence);
  return Ok();
}

Status Check(const SlicesGate& g) {
  MUSTER_TRY(CheckName(g.metric, "gates.slices.metric"));
  const bool asked = g.worst_over_mean != 0 || g.margins.empty();
  if (asked && !(g.worst_over_mean >= 1 && g.worst_over_mean <= 1e6))
    return InvalidField("gates.slices.worst_over_mean", "{} is not in 1 to 1,000,000",
                        g.worst_over_mean);
  if (g.margins.size() > kMaxMargins)
    return InvalidField("gates.slices.margins", "{} slices are more than {}", g.margins.size(),
                        kMaxMargins);
  for (const auto& [slice, margin] : g.margins) {
    MUSTER_TRY(CheckName(slice, "gates.slices.margins"));
    if (!std::isfinite(margin))
      return InvalidField("gates.slices.margins." + slice, "is not finite");
  }
  return Ok();
}

Status Check(const ApprovalsGate& g) {
  if (g.count == 0 || g.count > kMaxApprovals)
    return InvalidField("gates.approvals.count", "{} is not in 1 to {}", g.count, kMaxApprovals);
  return CheckAliasName(g.role, "gates.approvals.role");
}

Status Check(const FreezeWindow& w, const std::string& path) {
  if (w == FreezeWindow{}) return InvalidField(path, "says neither when nor until when");
  if (w.from && w.until && *w.from >= *w.until)
    return InvalidField(path + ".until", "does not come after from");
  return Ok();
}

Status Check(const HardwareGate& g) {
  MUSTER_TRY(CheckEach(g.certified, "gates.hardware.certified", kMaxHardware, CheckName));
  return g.role.empty() ? Ok() : CheckAliasName(g.role, "gates.hardware.role");
}

Status CheckGateName(std::string_view name, std::string_view path) {
  if (std::find(GateNames().begin(), GateNames().end(), name) != GateNames().end()) return Ok();
  return InvalidField(path, "'{}' is none of {}{}", name.substr(0, 80),
                      fmt::join(GateNames(), ", "), DidYouMean(name, GateNames()));
}

Status Check(const RollbackRule& rule) {
  MUSTER_TRY(CheckAliasName(rule.role, "gates.rollback.role"));
  return CheckEach(rule.gates, "gates.rollback.gates", GateNames().size(), CheckGateName);
}

// --- Facts ---

Json ToJson(const MetricGate& g) {
  Json out{{"name", g.name},
           {"better", std::string(NameOf(g.better))},
           {"margin", DecimalText(g.margin)}};
  if (!g.alias.empty()) out["alias"] = g.alias;
  if (g.confidence) out["confidence"] = DecimalText(*g.confidence);
  return out;
}

Json ToJson(const SlicesGate& g) {
  Json out{{"metric", g.metric},
           {"better", std::string(NameOf(g.better))},
           {"worst_over_mean", DecimalText(g.worst_over_mean)}};
  for (const auto& [slice, margin] : g.margins) out["margins"][slice] = DecimalText(margin);
  return out;
}

Json ToJson(const FreezeWindow& w) {
  Json out{{"days", w.days}};
  if (w.from) out["from"] = UnixMillis(*w.from);
  if (w.until) out["until"] = UnixMillis(*w.until);
  if (w.hours) out["hours"] = {w.hours->from, w.hours->until};
  return out;
}

class Reader : public NestedJsonReader {
 public:
  Gates Read(const Json& json) {
    JsonReader r(json);
    Gates out;
    out.aliases = r.Texts("aliases");
    out.contract = r.Has("contract") && r.Bool("contract");
    if (r.Has("metric")) out.metric = Metric(r.At("metric"));
    if (r.Has("slices")) out.slices = Slices(r.At("slices"));
    if (r.Has("epsilon")) out.epsilon = r.Decimal("epsilon");
    if (r.Has("approvals")) out.approvals = Approvals(r.At("approvals"));
    if (r.Has("freeze"))
      for (const Json& window : r.At("freeze")) out.freeze.push_back(Window(window));
    if (r.Has("hardware")) out.hardware = Hardware(r.At("hardware"));
    out.override_role = r.Text("override_role");
    out.rollback = {r.Text("rollback_role"), r.Texts("rollback_gates")};
    Keep(r.status());
    return out;
  }

 private:
  Better Direction(JsonReader& r) {
    const auto better = ParseBetter(r.Text("better"));
    if (!better) Keep(InvalidArgument("better is neither lower nor higher"));
    return better.value_or(Better::kLower);
  }
  MetricGate Metric(const Json& json) {
    JsonReader r(json);
    MetricGate g;
    g.name = r.Text("name");
    g.better = Direction(r);
    g.margin = r.Decimal("margin");
    if (r.Has("alias")) g.alias = r.Text("alias");
    if (r.Has("confidence")) g.confidence = r.Decimal("confidence");
    Keep(r.status());
    return g;
  }
  SlicesGate Slices(const Json& json) {
    return Object(json, [this](JsonReader& r) {
      SlicesGate g{r.Text("metric"), Direction(r), r.Decimal("worst_over_mean"), {}};
      if (r.Has("margins")) g.margins = Decimals(r.At("margins"));
      return g;
    });
  }
  std::map<std::string, double> Decimals(const Json& json) {
    JsonReader r(json);
    std::map<std::string, double> out;
    if (r.status().ok())
      for (const auto& item : json.items()) out[item.key()] = r.Decimal(item.key().c_str());
    Keep(r.status());
    return out;
  }
  ApprovalsGate Approvals(const Json& json) {
    return Object(json, [](JsonReader& r) {
      return ApprovalsGate{Small(r, "count"), r.Text("role")};
    });
  }
  FreezeWindow Window(const Json& json) {
    JsonReader r(json);
    FreezeWindow w;
    w.days = static_cast<std::uint8_t>(r.Unsigned("days"));
    if (r.Has("from")) w.from = FromUnixMillis(r.Integer("from"));
    if (r.Has("until")) w.until = FromUnixMillis(r.Integer("until"));
    if (r.Has("hours")) w.hours = Hours(r.At("hours"));
    Keep(r.status());
    return w;
  }
  DayHours Hours(const Json& json) {
    if (json.is_array() && json.size() == 2 && json[0].is_number_unsigned() &&
        json[1].is_number_unsigned())
      return {json[0].get<std::uint32_t>(), json[1].get<std::uint32_t>()};
    Keep(InvalidArgument("hours are not two numbers of minutes"));
    return {};
  }
  HardwareGate Hardware(const Json& json) {
    return Object(json, [](JsonReader& r) {
      return HardwareGate{r.Texts("certified"), r.Has("role") ? r.Text("role") : ""};
    });
  }
};
}  // namespace

Status Validate(const Gates& gates) {
  MUSTER_TRY(CheckEach(gates.aliases, "gates.aliases", kMaxAliases, CheckAliasName));
  if (gates.metric) MUSTER_TRY(Check(*gates.metric));
  if (gates.slices) MUSTER_TRY(Check(*gates.slices));
  if (gates.epsilon && !(*gates.epsilon > 0 && std::isfinite(*gates.epsilon)))
    return InvalidField("gates.privacy.epsilon", "{} is not more than 0", *gates.epsilon);
  if (gates.approvals) MUSTER_TRY(Check(*gates.approvals));
  if (gates.freeze.size() > kMaxWindows)
    return InvalidField("gates.freeze", "{} windows are more than {}", gates.freeze.size(),
                        kMaxWindows);
  for (std::size_t i = 0; i < gates.freeze.size(); ++i)
    MUSTER_TRY(Check(gates.freeze[i], fmt::format("gates.freeze[{}]", i)));
  if (gates.hardware) MUSTER_TRY(Check(*gates.hardware));
  MUSTER_TRY(CheckAliasName(gates.override_role, "gates.override.role"));
  return Check(gates.rollback);
}

Json ToJson(const Gates& gates) {
  Json out{{"aliases", gates.aliases},
           {"override_role", gates.override_role},
           {"rollback_role", gates.rollback.role},
           {"rollback_gates", gates.rollback.gates}};
  if (gates.metric) out["metric"] = ToJson(*gates.metric);
  if (gates.slices) out["slices"] = ToJson(*gates.slices);
  if (gates.contract) out["contract"] = true;
  if (gates.epsilon) out["epsilon"] = DecimalText(*gates.epsilon);
  if (gates.approvals)
    out["approvals"] = {{"count", gates.approvals->count}, {"role", gates.approvals->role}};
  for (const FreezeWindow& window : gates.freeze) out["freeze"].push_back(ToJson(window));
  if (gates.hardware) {
    out["hardware"] = {{"certified", gates.hardware->certified}};
    if (!gates.hardware->role.empty()) out["hardware"]["role"] = gates.hardware->role;
  }
  return out;
}

StatusOr<Gates> GatesFrom(const Json& json) {
  Reader reader;
  Gates gates = reader.Read(json);
  MUSTER_TRY(reader.status());
  return gates;
}

}  // namespace muster::registry
