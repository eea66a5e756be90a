#include <algorithm>
#include <concepts>
#include <limits>
#include <set>
#include <type_traits>

#include "base/nearest.h"
#include "base/time_text.h"
#include "drift/detectors/config_json.h"
#include "drift/monitors/spec.h"

namespace muster::drift {
namespace {
template <typename R, typename V>
concept VisitsAs = std::same_as<std::remove_const_t<R>, V>;

void Parameters(VisitsAs<ChangeRule> auto& r, auto& visit) {
  visit.Detector(r.detector);
  visit("one_false_alarm_in", r.one_false_alarm_in);
}
void Parameters(VisitsAs<InputRule> auto& r, auto& visit) {
  visit("test", r.test);
  visit("window", r.window);
  visit("rate", r.rate);
}
void Parameters(VisitsAs<StuckRule> auto& r, auto& visit) {
  visit("rows", r.rows);
  visit("time", r.time);
}
void Parameters(VisitsAs<SpikeRule> auto& r, auto& visit) {
  visit("window", r.window);
  visit("k", r.k);
}
void Parameters(VisitsAs<DropoutRule> auto& r, auto& visit) {
  visit("window", r.window);
  visit("share", r.share);
  visit("time", r.time);
}
void Parameters(VisitsAs<RangeRule> auto& r, auto& visit) {
  visit("window", r.window);
  visit("share", r.share);
  visit("min", r.min);
  visit("max", r.max);
}
void Parameters(VisitsAs<RateRule> auto& r, auto& visit) { visit("limit", r.limit); }
void Parameters(VisitsAs<FreshnessRule> auto& r, auto& visit) { visit("time", r.time); }

class Writer {
 public:
  explicit Writer(Json& json) : json_(json) {}
  void operator()(const char* key, std::uint32_t value) { json_[key] = value; }
  void operator()(const char* key, std::uint64_t value) { json_[key] = value; }
  void operator()(const char* key, double value) { json_[key] = DecimalText(value); }
  void operator()(const char* key, const std::optional<double>& value) {
    if (value) json_[key] = DecimalText(*value);
  }
  void operator()(const char* key, Duration value) { json_[key] = FormatDuration(value); }
  void operator()(const char* key, InputTest value) {
    json_[key] = value == InputTest::kKs ? "ks" : "psi";
  }
  void Detector(const DetectorSpec& spec) {
    json_["detector"] = std::string(NameOf(spec));
    json_["config"] = ConfigJson(spec);
  }

 private:
  Json& json_;
};

// A number that people may write as an integer and canonical JSON writes as text.
std::optional<double> NumberOf(const Json& json) {
  if (json.is_number_integer()) return json.get<double>();
  if (!json.is_string()) return std::nullopt;
  const auto number = ParseDecimal(json.get_ref<const std::string&>());
  return number.ok() ? std::optional(*number) : std::nullopt;
}

// Takes what is there; the first failure sticks, and Finish() refuses what nobody asked for.
class Reader {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) status_ = InvalidField(path_, "is not a map of parameters");
  }

  void operator()(const char* key, std::uint64_t& value) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    if (!json->is_number_unsigned() || json->get<std::uint64_t>() >= std::uint64_t{1} << 53)
      return Refuse(key, "is not a whole number of at least 0");
    value = json->get<std::uint64_t>();
  }
  void operator()(const char* key, std::uint32_t& value) {
    std::uint64_t wide = value;
    (*this)(key, wide);
    if (wide > std::numeric_limits<std::uint32_t>::max()) return Refuse(key, "is beyond 2^32 - 1");
    value = static_cast<std::uint32_t>(wide);
  }
  void operator()(const char* key, double& value) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    const std::optional<double> number = NumberOf(*json);
    if (!number) return Refuse(key, "is not a finite number");
    value = *number;
  }
  void operator()(const char* key, std::optional<double>& value) {
    double number = 0;
    (*this)(key, number);
    if (Has(key)) value = number;
  }
  void operator()(const char* key, Duration& value) {
    std::string text = FormatDuration(value);
    Text(key, text);
    const StatusOr<Duration> time = ParseDuration(text);
    if (!time.ok()) return Refuse(key, "is not a time such as 30s or 5m");
    value = *time;
  }
  void operator()(const char* key, InputTest& value) {
    std::string text = "ks";
    Text(key, text);
    if (text != "ks" && text != "psi") return Refuse(key, "is neither ks nor psi");
    value = text == "ks" ? InputTest::kKs : InputTest::kPsi;
  }
  void Text(const char* key, std::string& value) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    if (!json->is_string()) return Refuse(key, "is not text");
    value = json->get<std::string>();
  }
  void Texts(const char* key, std::vector<std::string>& value) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    if (!json->is_array() || json->size() > kMostWatchedFields ||
        !std::ranges::all_of(*json, [](const Json& item) { return item.is_string(); }))
      return Refuse(key, fmt::format("is not a list of at most {} names", kMostWatchedFields));
    value = json->get<std::vector<std::string>>();
  }
  // The detector by its name, its defaults, and what `config` changes of them.
  void Detector(DetectorSpec& spec) {
    std::string name(NameOf(spec));
    const bool named = Has("detector");
    Text("detector", name);
    if (named && status_.ok()) {
      const StatusOr<DetectorSpec> made = DefaultSpec(name);
      if (!made.ok()) return Refuse("detector", MessageOf(made.status()));
      spec = *made;
    }
    const Json* given = Find("config");
    if (given == nullptr || !status_.ok()) return;
    StatusOr<DetectorSpec> changed = Changed(spec, *given);
    if (!changed.ok()) {
      status_ = changed.status();
      return;
    }
    spec = *changed;
  }

  const std::string& path() const { return path_; }
  std::string PathOf(std::string_view key) const { return fmt::format("{}.{}", path_, key); }
  void Refuse(const char* key, std::string_view why) {
    if (status_.ok()) status_ = InvalidField(PathOf(key), "{}", why);
  }
  bool Has(const char* key) const { return json_.is_object() && json_.contains(key); }

  Status Finish() const {
    MUSTER_TRY(status_);
    for (const auto& [key, value] : json_.items())
      if (std::ranges::find(known_, key) == known_.end()) return Unknown(PathOf(key), key, known_);
    return Ok();
  }

 private:
  static Status Unknown(const std::string& path, const std::string& key,
                        const std::vector<std::string>& known) {
    return WithField(
        WithReason(InvalidArgument("{}: no such parameter{}", path, DidYouMean(key, known)),
                   Reason::kFIELD_UNKNOWN),
        path);
  }

  const Json* Find(const char* key) {
    known_.push_back(key);
    return Has(key) ? &json_.at(key) : nullptr;
  }

  StatusOr<DetectorSpec> Changed(const DetectorSpec& spec, const Json& given) const {
    const std::string path = PathOf("config");
    if (!given.is_object()) return InvalidField(path, "is not a map of parameters");
    Json config = ConfigJson(spec);
    std::vector<std::string> known;
    for (const auto& [key, value] : config.items()) known.push_back(key);
    for (const auto& [key, value] : given.items()) {
      if (!config.contains(key)) return Unknown(path + "." + key, key, known);
      const bool decimal = config.at(key).is_string() && value.is_number_integer();
      config[key] = decimal ? Json(DecimalText(value.get<double>())) : value;
    }
    return ReadSpec(NameOf(spec), config, path);
  }

  const Json& json_;
  const std::string path_;
  std::vector<std::string> known_;
  Status status_;
};

