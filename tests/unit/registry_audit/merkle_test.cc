#include "registry/audit/merkle.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/seeded.h"
#include "registry/audit/frontier.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using enum absl::StatusCode;
constexpr std::uint64_t kSizes = 300;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

auto IsNoProof() { return Fails(kInvalidArgument, Reason::kPROOF_INVALID); }

// The inputs that Certificate Transparency's implementations test with, and their roots.
NaiveTree CtTree() {
  Hashes leaves;
  for (const std::string_view hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                     "606162636465666768696a6b6c6d6e6f"})
    leaves.push_back(LeafHash(kHasher, *FromHex(hex)));
  return NaiveTree(leaves);
}
constexpr std::string_view kCtRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, RootsOfTheKnownLeavesAreTheKnownOnes) {
  NaiveTree tree = CtTree();
  Frontier frontier;
  EXPECT_EQ(EmptyRoot(kHasher).Hex(), kCtRoots[0]);
  for (std::uint64_t size = 0; size <= 8; ++size) {
    EXPECT_EQ(tree.Root(size).Hex(), kCtRoots[size]);
    EXPECT_EQ(frontier.Root(kHasher).Hex(), kCtRoots[size]);
    EXPECT_EQ(RootOf(kHasher, tree, size)->Hex(), kCtRoots[size]);
    if (size < 8) frontier.Append(kHasher, tree.leaf(size));
  }
}

TEST(Merkle, ProofsOfTheKnownLeavesAreTheKnownOnes) {
  NaiveTree tree = CtTree();
  std::string base64;
  const Hashes path = *InclusionPath(kHasher, tree, 0, 8);
  for (const Digest& hash : path) base64 += ToBase64(hash.bytes()) + "\n";
  EXPECT_EQ(base64,
            "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=\n"
            "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=\n"
            "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=\n");
  EXPECT_EQ(Hex(*InclusionPath(kHasher, tree, 2, 3)),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125\n");
  EXPECT_EQ(Hex(*ConsistencyPath(kHasher, tree, 6, 8)),
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a\n"
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0\n"
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7\n");
}

TEST(Merkle, EveryLeafOfEverySizeIsProvedByTheHashesOfTheDefinition) {
  NaiveTree tree = NaiveTree::Numbered(kSizes);
  for (std::uint64_t size = 1; size <= kSizes; ++size)
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = InclusionPath(kHasher, tree, index, size);
      ASSERT_THAT(path, IsOk());
      ASSERT_EQ(*path, tree.Path(index, 0, size)) << index << " of " << size;
      ASSERT_THAT(VerifyInclusion(kHasher, index, tree.leaf(index), *path, tree.Head(size)),
                  IsOk());
    }
  EXPECT_THAT(InclusionPath(kHasher, tree, 5, 5), IsNoProof());
  EXPECT_THAT(InclusionPath(kHasher, tree, 0, 0), IsNoProof());
}

TEST(Merkle, EveryPairOfSizesIsProvedByTheHashesOfTheDefinition) {
  NaiveTree tree = NaiveTree::Numbered(kSizes);
  for (std::uint64_t newer = 0; newer <= kSizes; ++newer)
    for (std::uint64_t older = 0; older <= newer; ++older) {
      const auto path = ConsistencyPath(kHasher, tree, older, newer);
      ASSERT_THAT(path, IsOk());
      ASSERT_EQ(*path, tree.Proof(older, newer)) << older << " to " << newer;
      ASSERT_THAT(VerifyConsistency(kHasher, tree.Head(older), tree.Head(newer), *path), IsOk());
    }
  EXPECT_THAT(ConsistencyPath(kHasher, tree, 8, 7), IsNoProof());
}

// Every way to spoil a list of hashes a little.
std::vector<Hashes> Spoiled(const Hashes& path) {
  std::vector<Hashes> out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    out.push_back(path);
    out.back().erase(out.back().begin() + static_cast<std::ptrdiff_t>(i));
    out.push_back(path);
    out.back()[i] = Flipped(path[i], 7 * i + 3);
    out.push_back(path);
    out.back()[i] = EmptyRoot(kHasher);
    out.emplace_back(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i));
    for (std::size_t k = i + 1; k < path.size(); ++k) {
      out.push_back(path);
      std::swap(out.back()[i], out.back()[k]);
    }
  }
  for (std::size_t i = 0; i <= path.size(); ++i) {
    out.push_back(path);
    out.back().insert(out.back().begin() + static_cast<std::ptrdiff_t>(i),
                      path.empty() ? EmptyRoot(kHasher) : path[i / 2]);
  }
  out.push_back(path);
  out.back().resize(path.size() + 100);
  out.push_back(path);
  std::ranges::reverse(out.back());
  std::erase(out, path);  // A reversed path of one hash is itself.
  return out;
}

