#pragma once
// Who a node is in secure rounds: its identity key behind the signer's port, what the authority
// says of it, and how it judges what is said of the others. The coordinator gives none of it.
#include <memory>

#include "aggregation/secagg/cohort.h"
#include "base/crypto.h"
#include "base/rng.h"
#include "client/identity.h"

namespace muster::client {

// A node's identity key as secure aggregation wants it. Safe from any thread.
class IdentitySigner final : public Signer {
 public:
  explicit IdentitySigner(std::shared_ptr<const DeviceKeys> keys) : keys_(std::move(keys)) {}
  StatusOr<Signature> Sign(ByteView message) const override;
  const SigningPublic& public_key() const override { return keys_->identity(); }

 private:
  const std::shared_ptr<const DeviceKeys> keys_;
};

// The ports are borrowed and safe from any thread.
struct SecureIdentity {
  Crypto& crypto;
  SecureRng& rng;
  std::shared_ptr<const Signer> signer;
  Bytes statement;                            // PackStatement
  aggregation::secagg::StatementCheck check;  // Against the authority's key as enrolment pinned it.
};

}  // namespace muster::client
