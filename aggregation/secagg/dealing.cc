#include "aggregation/secagg/dealing.h"

#include <algorithm>
#include <array>

#include "aggregation/secagg/merkle.h"
#include "aggregation/secagg/violation.h"
#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {
namespace {

// Each key seals one message, so that the nonce need not change.
constexpr std::array<std::byte, Crypto::kSealNonceBytes> kNonce{};

StatusOr<Secret> SealKey(const Cohort& cohort, const AgreementKey& mine,
                         const AgreementPublic& theirs, Member from, Member to,
                         const Crypto& crypto) {
  MUSTER_ASSIGN(const Secret agreed, crypto.Agree(mine.secret, theirs));
  return crypto.Hkdf(agreed, cohort.context.task.bytes(), SealInfo(cohort.context, from, to),
                     Crypto::kSealKeyBytes);
}

Digest PairLeaf(const Context& context, Member dealer, Member holder, const Share& self,
                const Share& mask_key, const Hasher& hasher) {
  return MerkleNode(ShareLeaf(context, dealer, holder, SecretKind::kSelf, self, hasher),
                    ShareLeaf(context, dealer, holder, SecretKind::kMaskKey, mask_key, hasher),
                    hasher);
}

Secret PlainPair(const Share& self, const Share& mask_key, const std::vector<Digest>& path) {
  Bytes plain(2 * Share::kBytes + 32 * path.size());  // At once: growing would leave copies behind.
  self.Write(std::span(plain).first<Share::kBytes>());
  mask_key.Write(std::span(plain).subspan<Share::kBytes, Share::kBytes>());
  auto out = plain.begin() + 2 * Share::kBytes;
  for (const Digest& node : path) out = std::copy(node.bytes().begin(), node.bytes().end(), out);
  return Secret(std::move(plain));
}

std::vector<Digest> PathIn(ByteView bytes) {
  WireReader in(bytes);
  std::vector<Digest> path;
  while (in.left() >= 32) path.emplace_back(in.Fixed<32>());
  return path;
}
}  // namespace

StatusOr<ShareKeys> DealShares(const Cohort& cohort, Member me, const DealerSecrets& secrets,
                               const Crypto& crypto, SecureRng& rng) {
  const std::uint32_t n = cohort.devices();
  const std::uint32_t t = cohort.parameters.threshold;
  MUSTER_ASSIGN(const std::vector<Share> self, SplitSecret(secrets.self, t, n, rng));
  MUSTER_ASSIGN(const std::vector<Share> mask_key, SplitSecret(secrets.mask_key.secret, t, n, rng));
  std::vector<Digest> leaves;
  leaves.reserve(n);
  for (Member holder = 0; holder < n; ++holder)
    leaves.push_back(PairLeaf(cohort.context, me, holder, self[holder], mask_key[holder], crypto));
  const MerkleTree tree(leaves, crypto);

  ShareKeys out{
      me, n, {CommitmentTo(cohort.context, me, secrets.self, crypto), tree.root()}, {}, {}};
  out.sealed.reserve(n * SealedBytes(n));
  for (Member holder = 0; holder < n; ++holder) {
    MUSTER_ASSIGN(const Secret key, SealKey(cohort, secrets.seal_key, cohort.At(holder).seal_key,
                                            me, holder, crypto));
    const Secret plain = PlainPair(self[holder], mask_key[holder], tree.PathOf(holder));
    MUSTER_ASSIGN(const Bytes sealed,
                  crypto.Seal(key, kNonce, SealInfo(cohort.context, me, holder), plain.Reveal()));
    out.sealed.insert(out.sealed.end(), sealed.begin(), sealed.end());
  }
  return out;
}

StatusOr<HeldShares> OpenDealt(const Cohort& cohort, Member dealer, Member me,
                               const AgreementKey& seal_key, const DealerPromise& promise,
                               ByteView sealed, const Crypto& crypto) {
  MUSTER_ASSIGN(const Secret key,
                SealKey(cohort, seal_key, cohort.At(dealer).seal_key, dealer, me, crypto));
  MUSTER_ASSIGN(const Secret plain,
                crypto.Open(key, kNonce, SealInfo(cohort.context, dealer, me), sealed));
  const ByteView text = plain.Reveal();
  if (text.size() != DealtBytes(cohort.devices()))
    return Refused(Violation::kMALFORMED, "a sealed pair of {} bytes", text.size());
  MUSTER_ASSIGN(Share self, Share::Parse(text.first(Share::kBytes)));
  MUSTER_ASSIGN(Share mask_key, Share::Parse(text.subspan(Share::kBytes, Share::kBytes)));
  HeldShares held{std::move(self), std::move(mask_key), PathIn(text.subspan(2 * Share::kBytes))};
  const Digest leaf = PairLeaf(cohort.context, dealer, me, held.self, held.mask_key, crypto);
  if (MerkleRootFrom(leaf, me, held.path, crypto) != promise.root)
    return Refused(Violation::kSHARE_WRONG, "a dealt share that its dealer did not promise");
  return held;
}

void AppendOpening(const Context& context, Member dealer, Member holder, SecretKind kind,
                   const HeldShares& held, const Hasher& hasher, Bytes& out) {
  const bool of_self = kind == SecretKind::kSelf;
  std::array<std::byte, Share::kBytes> limbs;
  (of_self ? held.self : held.mask_key).Write(limbs);
  const Digest sibling =
      ShareLeaf(context, dealer, holder, of_self ? SecretKind::kMaskKey : SecretKind::kSelf,
                of_self ? held.mask_key : held.self, hasher);
  out.insert(out.end(), limbs.begin(), limbs.end());
  out.insert(out.end(), sibling.bytes().begin(), sibling.bytes().end());
  for (const Digest& node : held.path)
    out.insert(out.end(), node.bytes().begin(), node.bytes().end());
}

StatusOr<Share> ShareIn(ByteView opening) {
  auto share = Share::Parse(opening.first(Share::kBytes));
  if (!share.ok()) return WithViolation(share.status(), Violation::kMALFORMED);
  return share;
}

Status CheckOpening(const Context& context, Member dealer, Member holder, SecretKind kind,
                    const Digest& root, ByteView opening, const Hasher& hasher) {
  MUSTER_ASSIGN(const Share share, ShareIn(opening));
  WireReader in(opening.subspan(Share::kBytes));
  const Digest sibling(in.Fixed<32>());
  const Digest leaf = ShareLeaf(context, dealer, holder, kind, share, hasher);
  const Digest pair = kind == SecretKind::kSelf ? MerkleNode(leaf, sibling, hasher)
                                                : MerkleNode(sibling, leaf, hasher);
  const std::vector<Digest> path = PathIn(opening.subspan(Share::kBytes + 32));
  if (MerkleRootFrom(pair, holder, path, hasher) == root) return Ok();
  return Refused(Violation::kSHARE_WRONG, "member {}'s share of {} is not the one that was dealt",
                 holder, dealer);
}

}  // namespace muster::aggregation::secagg
