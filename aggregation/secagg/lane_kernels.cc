#include "aggregation/secagg/lane_kernels.h"

// Compiled once for each target: foreach_target.h includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aggregation/secagg/lane_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace muster::aggregation::secagg {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <typename Lane>
void Add(const Lane* words, std::size_t n, Lane* to) {
  const hn::ScalableTag<Lane> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    hn::StoreU(hn::Add(hn::LoadU(d, to + i), hn::LoadU(d, words + i)), d, to + i);
  for (; i < n; ++i) to[i] = static_cast<Lane>(to[i] + words[i]);
}

template <typename Lane>
void Subtract(const Lane* words, std::size_t n, Lane* to) {
  const hn::ScalableTag<Lane> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    hn::StoreU(hn::Sub(hn::LoadU(d, to + i), hn::LoadU(d, words + i)), d, to + i);
  for (; i < n; ++i) to[i] = static_cast<Lane>(to[i] - words[i]);
}

// HWY_EXPORT takes names, and these have one for each lane.
void Add16(const std::uint16_t* words, std::size_t n, std::uint16_t* to) { Add(words, n, to); }
void Add32(const std::uint32_t* words, std::size_t n, std::uint32_t* to) { Add(words, n, to); }
void Subtract16(const std::uint16_t* words, std::size_t n, std::uint16_t* to) {
  Subtract(words, n, to);
}
void Subtract32(const std::uint32_t* words, std::size_t n, std::uint32_t* to) {
  Subtract(words, n, to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace muster::aggregation::secagg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace muster::aggregation::secagg {
HWY_EXPORT(Add16);
HWY_EXPORT(Add32);
HWY_EXPORT(Subtract16);
HWY_EXPORT(Subtract32);

void AddWords(const std::uint32_t* words, std::size_t n, std::uint32_t* to) {
  HWY_DYNAMIC_DISPATCH(Add32)(words, n, to);
}
void AddWords(const std::uint16_t* words, std::size_t n, std::uint16_t* to) {
  HWY_DYNAMIC_DISPATCH(Add16)(words, n, to);
}
void SubtractWords(const std::uint32_t* words, std::size_t n, std::uint32_t* to) {
  HWY_DYNAMIC_DISPATCH(Subtract32)(words, n, to);
}
void SubtractWords(const std::uint16_t* words, std::size_t n, std::uint16_t* to) {
  HWY_DYNAMIC_DISPATCH(Subtract16)(words, n, to);
}
}  // namespace muster::aggregation::secagg
#endif
