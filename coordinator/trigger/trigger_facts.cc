// Trigger facts as journal rows and back.
#include "base/fact.h"
#include "coordinator/trigger/trigger.h"

namespace muster::coordinator {
namespace {

struct Row {
  const char* type;
  Json body;
};

Json IdsJson(const std::vector<DeviceId>& devices) {
  Json out = Json::array();
  for (const DeviceId& device : devices) out.push_back(device.value());
  return out;
}
Json ToJson(const SeenMap& seen) {
  Json out = Json::object();
  for (const auto& [monitor, s] : seen)
    out[monitor.value()] = {{"facts", s.facts},
                            {"rows", s.rows},
                            {"feedback", s.feedback},
                            {"version", s.version.value()}};
  return out;
}
Json ToJson(const Cohort& c) {
  Json out{{"drifted", IdsJson(c.drifted)}, {"others", IdsJson(c.others)}, {"all", c.all}};
  if (!c.evaluate_drifted.empty()) {
    out["evaluate_drifted"] = IdsJson(c.evaluate_drifted);
    out["evaluate_undrifted"] = IdsJson(c.evaluate_undrifted);
  }
  return out;
}
Json ToJson(const std::vector<registry::Verdict>& verdicts) {
  Json out = Json::array();
  for (const registry::Verdict& v : verdicts)
    out.push_back({{"gate", v.gate}, {"passed", v.passed}, {"reason", v.reason}});
  return out;
}

Row RowOf(const TriggerApplied& f) {
  return Row{"TriggerApplied", {{"spec", ToJson(f.spec)}, {"seen", ToJson(f.seen)}}};
}
Row RowOf(const TriggerFired& f) {
  return Row{"TriggerFired",
             {{"number", f.number},
              {"evidence", ToJson(f.evidence)},
              {"seen", ToJson(f.seen)},
              {"cohort", ToJson(f.cohort)},
              {"base", f.base.value()}}};
}
Row RowOf(const TriggerAsked& f) {
  return Row{"TriggerAsked",
             {{"number", f.number}, {"role", f.role}, {"expires", UnixMillis(f.expires)}}};
}
Row RowOf(const TriggerAnswered& f) {
  return Row{"TriggerAnswered",
             {{"number", f.number}, {"approve", f.approve}, {"comment", f.comment}}};
}
Row RowOf(const TriggerExpired& f) { return Row{"TriggerExpired", {{"number", f.number}}}; }
Row RowOf(const CampaignStarted& f) {
  return Row{"CampaignStarted", {{"number", f.number}, {"campaign", f.campaign.value()}}};
}
Row RowOf(const CandidateJudged& f) {
  return Row{"CandidateJudged",
             {{"number", f.number},
              {"version", f.version.value()},
              {"outcome", std::string(NameOf(f.outcome))},
              {"verdicts", ToJson(f.verdicts)},
              {"why", f.why}}};
}
Row RowOf(const FiringEnded& f) {
  return Row{"FiringEnded", {{"number", f.number}, {"why", f.why}}};
}

class FactReader {
 public:
  explicit FactReader(const Json& json) : r_(json) {}

  StatusOr<TriggerFact> Read() {
    TriggerFact fact = Fact(r_.Text("type"));
    MUSTER_TRY(r_.status());
    MUSTER_TRY(bad_);
    return fact;
  }

