// Model facts from journal rows. Members that came later may be missing.
#include "base/fact.h"
#include "registry/model.h"
#include "registry/version_json.h"

namespace muster::registry {
namespace {

StatusOr<ModelFact> ReadApplied(const ModelName& name, const FactHeader& header, const Json& json) {
  JsonReader r(json);
  ModelSpec spec;
  spec.name = name;
  spec.description = r.Text("description");
  spec.contract = ContractName(r.Text("contract"));
  spec.contract_version = VersionNumber(r.Unsigned("contract_version"));
  spec.input.features = r.Texts("features");
  spec.input.rows = static_cast<std::uint32_t>(r.Unsigned("rows"));
  spec.input.stride = static_cast<std::uint32_t>(r.Unsigned("stride"));
  JsonReader label(r.At("label"));
  MUSTER_TRY(r.status());
  spec.label.field = label.Text("field");
  if (label.Has("max")) spec.label.max = label.Decimal("max");
  if (label.Has("scale")) spec.label.scale = label.Decimal("scale");
  if (label.Has("type")) {
    if (label.Text("type") != "binary") return DataLoss("label.type is not known");
    spec.label.type = LabelType::kBinary;
  }
  MUSTER_TRY(label.status());
  if (r.Has("gates")) {
    MUSTER_ASSIGN(spec.gates, GatesFrom(r.At("gates")));
  }
  return ModelApplied{std::move(spec), header.at, header.by};
}

StatusOr<ModelFact> ReadVersion(const ModelName& name, const FactHeader& header, const Json& json) {
  JsonReader r(json);
  ModelVersion v;
  v.model = name;
  v.version = VersionNumber(r.Unsigned("version"));
  v.contract = ContractName(r.Text("contract"));
  v.contract_version = VersionNumber(r.Unsigned("contract_version"));
  v.parameters = r.Unsigned("parameters");
  if (r.Has("parent")) v.parent = VersionNumber(r.Unsigned("parent"));
  if (r.Has("campaign"))
    v.origin = CampaignRound{CampaignName(r.Text("campaign")), RoundNumber(r.Unsigned("round"))};
  const std::string params = r.Text("params");
  const std::string module = r.Has("module") ? r.Text("module") : "";
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(v.params, Digest::Parse(params));
  if (!module.empty()) {
    MUSTER_ASSIGN(v.module, Digest::Parse(module));
  }
  MUSTER_ASSIGN(v.measured, MeasurementsFrom(json));
  if (r.Has("lineage")) {
    MUSTER_ASSIGN(v.lineage, LineageFrom(r.At("lineage")));
  }
  v.created_at = header.at;
  v.created_by = header.by;
  return ModelVersionCreated{std::move(v)};
}

// Where the facts of a move agree: alias, version, from, at, by.
template <typename Move>
Status ReadMove(JsonReader& r, const FactHeader& header, Move& fact) {
  fact.alias = r.Text("alias");
  fact.version = VersionNumber(r.Unsigned("version"));
  fact.from = VersionNumber(r.Unsigned("from"));
  fact.at = header.at;
  fact.by = header.by;
  return r.status();
}

StatusOr<How> HowOf(JsonReader& r) {
  if (!r.Has("how")) return How::kSet;
  const auto how = ParseHow(r.Text("how"));
  if (!how) return InvalidArgument("unknown way to move an alias");
  return *how;
}

StatusOr<Reason> ReasonOf(JsonReader& r) {
  const auto reason = ParseReason(r.Text("reason"));
  if (!reason) return InvalidArgument("unknown reason");
  return *reason;
}

StatusOr<ModelFact> ReadMoved(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  AliasMoved fact;
  MUSTER_TRY(ReadMove(r, header, fact));
  MUSTER_ASSIGN(fact.how, HowOf(r));
  if (r.Has("override_reason")) fact.override_reason = r.Text("override_reason");
  MUSTER_TRY(r.status());
  if (r.Has("verdicts")) {
    MUSTER_ASSIGN(fact.verdicts, VerdictsFrom(r.At("verdicts")));
  }
  return fact;
}

StatusOr<ModelFact> ReadRefused(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  PromotionRefused fact;
  MUSTER_TRY(ReadMove(r, header, fact));
  MUSTER_ASSIGN(fact.how, HowOf(r));
  MUSTER_ASSIGN(fact.reason, ReasonOf(r));
  MUSTER_ASSIGN(fact.verdicts, VerdictsFrom(r.At("verdicts")));
  MUSTER_TRY(r.status());
  return fact;
}

StatusOr<ModelFact> ReadOverridden(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  PromotionOverridden fact;
  MUSTER_TRY(ReadMove(r, header, fact));
  fact.why = r.Text("why");
  MUSTER_ASSIGN(fact.verdicts, VerdictsFrom(r.At("verdicts")));
  MUSTER_TRY(r.status());
  return fact;
}

// A version that a note is about; there is no note on none.
StatusOr<VersionNumber> Noted(JsonReader& r) {
  const VersionNumber version(r.Unsigned("version"));
  MUSTER_TRY(r.status());
  if (version.value() == 0) return InvalidArgument("version is 0");
  return version;
}

StatusOr<ModelFact> ReadApproved(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  MUSTER_ASSIGN(const VersionNumber version, Noted(r));
  VersionApproved fact{version, r.Text("comment"), header.at, header.by};
  MUSTER_TRY(r.status());
  return fact;
}

StatusOr<ModelFact> ReadCertified(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  MUSTER_ASSIGN(const VersionNumber version, Noted(r));
  VersionCertified fact{version, r.Text("hardware"), header.at, header.by};
  MUSTER_TRY(r.status());
  return fact;
}

StatusOr<ModelFact> ReadMeasured(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  MUSTER_ASSIGN(const VersionNumber version, Noted(r));
  MUSTER_ASSIGN(Measurements measured, MeasurementsFrom(json));
  return VersionMeasured{version, std::move(measured), header.at, header.by};
}

StatusOr<ModelFact> ReadTagged(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  MUSTER_ASSIGN(const VersionNumber version, Noted(r));
  VersionTagged fact{version, {}, r.Texts("removed"), header.at, header.by};
  JsonReader set(r.At("set"));
  MUSTER_TRY(r.status());
  MUSTER_TRY(set.status());
  for (const auto& item : json.at("set").items())
    fact.set[item.key()] = set.Text(item.key().c_str());
  MUSTER_TRY(set.status());
  return fact;
}

StatusOr<ModelFact> ReadReferenced(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  MUSTER_ASSIGN(const VersionNumber version, Noted(r));
  const MonitorName monitor(r.Text("monitor"));
  const std::string digest = r.Text("digest");
  ReferenceExtent extent;
  if (r.Has("rows"))
    extent = {r.Unsigned("rows"), static_cast<std::uint32_t>(r.Unsigned("devices")),
              static_cast<std::uint32_t>(r.Unsigned("shards"))};
  MUSTER_TRY(r.status());
  VersionReferenced fact{version, monitor, {}, extent, header.at, header.by};
  MUSTER_ASSIGN(fact.digest, Digest::Parse(digest));
  return fact;
}

StatusOr<ModelFact> ReadDenied(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  const VersionNumber version(r.Unsigned("version"));
  MUSTER_ASSIGN(const Reason reason, ReasonOf(r));
  ModelActionDenied fact{r.Text("action"), version, reason, r.Text("why"), header.at, header.by};
  MUSTER_TRY(r.status());
  return fact;
}

StatusOr<ModelFact> Decode(const ModelName& name, std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  if (header.type == "ModelApplied") return ReadApplied(name, header, json);
  if (header.type == "ModelVersionCreated") return ReadVersion(name, header, json);
  if (header.type == "AliasMoved") return ReadMoved(header, json);
  if (header.type == "PromotionRefused") return ReadRefused(header, json);
  if (header.type == "PromotionOverridden") return ReadOverridden(header, json);
  if (header.type == "VersionApproved") return ReadApproved(header, json);
  if (header.type == "VersionCertified") return ReadCertified(header, json);
  if (header.type == "VersionMeasured") return ReadMeasured(header, json);
  if (header.type == "VersionTagged") return ReadTagged(header, json);
  if (header.type == "VersionReferenced") return ReadReferenced(header, json);
  if (header.type == "ModelActionDenied") return ReadDenied(header, json);
  return InvalidArgument("unknown fact '{}'", header.type);
}
}  // namespace

StatusOr<ModelFact> DecodeModelFact(const ModelName& name, std::string_view row) {
  auto fact = Decode(name, row);
  if (!fact.ok())
    return DataLoss("a row of model {} is unreadable: {}", name.value(), MessageOf(fact.status()));
  return fact;
}

}  // namespace muster::registry
