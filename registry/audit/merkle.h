#pragma once
// The Merkle tree of a log, as RFC 6962 (section 2.1) hashes it and RFC 9162 verifies it: pure, and
// without a tree in memory. Whoever holds a root and a proof needs nothing else.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::registry::audit {

// The root over the first `size` leaves.
struct TreeHead {
  std::uint64_t size = 0;
  Digest root;
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// No proof in a tree of at most 2^64 leaves has more hashes.
inline constexpr std::size_t kMostProofHashes = 64;

Digest EmptyRoot(const Hasher& hasher);                // SHA-256 of nothing.
Digest LeafHash(const Hasher& hasher, ByteView leaf);  // SHA-256 of 00, leaf.
Digest NodeHash(const Hasher& hasher, const Digest& left, const Digest& right);  // Of 01, both.
// The root over a power of two of nodes side by side.
Digest FullRoot(const Hasher& hasher, std::span<const Digest> nodes);

// OK when `path` leads from the leaf hash at `index` to the head: RFC 9162 section 2.1.3.2.
// INVALID_ARGUMENT (PROOF_INVALID) otherwise, whatever is wrong: an index beyond the tree, a hash
// too few or too many, another leaf, another root. Cost: a node hash for each hash of the path.
Status VerifyInclusion(const Hasher& hasher, std::uint64_t index, const Digest& leaf_hash,
                       std::span<const Digest> path, const TreeHead& head);

// Proofs of many leaves of one tree, in any order: each is judged as VerifyInclusion would, to the
// last of its hashes. Cost: a node hash for each height below the nearest node that the leaf has in
// common with the last one that held, so leaves that come by index share what is above them.
class InclusionVerifier {
 public:
  InclusionVerifier(const Hasher& hasher, const TreeHead& head) : hasher_(hasher), head_(head) {}
  Status Verify(std::uint64_t index, const Digest& leaf_hash, std::span<const Digest> path);

 private:
  // What a proof climbed through: a node, and the hash of the proof that it was joined with.
  struct Step {
    unsigned height;
    std::uint64_t node;
    Digest hash;
    Digest sibling;
  };
  const Hasher& hasher_;
  const TreeHead head_;
  std::vector<Step> held_;   // Of the last proof that held: all of it is in the tree.
  std::vector<Step> climb_;  // Of the one at hand.
};

// OK when the tree of `newer` begins with the leaves of `older`: RFC 9162 section 2.1.4.2. From the
// empty tree, or between equal sizes, the path is empty. Errors as above; cost: two node hashes for
// each hash of the path.
Status VerifyConsistency(const Hasher& hasher, const TreeHead& older, const TreeHead& newer,
                         std::span<const Digest> path);

}  // namespace muster::registry::audit
