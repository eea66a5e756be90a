#include "authority/token.h"

#include <algorithm>

#include "base/secret.h"

namespace muster::authority {
namespace {

// Takes as long wherever the digests differ.
bool SameDigest(const Digest& a, const Digest& b) {
  return EqualInConstantTime(Secret({a.bytes().begin(), a.bytes().end()}), b.bytes());
}

Status NameTaken(std::string_view what) {
  return WithReason(AlreadyExists("{}", what), Reason::kNAME_TAKEN);
}

Status CheckName(const Token& token, const Names& names, const RedeemToken& event) {
  MUSTER_TRY(CheckDeviceName(event.device_name.value()));
  if (!event.device_name.value().starts_with(token.created.name_prefix)) {
    return WithReason(
        InvalidArgument("devices with this token are called '{}...'", token.created.name_prefix),
        Reason::kNAME_INVALID);
  }
  const auto holder = names.keys.find(event.device_name);
  if (holder != names.keys.end() && holder->second != event.identity_key) {
    return NameTaken("another device has this name");
  }
  const auto name = names.names.find(event.identity_key);
  if (name != names.names.end() && name->second != event.device_name) {
    return NameTaken("this identity key already has another name");
  }
  return Ok();
}

Json LabelsJson(const DeviceLabels& labels) {
  Json out = Json::object();
  for (const auto& [key, value] : labels) out[key] = value;
  return out;
}

Json BodyOf(const TokenCreated& fact) {
  return {{"id", fact.id.value()},
          {"secret_hash", fact.secret_hash.ToString()},
          {"uses", fact.uses},
          {"expires", UnixMillis(fact.expires)},
          {"name_prefix", fact.name_prefix},
          {"labels", LabelsJson(fact.labels)}};
}
Json BodyOf(const TokenRedeemed& fact) {
  return {{"id", fact.id.value()},
          {"identity_key", ToHex(fact.identity_key)},
          {"device_id", fact.device_id.value()},
          {"device_name", fact.device_name.value()},
          {"labels", LabelsJson(fact.labels)}};
}
std::string TypeOf(const TokenCreated&) { return "TokenCreated"; }
std::string TypeOf(const TokenRedeemed&) { return "TokenRedeemed"; }

StatusOr<DeviceLabels> ReadLabels(const Json& json) {
  if (!json.is_object()) return InvalidArgument("labels are no object");
  DeviceLabels out;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return InvalidArgument("a label is no text");
    out.emplace(key, value.get<std::string>());
  }
  return out;
}

StatusOr<TokenFact> ReadCreated(JsonReader& reader) {
  TokenCreated fact;
  fact.id = TokenId(reader.Text("id"));
  const std::string hash = reader.Text("secret_hash");
  const std::uint64_t uses = reader.Unsigned("uses");
  fact.expires = FromUnixMillis(reader.Integer("expires"));
  fact.name_prefix = reader.Text("name_prefix");
  const Json& labels = reader.At("labels");
  MUSTER_TRY(reader.status());
  if (uses > kMaxUses) return InvalidArgument("uses is beyond its limit");
  fact.uses = static_cast<std::uint32_t>(uses);
  MUSTER_ASSIGN(fact.secret_hash, Digest::Parse(hash));
  MUSTER_ASSIGN(fact.labels, ReadLabels(labels));
  return TokenFact(std::move(fact));
}

StatusOr<TokenFact> ReadRedeemed(JsonReader& reader) {
  TokenRedeemed fact;
  fact.id = TokenId(reader.Text("id"));
  const std::string key = reader.Text("identity_key");
  fact.device_id = DeviceId(reader.Text("device_id"));
  fact.device_name = DeviceName(reader.Text("device_name"));
  const Json& labels = reader.At("labels");
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(const Bytes bytes, FromHex(key));
  if (bytes.size() != fact.identity_key.size()) return InvalidArgument("the key has not 32 bytes");
  std::ranges::copy(bytes, fact.identity_key.begin());
  MUSTER_ASSIGN(fact.labels, ReadLabels(labels));
  return TokenFact(std::move(fact));
}

StatusOr<TokenFact> Decode(std::string_view text, FactHeader& header) {
  MUSTER_ASSIGN(const Json json, ParseJson(text));
  MUSTER_ASSIGN(header, HeaderOf(json));
  JsonReader reader(json);
  if (header.type == "TokenCreated") return ReadCreated(reader);
  if (header.type == "TokenRedeemed") return ReadRedeemed(reader);
  return InvalidArgument("unknown fact '{}'", header.type);
}

}  // namespace

