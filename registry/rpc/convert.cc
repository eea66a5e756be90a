#include "registry/rpc/convert.h"

#include <algorithm>

namespace muster::registry {
namespace {

StatusOr<FieldType> TypeFrom(v1::Contract::Type type, const std::string& path) {
  switch (type) {
    case v1::Contract::FLOAT: return FieldType::kFloat;
    case v1::Contract::INTEGER: return FieldType::kInteger;
    case v1::Contract::TEXT: return FieldType::kText;
    case v1::Contract::BOOLEAN: return FieldType::kBoolean;
    case v1::Contract::TIMESTAMP: return FieldType::kTimestamp;
    case v1::Contract::TYPE_UNSPECIFIED: return InvalidField(path, "is missing");
    default: return InvalidField(path, "{} is no type", static_cast<int>(type));
  }
}

v1::Contract::Type ToProto(FieldType type) {
  switch (type) {
    case FieldType::kFloat: return v1::Contract::FLOAT;
    case FieldType::kInteger: return v1::Contract::INTEGER;
    case FieldType::kText: return v1::Contract::TEXT;
    case FieldType::kBoolean: return v1::Contract::BOOLEAN;
    case FieldType::kTimestamp: return v1::Contract::TIMESTAMP;
  }
  return v1::Contract::TYPE_UNSPECIFIED;
}

StatusOr<Digest> DigestFrom(const std::string& text, std::string_view path) {
  if (text.empty()) return InvalidField(path, "is missing");
  const auto digest = Digest::Parse(text);
  if (!digest.ok()) return InvalidField(path, "is not sha256: and 64 hexadecimal digits");
  return *digest;
}
}  // namespace

StatusOr<ContractSpec> FromProto(const v1::Contract& in) {
  ContractSpec out{ContractName(in.name()), in.description(), {}};
  for (int i = 0; i < in.fields_size(); ++i) {
    const v1::Contract::Field& field = in.fields(i);
    FieldSpec spec;
    spec.name = field.name();
    MUSTER_ASSIGN(spec.type, TypeFrom(field.type(), fmt::format("fields[{}].type", i)));
    spec.unit = field.unit();
    if (field.has_min()) spec.min = field.min();
    if (field.has_max()) spec.max = field.max();
    spec.description = field.description();
    out.fields.push_back(std::move(spec));
  }
  return out;
}

v1::Contract ToProto(const ContractSpec& in) {
  v1::Contract out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  for (const FieldSpec& spec : in.fields) {
    v1::Contract::Field& field = *out.add_fields();
    field.set_name(spec.name);
    field.set_type(ToProto(spec.type));
    field.set_unit(spec.unit);
    if (spec.min) field.set_min(*spec.min);
    if (spec.max) field.set_max(*spec.max);
    field.set_description(spec.description);
  }
  return out;
}

v1::ContractVersion ToProto(const ContractVersion& in) {
  v1::ContractVersion out;
  out.set_version(in.version.value());
  *out.mutable_contract() = ToProto(in.spec);
  out.set_created_unix_ms(UnixMillis(in.created_at));
  out.set_created_by(in.created_by);
  return out;
}

ModelSpec FromProto(const v1::Model& in) {
  ModelSpec out;
  out.name = ModelName(in.name());
  out.description = in.description();
  out.contract = ContractName(in.contract());
  out.contract_version = VersionNumber(in.contract_version());
  out.input.features.assign(in.input().features().begin(), in.input().features().end());
  out.input.rows = std::max(1u, in.input().window().rows());
  out.input.stride = std::max(1u, in.input().window().stride());
  out.label.field = in.label().field();
  if (in.label().has_max()) out.label.max = in.label().max();
  if (in.label().has_scale()) out.label.scale = in.label().scale();
  return out;
}

v1::Model ToProto(const ModelSpec& in) {
  v1::Model out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  out.set_contract(in.contract.value());
  out.set_contract_version(in.contract_version.value());
  for (const std::string& feature : in.input.features) out.mutable_input()->add_features(feature);
  out.mutable_input()->mutable_window()->set_rows(in.input.rows);
  out.mutable_input()->mutable_window()->set_stride(in.input.stride);
  out.mutable_label()->set_field(in.label.field);
  if (in.label.max) out.mutable_label()->set_max(*in.label.max);
  if (in.label.scale) out.mutable_label()->set_scale(*in.label.scale);
  return out;
}

v1::ModelVersion ToProto(const VersionView& in) {
  const ModelVersion& v = in.version;
  v1::ModelVersion out;
  out.set_model(v.model.value());
  out.set_version(v.version.value());
  out.set_params_digest(v.params.ToString());
  if (v.module) out.set_module_digest(v.module->ToString());
  out.set_contract(v.contract.value());
  out.set_contract_version(v.contract_version.value());
  out.set_parent(v.parent.value());
  if (v.origin) {
    out.set_campaign(v.origin->campaign.value());
    out.set_round(v.origin->round.value());
  }
  out.mutable_metrics()->insert(v.metrics.begin(), v.metrics.end());
  out.set_parameters(v.parameters);
  out.set_created_unix_ms(UnixMillis(v.created_at));
  out.set_created_by(v.created_by);
  out.mutable_aliases()->Add(in.aliases.begin(), in.aliases.end());
  return out;
}

v1::ModelView ToProto(const ModelView& in) {
  std::map<VersionNumber, std::vector<std::string>> aliases_of;
  for (const auto& [alias, version] : in.aliases) aliases_of[version].push_back(alias);
  v1::ModelView out;
  *out.mutable_model() = ToProto(in.spec);
  for (const ModelVersion& version : in.versions)
    *out.add_versions() = ToProto(VersionView{version, aliases_of[version.version]});
  for (const auto& [alias, version] : in.aliases) (*out.mutable_aliases())[alias] = version.value();
  return out;
}

StatusOr<CreateRequest> FromProto(const v1::CreateVersionRequest& in) {
  CreateRequest out;
  out.model = ModelName(in.model());
  MUSTER_ASSIGN(out.params, DigestFrom(in.params_digest(), "params_digest"));
  if (!in.module_digest().empty()) {
    MUSTER_ASSIGN(out.module, DigestFrom(in.module_digest(), "module_digest"));
  }
  out.metrics = {in.metrics().begin(), in.metrics().end()};
  return out;
}

}  // namespace muster::registry
