#include "base/statement.h"

#include <algorithm>

#include "base/canonical_json.h"

namespace muster {
namespace {

constexpr std::size_t kMaxStatementBytes = 16 * 1024;
constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxLabels = 32;
constexpr std::size_t kMaxLabelValue = 128;
constexpr std::size_t kMembers = 5;
constexpr std::size_t kLengthBytes = 4;

bool IsName(std::string_view name) {
  constexpr auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kMaxName && letter(name.front()) &&
         std::ranges::all_of(name,
                             [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("statement: {}", what), Reason::kSTATEMENT_INVALID);
}

StatusOr<Statement> Read(const Json& json) {
  JsonReader reader(json);
  Statement statement{DeviceId(reader.Text("device_id")),
                      DeviceName(reader.Text("device_name")),
                      {},
                      {},
                      FromUnixMillis(reader.Integer("not_after"))};
  const std::string key = reader.Text("identity_key");
  const Json& labels = reader.At("labels");
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(const Bytes key_bytes, FromHex(key));
  if (key_bytes.size() != statement.identity_key.size()) {
    return InvalidArgument("identity_key: not 32 bytes");
  }
  std::ranges::copy(key_bytes, statement.identity_key.begin());
  if (!labels.is_object()) return InvalidArgument("labels: not an object");
  for (const auto& [label, value] : labels.items()) {
    if (!value.is_string()) return InvalidArgument("labels: a value is no text");
    statement.labels.emplace(label, value.get<std::string>());
  }
  return statement;
}

}  // namespace

DeviceId DeviceIdOf(const IdentityKey& key, const Hasher& hasher) {
  return DeviceId(hasher.Sha256(key).Hex().substr(0, 32));
}

Status CheckDeviceName(std::string_view name) {
  if (IsName(name)) return Ok();
  return WithReason(
      InvalidArgument("a device's name is 1 to 63 of a-z, 0-9, '.', '_', '-', the first a letter "
                      "or digit"),
      Reason::kNAME_INVALID);
}

Status CheckLabels(const std::map<std::string, std::string>& labels) {
  if (labels.size() > kMaxLabels) return InvalidField("labels", "more than {}", kMaxLabels);
  for (const auto& [key, value] : labels) {
    if (!IsName(key)) return InvalidField("labels", "a key is not [a-z0-9][a-z0-9._-]{{0,62}}");
    const bool printable = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
    if (value.size() > kMaxLabelValue || !printable) {
      return InvalidField("labels", "the value of '{}' is too long or not printable ASCII", key);
    }
  }
  return Ok();
}

StatusOr<std::string> EncodeStatement(const Statement& statement) {
  MUSTER_TRY(CheckDeviceName(statement.device_name.value()));
  MUSTER_TRY(CheckLabels(statement.labels));
  return CanonicalJson(Json{{"device_id", statement.device_id.value()},
                            {"device_name", statement.device_name.value()},
                            {"identity_key", ToHex(statement.identity_key)},
                            {"labels", Json(statement.labels)},
                            {"not_after", UnixMillis(statement.not_after)}});
}

StatusOr<Statement> ParseStatement(std::string_view text, const Hasher& hasher) {
  if (text.size() > kMaxStatementBytes) return Invalid("too long");
  const auto json = ParseJson(text, 4);
  if (!json.ok()) return Invalid("unreadable JSON");
  if (!json->is_object() || json->size() != kMembers) return Invalid("not its five members");
  const auto statement = Read(*json);
  if (!statement.ok()) return Invalid(MessageOf(statement.status()));
  const auto again = EncodeStatement(*statement);
  if (!again.ok()) return Invalid(MessageOf(again.status()));
  if (*again != text) return Invalid("not in canonical form");
  if (statement->device_id != DeviceIdOf(statement->identity_key, hasher)) {
    return Invalid("the id is not that of the key");
  }
  return *statement;
}

std::string StatementBytesToSign(std::string_view statement) {
  return fmt::format("muster/statement/1\n{}", statement);
}

std::string AttestBytesToSign(std::string_view token_id, std::string_view device_name) {
  return fmt::format("muster/attest/1{}{}", token_id, device_name);
}

Bytes PackStatement(std::string_view statement, const Signature& signature) {
  Bytes packed;
  packed.reserve(kLengthBytes + statement.size() + signature.size());
  const auto length = static_cast<std::uint32_t>(statement.size());
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    packed.push_back(static_cast<std::byte>(length >> (8 * i)));
  const ByteView text = AsBytes(statement);
  packed.insert(packed.end(), text.begin(), text.end());
  packed.insert(packed.end(), signature.begin(), signature.end());
  return packed;
}

StatusOr<SignedStatement> ParsePackedStatement(ByteView packed) {
  SignedStatement out;
  if (packed.size() < kLengthBytes + out.signature.size()) return Invalid("cut short");
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length |= std::to_integer<std::uint32_t>(packed[i]) << (8 * i);
  packed = packed.subspan(kLengthBytes);
  if (length != packed.size() - out.signature.size()) return Invalid("its length is another");
  const auto* text = reinterpret_cast<const char*>(packed.data());
  out.statement.assign(text, text + length);
  std::ranges::copy(packed.subspan(length), out.signature.begin());
  return out;
}

Statement Voucher(const Statement& statement) {
  Statement out = statement;
  out.device_name = DeviceName(statement.device_id.value());
  out.labels.clear();
  return out;
}

bool IsVoucher(const Statement& statement) {
  return statement.device_name.value() == statement.device_id.value() && statement.labels.empty();
}

std::function<Status(const IdentityKey& identity, ByteView packed)> PinnedAuthority(
    const SigningPublic& authority, const Crypto& crypto, const Clock& clock) {
  return [authority, &crypto, &clock](const IdentityKey& identity, ByteView packed) -> Status {
    const auto refused = [](std::string_view what, Reason reason) {
      return WithReason(Unauthenticated("statement: {}", what), reason);
    };
    const auto parts = ParsePackedStatement(packed);
    if (!parts.ok()) return refused(MessageOf(parts.status()), Reason::kSTATEMENT_INVALID);
    const std::string text = StatementBytesToSign(parts->statement);
    if (!crypto.Verify(authority, AsBytes(text), parts->signature).ok())
      return refused("not signed by the enrolment authority", Reason::kSTATEMENT_INVALID);
    const auto statement = ParseStatement(parts->statement, crypto);
    if (!statement.ok()) return refused(MessageOf(statement.status()), Reason::kSTATEMENT_INVALID);
    if (statement->identity_key != identity)
      return refused("about another identity key", Reason::kSTATEMENT_INVALID);
    if (!IsVoucher(*statement))
      return refused("names the device, and others would read it; enrol the device anew",
                     Reason::kSTATEMENT_INVALID);
    if (clock.Now() >= statement->not_after)
      return refused("no longer good", Reason::kSTATEMENT_EXPIRED);
    return Ok();
  };
}

}  // namespace muster