TEST(Merkle, AnInclusionProofThatIsTouchedAnywhereIsRefused) {
  NaiveTree tree = NaiveTree::Numbered(70);
  for (std::uint64_t size : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 32, 33, 64, 65, 70})
    for (std::uint64_t index = 0; index < size; ++index) {
      const TreeHead head = tree.Head(size);
      const Hashes path = tree.Path(index, 0, size);
      const auto verify = [&](std::uint64_t at, const Digest& leaf, const Hashes& hashes,
                              const TreeHead& in) {
        return VerifyInclusion(kHasher, at, leaf, hashes, in);
      };
      ASSERT_THAT(verify(index, tree.leaf(index), path, head), IsOk());
      for (const Hashes& spoiled : Spoiled(path))
        ASSERT_THAT(verify(index, tree.leaf(index), spoiled, head), IsNoProof());
      ASSERT_THAT(verify(index, Flipped(tree.leaf(index), size), path, head), IsNoProof());
      ASSERT_THAT(verify(index, tree.leaf(index), path, {size, Flipped(head.root, index)}),
                  IsNoProof());
      ASSERT_EQ(verify(index, head.root, path, head).ok(), size == 1);
      for (std::uint64_t other = 0; other <= 70; ++other) {
        if (other != index)
          ASSERT_THAT(verify(other, tree.leaf(index), path, head), IsNoProof()) << other;
        if (other != size)
          ASSERT_THAT(verify(index, tree.leaf(index), path, tree.Head(other)), IsNoProof());
      }
    }
}

TEST(Merkle, ProofsOfManyLeavesHoldInAnyOrder) {
  NaiveTree tree = NaiveTree::Numbered(kSizes);
  SeededRng rng(20'261'127);
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    const TreeHead head = tree.Head(size);
    InclusionVerifier ascending(kHasher, head), shuffled(kHasher, head);
    for (std::uint64_t index = 0; index < size; ++index) {
      const std::uint64_t any = rng.Next() % size;
      ASSERT_THAT(ascending.Verify(index, tree.leaf(index), tree.Path(index, 0, size)), IsOk());
      ASSERT_THAT(shuffled.Verify(any, tree.leaf(any), tree.Path(any, 0, size)), IsOk());
    }
  }
}

TEST(Merkle, AProofAfterAnotherIsRefusedWhereverItIsTouched) {
  NaiveTree tree = NaiveTree::Numbered(70);
  for (std::uint64_t size : {1, 2, 3, 5, 8, 13, 31, 32, 33, 70})
    for (std::uint64_t index = 0; index < size; ++index) {
      const TreeHead head = tree.Head(size);
      const Hashes path = tree.Path(index, 0, size);
      for (const std::uint64_t before : {index, index ^ 1, index / 2, size - 1}) {
        if (before >= size) continue;
        InclusionVerifier verifier(kHasher, head);
        ASSERT_THAT(verifier.Verify(before, tree.leaf(before), tree.Path(before, 0, size)), IsOk());
        for (const Hashes& spoiled : Spoiled(path))
          ASSERT_THAT(verifier.Verify(index, tree.leaf(index), spoiled), IsNoProof());
        ASSERT_THAT(verifier.Verify(index, Flipped(tree.leaf(index), size), path), IsNoProof());
        if (index != before)
          ASSERT_THAT(verifier.Verify(before, tree.leaf(index), path), IsNoProof());
        // What was refused is not remembered.
        ASSERT_THAT(verifier.Verify(index, tree.leaf(index), path), IsOk());
      }
    }
}

TEST(Merkle, NeighboursShareTheHashesAboveThem) {
  class Counting final : public Hasher {
   public:
    Digest Sha256(ByteView bytes) const override {
      ++count;
      return kHasher.Sha256(bytes);
    }
    mutable int count = 0;
  };
  NaiveTree tree = NaiveTree::Numbered(kSizes);
  const Counting counting;
  InclusionVerifier verifier(counting, tree.Head(kSizes));
  const auto cost = [&](std::uint64_t index) {
    counting.count = 0;
    EXPECT_THAT(verifier.Verify(index, tree.leaf(index), tree.Path(index, 0, kSizes)), IsOk());
    return counting.count;
  };
  EXPECT_EQ(cost(6), static_cast<int>(tree.Path(6, 0, kSizes).size()));
  EXPECT_EQ(cost(7), 1);
  EXPECT_EQ(cost(7), 0);
  EXPECT_EQ(cost(8), 4);
}

TEST(Merkle, AConsistencyProofThatIsTouchedAnywhereIsRefused) {
  NaiveTree tree = NaiveTree::Numbered(40);
  for (std::uint64_t newer = 1; newer <= 40; ++newer)
    for (std::uint64_t older = 1; older <= newer; ++older) {
      const Hashes path = tree.Proof(older, newer);
      const TreeHead from = tree.Head(older);
      const TreeHead to = tree.Head(newer);
      const auto verify = [&](const TreeHead& a, const TreeHead& b, const Hashes& hashes) {
        return VerifyConsistency(kHasher, a, b, hashes);
      };
      for (const Hashes& spoiled : Spoiled(path))
        ASSERT_THAT(verify(from, to, spoiled), IsNoProof());
      ASSERT_THAT(verify({older, Flipped(from.root, newer)}, to, path), IsNoProof());
      ASSERT_THAT(verify(from, {newer, Flipped(to.root, older)}, path), IsNoProof());
      if (older < newer) {
        ASSERT_THAT(verify(to, from, path), IsNoProof());
        ASSERT_THAT(verify(from, from, path), IsNoProof());
        ASSERT_THAT(verify({newer, from.root}, to, {}), IsNoProof());
      }
      for (std::uint64_t other = 0; other <= 40; ++other) {
        if (other != older)  // The empty tree needs no proof, and takes none.
          ASSERT_EQ(verify(tree.Head(other), to, path).ok(), other == 0 && path.empty())
              << other << " for " << older << " to " << newer;
        if (other != newer) ASSERT_THAT(verify(from, tree.Head(other), path), IsNoProof()) << other;
      }
    }
}

