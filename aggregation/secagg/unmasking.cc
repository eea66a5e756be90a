#include "aggregation/secagg/unmasking.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "aggregation/secagg/dealing.h"
#include "aggregation/secagg/shamir.h"
#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {

Status ReadDealt(const SpooledShares& spooled, Member dealer, Member holder,
                 std::span<std::byte> out) {
  return spooled(dealer, kShareKeysHead + holder * kDealtBytes, out);
}

Unmasking::Unmasking(SharedSet shared, MemberSet survivors, const Crypto& crypto, Defences defences)
    : shared_(std::move(shared)),
      survivors_(std::move(survivors)),
      crypto_(&crypto),
      defences_(defences),
      asked_(shared_.cohort->devices()),
      liars_(shared_.cohort->devices()) {
  for (std::size_t rank = 0; const Member dealer : shared_.members.Members()) {
    const bool survived = survivors_.Contains(dealer);
    const SecretKind kind = survived ? SecretKind::kSelf : SecretKind::kMaskKey;
    if (survived || shared_.cohort->graph.DegreeIn(dealer, survivors_) > 0) {
      needed_.push_back({dealer, kind, rank, {}, 0});
      asked_.Insert(dealer);
    }
    ++rank;
  }
}

StatusOr<Unmasking> Unmasking::Begin(SharedSet shared, MemberSet survivors,
                                     const SpooledShares& spooled, const Crypto& crypto,
                                     Defences defences) {
  Unmasking out(std::move(shared), std::move(survivors), crypto, defences);
  Bytes dealt(out.shared_.cohort->devices() * kDealtBytes);
  for (Needed& needed : out.needed_) {
    MUSTER_TRY(ReadDealt(spooled, needed.dealer, 0, dealt));
    needed.dealt.resize(out.shared_.cohort->devices());
    for (const Member holder : out.survivors_.Members())
      needed.dealt[holder] =
          ToldIn(ByteView(dealt).subspan(holder * kDealtBytes, kDealtBytes), needed.kind);
  }
  return out;
}

Status Unmasking::Add(const UnmaskReply& reply) {
  if (answers_.contains(reply.from)) return Ok();
  MUSTER_TRY(CheckReply(reply));
  MUSTER_ASSIGN(Answer answer, Read(reply));
  for (std::size_t i = 0; i < needed_.size(); ++i) needed_[i].shares += answer.row[i] ? 1 : 0;
  answers_.emplace(reply.from, std::move(answer));
  return Ok();
}

Status Unmasking::CheckReply(const UnmaskReply& reply) const {
  const Cohort& cohort = *shared_.cohort;
  if (!survivors_.Contains(reply.from) || liars_.Contains(reply.from))
    return Refused(Violation::kOUTSIDER, "member {} is not asked for shares", reply.from);
  if (!reply.about.IsSubsetOf(asked_))
    return Refused(Violation::kSET_INVALID, "shares of members that were not asked for");
  const Bytes text =
      ReplyText(cohort.context, shared_.hash, survivors_, reply, ShownBy(reply), *crypto_);
  if (!crypto_->Verify(cohort.At(reply.from).identity, text, reply.signature).ok())
    return Refused(Violation::kSIGNATURE_INVALID, "a reply that member {} did not sign",
                   reply.from);
  return Ok();
}

std::vector<Digest> Unmasking::ShownBy(const UnmaskReply& reply) const {
  std::vector<Digest> shown;
  for (std::size_t rank = 0; const Needed& needed : needed_)
    if (reply.about.Contains(needed.dealer))
      shown.push_back(ShownHash(needed.dealt[reply.from], reply.At(rank++), *crypto_));
  return shown;
}

StatusOr<Unmasking::Answer> Unmasking::Read(const UnmaskReply& reply) {
  const bool at_once = shared_.cohort->devices() <= kProveAtOnce;
  Answer answer{reply.about, {}, reply.signature};
  answer.row.resize(needed_.size());
  for (std::size_t i = 0, rank = 0; i < needed_.size(); ++i) {
    if (!reply.about.Contains(needed_[i].dealer)) continue;
    StatusOr<Share> share = Share::Parse(reply.At(rank++));
    Status status = share.status();
    if (status.ok() && at_once) status = CheckShare(reply.from, needed_[i], *share);
    if (!status.ok()) {
      NameLiar(reply, i);
      return status;
    }
    answer.row[i] = *std::move(share);
  }
  return answer;
}

