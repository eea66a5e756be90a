#include "registry/rpc/convert.h"

#include "base/time_text.h"

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

StatusOr<RowRules> RowsFrom(const v1::Contract::Rows& in) {
  RowRules out;
  switch (in.out_of_range()) {
    case v1::Contract::RANGE_RULE_UNSPECIFIED: break;
    case v1::Contract::QUARANTINE: out.out_of_range = RangeRule::kQuarantine; break;
    case v1::Contract::KEEP: out.out_of_range = RangeRule::kKeep; break;
    default:
      return InvalidField("rows.out_of_range", "{} is no rule",
                          static_cast<int>(in.out_of_range()));
  }
  if (in.has_max_bad_share()) out.max_bad_share = in.max_bad_share();
  return out;
}

StatusOr<Compatibility> CompatibilityFrom(v1::Contract::Compatibility in) {
  if (in == v1::Contract::COMPATIBILITY_UNSPECIFIED) return kDefaultCompatibility;
  if (!v1::Contract::Compatibility_IsValid(in))
    return InvalidField("compatibility", "{} is no level", static_cast<int>(in));
  return *ParseCompatibilityLevel(v1::Contract::Compatibility_Name(in));
}

StatusOr<FieldSpec> FieldFrom(const v1::Contract::Field& in, int index) {
  FieldSpec out;
  out.name = in.name();
  MUSTER_ASSIGN(out.type, TypeFrom(in.type(), fmt::format("fields[{}].type", index)));
  out.unit = in.unit();
  if (in.has_min()) out.min = in.min();
  if (in.has_max()) out.max = in.max();
  out.description = in.description();
  out.nullable = in.nullable();
  out.meaning = in.meaning();
  return out;
}

void Fill(const FieldSpec& in, v1::Contract::Field& out) {
  out.set_name(in.name);
  out.set_type(ToProto(in.type));
  out.set_unit(in.unit);
  if (in.min) out.set_min(*in.min);
  if (in.max) out.set_max(*in.max);
  out.set_description(in.description);
  out.set_nullable(in.nullable);
  out.set_meaning(in.meaning);
}
}  // namespace

v1::Contract::Compatibility ToProto(Compatibility in) {
  v1::Contract::Compatibility out = v1::Contract::COMPATIBILITY_UNSPECIFIED;
  v1::Contract::Compatibility_Parse(std::string(NameOf(in)), &out);
  return out;
}

StatusOr<ContractSpec> FromProto(const v1::Contract& in) {
  ContractSpec out{ContractName(in.name()), in.description(), {}};
  for (int i = 0; i < in.fields_size(); ++i) {
    MUSTER_ASSIGN(FieldSpec field, FieldFrom(in.fields(i), i));
    out.fields.push_back(std::move(field));
  }
  out.owner = in.owner();
  if (!in.freshness().empty()) {
    const auto freshness = ParseDuration(in.freshness());
    if (!freshness.ok()) return InvalidField("freshness", "{}", MessageOf(freshness.status()));
    out.freshness = *freshness;
  }
  out.time_field = in.time_field();
  MUSTER_ASSIGN(out.rows, RowsFrom(in.rows()));
  MUSTER_ASSIGN(out.compatibility, CompatibilityFrom(in.compatibility()));
  return out;
}

v1::Contract ToProto(const ContractSpec& in) {
  v1::Contract out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  for (const FieldSpec& field : in.fields) Fill(field, *out.add_fields());
  out.set_owner(in.owner);
  if (in.freshness) out.set_freshness(FormatDuration(*in.freshness));
  out.set_time_field(in.time_field);
  v1::Contract::Rows& rows = *out.mutable_rows();
  rows.set_out_of_range(in.rows.out_of_range == RangeRule::kKeep ? v1::Contract::KEEP
                                                                 : v1::Contract::QUARANTINE);
  rows.set_max_bad_share(in.rows.max_bad_share);
  out.set_compatibility(ToProto(in.compatibility));
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

namespace {
v1::ContractDifference ToProto(const ContractDifference& in) {
  v1::ContractDifference out;
  out.set_kind(std::string(NameOf(in.kind)));
  out.set_path(in.path);
  out.set_text(in.text);
  out.set_breaks_backward(in.breaks_backward);
  out.set_breaks_forward(in.breaks_forward);
  return out;
}
}  // namespace

v1::ContractDiff ToProto(const ContractComparison& in, const std::string& name) {
  v1::ContractDiff out;
  out.set_name(name);
  out.set_from(in.from.value());
  out.set_to(in.to.value());
  out.set_backward(true);
  out.set_forward(true);
  for (const ContractDifference& difference : in.differences) {
    *out.add_differences() = ToProto(difference);
    if (difference.breaks_backward) out.set_backward(false);
    if (difference.breaks_forward) out.set_forward(false);
  }
  return out;
}

v1::ContractCheck ToProto(const ContractJudgement& in, const std::string& name) {
  v1::ContractCheck out;
  out.set_name(name);
  out.set_newest(in.newest.value());
  out.set_changed(in.changed);
  out.set_compatible(in.breaks.empty());
  out.set_compatibility(ToProto(in.compatibility));
  for (const ContractDifference& difference : in.differences)
    *out.add_differences() = ToProto(difference);
  for (const ContractBreak& broken : in.breaks) {
    v1::ContractCheck::Break& shown = *out.add_breaks();
    shown.set_version(broken.version.value());
    shown.set_backward(broken.backward);
    *shown.mutable_difference() = ToProto(broken.difference);
  }
  return out;
}

}  // namespace muster::registry
