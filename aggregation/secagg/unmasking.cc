#include "aggregation/secagg/unmasking.h"

#include <algorithm>

#include "aggregation/secagg/dealing.h"
#include "aggregation/secagg/shamir.h"
#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {

Unmasking::Unmasking(SharedSet shared, MemberSet survivors, const Crypto& crypto, Defences defences)
    : shared_(std::move(shared)),
      survivors_(std::move(survivors)),
      crypto_(crypto),
      defences_(defences),
      proving_(shared_.cohort->devices() <= kProveAtOnce),
      liars_(shared_.cohort->devices()) {
  for (std::size_t rank = 0; const Member dealer : shared_.members.Members()) {
    const bool survived = survivors_.Contains(dealer);
    if (survived || shared_.cohort->graph.DegreeIn(dealer, survivors_) > 0)
      needed_.push_back({dealer, survived ? SecretKind::kSelf : SecretKind::kMaskKey, rank});
    ++rank;
  }
}

Status Unmasking::Add(const UnmaskReply& reply) {
  if (rows_.contains(reply.from)) return Ok();
  MUSTER_TRY(CheckReply(reply));
  MUSTER_ASSIGN(Row row, ReadReply(reply));
  rows_.emplace(reply.from, std::move(row));
  return Ok();
}

Status Unmasking::CheckReply(const UnmaskReply& reply) const {
  const Cohort& cohort = *shared_.cohort;
  if (!survivors_.Contains(reply.from) || liars_.Contains(reply.from))
    return Refused(Violation::kOUTSIDER, "member {} is not asked for shares", reply.from);
  MemberSet asked(cohort.devices());
  for (const Needed& needed : needed_) asked.Insert(needed.dealer);
  if (!reply.about.IsSubsetOf(asked))
    return Refused(Violation::kSET_INVALID, "shares of members that were not asked for");
  const Bytes text = ReplyText(cohort.context, shared_.hash, survivors_, reply, crypto_);
  if (!crypto_.Verify(cohort.At(reply.from).identity, text, reply.signature).ok())
    return Refused(Violation::kSIGNATURE_INVALID, "a reply that member {} did not sign",
                   reply.from);
  return Ok();
}

StatusOr<Unmasking::Row> Unmasking::ReadReply(const UnmaskReply& reply) {
  Row row(needed_.size());
  for (std::size_t i = 0, rank = 0; i < needed_.size(); ++i) {
    const Needed& needed = needed_[i];
    if (!reply.about.Contains(needed.dealer)) continue;
    const ByteView opening = reply.At(static_cast<std::uint32_t>(rank++));
    Status status;
    if (proving_ && defences_.share_paths)
      status = CheckOpening(shared_.cohort->context, needed.dealer, reply.from, needed.kind,
                            shared_.promises[needed.rank].root, opening, crypto_);
    StatusOr<Share> share = ShareIn(opening);
    if (status.ok() && !share.ok()) status = share.status();
    if (!status.ok()) {
      liars_.Insert(reply.from);
      named_.push_back(WrongShare(reply, needed.dealer, static_cast<std::uint32_t>(rank - 1)));
      return status;
    }
    row[i] = *std::move(share);
  }
  return row;
}

// What a judge needs: the opening, the hashes of the others, and the signature over all.
Named Unmasking::WrongShare(const UnmaskReply& reply, Member dealer, std::uint32_t rank) const {
  WireWriter evidence;
  evidence.Put(reply.from).Put(dealer).Set(reply.about).Put(rank).Sized(reply.At(rank));
  for (std::uint32_t i = 0; i < reply.about.size(); ++i)
    evidence.Raw(crypto_.Sha256(reply.At(i)).bytes());
  evidence.Raw(reply.signature);
  return {reply.from, Violation::kSHARE_WRONG, std::move(evidence).Take()};
}

