#include "registry/audit/proofs.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
constexpr std::size_t kMembers = 3;
constexpr int kDepth = 2;

Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("proof: {}", what), Reason::kPROOF_INVALID);
}

// The two numbers of either proof, by their names.
struct Numbers {
  const char* first;
  const char* second;
};
constexpr Numbers kInclusion{"leaf_index", "tree_size"};
constexpr Numbers kConsistency{"old_size", "new_size"};

StatusOr<std::string> Encode(const Numbers& names, std::uint64_t first, std::uint64_t second,
                             const std::vector<Digest>& hashes) {
  Json list = Json::array();
  for (const Digest& hash : hashes) list.push_back(ToBase64(hash.bytes()));
  const StatusOr<std::string> text =
      CanonicalJson({{names.first, first}, {names.second, second}, {"hashes", std::move(list)}});
  if (!text.ok()) return Invalid(MessageOf(text.status()));
  return *text;
}

struct Parts {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::vector<Digest> hashes;
};

StatusOr<Parts> Read(const Numbers& names, std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader reader(json);
  Parts out{reader.Unsigned(names.first), reader.Unsigned(names.second), {}};
  const std::vector<std::string> hashes = reader.Texts("hashes");
  MUSTER_TRY(reader.status());
  if (json.size() != kMembers) return InvalidArgument("not its three members");
  if (hashes.size() > kMostProofHashes) return InvalidArgument("{} hashes", hashes.size());
  for (const std::string& hash : hashes) {
    MUSTER_ASSIGN(const Digest parsed, ParseHash(hash));
    out.hashes.push_back(parsed);
  }
  return out;
}

StatusOr<Parts> Parse(const Numbers& names, std::string_view text) {
  if (text.size() > kMostProofBytes) return Invalid("too long");
  StatusOr<Parts> parts = Read(names, text);
  if (!parts.ok()) return Invalid(MessageOf(parts.status()));
  MUSTER_ASSIGN(const std::string again, Encode(names, parts->first, parts->second, parts->hashes));
  if (again != text) return Invalid("not in canonical form");
  return parts;
}
}  // namespace

StatusOr<InclusionProof> ProveInclusion(const Hasher& hasher, TileSource& tiles,
                                        std::uint64_t leaf_index, std::uint64_t tree_size) {
  TileNodes nodes(hasher, tiles, tree_size);
  MUSTER_ASSIGN(std::vector<Digest> path, InclusionPath(hasher, nodes, leaf_index, tree_size));
  return InclusionProof{leaf_index, tree_size, std::move(path)};
}

StatusOr<ConsistencyProof> ProveConsistency(const Hasher& hasher, TileSource& tiles,
                                            std::uint64_t old_size, std::uint64_t new_size) {
  TileNodes nodes(hasher, tiles, new_size);
  MUSTER_ASSIGN(std::vector<Digest> path, ConsistencyPath(hasher, nodes, old_size, new_size));
  return ConsistencyProof{old_size, new_size, std::move(path)};
}

Status Verify(const Hasher& hasher, const InclusionProof& proof, const Digest& leaf_hash,
              const TreeHead& head) {
  if (proof.tree_size != head.size) return Invalid("of a tree of another size");
  return VerifyInclusion(hasher, proof.leaf_index, leaf_hash, proof.hashes, head);
}

Status Verify(const Hasher& hasher, const ConsistencyProof& proof, const TreeHead& older,
              const TreeHead& newer) {
  if (proof.old_size != older.size || proof.new_size != newer.size)
    return Invalid("of trees of other sizes");
  return VerifyConsistency(hasher, older, newer, proof.hashes);
}

StatusOr<std::string> EncodeProof(const InclusionProof& proof) {
  return Encode(kInclusion, proof.leaf_index, proof.tree_size, proof.hashes);
}
StatusOr<std::string> EncodeProof(const ConsistencyProof& proof) {
  return Encode(kConsistency, proof.old_size, proof.new_size, proof.hashes);
}

StatusOr<InclusionProof> ParseInclusionProof(std::string_view text) {
  MUSTER_ASSIGN(Parts parts, Parse(kInclusion, text));
  return InclusionProof{parts.first, parts.second, std::move(parts.hashes)};
}
StatusOr<ConsistencyProof> ParseConsistencyProof(std::string_view text) {
  MUSTER_ASSIGN(Parts parts, Parse(kConsistency, text));
  return ConsistencyProof{parts.first, parts.second, std::move(parts.hashes)};
}

}  // namespace muster::registry::audit
