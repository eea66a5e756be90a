#include "coordinator/trigger/condition.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nested_json.h"
#include "registry/names.h"

namespace muster::coordinator {
namespace {
constexpr std::array<std::string_view, 3> kMeasures{"error", "squared_error", "expected_error"};
constexpr std::array<std::string_view, 4> kVerdicts{"false_positive", "missed", "confirmed",
                                                    "label"};
constexpr std::uint32_t kMostInARow = 50;
constexpr Duration kLongest{3660LL * 86'400'000};

template <std::size_t N>
Status CheckOneOf(std::string_view value, const std::array<std::string_view, N>& choices,
                  const std::string& path) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return Ok();
  return InvalidField(path, "'{}' is not one of {}", value.substr(0, 40), fmt::join(choices, ", "));
}
Status CheckWindows(std::uint32_t windows, const std::string& path) {
  if (windows >= 1 && windows <= kMostInARow) return Ok();
  return InvalidField(path, "{} is not in 1 to {}", windows, kMostInARow);
}
Status CheckTime(Duration time, const std::string& path) {
  if (time.count() > 0 && time <= kLongest) return Ok();
  return InvalidField(path, "must be more than 0 and at most 10 years");
}
Status CheckMonitor(const MonitorName& monitor, const std::string& path) {
  if (monitor.value().empty()) return InvalidField(path + ".monitor", "is missing");
  return registry::CheckName(monitor.value(), path + ".monitor");
}

// Judges a tree, and counts it.
class Judge {
 public:
  Status Check(const Condition& condition, const std::string& path, std::size_t depth) {
    if (++count_ > kMostConditions)
      return InvalidField(path, "more than {} conditions", kMostConditions);
    if (depth > kDeepestCondition)
      return InvalidField(path, "nested deeper than {}", kDeepestCondition);
    return std::visit([&](const auto& c) { return One(c, path, depth); }, condition.of);
  }

 private:
  Status List(const std::vector<Condition>& parts, const std::string& path, std::size_t depth) {
    if (parts.empty()) return InvalidField(path + ".conditions", "is empty");
    for (std::size_t i = 0; i < parts.size(); ++i)
      MUSTER_TRY(Check(parts[i], fmt::format("{}.conditions[{}]", path, i), depth + 1));
    return Ok();
  }
  Status One(const AnyOf& c, const std::string& path, std::size_t depth) {
    return List(c.parts, path + ".any", depth);
  }
  Status One(const AllOf& c, const std::string& path, std::size_t depth) {
    return List(c.parts, path + ".all", depth);
  }
  static Status One(const DriftCondition& c, const std::string& path, std::size_t) {
    MUSTER_TRY(CheckMonitor(c.monitor, path + ".drift"));
    MUSTER_TRY(CheckWindows(c.windows, path + ".drift.windows"));
    return CheckWindows(c.clear, path + ".drift.clear");
  }
  static Status One(const DevicesCondition& c, const std::string& path, std::size_t) {
    MUSTER_TRY(CheckMonitor(c.monitor, path + ".devices"));
    if (c.least == 0) return InvalidField(path + ".devices.least", "must be 1 or more");
    if (!(c.share >= 0 && c.share <= 1))
      return InvalidField(path + ".devices.share", "{} is not in [0, 1]", c.share);
    return CheckTime(c.within, path + ".devices.within");
  }
  static Status One(const PerformanceCondition& c, const std::string& path, std::size_t) {
    const std::string at = path + ".performance";
    MUSTER_TRY(CheckMonitor(c.monitor, at));
    MUSTER_TRY(CheckOneOf(c.measure, kMeasures, at + ".measure"));
    int set = 0;
    for (const auto& [limit, name] :
         {std::pair(&c.above, "above"), std::pair(&c.above_best, "above_best"),
          std::pair(&c.avoidable, "avoidable")}) {
      if (!*limit) continue;
      ++set;
      if (!std::isfinite(**limit))
        return InvalidField(fmt::format("{}.{}", at, name), "is no number");
    }
    if (set != 1) return InvalidField(at, "give one of above, above_best, avoidable");
    return CheckWindows(c.windows, at + ".windows");
  }
  static Status One(const ScheduleCondition& c, const std::string& path, std::size_t) {
    return CheckTime(c.every, path + ".schedule.every");
  }
  static Status One(const VolumeCondition& c, const std::string& path, std::size_t) {
    if (c.rows >= 1 && c.rows < std::uint64_t{1} << 53) return Ok();
    return InvalidField(path + ".volume.rows", "must be 1 or more");
  }
  static Status One(const FeedbackCondition& c, const std::string& path, std::size_t) {
    MUSTER_TRY(CheckMonitor(c.monitor, path + ".feedback"));
    if (c.verdicts.empty()) return InvalidField(path + ".feedback.verdicts", "is empty");
    for (std::size_t i = 0; i < c.verdicts.size(); ++i)
      MUSTER_TRY(
          CheckOneOf(c.verdicts[i], kVerdicts, fmt::format("{}.feedback.verdicts[{}]", path, i)));
    if (c.count == 0) return InvalidField(path + ".feedback.count", "must be 1 or more");
    return Ok();
  }

