#include "registry/audit/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace muster::registry::audit {
namespace {
constexpr std::byte kLeaf{0};
constexpr std::byte kNode{1};

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kPROOF_INVALID);
}

// Where a proof has climbed to: the node's index and the last one's index at that height.
struct Climb {
  std::uint64_t node = 0;
  std::uint64_t last = 0;
  unsigned height = 0;
  void Up() {
    node >>= 1;
    last >>= 1;
    ++height;
  }
  // Whether the next hash of the proof stands to the left of the node.
  bool FromLeft() const { return (node & 1) != 0 || node == last; }
  // The right edge climbs through heights at which it has no sibling.
  void SkipLoneHeights() {
    while ((node & 1) == 0 && node != 0) Up();
  }
};
}  // namespace

Digest EmptyRoot(const Hasher& hasher) { return hasher.Sha256({}); }

Digest LeafHash(const Hasher& hasher, ByteView leaf) {
  Bytes prefixed;
  prefixed.reserve(leaf.size() + 1);
  prefixed.push_back(kLeaf);
  prefixed.insert(prefixed.end(), leaf.begin(), leaf.end());
  return hasher.Sha256(prefixed);
}

Digest NodeHash(const Hasher& hasher, const Digest& left, const Digest& right) {
  std::array<std::byte, 65> prefixed;
  prefixed[0] = kNode;
  std::ranges::copy(left.bytes(), prefixed.begin() + 1);
  std::ranges::copy(right.bytes(), prefixed.begin() + 33);
  return hasher.Sha256(prefixed);
}

Digest FullRoot(const Hasher& hasher, std::span<const Digest> nodes) {
  std::vector<Digest> level(nodes.begin(), nodes.end());
  for (; level.size() > 1; level.resize(level.size() / 2))
    for (std::size_t i = 0; i < level.size() / 2; ++i)
      level[i] = NodeHash(hasher, level[2 * i], level[2 * i + 1]);
  return level.front();
}

Status VerifyInclusion(const Hasher& hasher, std::uint64_t index, const Digest& leaf_hash,
                       std::span<const Digest> path, const TreeHead& head) {
  return InclusionVerifier(hasher, head).Verify(index, leaf_hash, path);
}

Status InclusionVerifier::Verify(std::uint64_t index, const Digest& leaf_hash,
                                 std::span<const Digest> path) {
  if (index >= head_.size)
    return Invalid("leaf {} is beyond a tree of {} leaves", index, head_.size);
  if (path.size() > kMostProofHashes) return Invalid("{} hashes are too many", path.size());
  climb_.clear();
  Climb climb{index, head_.size - 1};
  Digest root = leaf_hash;
  for (; !path.empty(); path = path.subspan(1)) {
    if (climb.last == 0) return Invalid("{} hashes are too many", climb_.size() + path.size());
    // Two proofs that meet go on alike: as many hashes, and the same ones.
    if (path.size() <= held_.size()) {
      const std::span<const Step> rest = std::span(held_).last(path.size());
      if (rest.front().height == climb.height && rest.front().node == climb.node) {
        if (root != rest.front().hash || !std::ranges::equal(path, rest, {}, {}, &Step::sibling))
          return Invalid("leaf {} is not in this tree", index);
        climb_.insert(climb_.end(), rest.begin(), rest.end());
        held_.swap(climb_);
        return Ok();
      }
    }
    const Digest& hash = path.front();
    climb_.push_back({climb.height, climb.node, root, hash});
    if (climb.FromLeft()) {
      root = NodeHash(hasher_, hash, root);
      climb.SkipLoneHeights();
    } else {
      root = NodeHash(hasher_, root, hash);
    }
    climb.Up();
  }
  if (climb.last != 0) return Invalid("{} hashes are too few", climb_.size());
  if (root != head_.root) return Invalid("leaf {} is not in this tree", index);
  held_.swap(climb_);
  return Ok();
}

Status VerifyConsistency(const Hasher& hasher, const TreeHead& older, const TreeHead& newer,
                         std::span<const Digest> path) {
  if (older.size > newer.size)
    return Invalid("a tree of {} leaves cannot grow to {}", older.size, newer.size);
  if (older.size == 0 || older.size == newer.size) {
    if (!path.empty()) return Invalid("{} hashes are too many", path.size());
    if ((older.size == newer.size && older.root != newer.root) ||
        (older.size == 0 && older.root != EmptyRoot(hasher)))
      return Invalid("two roots of {} leaves", older.size);
    return Ok();
  }
  if (path.empty()) return Invalid("a proof without a hash");
  // A full subtree is a node of both trees, and its hash is left out of the proof.
  const bool full = std::has_single_bit(older.size);
  Digest older_root = full ? older.root : path.front();
  Digest newer_root = older_root;
  Climb climb{older.size - 1, newer.size - 1};
  while ((climb.node & 1) != 0) climb.Up();
  for (const Digest& hash : path.subspan(full ? 0 : 1)) {
    if (climb.last == 0) return Invalid("{} hashes are too many", path.size());
    if (climb.FromLeft()) {
      older_root = NodeHash(hasher, hash, older_root);
      newer_root = NodeHash(hasher, hash, newer_root);
      climb.SkipLoneHeights();
    } else {
      newer_root = NodeHash(hasher, newer_root, hash);
    }
    climb.Up();
  }
  if (climb.last != 0) return Invalid("{} hashes are too few", path.size());
  if (older_root != older.root || newer_root != newer.root)
    return Invalid("the tree of {} leaves is not the beginning of that of {}", older.size,
                   newer.size);
  return Ok();
}

}  // namespace muster::registry::audit
