#pragma once
// The life of a join token: made by an operator, redeemed by devices, worn out or expired. Pure:
// time, hashes and what others did come in as arguments. Never holds a secret, only its hash.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/fact.h"
#include "base/ids.h"
#include "base/statement.h"
#include "base/status.h"

namespace muster::authority {

using TokenId = Strong<std::string, struct TokenIdTag>;  // 16 hex digits.
using DeviceLabels = std::map<std::string, std::string>;

// Facts. A token's stream is "token/<id>".
struct TokenCreated {
  TokenId id;
  Digest secret_hash;
  std::uint32_t uses = 1;
  Timestamp expires;
  std::string name_prefix;
  DeviceLabels labels;
};
struct TokenRedeemed {
  TokenId id;
  IdentityKey identity_key{};
  DeviceId device_id;
  DeviceName device_name;
  DeviceLabels labels;  // As the statement carries them.
};
using TokenFact = std::variant<TokenCreated, TokenRedeemed>;
using TokenFacts = std::vector<TokenFact>;

// Events.
struct CreateToken {
  TokenId id;
  Digest secret_hash;
  std::uint32_t uses = 1;
  Duration lifetime = std::chrono::hours(24);
  std::string name_prefix;
  DeviceLabels labels;
};
// The caller has shown that it has the identity key.
struct RedeemToken {
  Digest secret_hash;  // Of the secret it brought.
  IdentityKey identity_key{};
  DeviceId device_id;
  DeviceName device_name;
  DeviceLabels labels;
};

struct Token {
  TokenCreated created;
  std::string created_by;
  std::map<IdentityKey, TokenRedeemed> redeemed;
  std::uint64_t facts = 0;  // In its stream: the next seq.
};

// Who is called what, over all tokens: a name belongs to one key, a key has one name.
struct Names {
  std::map<DeviceName, IdentityKey> keys;
  std::map<IdentityKey, DeviceName> names;
};

inline constexpr std::uint32_t kMaxUses = 100'000;
inline constexpr Duration kMaxLifetime = std::chrono::hours(24 * 366);

// INVALID_ARGUMENT (FIELD_INVALID at "uses", "lifetime", "name_prefix", "labels").
StatusOr<TokenFacts> Decide(const CreateToken& event, Timestamp now);
// No facts: this key redeemed this token under this name before, which costs no use.
//   NOT_FOUND TOKEN_UNKNOWN          the secret is not the token's.
//   FAILED_PRECONDITION TOKEN_EXPIRED, RESOURCE_EXHAUSTED TOKEN_USED
//   INVALID_ARGUMENT NAME_INVALID    malformed, or without the token's prefix.
//   ALREADY_EXISTS NAME_TAKEN        another key has this name, or this key another one.
StatusOr<TokenFacts> Decide(const Token& token, const Names& names, const RedeemToken& event,
                            Timestamp now);

void Apply(std::map<TokenId, Token>& tokens, Names& names, const TokenFact& fact,
           std::string_view by);

// "token/<id>", and facts as the journal keeps them.
std::string StreamOf(const TokenId& id);
TokenId IdOf(const TokenFact& fact);
StatusOr<std::string> EncodeTokenFact(const TokenFact& fact, std::string_view by, Timestamp at);
// DATA_LOSS when the journal holds what EncodeTokenFact never wrote.
StatusOr<TokenFact> DecodeTokenFact(std::string_view text, FactHeader& header);

// What an unknown token is answered; the same words and reason as for a wrong secret.
Status TokenUnknown();

}  // namespace muster::authority
