#pragma once
// What a log shows to somebody who comes back: its newest checkpoint, and how its tree grew out of
// the one that they remember.
#include <cstdint>
#include <string>
#include <vector>

#include "registry/audit/merkle_log.h"

namespace muster::registry::audit {

struct ShownHead {
  std::string note;           // The newest checkpoint; empty: none is signed yet.
  Digest past_root;           // Of the first `since` leaves.
  std::vector<Digest> proof;  // VerifyConsistency's, from `since` to `size`.
};

//   since  0: nothing is remembered, nothing is proven.
//   size   the tree to prove it for; 0: the newest checkpoint's.
// A log of fewer leaves than `since` shows its checkpoint alone, and so convicts itself.
// INVALID_ARGUMENT (PROOF_INVALID) when `size` lies below `since` or beyond the newest checkpoint;
// the log's errors are passed on. Cost: at most two tiles a level.
StatusOr<ShownHead> ShowHead(const Hasher& hasher, MerkleLog& log, std::uint64_t since,
                             std::uint64_t size);

}  // namespace muster::registry::audit
