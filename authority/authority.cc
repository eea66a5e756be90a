#include "authority/authority.h"

#include <algorithm>

#include "base/fact.h"

namespace muster::authority {
namespace {

constexpr std::string_view kTokenPrefix = "token/";
constexpr std::string_view kDenialStream = "denied/authority";
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxSecretBytes = 256;

bool IsTokenId(std::string_view id) { return id.size() == 2 * kIdBytes && FromHex(id).ok(); }

}  // namespace

Status Authority::Recover() {
  absl::MutexLock lock(&mu_);
  MUSTER_TRY(world_.journal.Replay(
      kTokenPrefix, /*open_only=*/false, [this](const JournalRow& row) -> Status {
        mu_.AssertHeld();  // Replay calls back on this thread.
        FactHeader header;
        MUSTER_ASSIGN(const TokenFact fact, DecodeTokenFact(row.fact, header));
        Apply(tokens_, names_, fact, header.by);
        return Ok();
      }));
  absl::MutexLock denials_lock(&denials_mu_);
  return world_.journal.Read(kDenialStream, 0, [this](const JournalRow& row) -> Status {
    denials_mu_.AssertHeld();
    denial_facts_ = row.seq + 1;
    return Ok();
  });
}

Status Authority::Record(const TokenFacts& facts, std::string_view by) {
  if (facts.empty()) return Ok();
  const TokenId id = IdOf(facts.front());
  const auto known = tokens_.find(id);
  const std::uint64_t next = known == tokens_.end() ? 0 : known->second.facts;
  std::vector<std::string> rows;
  for (const TokenFact& fact : facts) {
    MUSTER_ASSIGN(rows.emplace_back(), EncodeTokenFact(fact, by, world_.clock.Now()));
  }
  MUSTER_TRY(world_.journal.Append(StreamOf(id), next, rows));
  for (const TokenFact& fact : facts) Apply(tokens_, names_, fact, by);
  return Ok();
}

StatusOr<IssuedToken> Authority::CreateToken(const Caller& caller, const NewToken& token) {
  Bytes id_bytes(kIdBytes);
  Bytes secret(kSecretBytes);
  world_.rng.Fill(id_bytes);
  world_.rng.Fill(secret);
  const TokenId id(ToHex(id_bytes));
  const Timestamp now = world_.clock.Now();
  absl::MutexLock lock(&mu_);
  MUSTER_ASSIGN(const TokenFacts facts,
                Decide(authority::CreateToken{id, world_.hasher.Sha256(secret), token.uses,
                                              token.lifetime, token.name_prefix, token.labels},
                       now));
  MUSTER_TRY(Record(facts, caller.Text()));
  world_.logger.Info("token_created", {{"token", id}, {"by", caller.Text()}, {"uses", token.uses}});
  return IssuedToken{id, Secret(std::move(secret)), now + token.lifetime};
}

StatusOr<TokenRedeemed> Authority::Redeem(const AttestAsk& ask) {
  if (!IsTokenId(ask.token_id) || ask.token_secret.Reveal().size() > kMaxSecretBytes) {
    return TokenUnknown();
  }
  RedeemToken event{world_.hasher.Sha256(ask.token_secret.Reveal()),
                    {},
                    {},
                    DeviceName(ask.device_name),
                    ask.labels};
  if (ask.identity_key.size() != event.identity_key.size()) {
    return InvalidField("identity_key", "is not the 32 bytes of an Ed25519 key");
  }
  std::ranges::copy(ask.identity_key, event.identity_key.begin());
  event.device_id = DeviceIdOf(event.identity_key, world_.hasher);
  const std::string signed_bytes = AttestBytesToSign(ask.token_id, ask.device_name);
  if (!world_.signer.Verify(event.identity_key, AsBytes(signed_bytes), ask.possession_signature)
           .ok()) {
    return WithReason(Unauthenticated("the identity key did not sign this request"),
                      Reason::kSTATEMENT_INVALID);
  }
  return RedeemKnown(TokenId(ask.token_id), event);
}

StatusOr<TokenRedeemed> Authority::RedeemKnown(const TokenId& id, const RedeemToken& event) {
  absl::MutexLock lock(&mu_);
  const auto token = tokens_.find(id);
  if (token == tokens_.end()) return TokenUnknown();
  MUSTER_ASSIGN(const TokenFacts facts, Decide(token->second, names_, event, world_.clock.Now()));
  MUSTER_TRY(Record(facts, StreamOf(id)));
  return token->second.redeemed.at(event.identity_key);
}

StatusOr<Attestation> Authority::Sign(const TokenRedeemed& device) const {
  Attestation out;
  const Statement statement{device.device_id, device.device_name, device.labels,
                            device.identity_key, world_.clock.Now() + kStatementLifetime};
  MUSTER_ASSIGN(out.statement, EncodeStatement(statement));
  MUSTER_ASSIGN(out.signature, world_.signer.Sign(AsBytes(StatementBytesToSign(out.statement))));
  MUSTER_ASSIGN(out.voucher, EncodeStatement(Voucher(statement)));
  MUSTER_ASSIGN(out.voucher_signature,
                world_.signer.Sign(AsBytes(StatementBytesToSign(out.voucher))));
  return out;
}

StatusOr<Attestation> Authority::Attest(const AttestAsk& ask) {
  const auto device = Redeem(ask);
  if (!device.ok()) {
    Denied(IsTokenId(ask.token_id) ? StreamOf(TokenId(ask.token_id)) : "token/malformed", "Attest",
           device.status());
    return device.status();
  }
  world_.logger.Info(
      "device_attested",
      {{"device", device->device_id}, {"name", device->device_name}, {"token", device->id}});
  return Sign(*device);
}

std::vector<TokenView> Authority::ListTokens() const {
  absl::MutexLock lock(&mu_);
  std::vector<TokenView> out;
  for (const auto& [id, token] : tokens_) {
    out.push_back({id, token.created.uses, static_cast<std::uint32_t>(token.redeemed.size()),
                   token.created.expires, token.created.name_prefix, token.created_by});
  }
  return out;
}

void Authority::Denied(std::string_view who, std::string_view method, const Status& why) {
  const auto reason = ReasonOf(why);
  if (!reason) return;  // The machine's trouble, not a judgement on the caller.
  const Timestamp now = world_.clock.Now();
  absl::MutexLock lock(&denials_mu_);
  if (now - denial_window_ >= std::chrono::minutes(1)) {
    denial_window_ = now;
    denials_in_window_ = 0;
  }
  if (++denials_in_window_ > kDenialsPerMinute) {
    ++denials_untold_;
    return;
  }
  const auto fact =
      EncodeFact({"CallDenied", std::string(who), now}, {{"method", std::string(method)},
                                                         {"reason", std::string(NameOf(*reason))},
                                                         {"untold_before", denials_untold_}});
  if (!fact.ok()) return world_.logger.Error("denial_unwritable", {{"who", who}});
  const Status written = world_.journal.Append(kDenialStream, denial_facts_, std::span(&*fact, 1));
  if (!written.ok()) return world_.logger.Error("denial_lost", {{"why", MessageOf(written)}});
  ++denial_facts_;
  denials_untold_ = 0;
}

}  // namespace muster::authority
