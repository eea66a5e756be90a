// Contract facts as journal rows and back.
#include "base/fact.h"
#include "registry/contract.h"

namespace muster::registry {
namespace {
constexpr std::string_view kCreated = "ContractVersionCreated";

Json ToJson(const FieldSpec& field) {
  Json out{{"name", field.name}, {"type", std::string(NameOf(field.type))}};
  if (!field.unit.empty()) out["unit"] = field.unit;
  if (field.min) out["min"] = DecimalText(*field.min);
  if (field.max) out["max"] = DecimalText(*field.max);
  if (!field.description.empty()) out["description"] = field.description;
  if (field.nullable) out["nullable"] = true;
  if (!field.meaning.empty()) out["meaning"] = field.meaning;
  return out;
}

StatusOr<FieldSpec> FieldFrom(const Json& json) {
  JsonReader r(json);
  FieldSpec out;
  out.name = r.Text("name");
  const std::string type = r.Text("type");
  if (r.Has("unit")) out.unit = r.Text("unit");
  if (r.Has("min")) out.min = r.Decimal("min");
  if (r.Has("max")) out.max = r.Decimal("max");
  if (r.Has("description")) out.description = r.Text("description");
  if (r.Has("nullable")) out.nullable = r.Bool("nullable");
  if (r.Has("meaning")) out.meaning = r.Text("meaning");
  MUSTER_TRY(r.status());
  const auto parsed = ParseFieldType(type);
  if (!parsed) return InvalidArgument("unknown field type '{}'", type);
  out.type = *parsed;
  return out;
}

// Rows of earlier releases have none of these members: what is left out is the default.
void AddRules(const ContractSpec& spec, Json& out) {
  if (!spec.owner.empty()) out["owner"] = spec.owner;
  if (spec.freshness) out["freshness_ms"] = spec.freshness->count();
  if (!spec.time_field.empty()) out["time_field"] = spec.time_field;
  if (spec.rows != RowRules())
    out["rows"] = {{"out_of_range", std::string(NameOf(spec.rows.out_of_range))},
                   {"max_bad_share", DecimalText(spec.rows.max_bad_share)}};
  if (spec.compatibility != kDefaultCompatibility)
    out["compatibility"] = std::string(NameOf(spec.compatibility));
}

StatusOr<RowRules> RowRulesFrom(const Json& json) {
  JsonReader r(json);
  RowRules out;
  const std::string rule = r.Text("out_of_range");
  out.max_bad_share = r.Decimal("max_bad_share");
  MUSTER_TRY(r.status());
  const auto parsed = ParseRangeRule(rule);
  if (!parsed) return InvalidArgument("unknown rule of ranges '{}'", rule);
  out.out_of_range = *parsed;
  return out;
}

Status ReadRules(const Json& json, ContractSpec& out) {
  JsonReader r(json);
  if (r.Has("owner")) out.owner = r.Text("owner");
  if (r.Has("freshness_ms"))
    out.freshness = Duration(static_cast<Duration::rep>(r.Unsigned("freshness_ms")));
  if (r.Has("time_field")) out.time_field = r.Text("time_field");
  if (r.Has("rows")) {
    MUSTER_ASSIGN(out.rows, RowRulesFrom(r.At("rows")));
  }
  if (r.Has("compatibility")) {
    const std::string level = r.Text("compatibility");
    MUSTER_TRY(r.status());
    const auto parsed = ParseCompatibilityLevel(level);
    if (!parsed) return InvalidArgument("unknown compatibility '{}'", level);
    out.compatibility = *parsed;
  }
  return r.status();
}

StatusOr<ContractVersionCreated> Decode(const ContractName& name, std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  if (header.type != kCreated) return InvalidArgument("unknown fact '{}'", header.type);
  JsonReader r(json);
  ContractVersion out;
  out.version = VersionNumber(r.Unsigned("version"));
  out.spec.name = name;
  out.spec.description = r.Text("description");
  const Json& fields = r.At("fields");
  MUSTER_TRY(r.status());
  for (const Json& field : fields) {
    MUSTER_ASSIGN(FieldSpec spec, FieldFrom(field));
    out.spec.fields.push_back(std::move(spec));
  }
  MUSTER_TRY(ReadRules(json, out.spec));
  out.created_at = header.at;
  out.created_by = header.by;
  return ContractVersionCreated{std::move(out)};
}
}  // namespace

StatusOr<std::string> EncodeFact(const ContractVersionCreated& fact) {
  const ContractVersion& v = fact.version;
  Json fields = Json::array();
  for (const FieldSpec& field : v.spec.fields) fields.push_back(ToJson(field));
  Json body{{"version", v.version.value()},
            {"description", v.spec.description},
            {"fields", std::move(fields)}};
  AddRules(v.spec, body);
  return muster::EncodeFact({std::string(kCreated), v.created_by, v.created_at}, std::move(body));
}

StatusOr<ContractVersionCreated> DecodeContractFact(const ContractName& name,
                                                    std::string_view row) {
  auto fact = Decode(name, row);
  if (!fact.ok())
    return DataLoss("a row of contract {} is unreadable: {}", name.value(),
                    MessageOf(fact.status()));
  return fact;
}

}  // namespace muster::registry
