#pragma once
// What changed between two versions of a contract, and whom that stops: readers of the newer over
// data of the older (backward), or readers of the older over data of the newer (forward). Pure.
// What counts as a break, and why: docs/decisions/0009-what-breaks-a-contract.md.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/contract.h"

namespace muster::registry {

// clang-format off
#define MUSTER_CONTRACT_CHANGES(X) \
  /* Never in the way. */ \
  X(DESCRIPTION_CHANGED) X(OWNER_CHANGED) X(FRESHNESS_CHANGED) X(TIME_FIELD_CHANGED) \
  X(BAD_SHARE_CHANGED) X(COMPATIBILITY_CHANGED) X(FIELDS_REORDERED) X(MEANING_ADDED) \
  X(MEANING_REMOVED) \
  /* In the way of one side: backward (B) or forward (F). */ \
  X(FIELD_ADDED)         /* B, unless the field is nullable. */ \
  X(FIELD_REMOVED)       /* F, unless the field was nullable. */ \
  X(TYPE_WIDENED)        /* F: INTEGER became FLOAT. */ \
  X(TYPE_NARROWED)       /* B: FLOAT became INTEGER. */ \
  X(RANGE_WIDENED)       /* F, if the older quarantines what is out of range. */ \
  X(RANGE_NARROWED)      /* B, if the newer does. */ \
  X(RANGE_RULE_LOOSENED) /* F, where a range is declared: QUARANTINE became KEEP. */ \
  X(RANGE_RULE_TIGHTENED) /* B, where a range is declared: KEEP became QUARANTINE. */ \
  X(NULLS_ALLOWED)       /* F: readers of the older know no empty values. */ \
  X(NULLS_FORBIDDEN)     /* B. */ \
  /* In the way of both. */ \
  X(NAME_CHANGED) X(TYPE_CHANGED) X(UNIT_CHANGED) X(MEANING_CHANGED) \
  /* Of CanRead alone: what is read is not in the data. */ \
  X(FIELD_MISSING)
// clang-format on

enum class ContractChange {
#define MUSTER_CONTRACT_CHANGE_ENUM(name) k##name,
  MUSTER_CONTRACT_CHANGES(MUSTER_CONTRACT_CHANGE_ENUM)
#undef MUSTER_CONTRACT_CHANGE_ENUM
};
std::string_view NameOf(ContractChange change);  // "UNIT_CHANGED". Stable.

struct ContractDifference {
  ContractChange kind = ContractChange::kNAME_CHANGED;
  std::string path;              // "fields[s2].unit": fields by name, as their order is free.
  std::string text;              // What was and what is.
  bool breaks_backward = false;  // Readers of the newer cannot read what the older wrote.
  bool breaks_forward = false;   // Readers of the older cannot read what the newer writes.
  friend bool operator==(const ContractDifference&, const ContractDifference&) = default;
};
// "UNIT_CHANGED at fields[s2].unit: was 'Cel' and is 'K'".
std::string Sentence(const ContractDifference& difference);

// All differences, those of the contract first, then by field in the order of `newer`, then what
// was removed. None: the two say the same. O(fields log fields).
std::vector<ContractDifference> Diff(const ContractSpec& older, const ContractSpec& newer);

// What stops a reader of `reader` that looks at the fields `used` alone (a model's features and
// label) from reading what is produced under `writer`. Empty: nothing. A field that is used has to
// be in the data, nullable or not.
std::vector<ContractDifference> CanRead(const ContractSpec& reader, const ContractSpec& writer,
                                        std::span<const std::string> used);
// Sentences, as many as fit a message of an error (about 3 KiB), and how many more there are.
std::string Summary(std::span<const ContractDifference> differences);

// What a compatibility forbids.
struct ContractBreak {
  VersionNumber version;  // The one that the next was compared with.
  bool backward = true;   // Its data cannot be read any more; else its readers break.
  ContractDifference difference;
  friend bool operator==(const ContractBreak&, const ContractBreak&) = default;
};
inline constexpr std::size_t kMostBreaks = 10'000;

// What of `next` breaks the compatibility that the newest version declares: over that version, or
// over all when it is transitive, newest first. Ends with the version at which kMostBreaks are
// reached.
std::vector<ContractBreak> FindBreaks(const ContractState& history, const ContractSpec& next);
// OK, or FAILED_PRECONDITION (CONTRACT_INCOMPATIBLE) at the first path, with all paths (as many as
// fit a message) and what would help.
Status CheckCompatible(const ContractState& history, const ContractSpec& next);

}  // namespace muster::registry
