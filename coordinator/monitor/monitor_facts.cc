// Monitor facts as journal rows and back.
#include <cmath>

#include "base/fact.h"
#include "coordinator/monitor/monitor.h"

namespace muster::coordinator {
namespace {

struct Row {
  const char* type;
  Json body;
};

// What a device says may be any double; a fact holds finite ones.
std::string Finite(double value) { return DecimalText(std::isfinite(value) ? value : 0); }

Json At(const TelemetryPlace& place, Json body) {
  body["device"] = place.device.value();
  body["spool"] = place.spool;
  body["sequence"] = place.sequence;
  return body;
}

Row RowOf(const MonitorApplied& f) { return Row{"MonitorApplied", {{"spec", ToJson(f.spec)}}}; }
Row RowOf(const VersionWatched& f) {
  return Row{"VersionWatched", {{"version", f.version.value()}}};
}
Row RowOf(const WindowOpened& f) {
  return Row{"WindowOpened",
             {{"epoch", f.epoch},
              {"campaign", f.campaign.value()},
              {"version", f.version.value()},
              {"reference", f.reference},
              {"seed", f.seed}}};
}
Row RowOf(const ReferenceTaken& f) {
  return Row{"ReferenceTaken",
             {{"epoch", f.epoch},
              {"version", f.version.value()},
              {"campaign", f.campaign.value()},
              {"digest", f.digest.ToString()},
              {"outcome", ToJson(f.outcome)}}};
}
Row RowOf(const WindowJudged& f) {
  return Row{"WindowJudged",
             {{"epoch", f.epoch},
              {"version", f.version.value()},
              {"campaign", f.campaign.value()},
              {"reference", f.reference},
              {"outcome", ToJson(f.outcome)}}};
}
Row RowOf(const BaselineTaken& f) {
  return Row{"BaselineTaken",
             {{"epoch", f.epoch}, {"version", f.version.value()}, {"digest", f.digest.ToString()}}};
}
Row RowOf(const FindingBegan& f) {
  Row row = Row{"FindingBegan", At(f.place, {{"rule", f.finding.rule},
                                             {"field", f.finding.field},
                                             {"alarm", f.finding.alarm},
                                             {"version", f.finding.version.value()},
                                             {"began", UnixMillis(f.finding.began)},
                                             {"statistic", Finite(f.statistic)},
                                             {"threshold", Finite(f.threshold)},
                                             {"text", f.finding.text}})};
  if (f.p) row.body["p"] = Finite(*f.p);
  return row;
}
Row RowOf(const FindingEnded& f) {
  return Row{
      "FindingEnded",
      At(f.place,
         {{"rule", f.rule}, {"field", f.field}, {"ended", UnixMillis(f.ended)}, {"text", f.text}})};
}
Row RowOf(const FeedbackHeard& f) {
  Json body{{"rule", f.rule},      {"verdict", std::string(NameOf(f.verdict))},
            {"id", f.id},          {"field", f.field},
            {"epoch", f.epoch},    {"outcome", f.outcome},
            {"said_by", f.said_by}};
  if (f.about) body["about"] = UnixMillis(*f.about);
  if (f.place) body = At(*f.place, std::move(body));
  return Row{"FeedbackHeard", std::move(body)};
}
Row RowOf(const LevelTaught& f) {
  return Row{"LevelTaught", {{"rule", f.rule}, {"halvings", f.halvings}, {"source", f.source}}};
}
Row RowOf(const VersionLoaded& f) {
  return Row{"VersionLoaded", At(f.place, {{"version", f.version.value()},
                                           {"state", f.state},
                                           {"reason", f.reason},
                                           {"detail", f.detail},
                                           {"event", UnixMillis(f.event)}})};
}
Row RowOf(const RowsServed& f) {
  Json rows = Json::array();
  for (const auto& [version, count] : f.rows)
    rows.push_back({{"version", version.value()}, {"rows", count}});
  Row row = Row{"RowsServed", At(f.place, {{"version", f.version.value()},
                                           {"rows", std::move(rows)},
                                           {"labelled", f.labelled},
                                           {"failed", f.failed}})};
  if (f.from) row.body["from"] = UnixMillis(*f.from);
  if (f.to) row.body["to"] = UnixMillis(*f.to);
  return row;
}

class FactReader {
 public:
  explicit FactReader(const Json& json) : r_(json) {}

  StatusOr<MonitorFact> Read() {
    MonitorFact fact = Fact(r_.Text("type"));
    MUSTER_TRY(r_.status());
    MUSTER_TRY(bad_);
    return fact;
  }

