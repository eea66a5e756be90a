#pragma once
// Which clauses of which frameworks a field of a card is evidence for. A map for readers, not a
// verdict: whether a clause is met is for an assessor to say.
#include <span>
#include <string_view>

namespace muster::registry::evidence {

struct Clause {
  std::string_view framework;  // "EU AI Act"
  std::string_view clause;     // "Annex IV 2(b)"
  std::string_view about;      // In our words.
};

inline constexpr std::string_view kDisclaimer =
    "This is evidence, not a verdict: it shows what was recorded and that the record is whole. "
    "Whether it satisfies a law or a standard is for an assessor to say.";

// The clauses of the longest entry that `key` begins with; none when it maps to nothing.
std::span<const Clause> ClausesOf(std::string_view key);

}  // namespace muster::registry::evidence
