#include "aggregation/secagg/messages.h"

#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {
namespace {

// The first byte of each message, so that none reads as another.
enum class Tag : std::uint8_t {
  kAdvertiseKeys = 1,
  kRoster,
  kShareKeys,
  kInboundShares,
  kMaskedHeader,
  kAgreementRequest,
  kAgreement,
  kUnmaskRequest,
  kUnmaskReply,
};

WireWriter Begin(Tag tag) {
  WireWriter out;
  out.Put(static_cast<std::uint8_t>(tag));
  return out;
}
WireReader Open(ByteView bytes, Tag tag) {
  WireReader in(bytes);
  if (in.Get<std::uint8_t>() != static_cast<std::uint8_t>(tag)) in.Fail("another message");
  return in;
}

void Put(WireWriter& out, const AdvertiseKeys& m) {
  out.Raw(m.identity).Sized(m.statement).Raw(m.seal_key).Raw(m.mask_key).Raw(m.signature);
}
AdvertiseKeys GetEntry(WireReader& in) {
  AdvertiseKeys m;
  m.identity = in.Fixed<32>();
  const ByteView statement = in.Sized(kMostStatementBytes);
  m.statement.assign(statement.begin(), statement.end());
  m.seal_key = in.Fixed<32>();
  m.mask_key = in.Fixed<32>();
  m.signature = in.Fixed<64>();
  return m;
}

void Put(WireWriter& out, const DealerPromise& promise) {
  out.Raw(promise.commitment.bytes()).Raw(promise.dealt.bytes());
}
DealerPromise GetPromise(WireReader& in) {
  const Digest commitment(in.Fixed<32>());
  return {commitment, Digest(in.Fixed<32>())};
}

Member GetMember(WireReader& in) {
  const auto member = in.Get<std::uint32_t>();
  if (member >= kMostMembers) in.Fail("an index is out of range");
  return member;
}
Bytes GetBytes(WireReader& in, std::size_t size) {
  const ByteView raw = in.Raw(size);
  return Bytes(raw.begin(), raw.end());
}

void Put(WireWriter& out, const std::vector<Signature>& signatures) {
  for (const Signature& s : signatures) out.Raw(s);
}
std::vector<Signature> GetSignatures(WireReader& in, std::uint32_t count) {
  std::vector<Signature> out;
  for (; count > 0 && in.ok(); --count) out.push_back(in.Fixed<64>());
  return out;
}
}  // namespace

ByteView UnmaskReply::At(std::size_t rank) const {
  return ByteView(shares).subspan(rank * Share::kBytes, Share::kBytes);
}

Bytes Encode(const AdvertiseKeys& m) {
  WireWriter out = Begin(Tag::kAdvertiseKeys);
  Put(out, m);
  return std::move(out).Take();
}
StatusOr<AdvertiseKeys> ParseAdvertiseKeys(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kAdvertiseKeys);
  AdvertiseKeys m = GetEntry(in);
  MUSTER_TRY(in.Finish("keys"));
  return m;
}

Bytes Encode(const Roster& m) {
  WireWriter out = Begin(Tag::kRoster);
  out.Put(static_cast<std::uint32_t>(m.members.size()));
  for (const AdvertiseKeys& member : m.members) Put(out, member);
  return std::move(out).Take();
}
StatusOr<Roster> ParseRoster(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kRoster);
  Roster m;
  const auto size = in.Get<std::uint32_t>();
  if (size > kMostMembers) in.Fail("too many members");
  for (std::uint32_t i = 0; i < size && in.ok(); ++i) m.members.push_back(GetEntry(in));
  MUSTER_TRY(in.Finish("roster"));
  return m;
}

Bytes Encode(const ShareKeys& m) {
  WireWriter out = Begin(Tag::kShareKeys);
  out.Put(m.from).Put(m.devices);
  Put(out, m.promise);
  out.Raw(m.signature).Raw(m.dealt);
  return std::move(out).Take();
}
StatusOr<ShareKeys> ParseShareKeys(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kShareKeys);
  ShareKeys m;
  m.from = in.Get<std::uint32_t>();
  m.devices = in.Get<std::uint32_t>();
  if (m.devices > kMostMembers || m.from >= m.devices) in.Fail("an index is out of range");
  m.promise = GetPromise(in);
  m.signature = in.Fixed<64>();
  if (in.ok()) m.dealt = GetBytes(in, m.devices * kDealtBytes);
  MUSTER_TRY(in.Finish("shares"));
  return m;
}

