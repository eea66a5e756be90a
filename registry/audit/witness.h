#pragma once
// What a client remembers of a log: the last checkpoint that it believed. A log that a client comes
// back to can only grow; one that does not is refused, whoever serves it.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/audit/checkpoint.h"

namespace muster::registry::audit {

// Whether a log that was at `remembered` can be at `next`, by the hashes of a consistency proof:
//   FAILED_PRECONDITION (LOG_REWOUND)  it is smaller than it was;
//   FAILED_PRECONDITION (LOG_FORKED)  it is as large and has another root;
//   INVALID_ARGUMENT (PROOF_INVALID)  it is larger, and the proof does not show that it grew: a
//     fork, or a proof that somebody spoiled. fork.h can tell, with the log's tiles.
Status CheckGrowth(const Hasher& hasher, const TreeHead& remembered, const TreeHead& next,
                   std::span<const Digest> proof);

class Witness {
 public:
  // Remembers nothing yet. `keys` are the log's, under one name or more; `crypto` outlives this.
  Witness(std::vector<NoteKey> keys, const Crypto& crypto)
      : keys_(std::move(keys)), crypto_(crypto) {}

  // Believes a checkpoint that is newer than the remembered one, or is it again, and remembers it.
  // The first is believed for its signature; its proof is empty. Refuses, and remembers what it
  // did: as OpenCheckpoint, as CheckGrowth; NOTE_INVALID (UNAUTHENTICATED) for another log.
  Status See(std::string_view note, std::span<const Digest> proof);

  // The note to keep until the next visit, when See takes it as the first; empty when none was
  // believed.
  const std::string& remembered() const { return note_; }
  const std::optional<Checkpoint>& checkpoint() const { return checkpoint_; }

 private:
  std::vector<NoteKey> keys_;
  const Crypto& crypto_;
  std::optional<Checkpoint> checkpoint_;
  std::string note_;
};  // Used from one thread at a time.

}  // namespace muster::registry::audit
