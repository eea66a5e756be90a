#pragma once
// The protocol's messages as values, and their one encoding. Transports carry the bytes unread.
// Parsers take foreign bytes: INVALID_ARGUMENT (MALFORMED) on anything but what the encoder writes.
// docs/SECURE_AGGREGATION.md has the sequence; nothing here checks a signature.
#include <array>
#include <cstdint>
#include <vector>

#include "aggregation/secagg/members.h"
#include "aggregation/secagg/shamir.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

inline constexpr std::uint32_t kMostMembers = 1024;
inline constexpr std::size_t kMostStatementBytes = 2048;

// Device -> server: who I am, and two fresh keys. Also a member's line in the roster.
struct AdvertiseKeys {
  SigningPublic identity{};
  Bytes statement;  // The authority's word about `identity`, with its signature; opaque here.
  AgreementPublic seal_key{};  // Shares to this device are sealed for it.
  AgreementPublic mask_key{};  // Pairwise masks come from it.
  Signature signature{};       // AdvertiseText.
  friend bool operator==(const AdvertiseKeys&, const AdvertiseKeys&) = default;
};

// Server -> device: U1, ascending by device id; a member's index is its place.
struct Roster {
  std::vector<AdvertiseKeys> members;
  friend bool operator==(const Roster&, const Roster&) = default;
};

// What a dealer promised about its shares; public.
struct DealerPromise {
  Digest commitment;  // To its self-mask secret b.
  Digest dealt;       // SHA-256 of ShareKeys::dealt.
  friend bool operator==(const DealerPromise&, const DealerPromise&) = default;
};

// What shows that a share is the one that was dealt: FingerprintOf. To frame a dealer or a holder
// takes another share with a given fingerprint, so 16 bytes are enough.
inline constexpr std::size_t kFingerprintBytes = 16;
using Fingerprint = std::array<std::byte, kFingerprintBytes>;
// A pair of shares, sealed.
inline constexpr std::size_t kSealedBytes = 2 * Share::kBytes + Crypto::kSealTagBytes;
// What one dealer deals one holder: the fingerprints of both shares, which the server reads too,
// then the sealed pair.
inline constexpr std::size_t kDealtBytes = 2 * kFingerprintBytes + kSealedBytes;

// Device -> server: a pair of shares for each member, itself included.
struct ShareKeys {
  Member from = 0;
  std::uint32_t devices = 0;
  DealerPromise promise;
  Signature signature{};  // ShareText.
  Bytes dealt;            // kDealtBytes each, by holder.
  friend bool operator==(const ShareKeys&, const ShareKeys&) = default;
};

// Server -> device: U2, and what each of its members dealt to this device.
struct InboundShares {
  MemberSet shared;                     // U2
  std::vector<DealerPromise> promises;  // By member of U2.
  Bytes dealt;                          // kDealtBytes each, by member of U2.
  friend bool operator==(const InboundShares&, const InboundShares&) = default;
};

// Device -> server: goes before its masked vector.
struct MaskedHeader {
  Member from = 0;
  Digest shared;             // SharedSetHash of the U2 that it masked for.
  std::uint64_t length = 0;  // Of the vector on the wire, in bytes.
  Signature signature{};     // MaskedText.
  friend bool operator==(const MaskedHeader&, const MaskedHeader&) = default;
};

// Server -> device: U3.
struct AgreementRequest {
  MemberSet survivors;
  friend bool operator==(const AgreementRequest&, const AgreementRequest&) = default;
};

// Device -> server: I agree to this U3, and to no other.
struct Agreement {
  Member from = 0;
  Signature signature{};  // AgreementText.
  friend bool operator==(const Agreement&, const Agreement&) = default;
};

// Server -> device: U3, who agreed to it (nobody in the curious profile), and of each survivor a
// word that it masked for one U2: its agreement, or its header's signature if it is no signer.
struct UnmaskRequest {
  MemberSet survivors;
  MemberSet signers;
  std::vector<Signature> signatures;  // By member of U3; none without signers.
  friend bool operator==(const UnmaskRequest&, const UnmaskRequest&) = default;
};

// Device -> server: of each survivor a share of b, of each who vanished a share of its mask key.
struct UnmaskReply {
  Member from = 0;
  MemberSet about;                      // Whose shares these are.
  Bytes shares;                         // Share::kBytes each, by member of `about`.
  Signature signature{};                // ReplyText.
  ByteView At(std::size_t rank) const;  // Of the member at that place in `about`.
  friend bool operator==(const UnmaskReply&, const UnmaskReply&) = default;
};

// Where `dealt` begins in an encoded ShareKeys, so that a spooled one is read in part.
inline constexpr std::size_t kShareKeysHead = 1 + 4 + 4 + 2 * 32 + 64;

Bytes Encode(const AdvertiseKeys& message);
Bytes Encode(const Roster& message);
Bytes Encode(const ShareKeys& message);
Bytes Encode(const InboundShares& message);
Bytes Encode(const MaskedHeader& message);
Bytes Encode(const AgreementRequest& message);
Bytes Encode(const Agreement& message);
Bytes Encode(const UnmaskRequest& message);
Bytes Encode(const UnmaskReply& message);

StatusOr<AdvertiseKeys> ParseAdvertiseKeys(ByteView bytes);
StatusOr<Roster> ParseRoster(ByteView bytes);
StatusOr<ShareKeys> ParseShareKeys(ByteView bytes);
StatusOr<InboundShares> ParseInboundShares(ByteView bytes);
StatusOr<MaskedHeader> ParseMaskedHeader(ByteView bytes);
StatusOr<AgreementRequest> ParseAgreementRequest(ByteView bytes);
StatusOr<Agreement> ParseAgreement(ByteView bytes);
StatusOr<UnmaskRequest> ParseUnmaskRequest(ByteView bytes);
StatusOr<UnmaskReply> ParseUnmaskReply(ByteView bytes);

}  // namespace muster::aggregation::secagg
