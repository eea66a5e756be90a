#include "coordinator/secure/update_form.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "aggregation/accumulator.h"
#include "aggregation/secagg/update_layout.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {

Bytes FileOf(const aggregation::Accumulator& sum) {
  const aggregation::Checkpoint checkpoint = sum.ToCheckpoint();
  Bytes file;
  for (const ByteView part : checkpoint.Parts()) file.insert(file.end(), part.begin(), part.end());
  return file;
}

// The devices' weights over the cap, in the fixed point. Each device gives a unit at least.
StatusOr<std::int64_t> WeightOf(const secagg::LaneVector& sum, std::uint32_t contributors,
                                double one) {
  const secagg::Segments& layout = sum.segments();
  MUSTER_ASSIGN(const std::size_t weight, layout.Find(secagg::kWeightSegment));
  std::array<std::int32_t, 1> units{};
  MUSTER_TRY(sum.Sums(weight, 0, contributors, units));
  if (units[0] < static_cast<std::int32_t>(contributors))
    return WithReason(FailedPrecondition("{} units of weight from {} devices, each gives one",
                                         units[0], contributors),
                      Reason::kUPDATE_OVER_BOUND);
  return std::llround(units[0] / static_cast<double>(layout[weight].limit) * one);
}
}  // namespace

StatusOr<Bytes> UpdateForm::Open(const secagg::LaneVector& sum, std::uint32_t contributors) const {
  const double one = fixed_.one();
  MUSTER_ASSIGN(const std::int64_t weight, WeightOf(sum, contributors, one));
  MUSTER_ASSIGN(const std::size_t update, sum.segments().Find(secagg::kUpdateSegment));
  const secagg::Segment& segment = sum.segments()[update];
  const double scale = clip_ / static_cast<double>(segment.limit) * one;
  std::vector<std::int64_t> sums(segment.count);
  std::array<std::int32_t, secagg::Segments::kTileLanes> part;
  for (std::size_t first = 0; first < sums.size(); first += part.size()) {
    const std::span<std::int32_t> out =
        std::span(part).first(std::min(part.size(), sums.size() - first));
    MUSTER_TRY(sum.Sums(update, first, contributors, out));
    std::transform(out.begin(), out.end(), sums.begin() + static_cast<std::ptrdiff_t>(first),
                   [scale](std::int32_t q) { return std::llround(q * scale); });
  }
  MUSTER_ASSIGN(const aggregation::Accumulator opened,
                aggregation::Accumulator::FromSums(fixed_, contributors, weight, std::move(sums)));
  return FileOf(opened);
}

StatusOr<Bytes> UpdateForm::Add(std::span<const Bytes> files) const {
  if (files.empty()) return InvalidArgument("no sums to add");
  MUSTER_ASSIGN(aggregation::Accumulator all, aggregation::Accumulator::Restore(files.front()));
  for (const Bytes& file : files.subspan(1)) {
    MUSTER_ASSIGN(const aggregation::Accumulator more, aggregation::Accumulator::Restore(file));
    MUSTER_TRY(all.Merge(more));
  }
  return FileOf(all);
}

}  // namespace muster::coordinator
