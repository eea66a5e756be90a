#pragma once
// Subjects of schemas: numbered versions that never change, what is deleted of them, and the
// settings and mode by which new ones are judged. Pure: decides and believes. Schemas are parsed,
// compared and given their ids elsewhere; events bring what came out.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "registry/subject_compatibility.h"
#include "registry/subject_content.h"

namespace muster::registry {

// What a subject, or the registry for all, sets; empty members are not set there.
struct SubjectConfig {
  std::optional<CompatibilityLevel> level;
  std::optional<bool> normalise;
  // Only versions with the same value of this property of their metadata are compared.
  std::optional<std::string> group;
  bool empty() const { return !level && !normalise && !group; }
  // This, and what is missing from `outer`.
  SubjectConfig Over(const SubjectConfig& outer) const;
  friend bool operator==(const SubjectConfig&, const SubjectConfig&) = default;
};
inline constexpr CompatibilityLevel kDefaultLevel = CompatibilityLevel::kBackward;
inline constexpr std::size_t kLongestGroup = 255;  // Bytes.

struct SubjectVersion {
  VersionNumber version;
  SchemaId id;
  Digest content;  // That of ContentDigests.
  bool deleted = false;
  Timestamp created_at;
  std::string created_by;  // Caller::Text().
  friend bool operator==(const SubjectVersion&, const SubjectVersion&) = default;
};

struct SubjectState {
  std::map<VersionNumber, SubjectVersion> versions;  // Without those that were erased.
  std::map<VersionNumber, SubjectVersion> erased;    // Their numbers and ids stay taken.
  std::set<SchemaId> retired;  // Ids that versions had before an import gave them others.
  VersionNumber newest;        // The largest number ever given; 0: none yet.
  SubjectConfig config;
  std::optional<SubjectMode> mode;
  std::uint64_t changes = 0;  // Facts applied: two states of one subject with as many are equal.

  const SubjectVersion* Find(VersionNumber version) const;  // Null: none, or erased.
  const SubjectVersion* FindLive(VersionNumber version) const;
  const SubjectVersion* Latest() const;  // The newest live one, or null.
  bool live() const { return Latest() != nullptr; }
  friend bool operator==(const SubjectState&, const SubjectState&) = default;
};

// Events. `in_force` is the mode that rules the subject now (ModeInForce).
struct RegisterVersion {
  std::optional<VersionNumber> existing;  // The live version that is this schema.
  SchemaId id;                            // 0: not given yet; then the facts are a rehearsal.
  Digest content;
  bool id_wanted = false;  // The client chose the id.
  VersionNumber wanted;    // The client chose the number; 0: the next one.
  std::vector<Incompatibility> incompatibilities;
  SubjectMode in_force = SubjectMode::kReadWrite;
  std::string by;
};
struct DeleteVersions {
  std::optional<VersionNumber> version;  // 0: the newest live one. Missing: all of them.
  bool permanent = false;                // Erases what was deleted before.
  std::set<VersionNumber> referenced;    // Versions that live schemas outside refer to.
  SubjectMode in_force = SubjectMode::kReadWrite;
  std::string by;
};
struct ConfigureSubject {
  SubjectConfig config;  // All of it; an empty one returns to the registry's.
  SubjectMode in_force = SubjectMode::kReadWrite;
  std::string by;
};
struct SetSubjectMode {
  std::optional<SubjectMode> mode;  // Missing: returns to the registry's.
  bool force = false;               // Import although there are versions.
  std::string by;
};
using SubjectEvent =
    std::variant<RegisterVersion, DeleteVersions, ConfigureSubject, SetSubjectMode>;

// Facts.
struct SubjectVersionRegistered {  // A deleted or erased version comes back by its number.
  SubjectVersion version;
};
struct SubjectVersionsDeleted {
  std::vector<VersionNumber> versions;
  Timestamp at;
  std::string by;
};
struct SubjectVersionsErased {
  std::vector<VersionNumber> versions;
  Timestamp at;
  std::string by;
};
struct SubjectConfigured {
  SubjectConfig config;
  Timestamp at;
  std::string by;
};
struct SubjectModeSet {
  std::optional<SubjectMode> mode;
  Timestamp at;
  std::string by;
};
using SubjectFact = std::variant<SubjectVersionRegistered, SubjectVersionsDeleted,
                                 SubjectVersionsErased, SubjectConfigured, SubjectModeSet>;
using SubjectFacts = std::vector<SubjectFact>;

// No fact when nothing would change: the schema is a live version already (whatever the mode), the
// settings are these. What is decided of versions, as Confluent does unless said:
//   A schema that was deleted gets a new number when it is registered again. A number is never
//   given again, not even after erasure (Confluent's is); only an import brings one back, and only
//   with the content that it had.
//   With the last live version the subject's settings and mode are gone.
// Refusals, FAILED_PRECONDITION unless said:
//   MODE_FORBIDS  the registry or the subject is read only; an id outside of an import, an import
//     without one; an import over a number that is taken by other content; a mode of IMPORT for a
//     subject with live versions, without force.
//   SCHEMA_ID_TAKEN  the schema is registered under another id than the one wanted.
//   SCHEMA_INVALID (INVALID_ARGUMENT)  a wanted number that is not the next one, but in an import.
//   SCHEMA_INCOMPATIBLE  with a sentence for each of the first differences.
//   SUBJECT_NOT_FOUND, SUBJECT_VERSION_NOT_FOUND (NOT_FOUND), SUBJECT_DELETED,
//   SUBJECT_VERSION_DELETED, SUBJECT_NOT_DELETED, SUBJECT_VERSION_NOT_DELETED, SUBJECT_REFERENCED.
StatusOr<SubjectFacts> Decide(const SubjectState& state, const SubjectEvent& event, Timestamp now);
void Apply(SubjectState& state, const SubjectFact& fact);

// The mode that rules a subject: READONLY_OVERRIDE of the registry, its own, the registry's.
SubjectMode ModeInForce(const std::optional<SubjectMode>& registry,
                        const std::optional<SubjectMode>& subject);
// OK, or MODE_FORBIDS: whether anything may be written under this mode.
Status CheckWritable(SubjectMode in_force);
// OK, or INVALID_ARGUMENT (FIELD_INVALID): the group is 1 to 255 bytes.
Status Validate(const SubjectConfig& config);

// Rows of the stream "subject/<key>" (KeyOf).
inline constexpr std::string_view kSubjectStreams = "subject/";
StatusOr<std::string> EncodeFact(const SubjectFact& fact);
StatusOr<SubjectFact> DecodeSubjectFact(std::string_view row);  // DATA_LOSS: not a subject's.

// Settings as facts have them.
Json ToJson(const SubjectConfig& config);
StatusOr<SubjectConfig> ConfigFrom(const Json& json);

}  // namespace muster::registry
