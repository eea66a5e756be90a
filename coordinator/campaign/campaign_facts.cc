// Campaign facts as journal rows and back.
#include "base/fact.h"
#include "coordinator/campaign/campaign.h"
#include "coordinator/round/round_facts.h"

namespace muster::coordinator {
namespace {

struct Row {
  const char* type;
  Json body;
};

Json KeyOf(const RoundKey& key) { return {{"round", key.round.value()}, {"attempt", key.attempt}}; }
// Only where there is any: facts of plans that declare no energy are what they were.
Row Timed(Row row, Duration task_time) {
  if (task_time.count() != 0) row.body["device_ms"] = task_time.count();
  return row;
}
Json With(Json into, const Json& more) {
  into.update(more);
  return into;
}
Json BaseOf(const CampaignBase& base) {
  Json out{{"version", base.version.value()},
           {"params", base.params.ToString()},
           {"contract", base.contract.value()},
           {"contract_version", base.contract_version.value()}};
  if (base.module) out["module"] = base.module->ToString();
  return out;
}

Row RowOf(const CampaignFact& fact) {
  return std::visit(
      Overloaded{
          [](const CampaignApplied& f) {
            return Row{"CampaignApplied", {{"spec", ToJson(f.spec)}, {"base", BaseOf(f.base)}}};
          },
          [](const BlockDrawn& f) {
            Json devices = Json::array();
            for (const DeviceId& device : f.devices) devices.push_back(device.value());
            return Row{"BlockDrawn", {{"devices", std::move(devices)}}};
          },
          [](const RoundStarted& f) {
            return Row{"RoundStarted", KeyOf(f.key)};
          },
          [](const RoundSucceeded& f) {
            Row row =
                Row{"RoundSucceeded", With(KeyOf(f.key), {{"params", f.params.ToString()},
                                                          {"optimizer", f.optimizer.ToString()},
                                                          {"counted", f.counted},
                                                          {"evaluated", f.evaluated},
                                                          {"examples", f.sums.examples},
                                                          {"sums_micro", f.sums.sums_micro}})};
            if (f.cohort != Digest()) row.body["cohort"] = f.cohort.ToString();
            if (!f.slices.empty()) row.body["slices"] = ToJson(f.slices);
            return Timed(std::move(row), f.task_time);
          },
          [](const BaselineEvaluated& f) {
            Row row =
                Row{"BaselineEvaluated", With(KeyOf(f.key), {{"evaluated", f.evaluated},
                                                             {"examples", f.sums.examples},
                                                             {"sums_micro", f.sums.sums_micro}})};
            if (!f.slices.empty()) row.body["slices"] = ToJson(f.slices);
            if (!f.why.empty()) row.body["why"] = f.why;
            return row;
          },
          [](const RoundFailed& f) {
            return Timed(
                Row{"RoundFailed", With(KeyOf(f.key), {{"reason", std::string(NameOf(f.reason))},
                                                       {"why", f.why}})},
                f.task_time);
          },
          [](const VersionRegistered& f) {
            return Row{"VersionRegistered",
                       {{"round", f.round.value()}, {"version", f.version.value()}}};
          },
          [](const CampaignPaused& f) {
            return Row{"CampaignPaused", {{"why", f.why}}};
          },
          [](const CampaignResumed&) {
            return Row{"CampaignResumed", Json::object()};
          },
          [](const CampaignCompleted& f) {
            return Row{"CampaignCompleted", {{"why", f.why}}};
          },
          [](const CampaignCancelled& f) {
            return Row{"CampaignCancelled", {{"why", f.why}}};
          },
      },
      fact);
}

class FactReader {
 public:
  FactReader(const Json& json, const CampaignName& name) : r_(json), name_(name) {}

  StatusOr<CampaignFact> Read() {
    CampaignFact fact = Fact(r_.Text("type"));
    MUSTER_TRY(r_.status());
    MUSTER_TRY(bad_);
    return fact;
  }

