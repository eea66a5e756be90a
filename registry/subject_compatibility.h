#pragma once
// Compatibility levels: which versions a new schema is compared with, which way round, and what is
// told of the differences. What counts as one is each format's affair (registry/schema.h).
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "registry/schema.h"
#include "registry/subject_names.h"

namespace muster::registry {

struct Incompatibility {
  VersionNumber version;  // The one that it was compared with.
  bool backward = true;   // The new schema cannot read that version's data; else that one ours.
  Difference difference;
  friend bool operator==(const Incompatibility&, const Incompatibility&) = default;
};
// "version 3, backward: TYPE_CHANGED at '#/properties/speed': …".
std::string Sentence(const Incompatibility& incompatibility);
// The first ten sentences, and how many more there are.
std::string Summary(std::span<const Incompatibility> incompatibilities);
inline constexpr std::size_t kMostIncompatibilities = 1000;

// Every difference that a reader of `reader` meets in what `writer` wrote, that of another type too
// (SCHEMA_TYPE_CHANGED). Errors of Schema::Compare.
StatusOr<std::vector<Difference>> FindDifferences(const Schema& writer, const Schema& reader,
                                                  const CompareBudget& budget = {});

struct Predecessor {
  VersionNumber version;
  std::shared_ptr<const Schema> schema;  // Null: it cannot be parsed any more.
};

// Whether this level looks at all versions, and not at the newest alone.
bool IsTransitive(CompatibilityLevel level);

// What of `update` breaks `level` over `history`, newest first: of the newest alone unless the
// level is transitive. A schema of another type breaks every level but NONE (SCHEMA_TYPE_CHANGED).
// Ends with the version at which kMostIncompatibilities are reached. Errors of Schema::Compare.
StatusOr<std::vector<Incompatibility>> FindIncompatibilities(CompatibilityLevel level,
                                                             std::span<const Predecessor> history,
                                                             const Schema& update,
                                                             const CompareBudget& budget = {});

}  // namespace muster::registry
