#include "platform/vaes_keystream.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstring>

// Of single functions, which run where HasVaes() alone.
#define MUSTER_TARGET_VAES __attribute__((target("aes,avx512f,avx512bw,vaes")))

namespace muster::platform {
namespace {
constexpr std::size_t kBlock = 16;
constexpr std::size_t kRegister = 64;
constexpr std::size_t kInFlight = 8;  // Registers: a round takes four cycles, one begins in each.
constexpr std::size_t kStep = kInFlight * kRegister;
constexpr std::size_t kStepBlocks = kStep / kBlock;
constexpr std::size_t kRounds = 10;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 63;

// A counter block as one number.
struct Counter {
  std::uint64_t high;
  std::uint64_t low;
};
Counter operator+(Counter counter, std::uint64_t blocks) {
  const std::uint64_t low = counter.low + blocks;
  return {counter.high + (low < blocks ? 1 : 0), low};
}

std::uint64_t ReadBigEndian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::byte b : bytes) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

using Schedule = std::array<__m128i, kRounds + 1>;

// FIPS 197 section 5.2, by the instruction made for it; the next of the round keys.
template <int kRoundConstant>
MUSTER_TARGET_VAES __m128i NextRoundKey(__m128i key) {
  const __m128i word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, kRoundConstant), 0xff);
  __m128i shifted = key;
  for (int i = 0; i < 3; ++i) {
    shifted = _mm_slli_si128(shifted, 4);
    key = _mm_xor_si128(key, shifted);
  }
  return _mm_xor_si128(key, word);
}

