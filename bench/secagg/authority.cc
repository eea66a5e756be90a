#include "bench/secagg/authority.h"

#include <string>

#include "base/statement.h"
#include "bench/require.h"

namespace muster::bench {

Authority::Authority(SecureRng& rng, const Crypto& crypto)
    : crypto_(crypto), key_(Require(platform::Ed25519PrivateKey::Generate(rng))) {}

Bytes Authority::StatementOf(const SigningPublic& identity, std::size_t number) const {
  const Statement statement{.device_id = DeviceIdOf(identity, crypto_),
                            .device_name = DeviceName(fmt::format("device-{}", number)),
                            .labels = {},
                            .identity_key = identity,
                            .not_after = Timestamp(Duration(2'000'000'000'000))};
  const std::string text = Require(EncodeStatement(statement));
  return PackStatement(text, Require(key_.Sign(AsBytes(StatementBytesToSign(text)))));
}

aggregation::secagg::StatementCheck Authority::Check() const {
  return
      [this](const IdentityKey& identity, ByteView packed) { return CheckOne(identity, packed); };
}

Status Authority::CheckOne(const IdentityKey& identity, ByteView packed) const {
  MUSTER_ASSIGN(const SignedStatement said, ParsePackedStatement(packed));
  MUSTER_ASSIGN(const Statement statement, ParseStatement(said.statement, crypto_));
  if (statement.identity_key != identity) return Unauthenticated("a statement of another key");
  return crypto_.Verify(key_.PublicKey(), AsBytes(StatementBytesToSign(said.statement)),
                        said.signature);
}

}  // namespace muster::bench
