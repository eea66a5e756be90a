#pragma once
// Data contracts: what the data at the edge means, in numbered versions that never change. Pure:
// decides and believes, never stores. contract_diff.h has what changed between two versions.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "registry/subject_names.h"

namespace muster::registry {

enum class FieldType { kFloat, kInteger, kText, kBoolean, kTimestamp };
std::string_view NameOf(FieldType type);  // "FLOAT", as the schema spells it.
std::optional<FieldType> ParseFieldType(std::string_view name);
bool IsNumeric(FieldType type);  // FLOAT and INTEGER: what a model can read.

struct FieldSpec {
  std::string name;
  FieldType type = FieldType::kFloat;
  std::string unit;
  std::optional<double> min;  // The declared range, in `unit`.
  std::optional<double> max;
  std::string description;
  bool nullable = false;     // A row may leave it empty.
  std::string meaning = {};  // The term it is a value of: an IRI, or a DTMI of a digital twin.
  friend bool operator==(const FieldSpec&, const FieldSpec&) = default;
};

// What becomes of a row with a value outside of its field's declared range.
enum class RangeRule {
  kQuarantine,  // It is a bad row: counted, put aside, and never trained on.
  kKeep,        // It is a row as any other; ranges say what is usual, and scale inputs.
};
std::string_view NameOf(RangeRule rule);  // "QUARANTINE".
std::optional<RangeRule> ParseRangeRule(std::string_view name);

// How rows are judged where they are.
struct RowRules {
  RangeRule out_of_range = RangeRule::kQuarantine;
  double max_bad_share = 0.5;  // In [0, 1]: beyond it the data as a whole is refused.
  friend bool operator==(const RowRules&, const RowRules&) = default;
};

// Which versions of a contract the next one is compared with, and which way.
using Compatibility = CompatibilityLevel;
inline constexpr Compatibility kDefaultCompatibility = Compatibility::kBackward;

struct ContractSpec {
  ContractName name;
  std::string description;
  std::vector<FieldSpec> fields;
  std::string owner = {};                  // Who answers for the data: a team, an address.
  std::optional<Duration> freshness = {};  // So old the newest row may be; by `time_field`.
  std::string time_field = {};             // A TIMESTAMP field: when a row was measured.
  RowRules rows = {};
  Compatibility compatibility = kDefaultCompatibility;  // Of the next version with this one.

  const FieldSpec* Find(std::string_view field) const;  // Null when there is none.
  friend bool operator==(const ContractSpec&, const ContractSpec&) = default;
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID, a name given twice: FIELD_DUPLICATE) with the path of
// what is wrong: names (see names.h), 1 to 1000 fields without duplicates, ranges on numeric
// fields only, finite and with min < max; meanings that are IRIs or DTMIs; a time_field that is a
// TIMESTAMP, which freshness needs, and then not nullable; max_bad_share from 0 to 1.
Status Validate(const ContractSpec& spec);

struct ContractVersion {
  VersionNumber version;
  ContractSpec spec;
  Timestamp created_at;
  std::string created_by;  // Caller::Text().
  friend bool operator==(const ContractVersion&, const ContractVersion&) = default;
};

struct ContractState {
  std::vector<ContractVersion> versions;  // Version n stands at n - 1.

  const ContractVersion& newest() const { return versions.back(); }  // Of at least one.
  // Null when there is none; 0 asks for the newest.
  const ContractVersion* Find(VersionNumber version) const;
  friend bool operator==(const ContractState&, const ContractState&) = default;
};

// Event.
struct ApplyContract {
  ContractSpec spec;
  std::string by;
};

// Fact.
struct ContractVersionCreated {
  ContractVersion version;
};
using ContractFacts = std::vector<ContractVersionCreated>;

// No fact when the newest version says the same already. Errors as Validate's, and
// CONTRACT_INCOMPATIBLE (contract_diff.h) when the newest version's compatibility forbids it.
StatusOr<ContractFacts> Decide(const ContractState& state, const ApplyContract& event,
                               Timestamp now);
void Apply(ContractState& state, const ContractVersionCreated& fact);

// Rows of the stream "contract/<name>".
inline constexpr std::string_view kContractStreams = "contract/";
StatusOr<std::string> EncodeFact(const ContractVersionCreated& fact);
// A row of the stream of contract `name`. DATA_LOSS when it is not a contract's.
StatusOr<ContractVersionCreated> DecodeContractFact(const ContractName& name, std::string_view row);

}  // namespace muster::registry
