#pragma once
// Settings and mode of the schema registry as a whole: what holds for every subject that has none
// of its own. Pure: decides and believes.
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "registry/subject.h"

namespace muster::registry {

struct RegistryState {
  SubjectConfig config;
  std::optional<SubjectMode> mode;
  friend bool operator==(const RegistryState&, const RegistryState&) = default;
};

// Events.
struct ConfigureRegistry {
  SubjectConfig config;  // All of it; an empty one returns to what is built in.
  std::string by;
};
struct SetRegistryMode {
  std::optional<SubjectMode> mode;  // Missing: returns to READWRITE.
  bool live_subjects = false;       // Whether any subject has a live version.
  bool force = false;               // Import although there are.
  std::string by;
};
using RegistryEvent = std::variant<ConfigureRegistry, SetRegistryMode>;

// Facts.
struct SchemasConfigured {
  SubjectConfig config;
  Timestamp at;
  std::string by;
};
struct SchemasModeSet {
  std::optional<SubjectMode> mode;
  Timestamp at;
  std::string by;
};
using RegistryFact = std::variant<SchemasConfigured, SchemasModeSet>;
using RegistryFacts = std::vector<RegistryFact>;

// No fact when nothing would change. MODE_FORBIDS (FAILED_PRECONDITION): settings of a registry
// that is read only; a mode of IMPORT with live subjects, without force. Errors of Validate.
StatusOr<RegistryFacts> Decide(const RegistryState& state, const RegistryEvent& event,
                               Timestamp now);
void Apply(RegistryState& state, const RegistryFact& fact);

// Rows of the stream "subjects-global".
inline constexpr std::string_view kRegistryStreams = "subjects-";
inline constexpr std::string_view kRegistryKey = "global";
StatusOr<std::string> EncodeFact(const RegistryFact& fact);
StatusOr<RegistryFact> DecodeRegistryFact(std::string_view row);  // DATA_LOSS.

}  // namespace muster::registry
