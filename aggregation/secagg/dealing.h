#pragma once
// Shares on their way: dealt, sealed for one holder, opened by it, and shown to the server in the
// end. Each step is bound to the task, the roster, the dealer and the holder.
#include <vector>

#include "aggregation/secagg/cohort.h"
#include "base/rng.h"

namespace muster::aggregation::secagg {

// What a device keeps of each dealer until it answers.
struct HeldShares {
  Share self;      // Of the dealer's b.
  Share mask_key;  // Of the dealer's mask key.
  std::vector<Digest> path;
};

// A member's own secrets; they never leave but in shares.
struct DealerSecrets {
  AgreementKey seal_key;
  AgreementKey mask_key;
  Secret self;  // b, 32 bytes.
};

// Splits b and the mask key among all members, hashes the shares into a tree and seals each pair
// for its holder: AES-256-GCM under HKDF(X25519) of the two seal keys, one key per direction, nonce
// 0. The signature is left to the caller. Cost: n X25519, 10 n t multiplications, 4 n hashes.
StatusOr<ShareKeys> DealShares(const Cohort& cohort, Member me, const DealerSecrets& secrets,
                               const Crypto& crypto, SecureRng& rng);

// The pair that `dealer` sealed for `me`. An error says that the dealer dealt badly: the seal, a
// limb out of range, or a path that does not lead to the promised root.
StatusOr<HeldShares> OpenDealt(const Cohort& cohort, Member dealer, Member me,
                               const AgreementKey& seal_key, const DealerPromise& promise,
                               ByteView sealed, const Crypto& crypto);

// Appends OpeningBytes: the share of that kind, the hash of the other half, the path.
void AppendOpening(const Context& context, Member dealer, Member holder, SecretKind kind,
                   const HeldShares& held, const Hasher& hasher, Bytes& out);
// The share in an opening; MALFORMED when a limb is out of range.
StatusOr<Share> ShareIn(ByteView opening);
// Whether the path leads from this very share to the dealer's root; SHARE_WRONG. Cost: 3 + log2 n
// hashes.
Status CheckOpening(const Context& context, Member dealer, Member holder, SecretKind kind,
                    const Digest& root, ByteView opening, const Hasher& hasher);

}  // namespace muster::aggregation::secagg