Status Unmasking::CheckShare(Member holder, const Needed& needed, const Share& share) const {
  if (!defences_.share_lists || FingerprintOf(shared_.cohort->context, needed.dealer, holder,
                                              needed.kind, share, *crypto_) == needed.dealt[holder])
    return Ok();
  return Refused(Violation::kSHARE_WRONG, "member {}'s share of {} is not the one that was dealt",
                 holder, needed.dealer);
}

// What a judge needs: the share with the fingerprint that the holder signed beside it, the hashes
// of the others, and the signature over all.
void Unmasking::NameLiar(const UnmaskReply& reply, std::size_t index) {
  const Needed& needed = needed_[index];
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < index; ++i) rank += reply.about.Contains(needed_[i].dealer) ? 1 : 0;
  WireWriter evidence;
  evidence.Put(reply.from).Put(needed.dealer).Set(reply.about).Put(rank);
  evidence.Raw(needed.dealt[reply.from]).Raw(reply.At(rank));
  for (const Digest& hash : ShownBy(reply)) evidence.Raw(hash.bytes());
  evidence.Raw(reply.signature);
  liars_.Insert(reply.from);
  named_.push_back({reply.from, Violation::kSHARE_WRONG, std::move(evidence).Take()});
}

bool Unmasking::Ready() const {
  const std::size_t t = shared_.cohort->parameters.threshold;
  return answers_.size() >= t && std::all_of(needed_.begin(), needed_.end(),
                                             [t](const Needed& n) { return n.shares >= t; });
}

MemberSet Unmasking::Awaited() const {
  MemberSet out = survivors_.Minus(liars_);
  for (const auto& [holder, answer] : answers_) out.Erase(holder);
  return out;
}

StatusOr<OpenedSecrets> Unmasking::Open() {
  if (!Ready())
    return Refused(Violation::kTOO_FEW_MEMBERS, "{} replies do not open every secret, t = {}",
                   answers_.size(), shared_.cohort->parameters.threshold);
  OpenedSecrets out;
  for (std::size_t i = 0; i < needed_.size(); ++i) {
    MUSTER_ASSIGN(Secret secret, OpenOne(i));
    (needed_[i].kind == SecretKind::kSelf ? out.selves : out.mask_keys)
        .push_back({needed_[i].dealer, std::move(secret)});
  }
  return out;
}

StatusOr<Secret> Unmasking::OpenOne(std::size_t index) {
  const Needed& needed = needed_[index];
  for (;;) {
    StatusOr<Secret> secret = Interpolate(index);
    const Status status = secret.ok() ? CheckSecret(needed, *secret) : secret.status();
    if (status.ok()) return secret;
    if (!DropLiars(index)) {  // With every share proven, only the dealer is left to blame.
      named_.push_back({needed.dealer, Violation::kDEALING_INCONSISTENT, {}});
      return Refused(Violation::kDEALING_INCONSISTENT,
                     "member {}'s shares do not give what it promised", needed.dealer);
    }
    if (!Ready()) return Unavailable("shares were wrong; others are needed in their place");
  }
}

StatusOr<Secret> Unmasking::Interpolate(std::size_t index) {
  const std::size_t t = shared_.cohort->parameters.threshold;
  std::vector<std::uint32_t> holders;
  std::vector<Share> shares;
  for (const auto& [holder, answer] : answers_) {
    if (holders.size() == t) break;
    if (!answer.row[index]) continue;
    holders.push_back(holder + 1);
    shares.emplace_back(answer.row[index]->Reveal());
  }
  if (!interpolator_ || holders != interpolated_) {
    MUSTER_ASSIGN(Interpolator made, Interpolator::Make(holders));
    interpolator_.emplace(std::move(made));
    interpolated_ = std::move(holders);
  }
  return interpolator_->Reconstruct(shares);
}

