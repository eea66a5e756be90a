#include "aggregation/kernels.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "aggregation/fixed_point.h"

// Compiled once for each target: foreach_target.h includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aggregation/kernels.cc"
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)  // Sizeless vectors.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace muster::aggregation {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F64 = hn::CappedTag<double, 8>;
using F32 = hn::Rebind<float, F64>;
using I32 = hn::Rebind<std::int32_t, F64>;
using I64 = hn::Rebind<std::int64_t, F64>;

// Rounds to the nearest integer, ties to even, for |p| <= 2^62.
HWY_INLINE hn::Vec<I64> Nearest(hn::Vec<F64> p) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  return hn::Vec<I64>{_mm512_cvtpd_epi64(p.raw)};
#else
  // Older targets have no such conversion. Adding 1.5 * 2^(52 + k) rounds p to a multiple of 2^k
  // and leaves it in the low bits of the sum; p minus that multiple is exact, and small enough for
  // the same with k = 0. The bits above those that count are shifted out, or subtracted.
  constexpr int kSplit = 32;
  const F64 d;
  const I64 di;
  const auto coarse_offset = hn::Set(d, 0x1.8p84), fine_offset = hn::Set(d, 0x1.8p52);
  const auto coarse = hn::Add(p, coarse_offset);
  const auto fine = hn::Add(hn::Sub(p, hn::Sub(coarse, coarse_offset)), fine_offset);
  const auto high = hn::ShiftLeft<kSplit>(hn::BitCast(di, coarse));
  const auto low = hn::Sub(hn::BitCast(di, fine), hn::BitCast(di, fine_offset));
  return hn::Add(high, low);
#endif
}

template <std::size_t kRows>
void FoldGroup(const FoldRow* rows, std::size_t begin, std::size_t end, std::int64_t* sums) {
  const F64 d;
  const I64 di;
  const float* values[kRows];
  double scales[kRows];
  for (std::size_t r = 0; r < kRows; ++r) {
    values[r] = rows[r].values;
    scales[r] = rows[r].scale;
  }
  std::size_t i = begin;
  for (; i + hn::Lanes(d) <= end; i += hn::Lanes(d)) {
    auto sum = hn::LoadU(di, sums + i);
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto x = hn::PromoteTo(d, hn::LoadU(F32(), values[r] + i));
      sum = hn::Add(sum, Nearest(hn::Mul(x, hn::Set(d, scales[r]))));
    }
    hn::StoreU(sum, di, sums + i);
  }
  for (; i < end; ++i)
    for (std::size_t r = 0; r < kRows; ++r)
      sums[i] = static_cast<std::int64_t>(
          static_cast<std::uint64_t>(sums[i]) +
          static_cast<std::uint64_t>(FixedPoint::Term(values[r][i], scales[r])));
}

void FoldRows(const FoldRow* rows, std::size_t count, std::size_t n, std::int64_t* sums) {
  constexpr std::size_t kBlock = 16'384;  // 128 KiB of sums: they wait in L2 for the next group.
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t end = std::min(n, begin + kBlock);
    std::size_t r = 0;
    for (; r + 8 <= count; r += 8) FoldGroup<8>(rows + r, begin, end, sums);
    if (r + 4 <= count) FoldGroup<4>(rows + std::exchange(r, r + 4), begin, end, sums);
    if (r + 2 <= count) FoldGroup<2>(rows + std::exchange(r, r + 2), begin, end, sums);
    if (r < count) FoldGroup<1>(rows + r, begin, end, sums);
  }
}

void AddSums(const std::int64_t* from, std::size_t n, std::int64_t* to) {
  const I64 di;
  std::size_t i = 0;
  for (; i + hn::Lanes(di) <= n; i += hn::Lanes(di))
    hn::StoreU(hn::Add(hn::LoadU(di, from + i), hn::LoadU(di, to + i)), di, to + i);
  for (; i < n; ++i)
    to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(from[i]) +
                                      static_cast<std::uint64_t>(to[i]));
}

void DivideSums(const std::int64_t* sums, std::size_t n, double divisor, float* out) {
  const F64 d;
  const auto by = hn::Set(d, divisor);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto sum = hn::ConvertTo(d, hn::LoadU(I64(), sums + i));
    hn::StoreU(hn::DemoteTo(F32(), hn::Div(sum, by)), F32(), out + i);
  }
  for (; i < n; ++i) out[i] = static_cast<float>(static_cast<double>(sums[i]) / divisor);
}

// Sixteen lanes whatever the vector's width: coordinate i is always added in lane i mod 16. The
// square of an f32 is exact in binary64, so a fused multiply-add changes nothing.
constexpr std::size_t kLanes = 16;
struct Lanes {
  static constexpr std::size_t kVectors = kLanes / hn::MaxLanes(F64());
  hn::Vec<F64> squares[kVectors];
  hn::Vec<I32> max_bits;
};

HWY_INLINE void ScanSixteen(const float* values, Lanes& lanes) {
  const I32 di;
  for (std::size_t v = 0; v < Lanes::kVectors; ++v) {
    const auto x = hn::LoadU(F32(), values + v * hn::MaxLanes(F64()));
    const auto wide = hn::PromoteTo(F64(), x);
    lanes.squares[v] = hn::MulAdd(wide, wide, lanes.squares[v]);
    const auto bits = hn::And(hn::BitCast(di, x), hn::Set(di, 0x7fffffff));
    lanes.max_bits = hn::Max(lanes.max_bits, bits);
  }
}

ScanResult Scan(const float* values, std::size_t n) {
  const F64 d;
  Lanes lanes;
  for (auto& squares : lanes.squares) squares = hn::Zero(d);
  lanes.max_bits = hn::Zero(I32());
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) ScanSixteen(values + i, lanes);
  float tail[kLanes] = {};
  std::copy(values + i, values + n, tail);
  ScanSixteen(tail, lanes);

  double squares[kLanes];
  for (std::size_t v = 0; v < Lanes::kVectors; ++v)
    hn::StoreU(lanes.squares[v], d, squares + v * hn::MaxLanes(d));
  for (std::size_t width = kLanes / 2; width > 0; width /= 2)
    for (std::size_t lane = 0; lane < width; ++lane) squares[lane] += squares[lane + width];
  std::int32_t max_bits[hn::MaxLanes(I32())];
  hn::StoreU(lanes.max_bits, I32(), max_bits);
  return {static_cast<std::uint32_t>(*std::max_element(std::begin(max_bits), std::end(max_bits))),
          squares[0]};
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace muster::aggregation
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace muster::aggregation {
HWY_EXPORT(FoldRows);
HWY_EXPORT(AddSums);
HWY_EXPORT(DivideSums);
HWY_EXPORT(Scan);

void FoldRows(std::span<const FoldRow> rows, std::size_t n, std::int64_t* sums) {
  HWY_DYNAMIC_DISPATCH(FoldRows)(rows.data(), rows.size(), n, sums);
}
void AddSums(const std::int64_t* from, std::size_t n, std::int64_t* to) {
  HWY_DYNAMIC_DISPATCH(AddSums)(from, n, to);
}
void DivideSums(const std::int64_t* sums, std::size_t n, double divisor, float* out) {
  HWY_DYNAMIC_DISPATCH(DivideSums)(sums, n, divisor, out);
}
ScanResult Scan(const float* values, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(Scan)(values, n);
}
}  // namespace muster::aggregation
#endif