  std::size_t count_ = 0;
};

Json ListJson(const std::vector<Condition>& parts) {
  Json out = Json::array();
  for (const Condition& part : parts) out.push_back(ToJson(part));
  return out;
}

Json Named(const char* name, Json body) {
  Json out = Json::object();
  out[name] = std::move(body);
  return out;
}
Json JsonOf(const AnyOf& c) { return Named("any", ListJson(c.parts)); }
Json JsonOf(const AllOf& c) { return Named("all", ListJson(c.parts)); }
Json JsonOf(const DriftCondition& c) {
  return Named("drift", {{"monitor", c.monitor.value()},
                         {"windows", c.windows},
                         {"fields", c.fields},
                         {"clear", c.clear}});
}
Json JsonOf(const DevicesCondition& c) {
  return Named("devices", {{"monitor", c.monitor.value()},
                           {"rule", c.rule},
                           {"field", c.field},
                           {"least", c.least},
                           {"share", DecimalText(c.share)},
                           {"within_ms", c.within.count()}});
}
Json JsonOf(const PerformanceCondition& c) {
  Json out{{"monitor", c.monitor.value()}, {"measure", c.measure}, {"windows", c.windows}};
  if (c.above) out["above"] = DecimalText(*c.above);
  if (c.above_best) out["above_best"] = DecimalText(*c.above_best);
  if (c.avoidable) out["avoidable"] = DecimalText(*c.avoidable);
  return Named("performance", std::move(out));
}
Json JsonOf(const ScheduleCondition& c) {
  Json body = Json::object();
  body["every_ms"] = c.every.count();
  return Named("schedule", std::move(body));
}
Json JsonOf(const VolumeCondition& c) {
  Json body = Json::object();
  body["rows"] = c.rows;
  return Named("volume", std::move(body));
}
Json JsonOf(const FeedbackCondition& c) {
  return Named("feedback",
               {{"monitor", c.monitor.value()}, {"verdicts", c.verdicts}, {"count", c.count}});
}

class Reader : public NestedJsonReader {
 public:
  Condition Read(const Json& json, std::size_t depth) {
    if (!json.is_object() || json.size() != 1 || depth > kDeepestCondition) {
      Keep(InvalidArgument("is no condition"));
      return {ScheduleCondition{}};
    }
    const std::string& kind = json.begin().key();
    const Json& body = json.begin().value();
    if (kind == "any") return {AnyOf{List(body, depth)}};
    if (kind == "all") return {AllOf{List(body, depth)}};
    JsonReader r(body);
    Condition out = One(kind, r);
    Keep(r.status());
    return out;
  }

 private:
  static std::optional<double> Maybe(JsonReader& r, const char* key) {
    if (!r.Has(key)) return std::nullopt;
    return r.Decimal(key);
  }
  std::vector<Condition> List(const Json& json, std::size_t depth) {
    std::vector<Condition> out;
    for (const Json& part : json) out.push_back(Read(part, depth + 1));
    return out;
  }
  Condition One(const std::string& kind, JsonReader& r) {
    if (kind == "drift")
      return {
          DriftCondition{Monitor(r), Small(r, "windows"), r.Texts("fields"), Small(r, "clear")}};
    if (kind == "devices")
      return {DevicesCondition{Monitor(r), r.Text("rule"), r.Text("field"), Small(r, "least"),
                               r.Decimal("share"), Duration(r.Integer("within_ms"))}};
    if (kind == "performance")
      return {PerformanceCondition{Monitor(r), r.Text("measure"), Maybe(r, "above"),
                                   Maybe(r, "above_best"), Maybe(r, "avoidable"),
                                   Small(r, "windows")}};
    if (kind == "schedule") return {ScheduleCondition{Duration(r.Integer("every_ms"))}};
    if (kind == "volume") return {VolumeCondition{r.Unsigned("rows")}};
    if (kind == "feedback")
      return {FeedbackCondition{Monitor(r), r.Texts("verdicts"), Small(r, "count")}};
    Keep(InvalidArgument("'{}' is no condition", kind));
    return {ScheduleCondition{}};
  }
  static MonitorName Monitor(JsonReader& r) { return MonitorName(r.Text("monitor")); }
};

void Collect(const Condition& condition, std::vector<MonitorName>& out) {
  std::visit(
      [&](const auto& c) {
        if constexpr (requires { c.parts; })
          for (const Condition& part : c.parts) Collect(part, out);
        if constexpr (requires { c.monitor; })
          if (std::find(out.begin(), out.end(), c.monitor) == out.end()) out.push_back(c.monitor);
      },
      condition.of);
}
}  // namespace

Status Validate(const Condition& condition, const std::string& path) {
  return Judge().Check(condition, path, 1);
}

std::vector<MonitorName> MonitorsOf(const Condition& condition) {
  std::vector<MonitorName> out;
  Collect(condition, out);
  return out;
}

Json ToJson(const Condition& condition) {
  return std::visit([](const auto& c) { return JsonOf(c); }, condition.of);
}

StatusOr<Condition> ConditionFrom(const Json& json) {
  Reader reader;
  Condition out = reader.Read(json, 1);
  MUSTER_TRY(reader.status());
  return out;
}

}  // namespace muster::coordinator
