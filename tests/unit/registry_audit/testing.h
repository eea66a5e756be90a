#pragma once
// What the log's tests share: a tree that is hashed as RFC 6962 section 2.1 writes it, recursively
// and out of all its leaves, to compare with; leaves by number; a journal of numbered facts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/journal.h"
#include "platform/sha256.h"
#include "registry/audit/leaf.h"
#include "registry/audit/merkle.h"
#include "registry/audit/paths.h"
#include "tests/support/status_matchers.h"

namespace muster::registry::audit {

inline const platform::OpenSslHasher kHasher;
using Hashes = std::vector<Digest>;

inline std::string Hex(const Hashes& hashes) {
  std::string out;
  for (const Digest& hash : hashes) out += hash.Hex() + "\n";
  return out;
}
inline Digest FromHexDigits(std::string_view hex) {
  return *Digest::Parse("sha256:" + std::string(hex));
}
inline Digest NumberedLeaf(std::uint64_t n) {
  return LeafHash(kHasher, AsBytes(fmt::format("leaf {}", n)));
}
inline Digest Flipped(const Digest& digest, std::size_t bit) {
  auto bytes = digest.bytes();
  bytes[bit / 8 % 32] ^= static_cast<std::byte>(1u << bit % 8);
  return Digest(bytes);
}

// MTH, PATH and PROOF of RFC 6962 over leaf hashes, with every subtree's hash kept.
class NaiveTree final : public NodeReader {
 public:
  explicit NaiveTree(Hashes leaves) : leaves_(std::move(leaves)) {}
  static NaiveTree Numbered(std::uint64_t size) {
    Hashes leaves;
    for (std::uint64_t n = 0; n < size; ++n) leaves.push_back(NumberedLeaf(n));
    return NaiveTree(std::move(leaves));
  }

  Digest Root(std::uint64_t size) { return Mth(0, size); }
  TreeHead Head(std::uint64_t size) { return {size, Root(size)}; }
  const Digest& leaf(std::uint64_t index) const { return leaves_[index]; }

  Digest Mth(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return kHasher.Sha256({});
    if (end - begin == 1) return leaves_[begin];
    Digest& known = known_[{begin, end}];
    if (known == Digest()) {
      const std::uint64_t split = begin + Split(end - begin);
      const Digest left = Mth(begin, split);
      known = NodeHash(kHasher, left, Mth(split, end));
    }
    return known;
  }
  Hashes Path(std::uint64_t index, std::uint64_t begin, std::uint64_t end) {
    if (end - begin == 1) return {};
    const std::uint64_t split = begin + Split(end - begin);
    const bool left = index < split;
    Hashes path = left ? Path(index, begin, split) : Path(index, split, end);
    path.push_back(left ? Mth(split, end) : Mth(begin, split));
    return path;
  }
  Hashes Proof(std::uint64_t older, std::uint64_t newer) {
    if (older == 0 || older == newer) return {};
    return SubProof(older, 0, newer, true);
  }

  StatusOr<Digest> Node(int height, std::uint64_t index) override {
    const std::uint64_t size = std::uint64_t{1} << height;
    if ((index + 1) * size > leaves_.size()) return NotFound("no such node");
    return Mth(index * size, (index + 1) * size);
  }

 private:
  static std::uint64_t Split(std::uint64_t size) { return std::bit_floor(size - 1); }
  Hashes SubProof(std::uint64_t older, std::uint64_t begin, std::uint64_t end, bool whole) {
    if (begin + older == end) return whole ? Hashes{} : Hashes{Mth(begin, end)};
    const std::uint64_t split = Split(end - begin);
    const bool left = older <= split;
    Hashes proof = left ? SubProof(older, begin, begin + split, whole)
                        : SubProof(older - split, begin + split, end, false);
    proof.push_back(left ? Mth(begin + split, end) : Mth(begin, begin + split));
    return proof;
  }

  Hashes leaves_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Digest> known_;
};

// The fact that a test writes at a leaf.
inline std::string NumberedFact(std::uint64_t leaf) { return fmt::format(R"({{"n":{}}})", leaf); }
using FactAt = std::function<std::string(std::uint64_t leaf)>;

// Appends the facts of leaves [from, to) to stream "numbers".
inline void Fill(Journal& journal, std::uint64_t from, std::uint64_t to,
                 const FactAt& fact = NumberedFact) {
  std::vector<std::string> facts;
  for (std::uint64_t leaf = from; leaf < to; ++leaf) facts.push_back(fact(leaf));
  const Status appended = journal.Append("numbers", from, facts);
  ASSERT_TRUE(appended.ok()) << appended;
}

// The tree that a log over such a journal has.
inline NaiveTree TreeOfFacts(std::uint64_t size, const FactAt& fact = NumberedFact) {
  Hashes leaves;
  for (std::uint64_t leaf = 0; leaf < size; ++leaf)
    leaves.push_back(
        LeafHash(kHasher, AsBytes(LeafOf({"numbers", leaf, leaf, fact(leaf)}, kHasher))));
  return NaiveTree(std::move(leaves));
}

}  // namespace muster::registry::audit
