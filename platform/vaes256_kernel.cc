#include "platform/vaes_kernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("aes,avx2,vaes"))), apply_to = function)
namespace muster::platform {
namespace {
// Two blocks a register.
struct Lanes {
  using Register = __m256i;
  static Register Load(const std::byte* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }
  static void Store(Register r, std::byte* at) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), r);
  }
  static Register Broadcast(__m128i block) { return _mm256_broadcastsi128_si256(block); }
  // Numbers of 128 bits; low halves lie in the even places.
  static Register Counters(long long high, long long low) {
    return _mm256_set_epi64x(high, low + 1, high, low);
  }
  static Register Low(long long n) { return _mm256_set_epi64x(0, n, 0, n); }
  static Register Add64(Register a, Register b) { return _mm256_add_epi64(a, b); }
  static Register Add32(Register a, Register b) { return _mm256_add_epi32(a, b); }
  static Register Sub32(Register a, Register b) { return _mm256_sub_epi32(a, b); }
  static Register Add16(Register a, Register b) { return _mm256_add_epi16(a, b); }
  static Register Sub16(Register a, Register b) { return _mm256_sub_epi16(a, b); }
  static Register Xor(Register a, Register b) { return _mm256_xor_si256(a, b); }
  static Register Shuffle(Register a, Register places) { return _mm256_shuffle_epi8(a, places); }
  static Register Round(Register a, Register key) { return _mm256_aesenc_epi128(a, key); }
  static Register LastRound(Register a, Register key) { return _mm256_aesenclast_epi128(a, key); }
};
}  // namespace
}  // namespace muster::platform
#include "platform/vaes_kernel.h"
#pragma clang attribute pop

namespace muster::platform {
const VaesKernel& Vaes256Kernel() { return kKernel; }
}  // namespace muster::platform
#endif
