#include "registry/contract.h"

#include <algorithm>
#include <array>

#include "registry/contract_diff.h"

namespace muster::registry {
namespace {
struct TypeName {
  FieldType type;
  std::string_view name;
};
constexpr std::array<TypeName, 5> kTypes{{{FieldType::kFloat, "FLOAT"},
                                          {FieldType::kInteger, "INTEGER"},
                                          {FieldType::kText, "TEXT"},
                                          {FieldType::kBoolean, "BOOLEAN"},
                                          {FieldType::kTimestamp, "TIMESTAMP"}}};

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

std::string_view NameOf(RangeRule rule) { return rule == RangeRule::kKeep ? "KEEP" : "QUARANTINE"; }

std::optional<RangeRule> ParseRangeRule(std::string_view name) {
  for (const RangeRule rule : {RangeRule::kQuarantine, RangeRule::kKeep})
    if (NameOf(rule) == name) return rule;
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

StatusOr<ContractFacts> Decide(const ContractState& state, const ApplyContract& event,
                               Timestamp now) {
  MUSTER_TRY(Validate(event.spec));
  if (!state.versions.empty() && state.newest().spec == event.spec) return ContractFacts{};
  MUSTER_TRY(CheckCompatible(state, event.spec));
  const VersionNumber next(state.versions.size() + 1);
  return ContractFacts{{ContractVersion{next, event.spec, now, event.by}}};
}

void Apply(ContractState& state, const ContractVersionCreated& fact) {
  state.versions.push_back(fact.version);
}

}  // namespace muster::registry
