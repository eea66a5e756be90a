#include <algorithm>

#include "base/nested_json.h"
#include "coordinator/campaign/spec.h"

namespace muster::coordinator {
namespace {

constexpr const char* kSchedules[] = {"constant", "cosine", "exponential", "step"};
constexpr const char* kProfiles[] = {"active", "curious"};

template <typename Devices>
Json IdsOf(const Devices& devices) {
  Json out = Json::array();
  for (const DeviceId& device : devices) out.push_back(device.value());
  return out;
}
// What came later is written only where it is asked for, so that what was written before it reads,
// and hashes, as it did.
void PutUnlessEmpty(Json& out, const char* key, Json list) {
  if (!list.empty()) out[key] = std::move(list);
}
void PutUnlessZero(Json& out, const char* key, std::uint64_t value) {
  if (value != 0) out[key] = value;
}

Json ToJson(const LearningRate& r) {
  return {{"initial", DecimalText(r.initial)},
          {"schedule", kSchedules[static_cast<int>(r.schedule)]},
          {"floor", DecimalText(r.floor)},
          {"decay", DecimalText(r.decay)},
          {"every", r.every}};
}
Json ToJson(const SelectionSpec& s) {
  Json out{{"from", s.from == SelectionSpec::From::kEnrolled ? "enrolled" : "available"},
           {"labels", s.labels},
           {"goal", s.goal},
           {"minimum", s.minimum},
           {"select", s.select},
           {"enrolled_at_least", s.enrolled_at_least}};
  if (s.replay) out["replay"] = s.replay->value();
  PutUnlessEmpty(out, "devices", IdsOf(s.devices));
  return out;
}
Json ToJson(const PlanSpec& p) {
  Json out{{"rounds", p.rounds},
           {"seed", p.seed},
           {"selection", ToJson(p.selection)},
           {"recruit_window_ms", p.recruit_window.count()},
           {"report_window_ms", p.report_window.count()},
           {"early_stop",
            {{"metric", p.early_stop.metric},
             {"patience", p.early_stop.patience},
             {"min_delta", DecimalText(p.early_stop.min_delta)}}},
           {"attempts", p.attempts}};
  if (p.energy)
    out["energy"] = {{"device_watts", DecimalText(p.energy->device_watts)},
                     {"source", p.energy->source}};
  return out;
}
Json ToJson(const TrainingSpec& t) {
  Json out{{"loss", t.loss},
           {"optimizer", t.optimizer},
           {"momentum", DecimalText(t.momentum)},
           {"weight_decay", DecimalText(t.weight_decay)},
           {"learning_rate", ToJson(t.learning_rate)},
           {"batch", t.batch},
           {"epochs", t.epochs}};
  PutUnlessZero(out, "newest_rows", t.newest_rows);
  return out;
}
Json ToJson(const aggregation::ServerRule& rule) {
  return std::visit(
      Overloaded{
          [](const aggregation::FedAvg& r) {
            return Json{{"name", "fedavg"}, {"learning_rate", DecimalText(r.server_lr)}};
          },
          [](const aggregation::FedAvgM& r) {
            return Json{{"name", "fedavgm"},
                        {"learning_rate", DecimalText(r.server_lr)},
                        {"momentum", DecimalText(r.momentum)}};
          },
          [](const aggregation::FedAdam& r) {
            return Json{{"name", "fedadam"},
                        {"learning_rate", DecimalText(r.server_lr)},
                        {"beta1", DecimalText(r.beta1)},
                        {"beta2", DecimalText(r.beta2)},
                        {"tau", DecimalText(r.tau)}};
          },
      },
      rule);
}
Json ToJson(const AggregationSpec& a) {
  Json out{
      {"rule", ToJson(a.rule)}, {"example_cap", a.example_cap}, {"bound", DecimalText(a.bound)}};
  if (a.max_norm) out["max_norm"] = DecimalText(*a.max_norm);
  return out;
}
Json ToJson(const EvaluationSpec& e) {
  Json out{{"labels", e.labels},
           {"every", e.every},
           {"metrics", e.metrics},
           {"enrolled_at_least", e.enrolled_at_least},
           {"report_window_ms", e.report_window.count()}};
  Json slices = Json::array();
  for (const SliceSpec& s : e.slices)
    slices.push_back({{"name", s.name}, {"labels", s.labels}, {"devices", IdsOf(s.devices)}});
  PutUnlessEmpty(out, "slices", std::move(slices));
  PutUnlessZero(out, "newest_rows", e.newest_rows);
  if (e.baseline) out["baseline"] = true;
  return out;
}

Json ToJson(const SecureSpec& s) {
  return {{"bits", static_cast<std::uint32_t>(s.bits)},
          {"least", s.least},
          {"corrupt", DecimalText(s.corrupt)},
          {"dropout", DecimalText(s.dropout)},
          {"profile", kProfiles[s.profile == aggregation::secagg::Profile::kCurious ? 1 : 0]},
          {"window_ms", s.window.count()},
          {"session", s.session}};
}

Json ToJson(const WindowSpec& w) {
  return {{"monitor", w.monitor.value()},
          {"epoch", w.epoch},
          {"model", w.model.value()},
          {"version", w.version.value()},
          {"reference", w.reference},
          {"rows", w.rows},
          {"shard", w.shard},
          {"prediction", w.prediction},
          {"error", w.error},
          {"expected_error", w.expected_error},
          {"drill", w.drill}};
}

Json ToJson(const StatisticsSpec& s) {
  Json quantiles = Json::array();
  for (const double q : s.quantiles) quantiles.push_back(DecimalText(q));
  Json out{{"contract", s.contract.value()},
           {"contract_version", s.contract_version.value()},
           {"fields", s.fields},
           {"bins", s.bins},
           {"quantiles", std::move(quantiles)},
           {"least", s.least}};
  if (s.window) out["window"] = ToJson(*s.window);
  return out;
}

class SpecReader : public NestedJsonReader {
 public:
  CampaignSpec Read(const Json& json) {
    CampaignSpec spec;
    JsonReader r(json);
    spec.name = CampaignName(r.Text("name"));
    spec.description = r.Text("description");
    spec.plan = Plan(r.At("plan"));
    if (r.Has("statistics")) {
      spec.statistics = Statistics(r.At("statistics"));
    } else {
      spec.model = ModelName(r.Text("model"));
      spec.base_version = VersionNumber(r.Unsigned("base_version"));
      spec.training = Training(r.At("training"));
      spec.aggregation = Aggregation(r.At("aggregation"));
      spec.evaluation = Evaluation(r.At("evaluation"));
    }
    if (r.Has("secure")) spec.secure = Secure(r.At("secure"), spec.evaluation);
    Keep(r.status());
    return spec;
  }

