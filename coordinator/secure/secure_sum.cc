#include "coordinator/secure/secure_sum.h"

#include <absl/synchronization/mutex.h>

#include <algorithm>

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

void SecureSum::Put(secagg::Member member, ByteView vector,
                    std::function<void(Status)> done) const {
  spool_.Append(VectorTag(member), vector, std::move(done));
}

Status SecureSum::Hold(const secagg::MemberSet& members) {
  if (sum_ && !held_.IsSubsetOf(members)) Reset();
  if (!sum_) {
    sum_ = std::make_shared<secagg::LaneVector>(layout_);
    held_ = secagg::MemberSet(members.devices());
  }
  Bytes vector;
  for (const secagg::Member member : members.Minus(held_).Members()) {
    MUSTER_ASSIGN(const std::uint64_t size, spool_.SizeOf(VectorTag(member)));
    vector.resize(std::min<std::uint64_t>(size, layout_.wire_bytes()));
    MUSTER_TRY(spool_.Read(VectorTag(member), 0, vector));
    MUSTER_TRY(sum_->AddWire(sum_->AllTiles(), vector));
    held_.Insert(member);
  }
  return Ok();
}

void SecureSum::Unmask(std::vector<secagg::MaskSeed> seeds, const Crypto& crypto, Executor& pool,
                       Executor& strand, std::function<void(Status)> done) {
  const std::uint64_t tiles = layout_.tiles();
  const std::uint64_t ranges = std::min(kRanges, tiles);
  const std::shared_ptr<Job> job(
      new Job{std::move(seeds), crypto, sum_, strand, std::move(done), {}, ranges, {}});
  for (std::uint64_t i = 0; i < ranges; ++i)
    pool.Post([job, range = secagg::TileRange{tiles * i / ranges, tiles * (i + 1) / ranges}] {
      job->Finish(job->AddTo(range));
    });
}

void SecureSum::Reset() {
  sum_.reset();
  held_ = {};
}

}  // namespace muster::coordinator
