#pragma once
// The registry-wide ids of schemas. An id stands for one content for ever: it is never given to
// another, whatever is deleted, and however often the journal is read again.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/journal.h"
#include "registry/subject_content.h"

namespace muster::registry {

struct IdentifiedSchema {
  SchemaId id;
  SchemaContent content;
  ContentDigests digests;
  Timestamp assigned_at;
  std::string assigned_by;  // Caller::Text().
  friend bool operator==(const IdentifiedSchema&, const IdentifiedSchema&) = default;
};
using SchemaHandle = std::shared_ptr<const IdentifiedSchema>;

struct SchemaIdState {
  std::unordered_map<SchemaId, SchemaHandle> schemas;
  std::map<Digest, std::vector<SchemaId>> by_content;  // Ascending; more than one after imports.
  SchemaId newest;                                     // The largest ever given; 0: none yet.

  SchemaHandle Find(SchemaId id) const;  // Null: not given.
};

// Event.
struct AssignSchemaId {
  SchemaContent content;
  ContentDigests digests;
  SchemaId wanted;  // 0: the next one.
  std::string by;
};

// Fact.
struct SchemaIdAssigned {
  SchemaHandle schema;  // Never null.
};
using SchemaIdFacts = std::vector<SchemaIdAssigned>;

// No fact when the wanted id stands for this content already. MODE_FORBIDS (FAILED_PRECONDITION)
// when it stands for another; RESOURCE_EXHAUSTED when there are no more ids.
StatusOr<SchemaIdFacts> Decide(const SchemaIdState& state, const AssignSchemaId& event,
                               Timestamp now);
void Apply(SchemaIdState& state, const SchemaIdAssigned& fact);

// Rows of the stream "schema-ids".
inline constexpr std::string_view kSchemaIdStream = "schema-ids";
inline constexpr std::size_t kMostRowBytes = std::size_t{1} << 20;  // As the journal has it.
// INVALID_ARGUMENT (SCHEMA_TOO_LARGE) when the row would be longer than a row may be.
StatusOr<std::string> EncodeFact(const SchemaIdAssigned& fact);
StatusOr<SchemaIdAssigned> DecodeSchemaIdFact(std::string_view row);  // DATA_LOSS.

// Believed in memory, recorded in the journal. Reads are safe from any thread and never wait for
// the disk; one writer at a time.
class SchemaIds {
 public:
  SchemaIds(Journal& journal, const Clock& clock) : journal_(journal), clock_(clock) {}

  Status Recover();
  // Believes what another process wrote since.
  Status CatchUp();

  SchemaHandle Find(SchemaId id) const;  // Null: not given.
  // The ids of this content, ascending.
  std::vector<SchemaHandle> Of(const Digest& content) const;
  SchemaId newest() const;

  // Errors of Decide and of Journal::Append: ABORTED (STALE_WRITE) asks for CatchUp.
  StatusOr<SchemaHandle> Assign(const AssignSchemaId& event);

 private:
  Status Believe(const JournalRow& row) ABSL_LOCKS_EXCLUDED(mu_);

  Journal& journal_;
  const Clock& clock_;
  mutable absl::Mutex mu_;  // Never held over input or output.
  SchemaIdState state_ ABSL_GUARDED_BY(mu_);
  std::uint64_t next_seq_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace muster::registry
