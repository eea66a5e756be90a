#pragma once
// Who devices and the enrolment authority are in a simulated world: keys, statements and the crypto
// behind them, by name alone. Symbolic unless a world asks for OpenSSL's.
#include <memory>
#include <string>

#include "base/crypto.h"
#include "base/statement.h"
#include "client/secure/identity.h"
#include "platform/sha256.h"
#include "tests/support/symbolic_crypto.h"

namespace muster::sim {

class People {
 public:
  // `clock` outlives this.
  People(bool real_crypto, std::uint64_t seed, const Clock& clock);

  Crypto& crypto() { return *crypto_; }
  const SigningPublic& authority() const { return authority_->public_key(); }
  // The same name, the same key.
  std::shared_ptr<const Signer> SignerOf(const std::string& name) const;
  Statement StatementOf(const std::string& name, const char* role) const;
  // The device that this is about as it takes part in secure rounds.
  std::shared_ptr<const client::SecureIdentity> IdentityOf(const Statement& statement);

 private:
  const bool real_;
  const Clock& clock_;
  platform::OpenSslHasher hasher_;
  testing::SymbolicCrypto symbolic_{hasher_};
  std::unique_ptr<Crypto> openssl_;
  Crypto* const crypto_;
  const std::shared_ptr<const Signer> authority_;
  testing::SeededSecureRng rng_;  // Of all devices' session keys: no life repeats another's.
};

}  // namespace muster::sim
