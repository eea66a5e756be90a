#pragma once
// Arithmetic in Z_p with the Mersenne prime p = 2^61 - 1, for secret sharing. No operation branches
// or indexes on a value, so time and memory accesses tell nothing about secrets.
#include <cstdint>
#include <type_traits>

namespace muster::aggregation::secagg {

class FieldElement {
 public:
  static constexpr int kBits = 61;
  static constexpr std::uint64_t kModulus = (std::uint64_t{1} << kBits) - 1;

  constexpr FieldElement() = default;
  // `value` mod p, for any 64-bit value.
  static constexpr FieldElement Reduce(std::uint64_t value) {
    return FieldElement(Canonical((value & kModulus) + (value >> kBits)));
  }
  constexpr std::uint64_t value() const { return value_; }  // In [0, p).

  friend constexpr FieldElement operator+(FieldElement a, FieldElement b) {
    return FieldElement(Canonical(a.value_ + b.value_));
  }
  friend constexpr FieldElement operator-(FieldElement a, FieldElement b) {
    return FieldElement(Canonical(a.value_ + kModulus - b.value_));
  }
  friend constexpr FieldElement operator*(FieldElement a, FieldElement b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a.value_) * b.value_;
    // 2^61 = 1 mod p: the high part is added to the low one.
    return FieldElement(Canonical((static_cast<std::uint64_t>(product) & kModulus) +
                                  static_cast<std::uint64_t>(product >> kBits)));
  }
  // a * b + c, reduced once: a * b + c <= (p - 1) p, whose two parts add up to less than 2 p.
  friend constexpr FieldElement MultiplyAdd(FieldElement a, FieldElement b, FieldElement c) {
    __extension__ using Wide = unsigned __int128;
    const Wide sum = static_cast<Wide>(a.value_) * b.value_ + c.value_;
    return FieldElement(Canonical((static_cast<std::uint64_t>(sum) & kModulus) +
                                  static_cast<std::uint64_t>(sum >> kBits)));
  }
  // a^(p - 2) = 1 / a (Fermat); 0 for 0, which has no inverse. Cost: 120 multiplications.
  friend constexpr FieldElement Inverse(FieldElement a) {
    FieldElement result = Reduce(1);
    for (int bit = kBits - 1; bit >= 0;
         --bit) {  // The exponent is public; branching on it is fine.
      result = result * result;
      if (((kModulus - 2) >> bit & 1) != 0) result = result * a;
    }
    return result;
  }
  // Public values only: tests and the numbers of holders.
  friend constexpr bool operator==(FieldElement, FieldElement) = default;

 private:
  constexpr explicit FieldElement(std::uint64_t value) : value_(value) {}
  // Of a value in [0, 2p): p is taken away when it fits, by a mask.
  static constexpr std::uint64_t Canonical(std::uint64_t value) {
    const std::uint64_t less = value - kModulus;
    std::uint64_t borrowed = 0 - (less >> 63);
    // Keeps the compiler from finding out that the mask is a condition, and branching on it.
    if (!std::is_constant_evaluated()) asm("" : "+r"(borrowed));
    return less + (kModulus & borrowed);
  }
  std::uint64_t value_ = 0;
};

}  // namespace muster::aggregation::secagg
