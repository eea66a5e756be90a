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
  MUSTER_TRY(r.status());
  const auto parsed = ParseFieldType(type);
  if (!parsed) return InvalidArgument("unknown field type '{}'", type);
  out.type = *parsed;
  return out;
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
  out.created_at = header.at;
  out.created_by = header.by;
  return ContractVersionCreated{std::move(out)};
}
}  // namespace

StatusOr<std::string> EncodeFact(const ContractVersionCreated& fact) {
  const ContractVersion& v = fact.version;
  Json fields = Json::array();
  for (const FieldSpec& field : v.spec.fields) fields.push_back(ToJson(field));
  return muster::EncodeFact({std::string(kCreated), v.created_by, v.created_at},
                            {{"version", v.version.value()},
                             {"description", v.spec.description},
                             {"fields", std::move(fields)}});
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
