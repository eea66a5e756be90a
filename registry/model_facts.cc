// Model facts as journal rows and back.
#include "base/fact.h"
#include "registry/model.h"

namespace muster::registry {
namespace {

Json ToJson(const LabelSpec& label) {
  Json out{{"field", label.field}};
  if (label.max) out["max"] = DecimalText(*label.max);
  if (label.scale) out["scale"] = DecimalText(*label.scale);
  return out;
}

Json BodyOf(const ModelApplied& f) {
  const ModelSpec& s = f.spec;
  return {{"description", s.description},
          {"contract", s.contract.value()},
          {"contract_version", s.contract_version.value()},
          {"features", s.input.features},
          {"rows", s.input.rows},
          {"stride", s.input.stride},
          {"label", ToJson(s.label)}};
}

Json BodyOf(const ModelVersionCreated& f) {
  const ModelVersion& v = f.version;
  Json metrics = Json::object();
  for (const auto& [name, value] : v.metrics) metrics[name] = DecimalText(value);
  Json out{{"version", v.version.value()},   {"params", v.params.ToString()},
           {"contract", v.contract.value()}, {"contract_version", v.contract_version.value()},
           {"metrics", std::move(metrics)},  {"parameters", v.parameters}};
  if (v.module) out["module"] = v.module->ToString();
  if (v.parent.value() != 0) out["parent"] = v.parent.value();
  if (v.origin) {
    out["campaign"] = v.origin->campaign.value();
    out["round"] = v.origin->round.value();
  }
  return out;
}

Json BodyOf(const AliasMoved& f) {
  return {{"alias", f.alias}, {"version", f.version.value()}, {"from", f.from.value()}};
}

FactHeader HeaderFor(const ModelApplied& f) { return {"ModelApplied", f.by, f.at}; }
FactHeader HeaderFor(const ModelVersionCreated& f) {
  return {"ModelVersionCreated", f.version.created_by, f.version.created_at};
}
FactHeader HeaderFor(const AliasMoved& f) { return {"AliasMoved", f.by, f.at}; }

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
  MUSTER_TRY(label.status());
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
  const Json& metrics = r.At("metrics");
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(v.params, Digest::Parse(params));
  if (!module.empty()) {
    MUSTER_ASSIGN(v.module, Digest::Parse(module));
  }
  JsonReader metric(metrics);
  for (const auto& item : metrics.items())
    v.metrics[item.key()] = metric.Decimal(item.key().c_str());
  MUSTER_TRY(metric.status());
  v.created_at = header.at;
  v.created_by = header.by;
  return ModelVersionCreated{std::move(v)};
}

StatusOr<ModelFact> ReadAlias(const FactHeader& header, const Json& json) {
  JsonReader r(json);
  AliasMoved fact{r.Text("alias"), VersionNumber(r.Unsigned("version")),
                  VersionNumber(r.Unsigned("from")), header.at, header.by};
  MUSTER_TRY(r.status());
  return fact;
}

StatusOr<ModelFact> Decode(const ModelName& name, std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  if (header.type == "ModelApplied") return ReadApplied(name, header, json);
  if (header.type == "ModelVersionCreated") return ReadVersion(name, header, json);
  if (header.type == "AliasMoved") return ReadAlias(header, json);
  return InvalidArgument("unknown fact '{}'", header.type);
}
}  // namespace

StatusOr<std::string> EncodeFact(const ModelFact& fact) {
  return std::visit([](const auto& f) { return muster::EncodeFact(HeaderFor(f), BodyOf(f)); },
                    fact);
}

StatusOr<ModelFact> DecodeModelFact(const ModelName& name, std::string_view row) {
  auto fact = Decode(name, row);
  if (!fact.ok())
    return DataLoss("a row of model {} is unreadable: {}", name.value(), MessageOf(fact.status()));
  return fact;
}

}  // namespace muster::registry