Status Unmasking::CheckSecret(const Needed& needed, const Secret& secret) const {
  if (!defences_.secret_checks) return Ok();
  const Cohort& cohort = *shared_.cohort;
  if (needed.kind == SecretKind::kSelf) {
    if (CommitmentTo(cohort.context, needed.dealer, secret, *crypto_) ==
        shared_.promises[needed.rank].commitment)
      return Ok();
  } else {
    MUSTER_ASSIGN(const AgreementPublic key, crypto_->AgreementPublicOf(secret));
    if (key == cohort.At(needed.dealer).mask_key) return Ok();
  }
  return Refused(Violation::kDEALING_INCONSISTENT,
                 "member {}'s shares do not give what it promised", needed.dealer);
}

// Names those whose share of this secret is wrong and forgets what they sent; whether there were
// any.
bool Unmasking::DropLiars(std::size_t index) {
  const std::size_t before = answers_.size();
  std::erase_if(answers_, [&](const auto& entry) {
    const auto& [holder, answer] = entry;
    if (!answer.row[index] || CheckShare(holder, needed_[index], *answer.row[index]).ok())
      return false;
    NameLiar(ReplyOf(holder, answer), index);
    for (std::size_t i = 0; i < needed_.size(); ++i) needed_[i].shares -= answer.row[i] ? 1 : 0;
    return true;
  });
  return answers_.size() < before;
}

// As it came.
UnmaskReply Unmasking::ReplyOf(Member holder, const Answer& answer) {
  UnmaskReply reply{holder, answer.about, {}, answer.signature};
  std::array<std::byte, Share::kBytes> bytes;
  for (const std::optional<Share>& share : answer.row) {
    if (!share) continue;
    share->Write(bytes);
    reply.shares.insert(reply.shares.end(), bytes.begin(), bytes.end());
  }
  return reply;
}

std::vector<Named> Unmasking::Undealt() const {
  const std::size_t t = shared_.cohort->parameters.threshold;
  std::vector<Named> out;
  if (answers_.size() < t) return out;
  for (const Needed& needed : needed_)
    if (needed.shares < t) out.push_back({needed.dealer, Violation::kDEALING_INCONSISTENT, {}});
  return out;
}

namespace {

// A vanished device's mask neighbours among the survivors: whose masks the sum still has.
std::vector<Member> PartnersOf(const SharedSet& shared, const MemberSet& survivors,
                               Member vanished) {
  std::vector<Member> out = shared.cohort->graph.NeighboursOf(vanished);
  std::erase_if(out, [&](Member other) { return !survivors.Contains(other); });
  return out;
}

// The elements of [0, size) that fall into a range which begins `before` in front of them.
template <typename T>
std::span<const T> Within(SeedRange range, std::size_t before, const std::vector<T>& all) {
  const auto cut = [&](std::size_t at) {
    return std::min(at > before ? at - before : 0, all.size());
  };
  return std::span(all).subspan(cut(range.begin), cut(range.end) - cut(range.begin));
}
}  // namespace

std::size_t CountSeedsToRemove(const SharedSet& shared, const MemberSet& survivors,
                               const OpenedSecrets& opened) {
  std::size_t count = opened.selves.size();
  for (const OpenedSecrets::Of& key : opened.mask_keys)
    count += shared.cohort->graph.DegreeIn(key.member, survivors);
  return count;
}

StatusOr<std::vector<MaskSeed>> SeedsToRemove(const SharedSet& shared, const MemberSet& survivors,
                                              const OpenedSecrets& opened, SeedRange range,
                                              const Crypto& crypto) {
  std::vector<MaskSeed> out;
  for (const OpenedSecrets::Of& self : Within(range, 0, opened.selves)) {
    MUSTER_ASSIGN(MaskSeed seed,
                  SelfMask(*shared.cohort, self.member, self.secret, Sign::kSubtract, crypto));
    out.push_back(std::move(seed));
  }
  std::size_t after = opened.selves.size();
  for (const OpenedSecrets::Of& key : opened.mask_keys) {
    const std::size_t before = after;
    after += shared.cohort->graph.DegreeIn(key.member, survivors);
    if (after <= range.begin || range.end <= before) continue;  // Listing them costs more.
    const std::vector<Member> partners = PartnersOf(shared, survivors, key.member);
    // What the vanished device would have added is what its neighbours' masks still lack.
    MUSTER_ASSIGN(std::vector<MaskSeed> seeds,
                  PairMasks(*shared.cohort, shared.hash, key.member, key.secret,
                            Within(range, before, partners), crypto));
    std::move(seeds.begin(), seeds.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace muster::aggregation::secagg
