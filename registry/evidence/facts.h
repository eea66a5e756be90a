#pragma once
// The facts of a bundle, read out of their leaves.
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "base/fact.h"
#include "registry/evidence/bundle.h"

namespace muster::registry::evidence {

struct LeafFact {
  std::uint64_t leaf = 0;
  std::string stream;
  std::uint64_t seq = 0;
  FactHeader header;
  Json body;  // The whole fact.
};

// INVALID_ARGUMENT (ARTEFACT_INVALID) when a leaf is not of the form of registry/audit/leaf.h, or a
// long fact is not the one that its leaf names.
StatusOr<LeafFact> FactOf(const Leaf& leaf, const Hasher& hasher);
StatusOr<std::vector<LeafFact>> FactsOf(const Bundle& bundle, const Hasher& hasher);

// A member as text, whatever it is; "" when it is not there.
std::string TextOf(const Json& json, const char* key);
// A member as a number; 0 when it is none.
std::uint64_t NumberOf(const Json& json, const char* key);
// The member, or an empty object when it is none.
const Json& ObjectOf(const Json& json, const char* key);
// Whether the member is a list that has this text.
bool Lists(const Json& json, const char* key, std::string_view text);

}  // namespace muster::registry::evidence