 private:
  TriggerFact Fact(const std::string& type) {
    if (type == "TriggerApplied")
      return TriggerApplied{Keep(TriggerSpecFrom(r_.At("spec"))), SeenFrom(r_.At("seen"))};
    if (type == "TriggerFired")
      return TriggerFired{Number(), Keep(ExplanationFrom(r_.At("evidence"))),
                          SeenFrom(r_.At("seen")), CohortFrom(r_.At("cohort")),
                          VersionNumber(r_.Unsigned("base"))};
    if (type == "TriggerAsked")
      return TriggerAsked{Number(), r_.Text("role"), FromUnixMillis(r_.Integer("expires"))};
    if (type == "TriggerAnswered")
      return TriggerAnswered{Number(), r_.Bool("approve"), r_.Text("comment")};
    if (type == "TriggerExpired") return TriggerExpired{Number()};
    if (type == "CampaignStarted")
      return CampaignStarted{Number(), CampaignName(r_.Text("campaign"))};
    if (type == "CandidateJudged")
      return CandidateJudged{Number(), VersionNumber(r_.Unsigned("version")), Outcome(), Verdicts(),
                             r_.Text("why")};
    if (type == "FiringEnded") return FiringEnded{Number(), r_.Text("why")};
    bad_ = DataLoss("unknown trigger fact '{}'", type);
    return TriggerExpired{};
  }
  template <typename T>
  T Keep(StatusOr<T> value) {
    if (value.ok()) return *std::move(value);
    if (bad_.ok()) bad_ = value.status();
    return T();
  }
  void Check(const Status& status) {
    if (bad_.ok()) bad_ = status;
  }
  std::uint64_t Number() { return r_.Unsigned("number"); }
  FiringPhase Outcome() {
    const std::string name = r_.Text("outcome");
    for (const FiringPhase phase :
         {FiringPhase::kEvaluated, FiringPhase::kPromoted, FiringPhase::kHeld})
      if (NameOf(phase) == name) return phase;
    Check(DataLoss("unknown outcome '{}'", name));
    return FiringPhase::kEvaluated;
  }
  std::vector<registry::Verdict> Verdicts() {
    std::vector<registry::Verdict> out;
    for (const Json& json : r_.At("verdicts")) {
      JsonReader r(json);
      out.push_back({r.Text("gate"), r.Bool("passed"), r.Text("reason")});
      Check(r.status());
    }
    return out;
  }
  SeenMap SeenFrom(const Json& json) {
    SeenMap out;
    for (const auto& [monitor, body] : json.items()) {
      JsonReader r(body);
      Seen& seen = out[MonitorName(monitor)];
      seen.facts = r.Unsigned("facts");
      seen.rows = r.Unsigned("rows");
      seen.version = VersionNumber(r.Unsigned("version"));
      for (const auto& [verdict, count] : r.At("feedback").items())
        if (count.is_number_unsigned()) seen.feedback[verdict] = count.get<std::uint64_t>();
      Check(r.status());
    }
    return out;
  }
  static std::vector<DeviceId> Ids(JsonReader& r, const char* key) {
    if (!r.Has(key)) return {};
    const std::vector<std::string> texts = r.Texts(key);
    return {texts.begin(), texts.end()};
  }
  Cohort CohortFrom(const Json& json) {
    JsonReader r(json);
    Cohort out;
    out.drifted = Ids(r, "drifted");
    out.others = Ids(r, "others");
    out.all = r.Bool("all");
    out.evaluate_drifted = Ids(r, "evaluate_drifted");
    out.evaluate_undrifted = Ids(r, "evaluate_undrifted");
    Check(r.status());
    return out;
  }

  JsonReader r_;
  Status bad_;
};
}  // namespace

std::string TriggerStream(const TriggerName& name) {
  return std::string(kTriggerStreams) + name.value();
}

StatusOr<std::string> EncodeTriggerFact(const TriggerFact& fact, std::string_view by,
                                        Timestamp at) {
  Row row = std::visit([](const auto& f) { return RowOf(f); }, fact);
  return EncodeFact({row.type, std::string(by), at}, std::move(row.body));
}

StatusOr<Recorded<TriggerFact>> DecodeTriggerFact(const TriggerName& name, std::uint64_t seq,
                                                  std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  auto fact = FactReader(json).Read();
  if (!fact.ok()) return Prefixed(fact.status(), fmt::format("{}#{}", TriggerStream(name), seq));
  return Recorded<TriggerFact>{*std::move(fact), seq, header.at, header.by};
}

}  // namespace muster::coordinator
