#include "tests/sim/people.h"

#include <algorithm>

#include "platform/openssl_crypto.h"

namespace muster::sim {
namespace {

std::array<std::byte, 32> Padded(const std::string& name) {
  std::array<std::byte, 32> out{};
  for (std::size_t i = 0; i < std::min(name.size(), out.size()); ++i)
    out[i] = static_cast<std::byte>(name[i]);
  return out;
}

// Its public key is its name.
class NamedSigner final : public Signer {
 public:
  NamedSigner(const testing::SymbolicCrypto& crypto, const std::string& name)
      : crypto_(crypto), key_(Padded(name)) {}
  StatusOr<Signature> Sign(ByteView message) const override {
    return crypto_.SignatureOf(key_, message);
  }
  const SigningPublic& public_key() const override { return key_; }

 private:
  const testing::SymbolicCrypto& crypto_;
  const SigningPublic key_;
};
}  // namespace

People::People(bool real_crypto, std::uint64_t seed, const Clock& clock)
    : real_(real_crypto),
      clock_(clock),
      openssl_(real_ ? std::make_unique<platform::OpenSslCrypto>() : nullptr),
      crypto_(real_ ? openssl_.get() : &symbolic_),
      authority_(SignerOf("authority")),
      rng_(SeedOf({"people", std::to_string(seed)})) {}

std::shared_ptr<const Signer> People::SignerOf(const std::string& name) const {
  if (!real_) return std::make_shared<NamedSigner>(symbolic_, name);
  const auto seed = Padded(name);
  return std::make_shared<platform::OpenSslSigner>(
      platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(seed.begin(), seed.end()))).value());
}

Statement People::StatementOf(const std::string& name, const char* role) const {
  Statement statement;
  statement.identity_key = SignerOf(name)->public_key();
  statement.device_id = DeviceIdOf(statement.identity_key, hasher_);
  statement.device_name = DeviceName(name);
  statement.labels = {{"role", role}};
  statement.not_after = FromUnixMillis(1'800'000'000'000);  // After every world's end.
  return statement;
}

std::shared_ptr<const client::SecureIdentity> People::IdentityOf(const Statement& statement) {
  const std::string text = EncodeStatement(Voucher(statement)).value();
  const Signature vouched = authority_->Sign(AsBytes(StatementBytesToSign(text))).value();
  return std::make_shared<const client::SecureIdentity>(client::SecureIdentity{
      *crypto_, rng_, SignerOf(statement.device_name.value()), PackStatement(text, vouched),
      PinnedAuthority(authority(), *crypto_, clock_)});
}

}  // namespace muster::sim
