#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace muster {
namespace {
static_assert(std::endian::native == std::endian::little, "words are loaded as they lie");

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Reflected 0x1edc6f41.
using Table = std::array<std::uint32_t, 256>;

// kSlices[k][b]: what byte b, followed by k zero bytes, does to the register.
constexpr std::array<Table, 8> kSlices = [] {
  std::array<Table, 8> slices{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    slices[0][byte] = crc;
  }
  for (std::size_t k = 1; k < slices.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      slices[k][byte] = slices[k - 1][byte] >> 8 ^ slices[0][slices[k - 1][byte] & 0xff];
  return slices;
}();

std::uint64_t Load64(const std::byte* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

std::uint32_t PortableRegister(const std::byte* p, std::size_t n, std::uint32_t crc) {
  for (; n >= 8; p += 8, n -= 8) {
    const std::uint64_t word = Load64(p) ^ crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= kSlices[7 - k][word >> (8 * k) & 0xff];
  }
  for (; n > 0; ++p, --n) crc = crc >> 8 ^ kSlices[0][(crc ^ std::to_integer<unsigned>(*p)) & 0xff];
  return crc;
}

#if defined(__x86_64__)
// Moves a register over a fixed number of zero bytes, so that streams run side by side (the
// instruction takes three cycles but starts every cycle) join into one.
class Shift {
 public:
  constexpr explicit Shift(std::uint64_t zero_bytes) {
    Matrix square{};  // The action of one zero bit on each bit of the register.
    square[0] = kPolynomial;
    for (std::size_t i = 1; i < 32; ++i) square[i] = 1u << (i - 1);
    for (std::uint64_t bits = zero_bytes * 8; bits > 1; bits /= 2) square = Squared(square);
    for (std::size_t k = 0; k < 4; ++k)
      for (std::uint32_t byte = 0; byte < 256; ++byte)
        tables_[k][byte] = Apply(square, byte << (8 * k));
  }
  std::uint32_t operator()(std::uint32_t crc) const {
    return tables_[0][crc & 0xff] ^ tables_[1][crc >> 8 & 0xff] ^ tables_[2][crc >> 16 & 0xff] ^
           tables_[3][crc >> 24];
  }

 private:
  using Matrix = std::array<std::uint32_t, 32>;
  static constexpr std::uint32_t Apply(const Matrix& m, std::uint32_t v) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; v != 0; ++i, v >>= 1)
      if (v & 1) out ^= m[i];
    return out;
  }
  static constexpr Matrix Squared(const Matrix& m) {
    Matrix out{};
    for (std::size_t i = 0; i < 32; ++i) out[i] = Apply(m, m[i]);
    return out;
  }
  std::array<Table, 4> tables_{};
};

// Stream lengths are powers of two: squaring then needs no multiplications.
constexpr std::size_t kLong = 8192, kShort = 256;
constexpr Shift kOverLong(kLong), kOverShort(kShort);

template <std::size_t kStream>
__attribute__((target("sse4.2"))) const std::byte* ThreeStreams(const std::byte* p, std::size_t& n,
                                                                const Shift& over,
                                                                std::uint64_t& crc) {
  for (; n >= 3 * kStream; p += 3 * kStream, n -= 3 * kStream) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kStream; i += 8) {
      crc = _mm_crc32_u64(crc, Load64(p + i));
      second = _mm_crc32_u64(second, Load64(p + kStream + i));
      third = _mm_crc32_u64(third, Load64(p + 2 * kStream + i));
    }
    crc = over(static_cast<std::uint32_t>(crc)) ^ second;
    crc = over(static_cast<std::uint32_t>(crc)) ^ third;
  }
  return p;
}

__attribute__((target("sse4.2"))) std::uint32_t HardwareRegister(const std::byte* p, std::size_t n,
                                                                 std::uint32_t start) {
  std::uint64_t crc = start;
  p = ThreeStreams<kLong>(p, n, kOverLong, crc);
  p = ThreeStreams<kShort>(p, n, kOverShort, crc);
  for (; n >= 8; p += 8, n -= 8) crc = _mm_crc32_u64(crc, Load64(p));
  for (; n > 0; ++p, --n)
    crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), std::to_integer<std::uint8_t>(*p));
  return static_cast<std::uint32_t>(crc);
}
#endif
}  // namespace

std::uint32_t Crc32cPortable(ByteView bytes, std::uint32_t crc) {
  return ~PortableRegister(bytes.data(), bytes.size(), ~crc);
}

std::uint32_t Crc32c(ByteView bytes, std::uint32_t crc) {
#if defined(__x86_64__)
  static const bool hardware = __builtin_cpu_supports("sse4.2");
  if (hardware) return ~HardwareRegister(bytes.data(), bytes.size(), ~crc);
#endif
  return Crc32cPortable(bytes, crc);
}

}  // namespace muster