TEST(Merkle, TheEmptyTreeIsTheBeginningOfAnyAndHasNoLeaf) {
  NaiveTree tree = NaiveTree::Numbered(9);
  const TreeHead empty{0, EmptyRoot(kHasher)};
  const Hashes one = {tree.leaf(0)};
  for (std::uint64_t size = 0; size <= 9; ++size) {
    EXPECT_THAT(VerifyConsistency(kHasher, empty, tree.Head(size), {}), IsOk());
    EXPECT_THAT(VerifyConsistency(kHasher, empty, tree.Head(size), one), IsNoProof());
    EXPECT_THAT(VerifyConsistency(kHasher, {0, tree.Root(3)}, tree.Head(size), {}), IsNoProof());
  }
  EXPECT_THAT(VerifyConsistency(kHasher, {0, tree.Root(3)}, {0, tree.Root(3)}, {}), IsNoProof());
  EXPECT_THAT(VerifyInclusion(kHasher, 0, empty.root, {}, empty), IsNoProof());
  EXPECT_THAT(VerifyInclusion(kHasher, 0, tree.leaf(0), one, empty), IsNoProof());
}

TEST(Merkle, SizesAtTheEndOfTheNumbersAreVerifiedInAsManySteps) {
  const Hashes many(1000, EmptyRoot(kHasher));
  const Digest leaf = NumberedLeaf(0);
  for (const std::uint64_t size : {kMost, kMost - 1, kMost / 2 + 1, kMost / 2})
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size - 1}) {
      Digest root = leaf;  // Of the one path of that shape, to see that the steps end.
      EXPECT_THAT(VerifyInclusion(kHasher, index, leaf, many, {size, root}), IsNoProof());
      EXPECT_THAT(VerifyInclusion(kHasher, index, leaf, {}, {size, root}), IsNoProof());
      EXPECT_THAT(VerifyConsistency(kHasher, {index + 1, root}, {size, root}, many), IsNoProof());
    }
  EXPECT_THAT(VerifyInclusion(kHasher, kMost, leaf, {}, {kMost, leaf}), IsNoProof());
  // The last leaf of 2^63 + 1 stands alone beside a full tree.
  const std::uint64_t half = std::uint64_t{1} << 63;
  const Hashes beside = {NumberedLeaf(1)};
  const Digest root = NodeHash(kHasher, beside[0], leaf);
  EXPECT_THAT(VerifyInclusion(kHasher, half, leaf, beside, {half + 1, root}), IsOk());
  const Hashes grown = {leaf};
  EXPECT_THAT(VerifyConsistency(kHasher, {half, beside[0]}, {half + 1, root}, grown), IsOk());
}

TEST(Frontier, GrowsAsTheTreeDoesAndComesBackFromItsBytes) {
  NaiveTree tree = NaiveTree::Numbered(kSizes);
  Frontier frontier;
  std::set<Bytes> seen;
  for (std::uint64_t size = 0;; ++size) {
    ASSERT_EQ(frontier.size(), size);
    ASSERT_EQ(frontier.Head(kHasher), tree.Head(size));
    const Bytes bytes = frontier.Encode();
    ASSERT_EQ(*Frontier::Parse(bytes), frontier);
    ASSERT_TRUE(seen.insert(bytes).second);
    if (size == kSizes) break;
    std::vector<std::pair<int, Digest>> full;
    frontier.Append(kHasher, tree.leaf(size),
                    [&](int height, const Digest& hash) { full.emplace_back(height, hash); });
    ASSERT_EQ(full.size(), static_cast<std::size_t>(std::countr_one(size)) + 1);
    for (const auto& [height, hash] : full)
      ASSERT_EQ(hash, *tree.Node(height, ((size + 1) >> height) - 1));
  }
}

TEST(Frontier, BytesOfAnyOtherLengthAreRefused) {
  Frontier frontier;
  for (std::uint64_t n = 0; n < 11; ++n) frontier.Append(kHasher, NumberedLeaf(n));
  Bytes bytes = frontier.Encode();
  EXPECT_EQ(bytes.size(), 8u + 3 * 32);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(Frontier::Parse(ByteView(bytes).first(length)).ok()) << length;
  bytes.resize(bytes.size() + 32);
  EXPECT_FALSE(Frontier::Parse(bytes).ok());
  EXPECT_FALSE(Frontier::Make(kMost, Hashes(63)).ok());
  EXPECT_THAT(Frontier::Make(kMost, Hashes(64)), IsOk());
}

}  // namespace
}  // namespace muster::registry::audit
