#pragma once
// What subjects, levels and modes are called, and how a subject's name becomes the name of its
// stream.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/status.h"

namespace muster::registry {

// Any UTF-8 text: "orders-value", "line 1/température".
using SubjectName = Strong<std::string, struct SubjectNameTag>;
// One for each distinct schema of the whole registry; what the wire format carries.
using SchemaId = Strong<std::uint64_t, struct SchemaIdTag>;
// Clients keep ids and versions in 32 signed bits.
inline constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 31) - 1;
inline constexpr std::size_t kLongestSubject = 255;  // Bytes.

// Which versions of a subject a new one is compared with, and which way.
enum class CompatibilityLevel {
  kNone,
  kBackward,  // The new schema reads what the newest version wrote.
  kBackwardTransitive,
  kForward,  // The newest version reads what the new schema writes.
  kForwardTransitive,
  kFull,  // Both.
  kFullTransitive,
};
std::string_view NameOf(CompatibilityLevel level);  // "BACKWARD_TRANSITIVE".
// In any case of letters, as Confluent takes it.
std::optional<CompatibilityLevel> ParseCompatibilityLevel(std::string_view name);

enum class SubjectMode {
  kReadWrite,
  kReadOnly,
  kReadOnlyOverride,  // For the whole registry: READONLY whatever the subjects say.
  kImport,            // Schemas come with their ids, and are not compared.
};
std::string_view NameOf(SubjectMode mode);                           // "READONLY_OVERRIDE".
std::optional<SubjectMode> ParseSubjectMode(std::string_view name);  // In any case of letters.

// OK, or INVALID_ARGUMENT (SUBJECT_INVALID): 1 to 255 bytes of UTF-8 without control characters
// (Unicode's Cc), and not a name in a context (":.context:name"), of which there is only one here.
Status CheckSubject(const SubjectName& name);

// A name as part of a stream's, which is printable ASCII of at most 512 bytes: letters, digits,
// '-',
// '_' and '.' stand for themselves, other bytes are "%2F"; a name that would be longer than 400 so
// is '~' and its base64url. Every name has one form, and no two share one.
using SubjectKey = Strong<std::string, struct SubjectKeyTag>;
SubjectKey KeyOf(const SubjectName& name);
// INVALID_ARGUMENT when no name has this key.
StatusOr<SubjectName> SubjectOf(const SubjectKey& key);

}  // namespace muster::registry
