#pragma once
// An enrolment authority for the devices of a bench: statements as the product packs them, checked
// as the product checks them, one Ed25519 signature each.
#include "aggregation/secagg/cohort.h"
#include "base/crypto.h"
#include "base/rng.h"
#include "platform/keys.h"

namespace muster::bench {

class Authority {
 public:
  Authority(SecureRng& rng, const Crypto& crypto);
  Bytes StatementOf(const SigningPublic& identity, std::size_t number) const;
  aggregation::secagg::StatementCheck Check() const;  // Borrows this.

 private:
  Status CheckOne(const IdentityKey& identity, ByteView packed) const;

  const Crypto& crypto_;
  platform::Ed25519PrivateKey key_;
};  // Safe from any thread once made.

}  // namespace muster::bench
