#include "platform/vaes_keystream.h"

#include "platform/vaes_kernels.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstring>

// Of single functions, which run where there is a kernel alone.
#define MUSTER_TARGET_AES __attribute__((target("aes")))

namespace muster::platform {
namespace {
constexpr std::size_t kBlock = 16;
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

// FIPS 197 section 5.2, by the instruction made for it; the next of the round keys.
template <int kRoundConstant>
MUSTER_TARGET_AES __m128i NextRoundKey(__m128i key) {
  const __m128i word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, kRoundConstant), 0xff);
  __m128i shifted = key;
  for (int i = 0; i < 3; ++i) {
    shifted = _mm_slli_si128(shifted, 4);
    key = _mm_xor_si128(key, shifted);
  }
  return _mm_xor_si128(key, word);
}

MUSTER_TARGET_AES void ExpandKey(const std::byte* key, VaesSchedule& schedule) {
  __m128i* const out = schedule.keys;
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

template <VaesOp kOp, typename Word>
VaesKernel::Loop LoopOf(const VaesKernel& kernel) {
  if constexpr (kOp == VaesOp::kWrite) return kernel.write;
  if constexpr (kOp == VaesOp::kAdd) return sizeof(Word) == 2 ? kernel.add16 : kernel.add32;
  return sizeof(Word) == 2 ? kernel.subtract16 : kernel.subtract32;
}

class VaesKeystream final : public AddingKeystream {
 public:
  VaesKeystream(const VaesKernel& kernel, ByteView seed)
      : kernel_(kernel),
        first_{ReadBigEndian(seed.subspan(kBlock, 8)), ReadBigEndian(seed.subspan(kBlock + 8, 8))} {
    ExpandKey(seed.data(), schedule_);
  }
  ~VaesKeystream() override {
    explicit_bzero(&schedule_, sizeof schedule_);
    explicit_bzero(&first_, sizeof first_);
  }

  Status Fill(std::uint64_t offset, std::span<std::byte> out) override {
    return Apply<VaesOp::kWrite>(offset, out);
  }
  Status Add(std::uint64_t offset, std::span<std::uint32_t> words) override {
    return Apply<VaesOp::kAdd>(offset, words);
  }
  Status Add(std::uint64_t offset, std::span<std::uint16_t> words) override {
    return Apply<VaesOp::kAdd>(offset, words);
  }
  Status Subtract(std::uint64_t offset, std::span<std::uint32_t> words) override {
    return Apply<VaesOp::kSubtract>(offset, words);
  }
  Status Subtract(std::uint64_t offset, std::span<std::uint16_t> words) override {
    return Apply<VaesOp::kSubtract>(offset, words);
  }

 private:
  template <VaesOp kOp, typename Word>
  Status Apply(std::uint64_t offset, std::span<Word> words) const {
    if (offset > kMostBytes || words.size_bytes() > kMostBytes - offset)
      return InvalidArgument("keystream: {} bytes at {}, it has 2^63", words.size_bytes(), offset);
    while (!words.empty()) {
      std::size_t done = 0;
      if (const std::size_t steps = WholeSteps(offset, words.size_bytes()); steps > 0) {
        const Counter first = first_ + offset / kBlock;
        LoopOf<kOp, Word>(kernel_)(schedule_, first.high, first.low,
                                   std::as_writable_bytes(words).data(), steps);
        done = steps * (kernel_.step_bytes / sizeof(Word));
      } else {
        done = ApplyPart<kOp>(offset, words);
      }
      offset += done * sizeof(Word);
      words = words.subspan(done);
    }
    return Ok();
  }

  // How many steps of the kernel fit between here and the end, or the counter's next carry.
  std::size_t WholeSteps(std::uint64_t offset, std::size_t size) const {
    if (offset % kBlock != 0) return 0;
    const std::uint64_t left = ~(first_ + offset / kBlock).low;  // One less than blocks.
    return std::min<std::uint64_t>(size / kernel_.step_bytes, left / (kernel_.step_bytes / kBlock));
  }

  // Less than a step, or what does not begin with a block, or has a carry; how many words. Goes up
  // to the next block where words can.
  template <VaesOp kOp, typename Word>
  std::size_t ApplyPart(std::uint64_t offset, std::span<Word> words) const {
    alignas(64) std::array<std::byte, kMostVaesStepBytes> stream;
    const std::size_t got = WriteStep(first_ + offset / kBlock, stream);
    const std::size_t skip = offset % kBlock;
    const bool aligns = skip > 0 && skip % sizeof(Word) == 0;
    const std::size_t there = (aligns ? kBlock - skip : got - skip) / sizeof(Word);
    const std::size_t n = std::min(words.size(), there);
    for (std::size_t i = 0; i < n; ++i) {
      Word word;
      std::memcpy(&word, stream.data() + skip + i * sizeof word, sizeof word);
      if constexpr (kOp == VaesOp::kWrite) words[i] = word;
      if constexpr (kOp == VaesOp::kAdd) words[i] = static_cast<Word>(words[i] + word);
      if constexpr (kOp == VaesOp::kSubtract) words[i] = static_cast<Word>(words[i] - word);
    }
    explicit_bzero(stream.data(), stream.size());
    return n;
  }

  // One step of the stream, of which the blocks past a carry are made again.
  std::size_t WriteStep(Counter first, std::array<std::byte, kMostVaesStepBytes>& out) const {
    kernel_.write(schedule_, first.high, first.low, out.data(), 1);
    const std::uint64_t before = std::uint64_t{0} - first.low;  // Blocks; 0 is 2^64.
    if (before == 0 || before >= kernel_.step_bytes / kBlock) return kernel_.step_bytes;
    std::array<std::byte, kMostVaesStepBytes> carried;
    kernel_.write(schedule_, first.high + 1, first.low, carried.data(), 1);
    std::copy(carried.begin() + before * kBlock, carried.begin() + kernel_.step_bytes,
              out.begin() + before * kBlock);
    explicit_bzero(carried.data(), carried.size());
    return kernel_.step_bytes;
  }

  const VaesKernel& kernel_;
  VaesSchedule schedule_;
  Counter first_;
};

bool HasVaes() {
  constexpr unsigned kVaes = 1u << 9;  // Leaf 7, ECX; clang 14 has no name for it.
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("aes") != 0 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (c & kVaes) != 0;
}

const VaesKernel* FindKernel(VaesWidth width) {
  if (!HasVaes()) return nullptr;
  if (width == VaesWidth::k512)
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0
               ? &Vaes512Kernel()
               : nullptr;
  return __builtin_cpu_supports("avx2") != 0 ? &Vaes256Kernel() : nullptr;
}
}  // namespace

bool HasVaes(VaesWidth width) { return FindKernel(width) != nullptr; }

std::optional<VaesWidth> WidestVaes() {
  static const std::optional<VaesWidth> widest = []() -> std::optional<VaesWidth> {
    for (const VaesWidth width : {VaesWidth::k512, VaesWidth::k256})
      if (HasVaes(width)) return width;
    return std::nullopt;
  }();
  return widest;
}

std::unique_ptr<Keystream> NewVaesKeystream(VaesWidth width, const Secret& seed) {
  return std::make_unique<VaesKeystream>(
      width == VaesWidth::k512 ? Vaes512Kernel() : Vaes256Kernel(), seed.Reveal());
}

}  // namespace muster::platform

#else

namespace muster::platform {
bool HasVaes(VaesWidth) { return false; }
std::optional<VaesWidth> WidestVaes() { return std::nullopt; }
std::unique_ptr<Keystream> NewVaesKeystream(VaesWidth, const Secret&) { return nullptr; }
}  // namespace muster::platform

#endif
