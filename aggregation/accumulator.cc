#include "aggregation/accumulator.h"

#include <algorithm>

#include "aggregation/kernels.h"

namespace muster::aggregation {
namespace {
Status CheckLength(std::size_t length, std::size_t dim) {
  if (length == dim) return Ok();
  return WithReason(InvalidArgument("{} values; {} are expected", length, dim),
                    Reason::kUPDATE_WRONG_LAYOUT);
}
}  // namespace

StatusOr<Share> Accumulator::Admit(double weight, double cap) {
  if (count_ >= fixed_.max_updates())
    return FailedPrecondition("the sum has room for {} updates and holds them", count_);
  MUSTER_ASSIGN(const double scale, fixed_.Scale(weight, cap));
  ++count_;
  weight_sum_ += FixedPoint::Term(1, scale);
  return Share{scale};
}

void Accumulator::FoldRange(std::size_t offset, std::span<const Slice> slices) {
  constexpr std::size_t kGroup = 64;
  std::array<FoldRow, kGroup> rows;
  for (; !slices.empty(); slices = slices.subspan(std::min(kGroup, slices.size()))) {
    const std::size_t n = std::min(kGroup, slices.size());
    for (std::size_t i = 0; i < n; ++i) rows[i] = {slices[i].values.data(), slices[i].share.scale};
    FoldRows(std::span(rows).first(n), slices[0].values.size(), sums_.data() + offset);
  }
}

Status Accumulator::Fold(std::span<const float> delta, double weight, double cap) {
  const WeightedDelta update{delta, weight};
  return FoldBatch({&update, 1}, cap);
}

Status Accumulator::FoldBatch(std::span<const WeightedDelta> updates, double cap) {
  if (updates.size() > fixed_.max_updates() - count_)
    return FailedPrecondition("the sum has room for {} updates and holds {}; {} more came",
                              fixed_.max_updates(), count_, updates.size());
  std::vector<Slice> slices;
  slices.reserve(updates.size());
  for (const WeightedDelta& update : updates) {
    MUSTER_TRY(CheckLength(update.values.size(), dim()));
    MUSTER_ASSIGN(const double scale, fixed_.Scale(update.weight, cap));
    slices.push_back({{scale}, update.values});
  }
  for (const Slice& slice : slices) weight_sum_ += FixedPoint::Term(1, slice.share.scale);
  count_ += slices.size();
  FoldRange(0, slices);
  return Ok();
}

Status Accumulator::Merge(const Accumulator& other) {
  if (other.dim() != dim() || other.fixed_ != fixed_)
    return InvalidArgument(
        "a partial sum of {} values with {} fractional bits does not fit one of {} with {}",
        other.dim(), other.fixed_.fraction_bits(), dim(), fixed_.fraction_bits());
  if (other.count_ > fixed_.max_updates() - count_)
    return FailedPrecondition("the sum has room for {} updates; the parts hold {} and {}",
                              fixed_.max_updates(), count_, other.count_);
  AddSums(other.sums_.data(), dim(), sums_.data());
  weight_sum_ += other.weight_sum_;
  count_ += other.count_;
  return Ok();
}

StatusOr<Accumulator> Accumulator::FromSums(FixedPoint fixed, std::uint64_t count,
                                            std::int64_t weight_sum,
                                            std::vector<std::int64_t> sums) {
  if (count == 0 || count > fixed.max_updates())
    return InvalidArgument("a sum of {} updates, at most {}", count, fixed.max_updates());
  const auto updates = static_cast<std::int64_t>(count);
  if (weight_sum < updates || weight_sum > updates << fixed.fraction_bits())
    return InvalidArgument("a weight of {} is none of {} updates", weight_sum, count);
  Accumulator out(0, fixed);
  out.count_ = count;
  out.weight_sum_ = weight_sum;
  out.sums_ = std::move(sums);
  return out;
}

Status Accumulator::Mean(std::span<float> out) const {
  if (count_ == 0) return FailedPrecondition("the mean of no updates");
  MUSTER_TRY(CheckLength(out.size(), dim()));
  DivideSums(sums_.data(), dim(), static_cast<double>(weight_sum_), out.data());
  return Ok();
}

}  // namespace muster::aggregation
