// Model facts as journal rows and back.
#include "base/fact.h"
#include "registry/model.h"
#include "registry/version_json.h"

namespace muster::registry {
namespace {

Json ToJson(const LabelSpec& label) {
  Json out{{"field", label.field}};
  if (label.max) out["max"] = DecimalText(*label.max);
  if (label.scale) out["scale"] = DecimalText(*label.scale);
  if (label.type == LabelType::kBinary) out["type"] = "binary";
  return out;
}

Json BodyOf(const ModelApplied& f) {
  const ModelSpec& s = f.spec;
  Json out{{"description", s.description},
           {"contract", s.contract.value()},
           {"contract_version", s.contract_version.value()},
           {"features", s.input.features},
           {"rows", s.input.rows},
           {"stride", s.input.stride},
           {"label", ToJson(s.label)}};
  if (s.gates) out["gates"] = ToJson(*s.gates);
  return out;
}

Json BodyOf(const ModelVersionCreated& f) {
  const ModelVersion& v = f.version;
  Json out{{"version", v.version.value()},
           {"params", v.params.ToString()},
           {"contract", v.contract.value()},
           {"contract_version", v.contract_version.value()},
           {"parameters", v.parameters}};
  PutMeasurements(v.measured, out);
  if (v.module) out["module"] = v.module->ToString();
  if (v.parent.value() != 0) out["parent"] = v.parent.value();
  if (v.origin) {
    out["campaign"] = v.origin->campaign.value();
    out["round"] = v.origin->round.value();
  }
  if (v.lineage) out["lineage"] = ToJson(*v.lineage);
  return out;
}

template <typename Move>
Json MoveOf(const Move& f) {
  return {{"alias", f.alias}, {"version", f.version.value()}, {"from", f.from.value()}};
}
Json BodyOf(const AliasMoved& f) {
  Json out = MoveOf(f);
  if (f.how != How::kSet) out["how"] = std::string(NameOf(f.how));
  if (!f.override_reason.empty()) out["override_reason"] = f.override_reason;
  if (!f.verdicts.empty()) out["verdicts"] = ToJson(f.verdicts);
  return out;
}
Json BodyOf(const PromotionRefused& f) {
  Json out = MoveOf(f);
  out["how"] = std::string(NameOf(f.how));
  out["verdicts"] = ToJson(f.verdicts);
  out["reason"] = std::string(NameOf(f.reason));
  return out;
}
Json BodyOf(const PromotionOverridden& f) {
  Json out = MoveOf(f);
  out["why"] = f.why;
  out["verdicts"] = ToJson(f.verdicts);
  return out;
}

Json BodyOf(const VersionApproved& f) {
  return {{"version", f.version.value()}, {"comment", f.comment}};
}
Json BodyOf(const VersionCertified& f) {
  return {{"version", f.version.value()}, {"hardware", f.hardware}};
}
Json BodyOf(const VersionMeasured& f) {
  Json out{{"version", f.version.value()}};
  PutMeasurements(f.measured, out);
  return out;
}
Json BodyOf(const VersionTagged& f) {
  return {{"version", f.version.value()}, {"set", f.set}, {"removed", f.removed}};
}
Json BodyOf(const VersionReferenced& f) {
  Json out{{"version", f.version.value()},
           {"monitor", f.monitor.value()},
           {"digest", f.digest.ToString()}};
  if (f.extent == ReferenceExtent()) return out;
  out["rows"] = f.extent.rows;
  out["devices"] = f.extent.devices;
  out["shards"] = f.extent.shards;
  return out;
}
Json BodyOf(const ModelActionDenied& f) {
  return {{"action", f.action},
          {"version", f.version.value()},
          {"reason", std::string(NameOf(f.reason))},
          {"why", f.why}};
}

FactHeader HeaderFor(const ModelApplied& f) { return {"ModelApplied", f.by, f.at}; }
FactHeader HeaderFor(const ModelVersionCreated& f) {
  return {"ModelVersionCreated", f.version.created_by, f.version.created_at};
}
FactHeader HeaderFor(const AliasMoved& f) { return {"AliasMoved", f.by, f.at}; }
FactHeader HeaderFor(const PromotionRefused& f) { return {"PromotionRefused", f.by, f.at}; }
FactHeader HeaderFor(const PromotionOverridden& f) { return {"PromotionOverridden", f.by, f.at}; }
FactHeader HeaderFor(const VersionApproved& f) { return {"VersionApproved", f.by, f.at}; }
FactHeader HeaderFor(const VersionCertified& f) { return {"VersionCertified", f.by, f.at}; }
FactHeader HeaderFor(const VersionMeasured& f) { return {"VersionMeasured", f.by, f.at}; }
FactHeader HeaderFor(const VersionTagged& f) { return {"VersionTagged", f.by, f.at}; }
FactHeader HeaderFor(const VersionReferenced& f) { return {"VersionReferenced", f.by, f.at}; }
FactHeader HeaderFor(const ModelActionDenied& f) { return {"ModelActionDenied", f.by, f.at}; }
}  // namespace

StatusOr<std::string> EncodeFact(const ModelFact& fact) {
  return std::visit([](const auto& f) { return muster::EncodeFact(HeaderFor(f), BodyOf(f)); },
                    fact);
}

}  // namespace muster::registry
