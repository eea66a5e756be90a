#include "registry/rpc/convert.h"

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

}  // namespace muster::registry
