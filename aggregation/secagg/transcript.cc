#include "aggregation/secagg/transcript.h"

#include <algorithm>

#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {
namespace {

// The zero byte ends the step's name, so that no domain is the beginning of another.
WireWriter Domain(std::string_view step) {
  WireWriter out;
  out.Text("muster/secagg/1/").Text(step).Put(std::uint8_t{0});
  return out;
}
WireWriter Domain(std::string_view step, const Context& context) {
  WireWriter out = Domain(step);
  out.Raw(context.task.bytes()).Raw(context.roster.bytes());
  return out;
}
}  // namespace

Digest RosterHash(const Digest& task, const Roster& roster, const Hasher& hasher) {
  WireWriter text = Domain("roster");
  text.Raw(task.bytes()).Raw(Encode(roster));
  return hasher.Sha256(text.bytes());
}

Digest GraphSeed(const Context& context, const Hasher& hasher) {
  return hasher.Sha256(Domain("graph", context).bytes());
}

Digest CommitmentTo(const Context& context, Member member, const Secret& self,
                    const Hasher& hasher) {
  WireWriter text = Domain("commitment", context);
  text.Put(member).Raw(self.Reveal());
  const Secret erased(std::move(text).Take());
  return hasher.Sha256(erased.Reveal());
}

Fingerprint FingerprintOf(const Context& context, Member dealer, Member holder, SecretKind kind,
                          const Share& share, const Hasher& hasher) {
  WireWriter text = Domain("fingerprint", context);
  std::array<std::byte, Share::kBytes> limbs;
  share.Write(limbs);
  text.Put(dealer).Put(holder).Put(static_cast<std::uint8_t>(kind)).Raw(limbs);
  explicit_bzero(limbs.data(), limbs.size());
  const Secret erased(std::move(text).Take());
  const Digest whole = hasher.Sha256(erased.Reveal());
  Fingerprint out;
  std::copy_n(whole.bytes().begin(), out.size(), out.begin());
  return out;
}

Digest SharedSetHash(const Context& context, const MemberSet& shared,
                     const std::vector<DealerPromise>& promises, const Hasher& hasher) {
  WireWriter text = Domain("shared", context);
  text.Set(shared);
  for (const DealerPromise& promise : promises)
    text.Raw(promise.commitment.bytes()).Raw(promise.dealt.bytes());
  return hasher.Sha256(text.bytes());
}

Bytes AdvertiseText(const Digest& task, const AdvertiseKeys& keys) {
  WireWriter text = Domain("advertise");
  text.Raw(task.bytes()).Raw(keys.identity).Raw(keys.seal_key).Raw(keys.mask_key);
  return std::move(text).Take();
}

Bytes ShareText(const Context& context, Member dealer, const DealerPromise& promise) {
  WireWriter text = Domain("share", context);
  text.Put(dealer).Raw(promise.commitment.bytes()).Raw(promise.dealt.bytes());
  return std::move(text).Take();
}

Bytes MaskedText(const Context& context, const MaskedHeader& header) {
  WireWriter text = Domain("masked", context);
  text.Raw(header.shared.bytes()).Put(header.from).Put(header.length);
  return std::move(text).Take();
}

Bytes AgreementText(const Context& context, const Digest& shared, const MemberSet& survivors) {
  WireWriter text = Domain("agreement", context);
  text.Raw(shared.bytes()).Set(survivors);
  return std::move(text).Take();
}

Bytes ReplyText(const Context& context, const Digest& shared, const MemberSet& survivors,
                const UnmaskReply& reply, std::span<const Digest> shown, const Hasher& hasher) {
  WireWriter hashes;
  for (const Digest& hash : shown) hashes.Raw(hash.bytes());
  WireWriter text = Domain("reply", context);
  text.Raw(shared.bytes())
      .Set(survivors)
      .Put(reply.from)
      .Set(reply.about)
      .Raw(hasher.Sha256(hashes.bytes()).bytes());
  return std::move(text).Take();
}

Digest ShownHash(const Fingerprint& told, ByteView share, const Hasher& hasher) {
  std::array<std::byte, kFingerprintBytes + Share::kBytes> text;
  std::copy(share.begin(), share.end(), std::copy(told.begin(), told.end(), text.begin()));
  const Digest hash = hasher.Sha256(text);
  explicit_bzero(text.data(), text.size());
  return hash;
}

Bytes SealInfo(const Context& context, Member from, Member to) {
  WireWriter text = Domain("seal", context);
  text.Put(from).Put(to);
  return std::move(text).Take();
}

Bytes PairMaskInfo(const Context& context, const Digest& shared, Member a, Member b) {
  WireWriter text = Domain("mask", context);
  text.Raw(shared.bytes()).Put(std::min(a, b)).Put(std::max(a, b));
  return std::move(text).Take();
}

Bytes SelfMaskInfo(const Context& context, Member member) {
  WireWriter text = Domain("self", context);
  text.Put(member);
  return std::move(text).Take();
}

}  // namespace muster::aggregation::secagg
