#pragma once
// The loops of vaes_keystream.h, one for each width of register, as tables of functions: what calls
// them is compiled for any x86-64 processor.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace muster::platform {

enum class VaesOp { kWrite, kAdd, kSubtract };

struct VaesSchedule {  // FIPS 197 section 5.2.
  static constexpr int kKeys = 11;
  __m128i keys[kKeys];
};

// Each works on `steps` times step_bytes at `out`, with the stream from the counter block whose
// halves are `high` and `low` on; the low half does not overflow on the way.
struct VaesKernel {
  using Loop = void (*)(const VaesSchedule& schedule, std::uint64_t high, std::uint64_t low,
                        std::byte* out, std::size_t steps);
  std::size_t step_bytes;
  Loop write;
  Loop add16, add32;
  Loop subtract16, subtract32;
};
inline constexpr std::size_t kMostVaesStepBytes = 512;

// For processors with VAES and AVX2.
const VaesKernel& Vaes256Kernel();
// For processors with VAES and AVX-512 (F, BW).
const VaesKernel& Vaes512Kernel();

}  // namespace muster::platform
#endif
