#pragma once
// What the enrolment authority says of a device: the word that the coordinator cannot give itself.
// Signing and verifying are done elsewhere; here are the bytes.
#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster {

using IdentityKey = std::array<std::byte, 32>;  // Ed25519 public key.

struct Statement {
  DeviceId device_id;  // DeviceIdOf(identity_key).
  DeviceName device_name;
  std::map<std::string, std::string> labels;
  IdentityKey identity_key{};
  Timestamp not_after;  // Enrolment with it is refused from then on (STATEMENT_EXPIRED).
  friend bool operator==(const Statement&, const Statement&) = default;
};

// Hex of the first 16 bytes of SHA-256 of the key.
DeviceId DeviceIdOf(const IdentityKey& key, const Hasher& hasher);

// INVALID_ARGUMENT (NAME_INVALID) unless `name` is [a-z0-9][a-z0-9._-]{0,62}.
Status CheckDeviceName(std::string_view name);
// INVALID_ARGUMENT (FIELD_INVALID, at "labels"): at most 32 labels, keys as device names are,
// values of at most 128 printable ASCII characters.
Status CheckLabels(const std::map<std::string, std::string>& labels);

// Canonical JSON. INVALID_ARGUMENT when the name or the labels are not as above.
StatusOr<std::string> EncodeStatement(const Statement& statement);
// The inverse, for foreign bytes: INVALID_ARGUMENT (STATEMENT_INVALID) on anything that
// EncodeStatement would not have written in just these bytes, or on an id that is not the key's.
StatusOr<Statement> ParseStatement(std::string_view text, const Hasher& hasher);

// What is signed: the domain "muster/statement/1\n", then the statement. No other signature of the
// authority's key begins so.
std::string StatementBytesToSign(std::string_view statement);
// What a device signs with its identity key to prove that it has it: "muster/attest/1", the
// token's id and the device's name. Token ids all have one length, so no two pairs read the same.
std::string AttestBytesToSign(std::string_view token_id, std::string_view device_name);

// A statement with the authority's signature over it, as one string of bytes: u32 little-endian
// length of the statement, the statement, the signature.
struct SignedStatement {
  std::string statement;
  Signature signature{};
  friend bool operator==(const SignedStatement&, const SignedStatement&) = default;
};
Bytes PackStatement(std::string_view statement, const Signature& signature);
// The inverse, for foreign bytes: INVALID_ARGUMENT (STATEMENT_INVALID) unless the length fits.
StatusOr<SignedStatement> ParsePackedStatement(ByteView packed);

// The statement under the device's pseudonym alone: its id for its name, and no labels. It is what
// others get to read: cohorts and the log.
Statement Voucher(const Statement& statement);
bool IsVoucher(const Statement& statement);

// Whether this authority vouches for an identity key, by a packed voucher: UNAUTHENTICATED
// (STATEMENT_INVALID) when it is malformed, about another key, names the device, or is not signed
// by `authority`, (STATEMENT_EXPIRED) when it is no longer good. `crypto` and `clock` outlive the
// function; safe from any thread. Cost: one Ed25519 verification.
std::function<Status(const IdentityKey& identity, ByteView packed)> PinnedAuthority(
    const SigningPublic& authority, const Crypto& crypto, const Clock& clock);

}  // namespace muster