 private:
  MonitorFact Fact(const std::string& type) {
    if (type == "MonitorApplied") return Applied();
    if (type == "VersionWatched") return VersionWatched{Version()};
    if (type == "WindowOpened")
      return WindowOpened{r_.Unsigned("epoch"), Campaign(), Version(), r_.Bool("reference"),
                          r_.Unsigned("seed")};
    if (type == "ReferenceTaken")
      return ReferenceTaken{r_.Unsigned("epoch"), Version(), Campaign(),
                            Keep(Digest::Parse(r_.Text("digest"))), Outcome()};
    if (type == "WindowJudged")
      return WindowJudged{r_.Unsigned("epoch"), Version(), Campaign(), r_.Bool("reference"),
                          Outcome()};
    if (type == "BaselineTaken")
      return BaselineTaken{r_.Unsigned("epoch"), Version(), Keep(Digest::Parse(r_.Text("digest")))};
    if (type == "FindingBegan") return Began();
    if (type == "FindingEnded")
      return FindingEnded{Place(), r_.Text("rule"), r_.Text("field"), Time("ended"),
                          r_.Text("text")};
    if (type == "FeedbackHeard") return Heard();
    if (type == "LevelTaught")
      return LevelTaught{r_.Text("rule"), static_cast<std::uint32_t>(r_.Unsigned("halvings")),
                         r_.Text("source")};
    if (type == "VersionLoaded")
      return VersionLoaded{Place(),           Version(),         r_.Text("state"),
                           r_.Text("reason"), r_.Text("detail"), Time("event")};
    if (type == "RowsServed") return Rows();
    bad_ = DataLoss("unknown monitor fact '{}'", type);
    return VersionWatched{};
  }
  template <typename T>
  T Keep(StatusOr<T> value) {
    if (value.ok()) return *std::move(value);
    if (bad_.ok()) bad_ = value.status();
    return T();
  }
  VersionNumber Version() { return VersionNumber(r_.Unsigned("version")); }
  CampaignName Campaign() { return CampaignName(r_.Text("campaign")); }
  Timestamp Time(const char* key) { return FromUnixMillis(r_.Integer(key)); }
  std::optional<Timestamp> MaybeTime(const char* key) {
    if (!r_.Has(key)) return std::nullopt;
    return Time(key);
  }
  TelemetryPlace Place() {
    return {DeviceId(r_.Text("device")), r_.Text("spool"), r_.Unsigned("sequence")};
  }
  WindowOutcome Outcome() { return Keep(WindowOutcomeFrom(r_.At("outcome"))); }
  MonitorFact Applied() { return MonitorApplied{Keep(MonitorSpecFrom(r_.At("spec")))}; }
  MonitorFact Began() {
    FindingBegan f;
    f.place = Place();
    f.finding.device = f.place.device;
    f.finding.rule = r_.Text("rule");
    f.finding.field = r_.Text("field");
    f.finding.alarm = r_.Bool("alarm");
    f.finding.version = Version();
    f.finding.began = Time("began");
    f.finding.text = r_.Text("text");
    f.statistic = r_.Decimal("statistic");
    f.threshold = r_.Decimal("threshold");
    if (r_.Has("p")) f.p = r_.Decimal("p");
    return f;
  }
  MonitorFact Heard() {
    FeedbackHeard f;
    if (r_.Has("device")) f.place = Place();
    f.rule = r_.Text("rule");
    const auto verdict = ParseVerdict(r_.Text("verdict"));
    if (!verdict && bad_.ok()) bad_ = DataLoss("unknown verdict");
    f.verdict = verdict.value_or(f.verdict);
    f.id = r_.Text("id");
    f.field = r_.Text("field");
    f.about = MaybeTime("about");
    f.epoch = r_.Unsigned("epoch");
    f.outcome = r_.Text("outcome");
    f.said_by = r_.Text("said_by");
    return f;
  }
  MonitorFact Rows() {
    RowsServed f;
    f.place = Place();
    f.version = Version();
    for (const Json& part : r_.At("rows")) {
      JsonReader r(part);
      f.rows[VersionNumber(r.Unsigned("version"))] = r.Unsigned("rows");
      if (bad_.ok()) bad_ = r.status();
    }
    f.labelled = r_.Unsigned("labelled");
    f.failed = r_.Unsigned("failed");
    f.from = MaybeTime("from");
    f.to = MaybeTime("to");
    return f;
  }

  JsonReader r_;
  Status bad_;
};
}  // namespace

std::string MonitorStream(const MonitorName& name) {
  return std::string(kMonitorStreams) + name.value();
}

std::string FactRef(const MonitorName& name, std::uint64_t seq) {
  return fmt::format("{}#{}", MonitorStream(name), seq);
}

StatusOr<std::string> EncodeMonitorFact(const MonitorFact& fact, std::string_view by,
                                        Timestamp at) {
  Row row = std::visit([](const auto& f) { return RowOf(f); }, fact);
  return EncodeFact({row.type, std::string(by), at}, std::move(row.body));
}

StatusOr<Recorded<MonitorFact>> DecodeMonitorFact(const MonitorName& name, std::uint64_t seq,
                                                  std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  auto fact = FactReader(json).Read();
  if (!fact.ok()) return Prefixed(fact.status(), FactRef(name, seq));
  return Recorded<MonitorFact>{*std::move(fact), seq, header.at, header.by};
}

}  // namespace muster::coordinator
