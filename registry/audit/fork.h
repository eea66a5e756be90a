#pragma once
// Evidence that a log has forked: two checkpoints under one key that cannot be of one log. It holds
// against whoever has the key, for anybody who knows the key, offline and for ever. A consistency
// proof that fails is no evidence (anybody can spoil one); one that holds from another past is.
#include <optional>
#include <string>
#include <vector>

#include "registry/audit/checkpoint.h"

namespace muster::registry::audit {

// What the larger checkpoint's tree begins with: its root at the smaller one's size, and the hashes
// of the consistency proof between the two.
struct Past {
  Digest root;
  std::vector<Digest> proof;
  friend bool operator==(const Past&, const Past&) = default;
};

struct ForkEvidence {
  std::string first;  // Signed notes, in either order.
  std::string second;
  std::optional<Past> past;  // Not needed when both are of one size.
  friend bool operator==(const ForkEvidence&, const ForkEvidence&) = default;
};

// OK when the log of `key` has forked: both checkpoints are signed with it, and
//   they have one size and two roots; or
//   the larger one's tree, by the proof in `past`, begins with another root than the smaller one's.
// INVALID_ARGUMENT (PROOF_INVALID) when both can be of one log; otherwise errors as
// OpenCheckpoint's.
Status ProveFork(const ForkEvidence& evidence, const NoteKey& key, const Crypto& crypto);

}  // namespace muster::registry::audit