 private:
  static std::uint64_t Later(JsonReader& r, const char* key) {
    return r.Has(key) ? r.Unsigned(key) : 0;
  }
  static std::set<DeviceId> Devices(JsonReader& r) {
    std::set<DeviceId> out;
    if (r.Has("devices"))
      for (const std::string& id : r.Texts("devices")) out.emplace(id);
    return out;
  }
  SelectionSpec Selection(const Json& json) {
    JsonReader r(json);
    SelectionSpec s;
    s.from = r.Text("from") == "enrolled" ? SelectionSpec::From::kEnrolled
                                          : SelectionSpec::From::kAvailable;
    s.labels = TextsByKey(r.At("labels"));
    s.goal = Small(r, "goal");
    s.minimum = Small(r, "minimum");
    s.select = Small(r, "select");
    s.enrolled_at_least = Small(r, "enrolled_at_least");
    if (r.Has("replay")) s.replay = CampaignName(r.Text("replay"));
    s.devices = Devices(r);
    Keep(r.status());
    return s;
  }
  PlanSpec Plan(const Json& json) {
    JsonReader r(json);
    PlanSpec p;
    p.rounds = Small(r, "rounds");
    p.seed = r.Unsigned("seed");
    p.selection = Selection(r.At("selection"));
    p.recruit_window = Duration(r.Integer("recruit_window_ms"));
    p.report_window = Duration(r.Integer("report_window_ms"));
    p.attempts = Small(r, "attempts");
    JsonReader stop(r.At("early_stop"));
    p.early_stop = {stop.Text("metric"), Small(stop, "patience"), stop.Decimal("min_delta")};
    if (r.Has("energy")) {
      JsonReader energy(r.At("energy"));
      p.energy = {energy.Decimal("device_watts"), energy.Text("source")};
      Keep(energy.status());
    }
    Keep(r.status());
    Keep(stop.status());
    return p;
  }
  LearningRate Rate(const Json& json) {
    JsonReader r(json);
    LearningRate rate;
    rate.initial = r.Decimal("initial");
    const std::string schedule = r.Text("schedule");
    for (int i = 0; i < 4; ++i)
      if (schedule == kSchedules[i]) rate.schedule = static_cast<LearningRate::Schedule>(i);
    rate.floor = r.Decimal("floor");
    rate.decay = r.Decimal("decay");
    rate.every = Small(r, "every");
    Keep(r.status());
    return rate;
  }
  TrainingSpec Training(const Json& json) {
    JsonReader r(json);
    TrainingSpec t;
    t.loss = r.Text("loss");
    t.optimizer = r.Text("optimizer");
    t.momentum = r.Decimal("momentum");
    t.weight_decay = r.Decimal("weight_decay");
    t.learning_rate = Rate(r.At("learning_rate"));
    t.batch = Small(r, "batch");
    t.epochs = Small(r, "epochs");
    t.newest_rows = Later(r, "newest_rows");
    Keep(r.status());
    return t;
  }
  aggregation::ServerRule Rule(const Json& json) {
    JsonReader r(json);
    const std::string name = r.Text("name");
    const double rate = r.Decimal("learning_rate");
    aggregation::ServerRule rule = aggregation::FedAvg{rate};
    if (name == "fedavgm")
      rule = aggregation::FedAvgM{.momentum = r.Decimal("momentum"), .server_lr = rate};
    if (name == "fedadam")
      rule = aggregation::FedAdam{.server_lr = rate,
                                  .beta1 = r.Decimal("beta1"),
                                  .beta2 = r.Decimal("beta2"),
                                  .tau = r.Decimal("tau")};
    Keep(r.status());
    return rule;
  }
  AggregationSpec Aggregation(const Json& json) {
    JsonReader r(json);
    AggregationSpec a;
    a.rule = Rule(r.At("rule"));
    a.example_cap = r.Unsigned("example_cap");
    a.weights = a.example_cap == 0 ? aggregation::WeightRule::kUniform
                                   : aggregation::WeightRule::kCappedExamples;
    a.bound = r.Decimal("bound");
    if (r.Has("max_norm")) a.max_norm = r.Decimal("max_norm");
    Keep(r.status());
    return a;
  }
  EvaluationSpec Evaluation(const Json& json) {
    JsonReader r(json);
    EvaluationSpec e;
    e.labels = TextsByKey(r.At("labels"));
    e.every = Small(r, "every");
    e.metrics = r.Texts("metrics");
    e.enrolled_at_least = Small(r, "enrolled_at_least");
    e.report_window = Duration(r.Integer("report_window_ms"));
    if (r.Has("slices"))
      for (const Json& slice : r.At("slices")) e.slices.push_back(Slice(slice));
    e.newest_rows = Later(r, "newest_rows");
    e.baseline = r.Has("baseline") && r.Bool("baseline");
    Keep(r.status());
    return e;
  }
  SliceSpec Slice(const Json& json) {
    JsonReader r(json);
    SliceSpec s;
    s.name = r.Text("name");
    s.labels = TextsByKey(r.At("labels"));
    s.devices = Devices(r);
    Keep(r.status());
    return s;
  }