const std::vector<std::string>& Kinds() {
  static const auto& kinds = *new std::vector<std::string>{
      "change", "input", "stuck", "spike", "dropout", "range", "rate", "freshness"};
  return kinds;
}

StatusOr<MonitorRule> DefaultRule(const std::string& kind, const std::string& path) {
  static const auto& rules =
      *new std::vector<MonitorRule>{ChangeRule{},  InputRule{}, StuckRule{}, SpikeRule{},
                                    DropoutRule{}, RangeRule{}, RateRule{},  FreshnessRule{}};
  for (const MonitorRule& rule : rules)
    if (NameOf(rule) == kind) return rule;
  return InvalidField(path, "there is no such kind, only {}{}", fmt::join(Kinds(), ", "),
                      DidYouMean(kind, Kinds()));
}
}  // namespace

Json SpecJson(const MonitorSpec& spec) {
  Json out = {{"name", spec.name},
              {"kind", std::string(NameOf(spec.rule))},
              {"fields", spec.fields},
              {"severity", std::string(NameOf(spec.severity))}};
  Writer writer(out);
  std::visit([&writer](const auto& rule) { Parameters(rule, writer); }, spec.rule);
  return out;
}

StatusOr<MonitorSpec> ReadMonitor(const Json& json, std::string_view path) {
  Reader reader(json, std::string(path));
  MonitorSpec out;
  std::string kind, severity = "alarm", field;
  reader.Text("name", out.name);
  reader.Text("kind", kind);
  reader.Text("severity", severity);
  reader.Text("field", field);
  reader.Texts("fields", out.fields);
  if (severity != "alarm" && severity != "warning")
    reader.Refuse("severity", "is neither alarm nor warning");
  if (!reader.Has("kind")) reader.Refuse("kind", "is missing");
  if (reader.Has("field") && reader.Has("fields"))
    reader.Refuse("field", "stands beside fields: keep one of the two");
  if (reader.Has("field")) out.fields = {field};
  out.severity = severity == "alarm" ? Severity::kAlarm : Severity::kWarning;
  if (reader.Has("kind")) {
    const StatusOr<MonitorRule> rule = DefaultRule(kind, reader.PathOf("kind"));
    MUSTER_TRY(rule.status());
    out.rule = *rule;
  }
  std::visit([&reader](auto& rule) { Parameters(rule, reader); }, out.rule);
  MUSTER_TRY(reader.Finish());
  if (const Status status = Validate(out); !status.ok())
    return WithField(Prefixed(status, path), fmt::format("{}.{}", path, FieldOf(status)));
  return out;
}

StatusOr<std::vector<MonitorSpec>> ReadMonitors(const Json& json) {
  if (!json.is_object() || !json.contains("monitors") || !json.at("monitors").is_array())
    return InvalidField("monitors", "there is no list of monitors");
  for (const auto& [key, value] : json.items())
    if (key != "monitors")
      return WithField(WithReason(InvalidArgument("{}: no such field, only monitors", key),
                                  Reason::kFIELD_UNKNOWN),
                       key);
  const Json& list = json.at("monitors");
  if (list.empty() || list.size() > kMostMonitors)
    return InvalidField("monitors", "{} of them, 1 to {} are allowed", list.size(), kMostMonitors);
  std::vector<MonitorSpec> out;
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("monitors[{}]", i);
    MUSTER_ASSIGN(MonitorSpec spec, ReadMonitor(list[i], path));
    if (!names.insert(spec.name).second)
      return InvalidField(path + ".name", "'{}' stands twice", spec.name);
    out.push_back(std::move(spec));
  }
  return out;
}

}  // namespace muster::drift
