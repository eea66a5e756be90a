#include "drift/sketches/ddsketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace muster::drift {
namespace {
constexpr double kLeast = std::numeric_limits<double>::min();
constexpr double kMost = std::numeric_limits<double>::max();
constexpr std::int64_t kRoomBelow = 63;  // So that descending values do not move all each time.
}  // namespace

void Buckets::AddOutside(std::int32_t index, std::uint64_t count) {
  if (counts_.empty()) from_ = index;
  const std::int64_t top = std::int64_t{from_} + static_cast<std::int64_t>(counts_.size()) - 1;
  if (index > top)
    RaiseTop(index);
  else
    LowerFrom(std::max(std::int64_t{index} - kRoomBelow, top - limit_ + 1));
  const std::int64_t at = std::max<std::int64_t>(index, from_) - from_;
  counts_[static_cast<std::size_t>(at)] += count;
}

void Buckets::RaiseTop(std::int32_t top) {
  const std::int64_t floor = std::int64_t{top} - limit_ + 1;
  if (from_ < floor) {
    const auto gone = std::min(static_cast<std::int64_t>(counts_.size()), floor - from_);
    std::uint64_t low = 0;
    for (std::int64_t i = 0; i < gone; ++i) low += counts_[static_cast<std::size_t>(i)];
    counts_.erase(counts_.begin(), counts_.begin() + gone);
    from_ = static_cast<std::int32_t>(floor);
    if (counts_.empty()) counts_.push_back(0);
    counts_.front() += low;
  }
  counts_.resize(static_cast<std::size_t>(std::int64_t{top} - from_ + 1), 0);
}

void Buckets::LowerFrom(std::int64_t from) {
  if (from >= from_) return;
  counts_.insert(counts_.begin(), static_cast<std::size_t>(from_ - from), 0);
  from_ = static_cast<std::int32_t>(from);
}

void Buckets::Merge(const Buckets& more) {
  // From the top, so that what is to be folded is so at once.
  for (std::size_t i = more.counts_.size(); i-- > 0;)
    if (more.counts_[i] > 0) Add(more.from_ + static_cast<std::int32_t>(i), more.counts_[i]);
}

bool operator==(const Buckets& a, const Buckets& b) {
  const auto used = [](const Buckets& x) {
    std::size_t first = 0;
    while (first < x.counts_.size() && x.counts_[first] == 0) ++first;
    return std::pair(x.from_ + static_cast<std::int64_t>(first), x.counts().subspan(first));
  };
  const auto [a_from, a_counts] = used(a);
  const auto [b_from, b_counts] = used(b);
  if (a_counts.empty() || b_counts.empty()) return a_counts.empty() && b_counts.empty();
  return a_from == b_from && std::ranges::equal(a_counts, b_counts);
}

DdSketch::DdSketch(double alpha, std::uint32_t buckets)
    : alpha_(alpha),
      gamma_((1 + alpha) / (1 - alpha)),
      log_gamma_(std::log(gamma_)),
      limit_(buckets),
      positive_(buckets),
      negative_(buckets) {}

StatusOr<DdSketch> DdSketch::Make(double alpha, std::uint32_t buckets) {
  if (!(alpha >= 1e-4 && alpha <= 0.5))
    return InvalidField("alpha", "{} is not in [0.0001, 0.5]", alpha);
  if (buckets < 16 || buckets > kMostBuckets)
    return InvalidField("buckets", "{} is not in 16..{}", buckets, kMostBuckets);
  return DdSketch(alpha, buckets);
}

std::int32_t DdSketch::IndexOf(double x) const {
  const double exact = std::log(x) / log_gamma_;
  const auto index = static_cast<std::int32_t>(exact);  // Towards zero, which is up below it.
  return index + (exact > index ? 1 : 0);
}

double DdSketch::ValueOf(std::int32_t index) const {
  // Halved inside, so that the highest index does not overflow before it is scaled down.
  const double value = std::exp(index * log_gamma_ - std::log((gamma_ + 1) / 2));
  return std::min(value, kMost);
}

Status DdSketch::Add(std::span<const double> values) {
  bool finite = true;
  for (const double value : values) finite &= std::abs(value) <= kMost;
  if (!finite) return RefuseNotANumber("values");
  if (values.size() > kMostCount - count_) return RefuseBeyond("values");
  for (const double value : values) {
    if (value >= kLeast)
      positive_.Add(IndexOf(value));
    else if (value <= -kLeast)
      negative_.Add(IndexOf(-value));
    else
      ++zero_;
  }
  count_ += values.size();
  return Ok();
}

Status DdSketch::AddCount(Buckets& into, std::int64_t index, std::uint64_t count) {
  if (index < IndexOf(kLeast) || index > IndexOf(kMost))
    return InvalidField("index", "{} is that of no value", index);
  if (count > kMostCount - count_) return RefuseBeyond("counts");
  into.Add(static_cast<std::int32_t>(index), count);
  count_ += count;
  return Ok();
}

Status DdSketch::Merge(const DdSketch& more) {
  if (alpha_ != more.alpha_ || limit_ != more.limit_) return RefuseOtherBins("sketch");
  if (more.count_ > kMostCount - count_) return RefuseBeyond("values");
  positive_.Merge(more.positive_);
  negative_.Merge(more.negative_);
  zero_ += more.zero_;
  count_ += more.count_;
  return Ok();
}

StatusOr<double> DdSketch::Quantile(double q) const {
  if (!(q >= 0 && q <= 1)) return InvalidField("q", "{} is not in [0, 1]", q);
  if (count_ == 0) return RefuseEmpty("sketch");
  auto rank = static_cast<std::uint64_t>(q * static_cast<double>(count_ - 1));
  const auto negative = negative_.counts();
  for (std::size_t i = negative.size(); i-- > 0; rank -= negative[i])
    if (rank < negative[i]) return -ValueOf(negative_.from() + static_cast<std::int32_t>(i));
  if (rank < zero_) return 0.0;
  rank -= zero_;
  const auto positive = positive_.counts();
  for (std::size_t i = 0; i < positive.size(); rank -= positive[i++])
    if (rank < positive[i]) return ValueOf(positive_.from() + static_cast<std::int32_t>(i));
  return Internal("counts of a sketch do not add up");
}

}  // namespace muster::drift