  SecureSpec Secure(const Json& json, EvaluationSpec& evaluation) {
    JsonReader r(json);
    SecureSpec s;
    const auto bits = aggregation::secagg::ParseLaneBits(r.Unsigned("bits"));
    Keep(bits.status());
    s.bits = bits.value_or(s.bits);
    s.least = Small(r, "least");
    s.corrupt = r.Decimal("corrupt");
    s.dropout = r.Decimal("dropout");
    if (r.Text("profile") == kProfiles[1]) s.profile = aggregation::secagg::Profile::kCurious;
    s.window = Duration(r.Integer("window_ms"));
    if (r.Has("session"))
      s.session = Small(r, "session");
    else if (!evaluation.labels.empty())
      // A fact from when metrics were sent in the clear, and any number of devices would do.
      evaluation.enrolled_at_least = std::max(evaluation.enrolled_at_least, s.least);
    Keep(r.status());
    return s;
  }
  StatisticsSpec Statistics(const Json& json) {
    JsonReader r(json);
    StatisticsSpec s;
    s.contract = ContractName(r.Text("contract"));
    s.contract_version = VersionNumber(r.Unsigned("contract_version"));
    s.fields = r.Texts("fields");
    s.bins = Small(r, "bins");
    s.quantiles.clear();
    for (const std::string& text : r.Texts("quantiles")) {
      const StatusOr<double> quantile = ParseDecimal(text);
      Keep(quantile.status());
      s.quantiles.push_back(quantile.value_or(0));
    }
    s.least = Small(r, "least");
    if (r.Has("window")) s.window = Window(r.At("window"));
    Keep(r.status());
    return s;
  }
  WindowSpec Window(const Json& json) {
    JsonReader r(json);
    WindowSpec w;
    w.monitor = MonitorName(r.Text("monitor"));
    w.epoch = r.Unsigned("epoch");
    w.model = ModelName(r.Text("model"));
    w.version = VersionNumber(r.Unsigned("version"));
    w.reference = r.Bool("reference");
    w.rows = Small(r, "rows");
    w.shard = Small(r, "shard");
    w.prediction = r.Bool("prediction");
    w.error = r.Bool("error");
    w.expected_error = r.Bool("expected_error");
    w.drill = r.Texts("drill");
    Keep(r.status());
    return w;
  }
};
}  // namespace

Json ToJson(const CampaignSpec& spec) {
  Json out{
      {"name", spec.name.value()}, {"description", spec.description}, {"plan", ToJson(spec.plan)}};
  if (spec.statistics) {
    out["statistics"] = ToJson(*spec.statistics);
  } else {
    out["model"] = spec.model.value();
    out["base_version"] = spec.base_version.value();
    out["training"] = ToJson(spec.training);
    out["aggregation"] = ToJson(spec.aggregation);
    out["evaluation"] = ToJson(spec.evaluation);
  }
  if (spec.secure) out["secure"] = ToJson(*spec.secure);
  return out;
}

StatusOr<CampaignSpec> CampaignSpecFrom(const Json& json) {
  SpecReader reader;
  CampaignSpec spec = reader.Read(json);
  MUSTER_TRY(reader.status());
  MUSTER_TRY(Validate(spec));
  return spec;
}

}  // namespace muster::coordinator