bool Unmasking::Ready() const {
  const std::size_t t = shared_.cohort->parameters.threshold;
  for (std::size_t i = 0; i < needed_.size(); ++i) {
    std::size_t shares = 0;
    for (const auto& [holder, row] : rows_) shares += row[i].has_value() ? 1 : 0;
    if (shares < t) return false;
  }
  return rows_.size() >= t;
}

MemberSet Unmasking::Awaited() const {
  MemberSet out = survivors_.Minus(liars_);
  for (const auto& [holder, row] : rows_) out.Erase(holder);
  return out;
}

StatusOr<OpenedSecrets> Unmasking::Open() {
  if (!Ready())
    return Refused(Violation::kTOO_FEW_MEMBERS, "{} replies do not open every secret, t = {}",
                   rows_.size(), shared_.cohort->parameters.threshold);
  OpenedSecrets out;
  Status failed;
  for (std::size_t i = 0; i < needed_.size(); ++i) {
    const Needed& needed = needed_[i];
    StatusOr<Secret> secret = OpenOne(i);
    Status status = secret.ok() ? CheckSecret(needed, *secret) : secret.status();
    if (!status.ok()) {
      MUSTER_TRY(Blame(needed));
      failed = std::move(status);
      break;
    }
    (needed.kind == SecretKind::kSelf ? out.selves : out.mask_keys)
        .push_back({needed.dealer, *std::move(secret)});
  }
  if (failed.ok()) return out;
  proving_ = true;
  rows_.clear();
  return Unavailable("a share is wrong; the replies are needed again to name who sent it");
}

StatusOr<Secret> Unmasking::OpenOne(std::size_t index) {
  const std::size_t t = shared_.cohort->parameters.threshold;
  std::vector<std::uint32_t> holders;
  std::vector<Share> shares;
  for (const auto& [holder, row] : rows_) {
    if (holders.size() == t) break;
    if (!row[index]) continue;
    holders.push_back(holder + 1);
    shares.emplace_back(row[index]->Reveal());
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
    if (CommitmentTo(cohort.context, needed.dealer, secret, crypto_) ==
        shared_.promises[needed.rank].commitment)
      return Ok();
  } else {
    MUSTER_ASSIGN(const AgreementPublic key, crypto_.AgreementPublicOf(secret));
    if (key == cohort.At(needed.dealer).mask_key) return Ok();
  }
  return Refused(Violation::kDEALING_INCONSISTENT,
                 "member {}'s shares do not give what it promised", needed.dealer);
}

// With every share proven, only the dealer is left to blame.
Status Unmasking::Blame(const Needed& needed) {
  if (!proving_) return Ok();
  named_.push_back({needed.dealer, Violation::kDEALING_INCONSISTENT, {}});
  return Refused(Violation::kDEALING_INCONSISTENT,
                 "member {}'s shares do not give what it promised", needed.dealer);
}

std::vector<Named> Unmasking::Undealt() const {
  const std::size_t t = shared_.cohort->parameters.threshold;
  std::vector<Named> out;
  if (rows_.size() < t) return out;
  for (std::size_t i = 0; i < needed_.size(); ++i) {
    std::size_t shares = 0;
    for (const auto& [holder, row] : rows_) shares += row[i].has_value() ? 1 : 0;
    if (shares < t) out.push_back({needed_[i].dealer, Violation::kDEALING_INCONSISTENT, {}});
  }
  return out;
}

StatusOr<MaskSeed> SeedToRemove(const SharedSet& shared, const OpenedSecrets::Of& self,
                                const Crypto& crypto) {
  return SelfMask(*shared.cohort, self.member, self.secret, Sign::kSubtract, crypto);
}

StatusOr<std::vector<MaskSeed>> SeedsToRemove(const SharedSet& shared, const MemberSet& survivors,
                                              const OpenedSecrets::Of& mask_key,
                                              const Crypto& crypto) {
  // What the vanished device would have added is what its neighbours' masks still lack.
  return PairMasks(*shared.cohort, shared.hash, mask_key.member, mask_key.secret, survivors,
                   crypto);
}

}  // namespace muster::aggregation::secagg
