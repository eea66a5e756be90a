#include "coordinator/secure/secure_sum.h"

#include <absl/synchronization/mutex.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "aggregation/secagg/update_layout.h"

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

std::string SecureSum::NameOf(secagg::Member member) const {
  return fmt::format("{}vector-{}", prefix_, member);
}

Status SecureSum::Spool(secagg::Member member, ByteView vector) {
  return files_.Put(NameOf(member), std::span(&vector, 1));
}

Status SecureSum::Hold(const secagg::MemberSet& members) {
  if (sum_ && !held_.IsSubsetOf(members)) Reset();
  if (!sum_) {
    sum_ = std::make_shared<secagg::LaneVector>(layout_);
    held_ = secagg::MemberSet(members.devices());
  }
  for (const secagg::Member member : members.Minus(held_).Members()) {
    MUSTER_ASSIGN(const Bytes vector, files_.Get(NameOf(member)));
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

StatusOr<aggregation::Accumulator> SecureSum::Open(std::uint32_t contributors, double clip,
                                                   aggregation::FixedPoint fixed) const {
  MUSTER_ASSIGN(const std::size_t update, layout_.Find(secagg::kUpdateSegment));
  MUSTER_ASSIGN(const std::size_t weight, layout_.Find(secagg::kWeightSegment));
  std::array<std::int32_t, 1> units{};
  MUSTER_TRY(sum_->Sums(weight, 0, contributors, units));
  if (units[0] < static_cast<std::int32_t>(contributors))
    return WithReason(FailedPrecondition("{} units of weight from {} devices, each gives one",
                                         units[0], contributors),
                      Reason::kUPDATE_OVER_BOUND);
  const double one = fixed.one();
  const std::int64_t total =
      std::llround(units[0] / static_cast<double>(layout_[weight].limit) * one);

  const double scale = clip / static_cast<double>(layout_[update].limit) * one;
  std::vector<std::int64_t> sums(layout_[update].count);
  std::array<std::int32_t, secagg::Segments::kTileLanes> part;
  for (std::size_t first = 0; first < sums.size(); first += part.size()) {
    const std::span<std::int32_t> out =
        std::span(part).first(std::min(part.size(), sums.size() - first));
    MUSTER_TRY(sum_->Sums(update, first, contributors, out));
    std::transform(out.begin(), out.end(), sums.begin() + static_cast<std::ptrdiff_t>(first),
                   [scale](std::int32_t q) { return std::llround(q * scale); });
  }
  return aggregation::Accumulator::FromSums(fixed, contributors, total, std::move(sums));
}

void SecureSum::Reset() {
  sum_.reset();
  held_ = {};
}

}  // namespace muster::coordinator
