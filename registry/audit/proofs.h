#pragma once
// Proofs as they are handed out and kept as evidence: with the sizes that they are of, as canonical
// JSON. They prove nothing without a tree head that somebody trusted has signed.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registry/audit/merkle.h"
#include "registry/audit/tile_nodes.h"

namespace muster::registry::audit {

inline constexpr std::size_t kMostProofBytes = 4096;  // As text.

// That a leaf is one of the first `tree_size`.
struct InclusionProof {
  std::uint64_t leaf_index = 0;
  std::uint64_t tree_size = 0;
  std::vector<Digest> hashes;
  friend bool operator==(const InclusionProof&, const InclusionProof&) = default;
};

// That the tree of `new_size` begins with that of `old_size`.
struct ConsistencyProof {
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
  std::vector<Digest> hashes;
  friend bool operator==(const ConsistencyProof&, const ConsistencyProof&) = default;
};

// Proofs out of tiles that hold at least the larger size. INVALID_ARGUMENT (PROOF_INVALID) when
// there is no such leaf or the sizes are the wrong way round; the source's errors are passed on.
// Cost: at most 255 node hashes for each of at most two tiles a level; for many proofs of one size,
// InclusionPath over one TileNodes does that once a tile.
StatusOr<InclusionProof> ProveInclusion(const Hasher& hasher, TileSource& tiles,
                                        std::uint64_t leaf_index, std::uint64_t tree_size);
StatusOr<ConsistencyProof> ProveConsistency(const Hasher& hasher, TileSource& tiles,
                                            std::uint64_t old_size, std::uint64_t new_size);

// OK when the proof holds, and is of these very sizes. Errors as VerifyInclusion's.
Status Verify(const Hasher& hasher, const InclusionProof& proof, const Digest& leaf_hash,
              const TreeHead& head);
Status Verify(const Hasher& hasher, const ConsistencyProof& proof, const TreeHead& older,
              const TreeHead& newer);

// {"hashes":[BASE64,...],"leaf_index":N,"tree_size":N} and {"hashes":[...],"new_size":N,
// "old_size":N}. INVALID_ARGUMENT (PROOF_INVALID) for a size beyond 2^53 - 1.
StatusOr<std::string> EncodeProof(const InclusionProof& proof);
StatusOr<std::string> EncodeProof(const ConsistencyProof& proof);
// The inverses, for foreign text: INVALID_ARGUMENT (PROOF_INVALID) on anything that would not have
// been written in just these bytes.
StatusOr<InclusionProof> ParseInclusionProof(std::string_view text);
StatusOr<ConsistencyProof> ParseConsistencyProof(std::string_view text);

}  // namespace muster::registry::audit
