#include "drift/sketches/ddsketch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace muster::drift {
namespace {
constexpr double kLeast = std::numeric_limits<double>::min();
constexpr double kMost = std::numeric_limits<double>::max();
constexpr std::int64_t kRoomBelow = 63;  // So that descending values do not move all each time.

constexpr std::size_t kBlock = 256;
// How near an integer QuickIndices leaves open on which side of it the index is.
constexpr double kUnsure = 1e-7;

// out[i] = ln |values[i]| / ln gamma to 1e-8, of normal values; of others any number. Without a
// branch or a call, so that the compiler makes vectors of it: with |x| = 2^e m, m in [sqrt 1/2,
// sqrt 2), ln m = 2 artanh s for s = (m - 1) / (m + 1), |s| < 0.172 (Abramowitz & Stegun, 4.1.27).
void QuickIndices(std::span<const double> values, double log_gamma, double* out) {
  constexpr std::uint64_t kOne = std::bit_cast<std::uint64_t>(1.0);
  constexpr std::uint64_t kRootHalf = std::bit_cast<std::uint64_t>(0.70710678118654752);
  constexpr double kTwo52 = 4503599627370496.0;
  constexpr std::uint64_t kTwo52Bits = std::bit_cast<std::uint64_t>(kTwo52);
  const double per_octave = std::log(2.0) / log_gamma, per_artanh = 2 / log_gamma;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(values[i]) & (~std::uint64_t{0} >> 1);
    const std::uint64_t exponent = (bits - kRootHalf + kOne) >> 52;  // With 1023 added.
    const double m = std::bit_cast<double>(bits - (exponent << 52) + kOne);
    const double e = std::bit_cast<double>(exponent | kTwo52Bits) - (kTwo52 + 1023);
    const double s = (m - 1) / (m + 1), z = s * s;
    const double series =
        1 + z * (1. / 3 + z * (1. / 5 + z * (1. / 7 + z * (1. / 9 + z * (1. / 11 + z / 13)))));
    out[i] = e * per_octave + s * series * per_artanh;
  }
}
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

void DdSketch::Count(double value, double quick) {
  const double magnitude = std::abs(value);
  if (magnitude < kLeast) {
    ++zero_;
    return;
  }
  auto index = static_cast<std::int32_t>(quick);
  const double past = quick - index;
  if (std::abs(past) < kUnsure || std::abs(past) > 1 - kUnsure)
    index = IndexOf(magnitude);
  else
    index += past > 0 ? 1 : 0;
  (value > 0 ? positive_ : negative_).Add(index);
}

Status DdSketch::Add(std::span<const double> values) {
  bool finite = true;
  for (const double value : values) finite &= std::abs(value) <= kMost;
  if (!finite) return RefuseNotANumber("values");
  if (values.size() > kMostCount - count_) return RefuseBeyond("values");
  std::array<double, kBlock> exact;
  for (auto rest = values; !rest.empty(); rest = rest.subspan(std::min(kBlock, rest.size()))) {
    const auto block = rest.first(std::min(kBlock, rest.size()));
    QuickIndices(block, log_gamma_, exact.data());
    for (std::size_t i = 0; i < block.size(); ++i) Count(block[i], exact[i]);
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
