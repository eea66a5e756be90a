#pragma once
// From content to parsed schemas: finds what references name, through any number of them, and
// remembers what was parsed lately. Judges nothing.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "registry/subject_ids.h"

namespace muster::registry {

struct ReferenceLimits {
  std::size_t schemas = 500;                 // Reached by references, through any number of them.
  std::size_t bytes = std::size_t{8} << 20;  // Their texts together.
  int depth = 32;                            // References inside one another.
};

// What is version `version` of `subject`; null when it never was.
using ReferenceSource = std::function<SchemaHandle(const SchemaReference& reference)>;

// All that `content` refers to, each before what names it. Of two that are named the same the first
// stands, as in Confluent's registry. INVALID_ARGUMENT (SCHEMA_INVALID): a reference to nothing, to
// another type, to itself, or too many.
StatusOr<std::vector<ReferencedSchema>> ResolveReferences(const SchemaContent& content,
                                                          const ReferenceSource& source,
                                                          const ReferenceLimits& limits = {});

// Safe from any thread.
class ParsedSchemas {
 public:
  using Parsed = std::shared_ptr<const Schema>;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;  // Of texts remembered,
  static constexpr std::size_t kEntryBytes = 1024;                 // each counted with these.

  explicit ParsedSchemas(const SchemaParser& parser) : parser_(parser) {}

  // Errors of ResolveReferences and SchemaParser::Parse.
  StatusOr<Parsed> Parse(const SchemaContent& content, const ReferenceSource& source) const;
  // The same, from memory when it was asked lately: an id stands for one content for ever.
  StatusOr<Parsed> Get(const IdentifiedSchema& schema, const ReferenceSource& source);

 private:
  struct Entry {
    SchemaId id;
    std::size_t bytes = 0;
  };

  const SchemaParser& parser_;
  absl::Mutex mu_;
  std::unordered_map<SchemaId, Parsed> known_ ABSL_GUARDED_BY(mu_);
  std::deque<Entry> order_ ABSL_GUARDED_BY(mu_);  // Oldest first.
  std::size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace muster::registry