Status TokenUnknown() { return WithReason(NotFound("no such join token"), Reason::kTOKEN_UNKNOWN); }

StatusOr<TokenFacts> Decide(const CreateToken& event, Timestamp now) {
  if (event.uses == 0 || event.uses > kMaxUses) {
    return InvalidField("uses", "must be 1 to {}", kMaxUses);
  }
  if (event.lifetime <= Duration(0) || event.lifetime > kMaxLifetime) {
    return InvalidField("lifetime", "must be positive and at most 366d");
  }
  if (!event.name_prefix.empty() && !CheckDeviceName(event.name_prefix).ok()) {
    return InvalidField("name_prefix", "cannot begin a device's name");
  }
  MUSTER_TRY(CheckLabels(event.labels));
  return TokenFacts{TokenCreated{event.id, event.secret_hash, event.uses, now + event.lifetime,
                                 event.name_prefix, event.labels}};
}

StatusOr<TokenFacts> Decide(const Token& token, const Names& names, const RedeemToken& event,
                            Timestamp now) {
  // First, so that nobody learns anything of a token without its secret.
  if (!SameDigest(token.created.secret_hash, event.secret_hash)) return TokenUnknown();
  if (now >= token.created.expires) {
    return WithReason(FailedPrecondition("the join token has expired"), Reason::kTOKEN_EXPIRED);
  }
  MUSTER_TRY(CheckName(token, names, event));
  if (token.redeemed.contains(event.identity_key)) return TokenFacts{};
  if (token.redeemed.size() >= token.created.uses) {
    return WithReason(ResourceExhausted("the join token has been used up"), Reason::kTOKEN_USED);
  }
  TokenRedeemed fact{token.created.id, event.identity_key, event.device_id, event.device_name,
                     token.created.labels};
  fact.labels.insert(event.labels.begin(), event.labels.end());  // The token's own stay.
  MUSTER_TRY(CheckLabels(fact.labels));
  return TokenFacts{std::move(fact)};
}

void Apply(std::map<TokenId, Token>& tokens, Names& names, const TokenFact& fact,
           std::string_view by) {
  Token& token = tokens[IdOf(fact)];
  ++token.facts;
  std::visit(Overloaded{[&](const TokenCreated& f) {
                          token.created = f;
                          token.created_by = std::string(by);
                        },
                        [&](const TokenRedeemed& f) {
                          token.redeemed.insert_or_assign(f.identity_key, f);
                          names.keys.insert_or_assign(f.device_name, f.identity_key);
                          names.names.insert_or_assign(f.identity_key, f.device_name);
                        }},
             fact);
}

std::string StreamOf(const TokenId& id) { return "token/" + id.value(); }

TokenId IdOf(const TokenFact& fact) {
  return std::visit([](const auto& f) { return f.id; }, fact);
}

StatusOr<std::string> EncodeTokenFact(const TokenFact& fact, std::string_view by, Timestamp at) {
  return std::visit(
      [&](const auto& f) {
        return EncodeFact({TypeOf(f), std::string(by), at}, BodyOf(f));
      },
      fact);
}

StatusOr<TokenFact> DecodeTokenFact(std::string_view text, FactHeader& header) {
  auto fact = Decode(text, header);
  if (!fact.ok()) return DataLoss("a token's fact: {}", MessageOf(fact.status()));
  return fact;
}

}  // namespace muster::authority