MUSTER_TARGET_VAES void ExpandKey(const std::byte* key, Schedule& out) {
  out[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
  out[1] = NextRoundKey<0x01>(out[0]);
  out[2] = NextRoundKey<0x02>(out[1]);
  out[3] = NextRoundKey<0x04>(out[2]);
  out[4] = NextRoundKey<0x08>(out[3]);
  out[5] = NextRoundKey<0x10>(out[4]);
  out[6] = NextRoundKey<0x20>(out[5]);
  out[7] = NextRoundKey<0x40>(out[6]);
  out[8] = NextRoundKey<0x80>(out[7]);
  out[9] = NextRoundKey<0x1b>(out[8]);
  out[10] = NextRoundKey<0x36>(out[9]);
}

// Four numbers of 128 bits, plus `step` each. Low halves lie in the even places.
template <bool kCarries>
MUSTER_TARGET_VAES __m512i Plus(__m512i counters, __m512i step) {
  __m512i sum = _mm512_add_epi64(counters, step);
  if constexpr (kCarries) {
    const auto carried = static_cast<__mmask8>(_mm512_cmplt_epu64_mask(sum, counters) << 1);
    sum = _mm512_mask_add_epi64(sum, carried, sum, _mm512_set1_epi64(1));
  }
  return sum;
}
MUSTER_TARGET_VAES __m512i Low(long long n) { return _mm512_set_epi64(0, n, 0, n, 0, n, 0, n); }

enum class Op { kWrite, kAdd, kSubtract };

// What lies at `out` becomes the stream, or itself with the stream's words added or taken away.
template <Op kOp, typename Word>
MUSTER_TARGET_VAES void Put(__m512i stream, std::byte* out) {
  if constexpr (kOp != Op::kWrite) {
    const __m512i there = _mm512_loadu_si512(out);
    if constexpr (sizeof(Word) == 2)
      stream = kOp == Op::kAdd ? _mm512_add_epi16(there, stream) : _mm512_sub_epi16(there, stream);
    else
      stream = kOp == Op::kAdd ? _mm512_add_epi32(there, stream) : _mm512_sub_epi32(there, stream);
  }
  _mm512_storeu_si512(out, stream);
}

// `steps` times kStep bytes at `out`, from counter block `first` on. Without kCarries its low half
// does not overflow on the way.
template <Op kOp, typename Word, bool kCarries>
MUSTER_TARGET_VAES void Run(const Schedule& schedule, Counter first, std::byte* out,
                            std::size_t steps) {
  __m512i keys[kRounds + 1];
  for (std::size_t r = 0; r <= kRounds; ++r) keys[r] = _mm512_broadcast_i32x4(schedule[r]);
  const __m512i big_endian =
      _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  const auto high = static_cast<long long>(first.high), low = static_cast<long long>(first.low);
  __m512i counters = Plus<kCarries>(_mm512_set_epi64(high, low, high, low, high, low, high, low),
                                    _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
  for (; steps > 0; --steps, out += kStep) {
    __m512i state[kInFlight];
    for (std::size_t k = 0; k < kInFlight; ++k) {
      const __m512i blocks = Plus<kCarries>(counters, Low(static_cast<long long>(4 * k)));
      state[k] = _mm512_xor_si512(_mm512_shuffle_epi8(blocks, big_endian), keys[0]);
    }
    for (std::size_t r = 1; r < kRounds; ++r)
      for (std::size_t k = 0; k < kInFlight; ++k)
        state[k] = _mm512_aesenc_epi128(state[k], keys[r]);
    for (std::size_t k = 0; k < kInFlight; ++k)
      Put<kOp, Word>(_mm512_aesenclast_epi128(state[k], keys[kRounds]), out + k * kRegister);
    counters = Plus<kCarries>(counters, Low(kStepBlocks));
  }
}

class VaesKeystream final : public AddingKeystream {
 public:
  explicit VaesKeystream(ByteView seed)
      : first_{ReadBigEndian(seed.subspan(kBlock, 8)), ReadBigEndian(seed.subspan(kBlock + 8, 8))} {
    ExpandKey(seed.data(), schedule_);
  }
  ~VaesKeystream() override {
    explicit_bzero(&schedule_, sizeof schedule_);
    explicit_bzero(&first_, sizeof first_);
  }

  Status Fill(std::uint64_t offset, std::span<std::byte> out) override {
    return Apply<Op::kWrite>(offset, out);
  }
  Status Add(std::uint64_t offset, std::span<std::uint32_t> words) override {
    return Apply<Op::kAdd>(offset, words);
  }
  Status Add(std::uint64_t offset, std::span<std::uint16_t> words) override {
    return Apply<Op::kAdd>(offset, words);
  }
  Status Subtract(std::uint64_t offset, std::span<std::uint32_t> words) override {
    return Apply<Op::kSubtract>(offset, words);
  }
  Status Subtract(std::uint64_t offset, std::span<std::uint16_t> words) override {
    return Apply<Op::kSubtract>(offset, words);
  }

 private:
  template <Op kOp, typename Word>
  Status Apply(std::uint64_t offset, std::span<Word> words) const {
    if (offset > kMostBytes || words.size_bytes() > kMostBytes - offset)
      return InvalidArgument("keystream: {} bytes at {}, it has 2^63", words.size_bytes(), offset);
    while (!words.empty()) {
      const std::size_t steps = offset % kBlock == 0 ? words.size_bytes() / kStep : 0;
      std::size_t done = steps * (kStep / sizeof(Word));
      if (steps > 0)
        RunFrom<kOp, Word>(offset / kBlock, std::as_writable_bytes(words).data(), steps);
      else
        done = ApplyPart<kOp>(offset, words);
      offset += done * sizeof(Word);
      words = words.subspan(done);
    }
    return Ok();
  }

  // Less than a step, or what does not begin with a block; how many words. Goes up to the next
  // block where words can.
  template <Op kOp, typename Word>
  std::size_t ApplyPart(std::uint64_t offset, std::span<Word> words) const {
    alignas(kRegister) std::array<std::byte, kStep> stream;
    RunFrom<Op::kWrite, Word>(offset / kBlock, stream.data(), 1);
    const std::size_t skip = offset % kBlock;
    const bool aligns = skip > 0 && skip % sizeof(Word) == 0;
    const std::size_t there = (aligns ? kBlock - skip : kStep - skip) / sizeof(Word);
    const std::size_t n = std::min(words.size(), there);
    for (std::size_t i = 0; i < n; ++i) {
      Word word;
      std::memcpy(&word, stream.data() + skip + i * sizeof word, sizeof word);
      if constexpr (kOp == Op::kWrite) words[i] = word;
      if constexpr (kOp == Op::kAdd) words[i] = static_cast<Word>(words[i] + word);
      if constexpr (kOp == Op::kSubtract) words[i] = static_cast<Word>(words[i] - word);
    }
    explicit_bzero(stream.data(), stream.size());
    return n;
  }

  template <Op kOp, typename Word>
  void RunFrom(std::uint64_t block, std::byte* out, std::size_t steps) const {
    const Counter first = first_ + block;
    const bool carries = first.low + steps * kStepBlocks < first.low;
    if (carries)
      Run<kOp, Word, true>(schedule_, first, out, steps);
    else
      Run<kOp, Word, false>(schedule_, first, out, steps);
  }

  Schedule schedule_;
  Counter first_;
};
}  // namespace

bool HasVaes() {
  static const bool has = [] {
    constexpr unsigned kVaes = 1u << 9;  // Leaf 7, ECX; clang 14 has no name for it.
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("avx512f") != 0 &&
           __builtin_cpu_supports("avx512bw") != 0 &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & kVaes) != 0;
  }();
  return has;
}

std::unique_ptr<Keystream> NewVaesKeystream(const Secret& seed) {
  return std::make_unique<VaesKeystream>(seed.Reveal());
}

}  // namespace muster::platform

#else

namespace muster::platform {
bool HasVaes() { return false; }
std::unique_ptr<Keystream> NewVaesKeystream(const Secret&) { return nullptr; }
}  // namespace muster::platform

#endif
