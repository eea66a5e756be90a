#pragma once
// Proofs out of a tree: which nodes a proof is made of, RFC 6962 sections 2.1.1 and 2.1.2. Reads
// full subtrees through a port, wherever they lie; never the leaves.
#include <cstdint>
#include <vector>

#include "registry/audit/merkle.h"

namespace muster::registry::audit {

// The nodes of a tree that lies somewhere.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // The root of the full subtree over leaves [index * 2^height, (index + 1) * 2^height), which the
  // tree has. Errors are passed on by what reads through this.
  virtual StatusOr<Digest> Node(int height, std::uint64_t index) = 0;
};

// Each reads O(log size) nodes of the tree that `nodes` has at least `size` leaves of.

// The root over the first `size` leaves.
StatusOr<Digest> RootOf(const Hasher& hasher, NodeReader& nodes, std::uint64_t size);

// What VerifyInclusion takes for leaf `index` of the first `size`. INVALID_ARGUMENT
// (PROOF_INVALID) when there is no such leaf.
StatusOr<std::vector<Digest>> InclusionPath(const Hasher& hasher, NodeReader& nodes,
                                            std::uint64_t index, std::uint64_t size);

// What VerifyConsistency takes. INVALID_ARGUMENT (PROOF_INVALID) when `older_size` is the larger.
StatusOr<std::vector<Digest>> ConsistencyPath(const Hasher& hasher, NodeReader& nodes,
                                              std::uint64_t older_size, std::uint64_t newer_size);

}  // namespace muster::registry::audit
