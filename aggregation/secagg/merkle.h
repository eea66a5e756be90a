#pragma once
// A hash tree over the shares that a dealer dealt: it signs the root, and each holder can show that
// its share is the one dealt. Full binary, padded with zero leaves, so that all paths are as long.
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace muster::aggregation::secagg {

// SHA-256(0x01 || left || right). Leaves are hashed by callers, in a domain of their own.
Digest MerkleNode(const Digest& left, const Digest& right, const Hasher& hasher);

// Digests in a path: ceil(log2 leaves).
constexpr std::size_t MerkleDepth(std::size_t leaves) {
  std::size_t depth = 0;
  while ((std::size_t{1} << depth) < leaves) ++depth;
  return depth;
}

class MerkleTree {
 public:
  // At least one leaf. Cost: as many hashes as leaves, up to twice that.
  MerkleTree(std::span<const Digest> leaves, const Hasher& hasher);
  const Digest& root() const { return levels_.back().front(); }
  // The siblings from the leaf upwards.
  std::vector<Digest> PathOf(std::size_t leaf) const;

 private:
  std::vector<std::vector<Digest>> levels_;  // Leaves first.
};

// The root of the tree in which `leaf` has this index and path.
Digest MerkleRootFrom(const Digest& leaf, std::size_t index, std::span<const Digest> path,
                      const Hasher& hasher);

}  // namespace muster::aggregation::secagg