Bytes Encode(const InboundShares& m) {
  WireWriter out = Begin(Tag::kInboundShares);
  out.Set(m.shared);
  for (const DealerPromise& promise : m.promises) Put(out, promise);
  out.Raw(m.dealt);
  return std::move(out).Take();
}
StatusOr<InboundShares> ParseInboundShares(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kInboundShares);
  InboundShares m;
  m.shared = in.Set(kMostMembers);
  const std::uint32_t size = m.shared.size();
  for (std::uint32_t i = 0; i < size && in.ok(); ++i) m.promises.push_back(GetPromise(in));
  if (in.ok()) m.dealt = GetBytes(in, size * kDealtBytes);
  MUSTER_TRY(in.Finish("inbound shares"));
  return m;
}

Bytes Encode(const MaskedHeader& m) {
  WireWriter out = Begin(Tag::kMaskedHeader);
  out.Put(m.from).Raw(m.shared.bytes()).Put(m.length).Raw(m.signature);
  return std::move(out).Take();
}
StatusOr<MaskedHeader> ParseMaskedHeader(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kMaskedHeader);
  MaskedHeader m;
  m.from = GetMember(in);
  m.shared = Digest(in.Fixed<32>());
  m.length = in.Get<std::uint64_t>();
  m.signature = in.Fixed<64>();
  MUSTER_TRY(in.Finish("header"));
  return m;
}

Bytes Encode(const AgreementRequest& m) {
  WireWriter out = Begin(Tag::kAgreementRequest);
  out.Set(m.survivors);
  return std::move(out).Take();
}
StatusOr<AgreementRequest> ParseAgreementRequest(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kAgreementRequest);
  AgreementRequest m;
  m.survivors = in.Set(kMostMembers);
  MUSTER_TRY(in.Finish("agreement request"));
  return m;
}

Bytes Encode(const Agreement& m) {
  WireWriter out = Begin(Tag::kAgreement);
  out.Put(m.from).Raw(m.signature);
  return std::move(out).Take();
}
StatusOr<Agreement> ParseAgreement(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kAgreement);
  Agreement m;
  m.from = GetMember(in);
  m.signature = in.Fixed<64>();
  MUSTER_TRY(in.Finish("agreement"));
  return m;
}

Bytes Encode(const UnmaskRequest& m) {
  WireWriter out = Begin(Tag::kUnmaskRequest);
  out.Set(m.survivors).Set(m.signers);
  Put(out, m.signatures);
  return std::move(out).Take();
}
StatusOr<UnmaskRequest> ParseUnmaskRequest(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kUnmaskRequest);
  UnmaskRequest m;
  m.survivors = in.Set(kMostMembers);
  m.signers = in.Set(kMostMembers);
  m.signatures = GetSignatures(in, m.signers.size() > 0 ? m.survivors.size() : 0);
  MUSTER_TRY(in.Finish("unmask request"));
  return m;
}

Bytes Encode(const UnmaskReply& m) {
  WireWriter out = Begin(Tag::kUnmaskReply);
  out.Put(m.from).Set(m.about).Raw(m.shares).Raw(m.signature);
  return std::move(out).Take();
}
StatusOr<UnmaskReply> ParseUnmaskReply(ByteView bytes) {
  WireReader in = Open(bytes, Tag::kUnmaskReply);
  UnmaskReply m;
  m.from = GetMember(in);
  m.about = in.Set(kMostMembers);
  if (in.ok()) m.shares = GetBytes(in, m.about.size() * Share::kBytes);
  m.signature = in.Fixed<64>();
  MUSTER_TRY(in.Finish("unmask reply"));
  return m;
}

}  // namespace muster::aggregation::secagg