 private:
  CampaignFact Fact(const std::string& type) {
    if (type == "CampaignApplied") return Applied();
    if (type == "BlockDrawn") {
      const std::vector<std::string> devices = r_.Texts("devices");
      return BlockDrawn{{devices.begin(), devices.end()}};
    }
    if (type == "RoundStarted") return RoundStarted{Key()};
    if (type == "RoundSucceeded") return Succeeded();
    if (type == "BaselineEvaluated") return Baseline();
    if (type == "RoundFailed") {
      const auto reason = ParseReason(r_.Text("reason"));
      return RoundFailed{Key(), reason.value_or(Reason::kTASK_FAILED), r_.Text("why"), TaskTime()};
    }
    if (type == "VersionRegistered")
      return VersionRegistered{RoundNumber(r_.Unsigned("round")),
                               VersionNumber(r_.Unsigned("version"))};
    if (type == "CampaignPaused") return CampaignPaused{r_.Text("why")};
    if (type == "CampaignResumed") return CampaignResumed{};
    if (type == "CampaignCompleted") return CampaignCompleted{r_.Text("why")};
    if (type == "CampaignCancelled") return CampaignCancelled{r_.Text("why")};
    bad_ = DataLoss("unknown campaign fact '{}'", type);
    return CampaignResumed{};
  }
  RoundKey Key() {
    return {name_, RoundNumber(r_.Unsigned("round")),
            static_cast<std::uint32_t>(r_.Unsigned("attempt"))};
  }
  Duration TaskTime() {
    return Duration(r_.Has("device_ms") ? static_cast<std::int64_t>(r_.Unsigned("device_ms")) : 0);
  }
  Digest DigestFrom(const std::string& text) {
    const auto digest = Digest::Parse(text);
    if (!digest.ok() && bad_.ok()) bad_ = digest.status();
    return digest.value_or(Digest());
  }
  CampaignFact Applied() {
    CampaignApplied applied;
    auto spec = CampaignSpecFrom(r_.At("spec"));
    if (spec.ok())
      applied.spec = *std::move(spec);
    else
      bad_ = spec.status();
    JsonReader base(r_.At("base"));
    applied.base.version = VersionNumber(base.Unsigned("version"));
    applied.base.params = DigestFrom(base.Text("params"));
    applied.base.contract = ContractName(base.Text("contract"));
    applied.base.contract_version = VersionNumber(base.Unsigned("contract_version"));
    if (base.Has("module")) applied.base.module = DigestFrom(base.Text("module"));
    if (bad_.ok()) bad_ = base.status();
    return applied;
  }
  CampaignFact Succeeded() {
    RoundSucceeded f;
    f.key = Key();
    f.params = DigestFrom(r_.Text("params"));
    f.optimizer = DigestFrom(r_.Text("optimizer"));
    f.counted = static_cast<std::uint32_t>(r_.Unsigned("counted"));
    f.evaluated = static_cast<std::uint32_t>(r_.Unsigned("evaluated"));
    if (r_.Has("cohort")) f.cohort = DigestFrom(r_.Text("cohort"));
    f.task_time = TaskTime();
    f.slices = Slices();
    f.sums = Sums();
    return f;
  }
  CampaignFact Baseline() {
    BaselineEvaluated f;
    f.key = Key();
    f.evaluated = static_cast<std::uint32_t>(r_.Unsigned("evaluated"));
    f.sums = Sums();
    f.slices = Slices();
    if (r_.Has("why")) f.why = r_.Text("why");
    return f;
  }
  EvaluationSums Sums() {
    EvaluationSums sums;
    sums.examples = r_.Unsigned("examples");
    for (const auto& [name, value] : r_.At("sums_micro").items())
      if (value.is_number_integer()) sums.sums_micro[name] = value.get<std::int64_t>();
    return sums;
  }
  SliceSums Slices() {
    if (!r_.Has("slices")) return {};
    StatusOr<SliceSums> slices = SliceSumsFrom(r_.At("slices"));
    if (slices.ok()) return *std::move(slices);
    if (bad_.ok()) bad_ = slices.status();
    return {};
  }

  JsonReader r_;
  CampaignName name_;
  Status bad_;
};
}  // namespace

std::string CampaignStream(const CampaignName& name) { return "campaign/" + name.value(); }

StatusOr<std::string> EncodeCampaignFact(const CampaignFact& fact, std::string_view by,
                                         Timestamp at) {
  Row row = RowOf(fact);
  return EncodeFact({row.type, std::string(by), at}, std::move(row.body));
}

StatusOr<CampaignFact> DecodeCampaignFact(const CampaignName& name, std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  return FactReader(json, name).Read();
}

}  // namespace muster::coordinator
