#include "registry/contract.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMaxFields = 1000;
constexpr std::size_t kMaxUnit = 64;

struct TypeName {
  FieldType type;
  std::string_view name;
};
constexpr std::array<TypeName, 5> kTypes{{{FieldType::kFloat, "FLOAT"},
                                          {FieldType::kInteger, "INTEGER"},
                                          {FieldType::kText, "TEXT"},
                                          {FieldType::kBoolean, "BOOLEAN"},
                                          {FieldType::kTimestamp, "TIMESTAMP"}}};

Status CheckRange(const FieldSpec& field, const std::string& path) {
  if (!field.min && !field.max) return Ok();
  const std::string at = path + (field.min ? ".min" : ".max");
  if (!IsNumeric(field.type))
    return InvalidField(at, "a {} field has no range", NameOf(field.type));
  if (field.min && !std::isfinite(*field.min)) return InvalidField(path + ".min", "is not finite");
  if (field.max && !std::isfinite(*field.max)) return InvalidField(path + ".max", "is not finite");
  if (field.min && field.max && !(*field.min < *field.max))
    return InvalidField(path + ".min", "{} is not below max, {}", *field.min, *field.max);
  return Ok();
}

Status CheckField(const FieldSpec& field, const std::string& path) {
  MUSTER_TRY(CheckName(field.name, path + ".name"));
  if (field.unit.size() > kMaxUnit)
    return InvalidField(path + ".unit", "{} bytes are more than {}", field.unit.size(), kMaxUnit);
  MUSTER_TRY(CheckDescription(field.description, path + ".description"));
  return CheckRange(field, path);
}
}  // namespace

std::string_view NameOf(FieldType type) {
  return std::find_if(kTypes.begin(), kTypes.end(),
                      [&](const TypeName& t) { return t.type == type; })
      ->name;
}

std::optional<FieldType> ParseFieldType(std::string_view name) {
  for (const TypeName& t : kTypes)
    if (t.name == name) return t.type;
  return std::nullopt;
}

bool IsNumeric(FieldType type) { return type == FieldType::kFloat || type == FieldType::kInteger; }

const FieldSpec* ContractSpec::Find(std::string_view field) const {
  const auto it = std::find_if(fields.begin(), fields.end(),
                               [&](const FieldSpec& f) { return f.name == field; });
  return it == fields.end() ? nullptr : &*it;
}

const ContractVersion* ContractState::Find(VersionNumber version) const {
  const std::uint64_t number = version.value() == 0 ? versions.size() : version.value();
  return number == 0 || number > versions.size() ? nullptr : &versions[number - 1];
}

Status Validate(const ContractSpec& spec) {
  MUSTER_TRY(CheckName(spec.name.value(), "name"));
  MUSTER_TRY(CheckDescription(spec.description, "description"));
  if (spec.fields.empty() || spec.fields.size() > kMaxFields)
    return InvalidField("fields", "{} fields are not 1 to {}", spec.fields.size(), kMaxFields);
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const std::string path = fmt::format("fields[{}]", i);
    MUSTER_TRY(CheckField(spec.fields[i], path));
    const auto [first, fresh] = seen.emplace(spec.fields[i].name, i);
    if (!fresh)
      return WithReason(InvalidField(path + ".name", "'{}' is the name of fields[{}] already",
                                     first->first, first->second),
                        Reason::kFIELD_DUPLICATE);
  }
  return Ok();
}

StatusOr<ContractFacts> Decide(const ContractState& state, const ApplyContract& event,
                               Timestamp now) {
  MUSTER_TRY(Validate(event.spec));
  if (!state.versions.empty() && state.newest().spec == event.spec) return ContractFacts{};
  const VersionNumber next(state.versions.size() + 1);
  return ContractFacts{{ContractVersion{next, event.spec, now, event.by}}};
}

void Apply(ContractState& state, const ContractVersionCreated& fact) {
  state.versions.push_back(fact.version);
}

}  // namespace muster::registry
