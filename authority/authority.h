#pragma once
// The enrolment authority's use cases: operators make join tokens, devices trade them for a signed
// statement about their identity key. It never sees a private key of a device, and the coordinator
// never sees the authority's.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "authority/token.h"
#include "base/bytes.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/secret.h"
#include "base/statement.h"

namespace muster::authority {

using Signature = std::array<std::byte, 64>;  // Ed25519.

// Ed25519 as a port. Safe from any thread.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual StatusOr<Signature> Sign(ByteView message) const = 0;
  virtual IdentityKey PublicKey() const = 0;
  // OK when `signature` is that of `key` over `message`.
  virtual Status Verify(const IdentityKey& key, ByteView message, ByteView signature) const = 0;
};

struct World {
  Journal& journal;
  const Clock& clock;
  SecureRng& rng;
  const Hasher& hasher;
  const Signer& signer;
  Logger& logger;
};

struct NewToken {
  std::uint32_t uses = 1;
  Duration lifetime = std::chrono::hours(24);
  std::string name_prefix;
  DeviceLabels labels;
};
struct IssuedToken {
  TokenId id;
  Secret secret;  // 32 bytes; nobody can read it again.
  Timestamp expires;
};
struct AttestAsk {
  std::string token_id;
  Secret token_secret = Secret({});
  std::string device_name;
  DeviceLabels labels;
  Bytes identity_key;
  Bytes possession_signature;  // Over AttestBytesToSign, by that key.
};
struct Attestation {
  std::string statement;  // EncodeStatement.
  Signature signature{};  // Over StatementBytesToSign.
  std::string voucher;    // The same under the device's pseudonym alone.
  Signature voucher_signature{};
};
struct TokenView {
  TokenId id;
  std::uint32_t uses = 0;
  std::uint32_t used = 0;
  Timestamp expires;
  std::string name_prefix;
  std::string created_by;
};

// How long a statement is good for: as long as the device certificate that follows from it, since
// in every secure round the other devices go by it too.
inline constexpr Duration kStatementLifetime = std::chrono::hours(90 * 24);
// Denials are facts, but an unknown caller must not be able to fill the disk with them: beyond so
// many in a minute they are counted, and the next fact carries the count.
inline constexpr int kDenialsPerMinute = 60;

// Safe from any thread; calls that change something wait for the journal.
class Authority {
 public:
  explicit Authority(const World& world) : world_(world) {}

  // Replays the journal; before anything else.
  Status Recover();

  // As Decide(CreateToken) refuses.
  StatusOr<IssuedToken> CreateToken(const Caller& caller, const NewToken& token);
  // As Decide(RedeemToken) refuses; besides INVALID_ARGUMENT (FIELD_INVALID) for a key that is not
  // 32 bytes, UNAUTHENTICATED (STATEMENT_INVALID) when possession is not shown.
  StatusOr<Attestation> Attest(const AttestAsk& ask);
  std::vector<TokenView> ListTokens() const;
  IdentityKey PublicKey() const { return world_.signer.PublicKey(); }

  // Journals a call that was turned away.
  void Denied(std::string_view who, std::string_view method, const Status& why);

 private:
  StatusOr<TokenRedeemed> Redeem(const AttestAsk& ask);
  StatusOr<TokenRedeemed> RedeemKnown(const TokenId& id, const RedeemToken& event);
  Status Record(const TokenFacts& facts, std::string_view by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  StatusOr<Attestation> Sign(const TokenRedeemed& device) const;

  const World world_;
  mutable absl::Mutex mu_;
  std::map<TokenId, Token> tokens_ ABSL_GUARDED_BY(mu_);
  Names names_ ABSL_GUARDED_BY(mu_);

  absl::Mutex denials_mu_;
  std::uint64_t denial_facts_ ABSL_GUARDED_BY(denials_mu_) = 0;
  Timestamp denial_window_ ABSL_GUARDED_BY(denials_mu_);
  int denials_in_window_ ABSL_GUARDED_BY(denials_mu_) = 0;
  std::uint64_t denials_untold_ ABSL_GUARDED_BY(denials_mu_) = 0;
};

}  // namespace muster::authority
