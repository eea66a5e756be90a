#include "base/join_token.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/canonical_json.h"

namespace muster {
namespace {

constexpr std::string_view kPrefix = "muster-join-1.";
constexpr std::size_t kMaxText = 16 * 1024;
constexpr std::size_t kMaxSecret = 256;
constexpr std::size_t kMembers = 6;
constexpr std::string_view kPem = "-----BEGIN CERTIFICATE-----";

// Never says what it read: the text is a secret.
Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("join token: {}", what), Reason::kTOKEN_UNKNOWN);
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Status Check(const JoinToken& token) {
  const bool plain = std::ranges::all_of(token.id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (token.id.empty() || token.id.size() > 64 || !plain) return Invalid("bad id");
  const std::size_t secret = token.secret.Reveal().size();
  if (secret == 0 || secret > kMaxSecret) return Invalid("bad secret");
  if (token.authority.port == 0 || token.coordinator.port == 0) return Invalid("no port");
  if (!token.authority_ca_pem.starts_with(kPem) || !token.coordinator_ca_pem.starts_with(kPem)) {
    return Invalid("a CA certificate is missing");
  }
  return Ok();
}

StatusOr<std::string> Encode(const JoinToken& token) {
  MUSTER_TRY(Check(token));
  const auto json = CanonicalJson(Json{{"id", token.id},
                                       {"secret", ToBase64Url(token.secret.Reveal())},
                                       {"authority", token.authority.Text()},
                                       {"authority_ca", token.authority_ca_pem},
                                       {"coordinator", token.coordinator.Text()},
                                       {"coordinator_ca", token.coordinator_ca_pem}});
  if (!json.ok()) return Invalid("unwritable text");
  std::string text = std::string(kPrefix) + ToBase64Url(AsBytes(*json));
  if (text.size() > kMaxText) return Invalid("too long");
  return text;
}

StatusOr<JoinToken> Read(std::string_view text) {
  MUSTER_ASSIGN(const Bytes bytes, FromBase64Url(text));
  MUSTER_ASSIGN(const Json json, ParseJson(AsText(bytes), 3));
  if (!json.is_object() || json.size() != kMembers) return Invalid("not its six members");
  JsonReader reader(json);
  const std::string id = reader.Text("id");
  const std::string secret = reader.Text("secret");
  const std::string authority = reader.Text("authority");
  const std::string authority_ca = reader.Text("authority_ca");
  const std::string coordinator = reader.Text("coordinator");
  const std::string coordinator_ca = reader.Text("coordinator_ca");
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(Bytes secret_bytes, FromBase64Url(secret));
  MUSTER_ASSIGN(const Endpoint authority_at, Endpoint::Parse(authority));
  MUSTER_ASSIGN(const Endpoint coordinator_at, Endpoint::Parse(coordinator));
  return JoinToken{id,
                   Secret(std::move(secret_bytes)),
                   authority_at,
                   authority_ca,
                   coordinator_at,
                   coordinator_ca};
}

}  // namespace

StatusOr<Secret> EncodeJoinToken(const JoinToken& token) {
  MUSTER_ASSIGN(const std::string text, Encode(token));
  return Secret::FromText(text);
}

StatusOr<JoinToken> ParseJoinToken(std::string_view text) {
  if (text.size() > kMaxText + 16) return Invalid("too long");
  text = Trim(text);
  if (!text.starts_with(kPrefix)) return Invalid("does not begin with 'muster-join-1.'");
  auto token = Read(text.substr(kPrefix.size()));
  if (!token.ok()) return Invalid("unreadable");
  MUSTER_ASSIGN(const std::string again, Encode(*token));
  if (again != text) return Invalid("not in canonical form");
  return token;
}

}  // namespace muster
