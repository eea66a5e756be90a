#include "platform/ifma_x25519.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include <array>
#include <bit>
#include <cstring>

#define MUSTER_TARGET_IFMA __attribute__((target("avx512f,avx512dq,avx512ifma")))
#define MUSTER_IFMA_INLINE MUSTER_TARGET_IFMA __attribute__((always_inline)) inline

namespace muster::platform {
namespace {
static_assert(std::endian::native == std::endian::little, "limbs are cut from bytes as they lie");

using Register = __m512i;
constexpr int kLimbs = 5, kBits = 51;  // Of a limb.
constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;
constexpr long long kA24 = 121665;  // (A - 2) / 4 of curve25519.

// Eight elements of GF(2^255 - 19), a limb of each in a register. A *carried* one has limbs below
// 2^51 + 2^15. The multiplier reads 52 bits, so only carried ones are multiplied.
struct Elements {
  Register limb[kLimbs];
};

MUSTER_IFMA_INLINE Register Broadcast(long long value) { return _mm512_set1_epi64(value); }
MUSTER_IFMA_INLINE Register Add(Register a, Register b) { return _mm512_add_epi64(a, b); }
MUSTER_IFMA_INLINE Register TimesNineteen(Register a) {
  return _mm512_mullo_epi64(a, Broadcast(19));
}

// What is above 51 bits goes to the next limb, all at once; above 2^255 it counts 19 times. From
// limbs below 2^61 it makes carried ones.
MUSTER_IFMA_INLINE Elements Carry(const Elements& a) {
  const Register mask = Broadcast(kMask);
  Register above[kLimbs];
  for (int i = 0; i < kLimbs; ++i) above[i] = _mm512_srli_epi64(a.limb[i], kBits);
  Elements out;
  out.limb[0] = Add(_mm512_and_si512(a.limb[0], mask), TimesNineteen(above[kLimbs - 1]));
  for (int i = 1; i < kLimbs; ++i)
    out.limb[i] = Add(_mm512_and_si512(a.limb[i], mask), above[i - 1]);
  return out;
}

MUSTER_IFMA_INLINE Elements Sum(const Elements& a, const Elements& b) {
  Elements out;
  for (int i = 0; i < kLimbs; ++i) out.limb[i] = Add(a.limb[i], b.limb[i]);
  return Carry(out);
}

// Two times the modulus is added first, in limbs larger than any of b.
MUSTER_IFMA_INLINE Elements Difference(const Elements& a, const Elements& b) {
  Elements out;
  for (int i = 0; i < kLimbs; ++i) {
    const Register twice = Broadcast(static_cast<long long>(2 * kMask - (i == 0 ? 36 : 0)));
    out.limb[i] = _mm512_sub_epi64(Add(a.limb[i], twice), b.limb[i]);
  }
  return Carry(out);
}

// The columns of a product: the lower 52 bits of each pair of limbs, and the upper ones, which
// stand at twice the next limb. At most five of each come together.
struct Columns {
  Register low[2 * kLimbs - 1];
  Register high[2 * kLimbs - 1];
};

MUSTER_IFMA_INLINE void MultiplyInto(Columns& c, int at, Register a, Register b) {
  c.low[at] = _mm512_madd52lo_epu64(c.low[at], a, b);
  c.high[at] = _mm512_madd52hi_epu64(c.high[at], a, b);
}
MUSTER_IFMA_INLINE void Clear(Columns& c) {
  for (int k = 0; k < 2 * kLimbs - 1; ++k) c.low[k] = c.high[k] = _mm512_setzero_si512();
}

// Columns are below 2^56, twenty of them below 2^61.
MUSTER_IFMA_INLINE Elements Reduced(const Columns& c) {
  Register column[2 * kLimbs];
  column[0] = c.low[0];
  for (int k = 1; k < 2 * kLimbs; ++k) {
    column[k] = Add(c.high[k - 1], c.high[k - 1]);
    if (k < 2 * kLimbs - 1) column[k] = Add(column[k], c.low[k]);
  }
  Elements out;
  for (int k = 0; k < kLimbs; ++k) out.limb[k] = Add(column[k], TimesNineteen(column[k + kLimbs]));
  return Carry(out);
}

MUSTER_IFMA_INLINE Elements Product(const Elements& a, const Elements& b) {
  Columns c;
  Clear(c);
#pragma unroll  // All of it, or the columns lie in memory.
  for (int i = 0; i < kLimbs; ++i)
#pragma unroll
    for (int k = 0; k < kLimbs; ++k) MultiplyInto(c, i + k, a.limb[i], b.limb[k]);
  return Reduced(c);
}

MUSTER_IFMA_INLINE Elements Square(const Elements& a) {
  Columns c;
  Clear(c);
  for (int i = 0; i < kLimbs; ++i)
    for (int k = i + 1; k < kLimbs; ++k) MultiplyInto(c, i + k, a.limb[i], a.limb[k]);
  for (int k = 0; k < 2 * kLimbs - 1; ++k) {
    c.low[k] = Add(c.low[k], c.low[k]);
    c.high[k] = Add(c.high[k], c.high[k]);
  }
  for (int i = 0; i < kLimbs; ++i) MultiplyInto(c, 2 * i, a.limb[i], a.limb[i]);
  return Reduced(c);
}

MUSTER_IFMA_INLINE Elements TimesA24(const Elements& a) {
  const Register a24 = Broadcast(kA24), zero = _mm512_setzero_si512();
  Elements out;
  Register high[kLimbs];
  for (int i = 0; i < kLimbs; ++i) {
    out.limb[i] = _mm512_madd52lo_epu64(zero, a.limb[i], a24);
    high[i] = _mm512_madd52hi_epu64(zero, a.limb[i], a24);
    high[i] = Add(high[i], high[i]);
  }
  out.limb[0] = Add(out.limb[0], TimesNineteen(high[kLimbs - 1]));
  for (int i = 1; i < kLimbs; ++i) out.limb[i] = Add(out.limb[i], high[i - 1]);
  return Carry(out);
}

// a and b change places where `swap` is all ones; it is all ones or zero.
MUSTER_IFMA_INLINE void SwapIf(__mmask8 swap, Elements& a, Elements& b) {
  for (int i = 0; i < kLimbs; ++i) {
    const Register was = a.limb[i];
    a.limb[i] = _mm512_mask_mov_epi64(was, swap, b.limb[i]);
    b.limb[i] = _mm512_mask_mov_epi64(b.limb[i], swap, was);
  }
}

MUSTER_TARGET_IFMA Elements SquareTimes(Elements a, int times) {
  for (int i = 0; i < times; ++i) a = Square(a);
  return a;
}

// a^(p - 2), the inverse, and 0 of 0: the chain of Bernstein's curve25519 (2006).
MUSTER_TARGET_IFMA Elements Inverse(const Elements& a) {
  const Elements a2 = Square(a);
  const Elements a9 = Product(SquareTimes(a2, 2), a);
  const Elements a11 = Product(a9, a2);
  const Elements ones5 = Product(Square(a11), a9);  // a^(2^5 - 1), and so on.
  const Elements ones10 = Product(SquareTimes(ones5, 5), ones5);
  const Elements ones20 = Product(SquareTimes(ones10, 10), ones10);
  const Elements ones40 = Product(SquareTimes(ones20, 20), ones20);
  const Elements ones50 = Product(SquareTimes(ones40, 10), ones10);
  const Elements ones100 = Product(SquareTimes(ones50, 50), ones50);
  const Elements ones200 = Product(SquareTimes(ones100, 100), ones100);
  const Elements ones250 = Product(SquareTimes(ones200, 50), ones50);
  return Product(SquareTimes(ones250, 5), a11);
}

struct Ladder {
  Elements x2, z2, x3, z3;
};

// RFC 7748 section 5, one bit of the secret.
MUSTER_IFMA_INLINE void Step(const Elements& x1, Ladder& l) {
  const Elements a = Sum(l.x2, l.z2), b = Difference(l.x2, l.z2);
  const Elements da = Product(Difference(l.x3, l.z3), a);
  const Elements cb = Product(Sum(l.x3, l.z3), b);
  const Elements aa = Square(a), bb = Square(b);
  const Elements e = Difference(aa, bb);
  l.x3 = Square(Sum(da, cb));
  l.z3 = Product(x1, Square(Difference(da, cb)));
  l.x2 = Product(aa, bb);
  l.z2 = Product(e, Sum(aa, TimesA24(e)));
}

using Words = std::array<std::uint64_t, 4>;

MUSTER_TARGET_IFMA Elements Load(std::span<const AgreementPublic, kIfmaPoints> points) {
  alignas(64) std::uint64_t limbs[kLimbs][kIfmaPoints];
  for (std::size_t i = 0; i < kIfmaPoints; ++i) {
    Words w;
    std::memcpy(w.data(), points[i].data(), sizeof w);
    limbs[0][i] = w[0] & kMask;
    limbs[1][i] = (w[0] >> 51 | w[1] << 13) & kMask;
    limbs[2][i] = (w[1] >> 38 | w[2] << 26) & kMask;
    limbs[3][i] = (w[2] >> 25 | w[3] << 39) & kMask;
    limbs[4][i] = (w[3] >> 12) & kMask;  // The top bit is ignored.
  }
  Elements out;
  for (int k = 0; k < kLimbs; ++k) out.limb[k] = _mm512_load_si512(limbs[k]);
  return out;
}

// One limb after the other, the last one's carry falling off; the others are below 2^51 then.
MUSTER_IFMA_INLINE Elements Rippled(Elements a, Register& fell) {
  const Register mask = Broadcast(kMask);
  Register above = _mm512_setzero_si512();
  for (Register& limb : a.limb) {
    limb = Add(limb, above);
    above = _mm512_srli_epi64(limb, kBits);
    limb = _mm512_and_si512(limb, mask);
  }
  fell = above;
  return a;
}

// The one representative below 2^255 - 19, as bytes.
MUSTER_TARGET_IFMA void Store(const Elements& carried, std::span<std::byte, 32 * kIfmaPoints> out) {
  Register fell;
  Elements a = Rippled(carried, fell);
  a.limb[0] = Add(a.limb[0], TimesNineteen(fell));
  a = Rippled(a, fell);  // Below 2^255 now; `fell` is 0.
  Elements probe = a;    // a >= 2^255 - 19 where a + 19 reaches 2^255.
  probe.limb[0] = Add(probe.limb[0], Broadcast(19));
  Rippled(probe, fell);
  a.limb[0] = Add(a.limb[0], TimesNineteen(fell));
  a = Rippled(a, fell);

  alignas(64) std::uint64_t limbs[kLimbs][kIfmaPoints];
  for (int k = 0; k < kLimbs; ++k) _mm512_store_si512(limbs[k], a.limb[k]);
  for (std::size_t i = 0; i < kIfmaPoints; ++i) {
    const Words w = {limbs[0][i] | limbs[1][i] << 51, limbs[1][i] >> 13 | limbs[2][i] << 38,
                     limbs[2][i] >> 26 | limbs[3][i] << 25, limbs[3][i] >> 39 | limbs[4][i] << 12};
    std::memcpy(out.data() + 32 * i, w.data(), sizeof w);
  }
  explicit_bzero(limbs, sizeof limbs);
}

MUSTER_TARGET_IFMA Elements One() {
  Elements out;
  for (Register& limb : out.limb) limb = _mm512_setzero_si512();
  out.limb[0] = Broadcast(1);
  return out;
}

MUSTER_TARGET_IFMA void Run(const std::array<std::byte, 32>& scalar,
                            std::span<const AgreementPublic, kIfmaPoints> points,
                            std::span<std::byte, 32 * kIfmaPoints> out) {
  const Elements x1 = Load(points);
  Ladder ladder{One(), Elements{}, x1, One()};
  unsigned swapped = 0;
  for (int t = 254; t >= 0; --t) {
    const unsigned bit = std::to_integer<unsigned>(scalar[t / 8]) >> (t % 8) & 1;
    const auto swap = static_cast<__mmask8>(0u - (swapped ^ bit));
    SwapIf(swap, ladder.x2, ladder.x3);
    SwapIf(swap, ladder.z2, ladder.z3);
    swapped = bit;
    Step(x1, ladder);
  }
  // The last bit of a clamped secret is 0, so nothing is left to be swapped.
  Store(Product(ladder.x2, Inverse(ladder.z2)), out);
  explicit_bzero(&ladder, sizeof ladder);
}
}  // namespace

bool HasIfma() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512ifma") != 0;
}

void IfmaX25519(ByteView secret, std::span<const AgreementPublic, kIfmaPoints> points,
                std::span<std::byte, 32 * kIfmaPoints> out) {
  std::array<std::byte, 32> scalar;
  std::memcpy(scalar.data(), secret.data(), scalar.size());
  scalar[0] &= std::byte{248};
  scalar[31] = (scalar[31] & std::byte{127}) | std::byte{64};
  Run(scalar, points, out);
  explicit_bzero(scalar.data(), scalar.size());
}

}  // namespace muster::platform

#else

namespace muster::platform {
bool HasIfma() { return false; }
void IfmaX25519(ByteView, std::span<const AgreementPublic, kIfmaPoints>,
                std::span<std::byte, 32 * kIfmaPoints>) {}
}  // namespace muster::platform

#endif
