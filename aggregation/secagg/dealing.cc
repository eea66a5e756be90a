#include "aggregation/secagg/dealing.h"

#include <algorithm>
#include <array>

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {

// Each key seals one message, so that the nonce need not change.
constexpr std::array<std::byte, Crypto::kSealNonceBytes> kNonce{};

// For what `from` seals for `to`; both agree on it.
StatusOr<Secret> SealKey(const Context& context, const Secret& agreed, Member from, Member to,
                         const Crypto& crypto) {
  return crypto.Hkdf(agreed, context.task.bytes(), SealInfo(context, from, to),
                     Crypto::kSealKeyBytes);
}

Secret PlainPair(const Share& self, const Share& mask_key) {
  Bytes plain(2 * Share::kBytes);  // At once: growing would leave copies behind.
  self.Write(std::span(plain).first<Share::kBytes>());
  mask_key.Write(std::span(plain).last<Share::kBytes>());
  return Secret(std::move(plain));
}

// Appends what `me` deals `holder`.
Status AppendDealt(const Context& context, Member me, Member holder, const Secret& key,
                   const Share& self, const Share& mask_key, const Crypto& crypto, Bytes& out) {
  for (const Fingerprint& fingerprint :
       {FingerprintOf(context, me, holder, SecretKind::kSelf, self, crypto),
        FingerprintOf(context, me, holder, SecretKind::kMaskKey, mask_key, crypto)})
    out.insert(out.end(), fingerprint.begin(), fingerprint.end());
  const Secret plain = PlainPair(self, mask_key);
  MUSTER_ASSIGN(const Bytes sealed,
                crypto.Seal(key, kNonce, SealInfo(context, me, holder), plain.Reveal()));
  out.insert(out.end(), sealed.begin(), sealed.end());
  return Ok();
}
}  // namespace

StatusOr<Dealing> DealShares(const Cohort& cohort, Member me, const DealerSecrets& secrets,
                             const Crypto& crypto, SecureRng& rng) {
  const Context& context = cohort.context;
  const std::uint32_t n = cohort.devices();
  const std::uint32_t t = cohort.parameters.threshold;
  MUSTER_ASSIGN(const std::vector<Share> self, SplitSecret(secrets.self, t, n, rng));
  MUSTER_ASSIGN(const std::vector<Share> mask_key, SplitSecret(secrets.mask_key.secret, t, n, rng));
  Dealing out{{me, n, {}, {}, {}}, {}};
  Bytes& dealt = out.shares.dealt;
  dealt.reserve(n * kDealtBytes);
  out.open_keys.reserve(n);
  std::vector<AgreementPublic> theirs;
  for (const AdvertiseKeys& member : cohort.roster.members) theirs.push_back(member.seal_key);
  MUSTER_ASSIGN(const std::vector<Secret> agreed,
                crypto.AgreeWithAll(secrets.seal_key.secret, theirs));
  for (Member holder = 0; holder < n; ++holder) {
    MUSTER_ASSIGN(const Secret key, SealKey(context, agreed[holder], me, holder, crypto));
    MUSTER_TRY(
        AppendDealt(context, me, holder, key, self[holder], mask_key[holder], crypto, dealt));
    MUSTER_ASSIGN(Secret open_key, SealKey(context, agreed[holder], holder, me, crypto));
    out.open_keys.push_back(std::move(open_key));
  }
  out.shares.promise = {CommitmentTo(context, me, secrets.self, crypto), crypto.Sha256(dealt)};
  return out;
}

StatusOr<HeldShares> OpenDealt(const Context& context, Member dealer, Member me,
                               const Secret& open_key, ByteView dealt, const Crypto& crypto) {
  MUSTER_ASSIGN(const Secret plain, crypto.Open(open_key, kNonce, SealInfo(context, dealer, me),
                                                dealt.subspan(2 * kFingerprintBytes)));
  const ByteView text = plain.Reveal();
  MUSTER_ASSIGN(Share self, Share::Parse(text.first(Share::kBytes)));
  MUSTER_ASSIGN(Share mask_key, Share::Parse(text.subspan(Share::kBytes)));
  HeldShares held{std::move(self), std::move(mask_key), ToldIn(dealt, SecretKind::kSelf),
                  ToldIn(dealt, SecretKind::kMaskKey)};
  for (const SecretKind kind : {SecretKind::kSelf, SecretKind::kMaskKey})
    if (FingerprintOf(context, dealer, me, kind, held.Of(kind), crypto) != held.ToldOf(kind))
      return Refused(Violation::kSHARE_WRONG, "a dealt share that its dealer did not list");
  return held;
}

Fingerprint ToldIn(ByteView dealt, SecretKind kind) {
  Fingerprint out;
  const std::size_t at = kind == SecretKind::kSelf ? 0 : kFingerprintBytes;
  std::copy_n(dealt.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
  return out;
}

}  // namespace muster::aggregation::secagg
