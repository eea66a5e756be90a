#include "platform/vaes_kernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("aes,avx512f,avx512bw,vaes"))), \
                             apply_to = function)
namespace muster::platform {
namespace {
// Four blocks a register.
struct Lanes {
  using Register = __m512i;
  static Register Load(const std::byte* at) { return _mm512_loadu_si512(at); }
  static void Store(Register r, std::byte* at) { _mm512_storeu_si512(at, r); }
  static Register Broadcast(__m128i block) { return _mm512_broadcast_i32x4(block); }
  // Numbers of 128 bits; low halves lie in the even places.
  static Register Counters(long long high, long long low) {
    return _mm512_set_epi64(high, low + 3, high, low + 2, high, low + 1, high, low);
  }
  static Register Low(long long n) { return _mm512_set_epi64(0, n, 0, n, 0, n, 0, n); }
  static Register Add64(Register a, Register b) { return _mm512_add_epi64(a, b); }
  static Register Add32(Register a, Register b) { return _mm512_add_epi32(a, b); }
  static Register Sub32(Register a, Register b) { return _mm512_sub_epi32(a, b); }
  static Register Add16(Register a, Register b) { return _mm512_add_epi16(a, b); }
  static Register Sub16(Register a, Register b) { return _mm512_sub_epi16(a, b); }
  static Register Xor(Register a, Register b) { return _mm512_xor_si512(a, b); }
  static Register Shuffle(Register a, Register places) { return _mm512_shuffle_epi8(a, places); }
  static Register Round(Register a, Register key) { return _mm512_aesenc_epi128(a, key); }
  static Register LastRound(Register a, Register key) { return _mm512_aesenclast_epi128(a, key); }
};
}  // namespace
}  // namespace muster::platform
#include "platform/vaes_kernel.h"
#pragma clang attribute pop

namespace muster::platform {
const VaesKernel& Vaes512Kernel() { return kKernel; }
}  // namespace muster::platform
#endif
