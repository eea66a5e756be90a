#pragma once
// Shares on their way: dealt and sealed for one holder, with their fingerprints in the open; opened
// by the holder, and shown to the server in the end. Each step is bound to the task, the roster,
// the dealer and the holder.
#include <vector>

#include "aggregation/secagg/cohort.h"
#include "base/rng.h"

namespace muster::aggregation::secagg {

// What a device keeps of each dealer until it answers.
struct HeldShares {
  Share self;      // Of the dealer's b.
  Share mask_key;  // Of the dealer's mask key.
  Fingerprint self_told{};
  Fingerprint mask_key_told{};

  const Share& Of(SecretKind kind) const { return kind == SecretKind::kSelf ? self : mask_key; }
  const Fingerprint& ToldOf(SecretKind kind) const {
    return kind == SecretKind::kSelf ? self_told : mask_key_told;
  }
};

// A member's own secrets; they never leave but in shares.
struct DealerSecrets {
  AgreementKey seal_key;
  AgreementKey mask_key;
  Secret self;  // b, 32 bytes.
};

struct Dealing {
  ShareKeys shares;
  std::vector<Secret> open_keys;  // By dealer: for what it seals for this device.
};

// Splits b and the mask key among all members and seals each pair for its holder: AES-256-GCM under
// HKDF(X25519) of the two seal keys, one key per direction, nonce 0. The signature is left to the
// caller. Cost: n X25519, 10 n t multiplications, 2 n hashes, 2 n HKDF.
StatusOr<Dealing> DealShares(const Cohort& cohort, Member me, const DealerSecrets& secrets,
                             const Crypto& crypto, SecureRng& rng);

// The pair in `dealt`, which `dealer` sealed for `me` under `open_key`. An error says that the
// dealer dealt badly (or the server changed it): the seal, a limb out of range, or a share that is
// not that of the fingerprint. Cost: 2 hashes.
StatusOr<HeldShares> OpenDealt(const Context& context, Member dealer, Member me,
                               const Secret& open_key, ByteView dealt, const Crypto& crypto);

// The fingerprint of that kind in `dealt`.
Fingerprint ToldIn(ByteView dealt, SecretKind kind);

}  // namespace muster::aggregation::secagg
