#include "coordinator/secure/secure_sum.h"

#include <algorithm>
#include <utility>

#include "coordinator/secure/spool_tags.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {
// Enough to keep the cores busy; each expands its part of every keystream.
constexpr std::uint64_t kRanges = 8;

// One unmasking: shared by its ranges, and gone with the last, secrets and all.
struct Job {
  std::vector<secagg::MaskSeed> seeds;
  const Crypto& crypto;
  std::shared_ptr<secagg::LaneVector> sum;
  Executor& strand;
  std::function<void(Status)> done;
  absl::Mutex mu;
  std::uint64_t left ABSL_GUARDED_BY(mu) = 0;
  Status status ABSL_GUARDED_BY(mu);

  Status AddTo(secagg::TileRange tiles) const {
    std::vector<std::unique_ptr<Keystream>> streams;
    std::vector<secagg::Mask> masks;
    for (const secagg::MaskSeed& seed : seeds) {
      MUSTER_ASSIGN(streams.emplace_back(), crypto.NewKeystream(seed.seed));
      masks.push_back({streams.back().get(), seed.sign});
    }
    return sum->AddMasks(masks, tiles);
  }
  void Finish(Status range) {
    Status all;
    {
      absl::MutexLock lock(&mu);
      if (status.ok()) status = std::move(range);
      if (--left > 0) return;
      all = status;
    }
    strand.Post([done = std::move(done), all] { done(all); });
  }
};
}  // namespace

void SecureSum::Put(secagg::Member member, ByteView vector, std::function<void(Status)> done) {
  AddEarly(member, vector);
  spool_.Append(VectorTag(member), vector, [this, done = std::move(done)](const Status& kept) {
    if (!kept.ok()) Distrust();
    done(kept);
  });
}

void SecureSum::AddEarly(secagg::Member member, ByteView vector) {
  absl::MutexLock lock(&mu_);
  if (settled_ || doubtful_) return;
  if (!sum_) Begin();
  if (held_.contains(member))
    doubtful_ = true;  // The journal did not take the first one, and this may be another.
  else if (sum_->AddWire(sum_->AllTiles(), vector).ok())
    held_.insert(member);
}

void SecureSum::Distrust() {
  absl::MutexLock lock(&mu_);
  doubtful_ = true;
}

void SecureSum::Begin() {
  sum_.reset();  // Never two of them.
  sum_ = std::make_shared<secagg::LaneVector>(layout_);
  held_.clear();
}

Status SecureSum::Hold(const secagg::MemberSet& members) {
  absl::MutexLock lock(&mu_);
  settled_ = true;
  if (std::exchange(doubtful_, false) || !sum_) Begin();
  std::vector<secagg::Member> pruned;
  for (const secagg::Member member : held_)
    if (!members.Contains(member)) pruned.push_back(member);
  for (const secagg::Member member : pruned) {
    if (ChangeBy(secagg::Sign::kSubtract, member).ok()) continue;
    Begin();  // Its record is not there, or not yet: from the spool, then, and without it.
    break;
  }
  for (const secagg::Member member : members.Members())
    if (!held_.contains(member)) MUSTER_TRY(ChangeBy(secagg::Sign::kAdd, member));
  return Ok();
}

Status SecureSum::ChangeBy(secagg::Sign sign, secagg::Member member) {
  MUSTER_ASSIGN(const std::uint64_t size, spool_.SizeOf(VectorTag(member)));
  Bytes vector(std::min<std::uint64_t>(size, layout_.wire_bytes()));
  MUSTER_TRY(spool_.Read(VectorTag(member), 0, vector));
  MUSTER_TRY(sum_->AddWire(sum_->AllTiles(), vector, sign));
  if (sign == secagg::Sign::kAdd)
    held_.insert(member);
  else
    held_.erase(member);
  return Ok();
}

void SecureSum::Unmask(std::vector<secagg::MaskSeed> seeds, const Crypto& crypto, Executor& pool,
                       Executor& strand, std::function<void(Status)> done) {
  const std::uint64_t tiles = layout_.tiles();
  const std::uint64_t ranges = std::min(kRanges, tiles);
  std::shared_ptr<secagg::LaneVector> sum;
  {
    absl::MutexLock lock(&mu_);
    sum = sum_;
  }
  const std::shared_ptr<Job> job(
      new Job{std::move(seeds), crypto, std::move(sum), strand, std::move(done), {}, ranges, {}});
  for (std::uint64_t i = 0; i < ranges; ++i)
    pool.Post([job, range = secagg::TileRange{tiles * i / ranges, tiles * (i + 1) / ranges}] {
      job->Finish(job->AddTo(range));
    });
}

void SecureSum::Reset() {
  absl::MutexLock lock(&mu_);
  settled_ = true;
  sum_.reset();
  held_.clear();
}

}  // namespace muster::coordinator
