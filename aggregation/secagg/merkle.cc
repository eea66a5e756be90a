#include "aggregation/secagg/merkle.h"

#include <algorithm>
#include <array>

namespace muster::aggregation::secagg {

Digest MerkleNode(const Digest& left, const Digest& right, const Hasher& hasher) {
  std::array<std::byte, 65> text{std::byte{1}};
  std::copy(left.bytes().begin(), left.bytes().end(), text.begin() + 1);
  std::copy(right.bytes().begin(), right.bytes().end(), text.begin() + 33);
  return hasher.Sha256(text);
}

MerkleTree::MerkleTree(std::span<const Digest> leaves, const Hasher& hasher) {
  levels_.emplace_back(leaves.begin(), leaves.end());
  levels_.back().resize(std::size_t{1} << MerkleDepth(leaves.size()));
  while (levels_.back().size() > 1) {
    const std::vector<Digest>& below = levels_.back();
    std::vector<Digest> level(below.size() / 2);
    for (std::size_t i = 0; i < level.size(); ++i)
      level[i] = MerkleNode(below[2 * i], below[2 * i + 1], hasher);
    levels_.push_back(std::move(level));
  }
}

std::vector<Digest> MerkleTree::PathOf(std::size_t leaf) const {
  std::vector<Digest> path;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level)
    path.push_back(levels_[level][(leaf >> level) ^ 1]);
  return path;
}

Digest MerkleRootFrom(const Digest& leaf, std::size_t index, std::span<const Digest> path,
                      const Hasher& hasher) {
  Digest node = leaf;
  for (std::size_t level = 0; level < path.size(); ++level)
    node = (index >> level & 1) == 0 ? MerkleNode(node, path[level], hasher)
                                     : MerkleNode(path[level], node, hasher);
  return node;
}

}  // namespace muster::aggregation::secagg
