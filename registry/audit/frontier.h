#pragma once
// The right edge of a growing Merkle tree: the roots of the full subtrees that its leaves divide
// into, largest first (one for each bit of the size). All that is needed to add leaves and to know
// the root; never the leaves themselves.
#include <cstdint>
#include <utility>
#include <vector>

#include "registry/audit/merkle.h"

namespace muster::registry::audit {

class Frontier {
 public:
  Frontier() = default;  // Of the empty tree.
  // `nodes` as nodes() has them; INVALID_ARGUMENT when there are not as many as `size` has bits.
  static StatusOr<Frontier> Make(std::uint64_t size, std::vector<Digest> nodes);

  // Adds a leaf, and calls full(height, hash) for each full subtree that it ends: itself at height
  // 0, then upwards. Cost: one node hash, on average.
  template <typename Full>
  void Append(const Hasher& hasher, const Digest& leaf_hash, Full&& full) {
    Digest node = leaf_hash;
    full(0, std::as_const(node));
    int height = 0;
    for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
      node = NodeHash(hasher, nodes_.back(), node);
      nodes_.pop_back();
      full(++height, std::as_const(node));
    }
    nodes_.push_back(node);
    ++size_;
  }
  void Append(const Hasher& hasher, const Digest& leaf_hash) {
    Append(hasher, leaf_hash, [](int, const Digest&) {});
  }

  std::uint64_t size() const { return size_; }
  const std::vector<Digest>& nodes() const { return nodes_; }
  Digest Root(const Hasher& hasher) const;  // At most 63 node hashes.
  TreeHead Head(const Hasher& hasher) const { return {size_, Root(hasher)}; }
  friend bool operator==(const Frontier&, const Frontier&) = default;

  // The size as 8 bytes, big-endian, then the nodes: one text for each frontier.
  Bytes Encode() const;
  // The inverse. INVALID_ARGUMENT on any other length.
  static StatusOr<Frontier> Parse(ByteView bytes);

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> nodes_;
};

}  // namespace muster::registry::audit
