#include "aggregation/secagg/shamir.h"

#include <string.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {
static_assert(std::endian::native == std::endian::little, "numbers are written as they lie");

// A 256-bit secret as 52 + 52 + 52 + 52 + 48 bits, each below p.
constexpr int kLimbBits = 52;
using Words = std::array<std::uint64_t, 4>;

// Erased when they die, whichever way the function ends.
template <typename T>
struct Wiped {
  T value{};
  ~Wiped() { explicit_bzero(&value, sizeof value); }
};
struct WipedElements {
  std::vector<Share::Limbs> value;
  ~WipedElements() { explicit_bzero(value.data(), value.size() * sizeof(Share::Limbs)); }
};

// Into the caller's place, and not by value: copies on the stack would not be erased.
void CutIntoLimbs(const Words& words, Share::Limbs& limbs) {
  for (std::size_t k = 0; k < Share::kLimbs; ++k) {
    const std::size_t bit = k * kLimbBits, word = bit / 64, shift = bit % 64;
    std::uint64_t value = words[word] >> shift;
    if (shift != 0 && word + 1 < words.size()) value |= words[word + 1] << (64 - shift);
    limbs[k] = FieldElement::Reduce(value & ((std::uint64_t{1} << kLimbBits) - 1));
  }
}

// The inverse. False when a limb has more bits than its part of a secret.
bool JoinLimbs(const Share::Limbs& limbs, Words& words) {
  std::uint64_t beyond = 0;
  words = {};
  for (std::size_t k = 0; k < Share::kLimbs; ++k) {
    const std::size_t bit = k * kLimbBits, word = bit / 64, shift = bit % 64;
    const std::uint64_t value = limbs[k].value();
    beyond |= value >> std::min<std::size_t>(kLimbBits, 256 - bit);
    words[word] |= value << shift;
    if (shift != 0 && word + 1 < words.size()) words[word + 1] |= value >> (64 - shift);
  }
  return beyond == 0;
}

// Uniform in Z_p: 61 bits, drawn again in the one case in 2^61 that they are p.
void DrawUniform(SecureRng& rng, std::span<Share::Limbs> out) {
  rng.Fill(std::as_writable_bytes(out));
  Wiped<std::uint64_t> bits;
  for (Share::Limbs& limbs : out)
    for (FieldElement& limb : limbs) {
      std::memcpy(&bits.value, &limb, sizeof bits.value);
      while ((bits.value &= FieldElement::kModulus) == FieldElement::kModulus)
        rng.Fill(std::as_writable_bytes(std::span(&bits.value, 1)));
      limb = FieldElement::Reduce(bits.value);
    }
}

// The five polynomials at x, by Horner's rule: coefficients[0] is the secret.
Share Evaluate(std::span<const Share::Limbs> coefficients, std::uint64_t at) {
  const FieldElement x = FieldElement::Reduce(at);
  Wiped<Share::Limbs> sum;
  for (std::size_t i = coefficients.size(); i-- > 0;)
    for (std::size_t k = 0; k < Share::kLimbs; ++k)
      sum.value[k] = MultiplyAdd(sum.value[k], x, coefficients[i][k]);
  return Share(sum.value);
}

template <typename... Args>
Status Unreadable(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(Refused(Violation::kMALFORMED, f, std::forward<Args>(args)...),
                    Reason::kARTEFACT_INVALID);
}

// 1 / values[i] for all i, at the price of one inverse (Montgomery's trick); none may be 0.
void InvertAll(std::span<FieldElement> values) {
  std::vector<FieldElement> before(values.size());  // Of those in front of i, their product.
  FieldElement product = FieldElement::Reduce(1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    before[i] = product;
    product = product * values[i];
  }
  FieldElement inverse = Inverse(product);
  for (std::size_t i = values.size(); i-- > 0;) {
    const FieldElement value = values[i];
    values[i] = inverse * before[i];
    inverse = inverse * value;
  }
}
}  // namespace

Share::Share(Share&& other) noexcept : limbs_(other.limbs_) {
  explicit_bzero(&other.limbs_, sizeof other.limbs_);
}
Share& Share::operator=(Share&& other) noexcept {
  if (this == &other) return *this;
  limbs_ = other.limbs_;
  explicit_bzero(&other.limbs_, sizeof other.limbs_);
  return *this;
}
Share::~Share() { explicit_bzero(&limbs_, sizeof limbs_); }

StatusOr<Share> Share::Parse(ByteView bytes) {
  if (bytes.size() != kBytes) return Unreadable("share: {} bytes, not {}", bytes.size(), kBytes);
  Wiped<std::array<std::uint64_t, kLimbs>> numbers;
  std::memcpy(&numbers.value, bytes.data(), kBytes);
  Wiped<Limbs> limbs;
  for (std::size_t k = 0; k < kLimbs; ++k) {
    if (numbers.value[k] >= FieldElement::kModulus)
      return Unreadable("share: number {} is not below 2^61 - 1", k);
    limbs.value[k] = FieldElement::Reduce(numbers.value[k]);
  }
  return Share(limbs.value);
}

void Share::Write(std::span<std::byte, kBytes> out) const {
  for (std::size_t k = 0; k < kLimbs; ++k) {
    const std::uint64_t number = limbs_[k].value();
    std::memcpy(out.data() + 8 * k, &number, sizeof number);
  }
}

StatusOr<std::vector<Share>> SplitSecret(const Secret& secret, std::size_t threshold,
                                         std::size_t holders, SecureRng& rng) {
  if (secret.Reveal().size() != kSharedSecretBytes)
    return InvalidArgument("shared secret: {} bytes, not {}", secret.Reveal().size(),
                           kSharedSecretBytes);
  if (threshold == 0 || threshold > holders || holders > kMostHolders)
    return InvalidArgument("sharing among {} holders with threshold {}: 1 <= t <= n <= {}", holders,
                           threshold, kMostHolders);
  WipedElements coefficients{std::vector<Share::Limbs>(threshold)};
  Wiped<Words> words;
  std::memcpy(&words.value, secret.Reveal().data(), kSharedSecretBytes);
  CutIntoLimbs(words.value, coefficients.value[0]);
  DrawUniform(rng, std::span(coefficients.value).subspan(1));
  std::vector<Share> shares;
  shares.reserve(holders);
  for (std::size_t i = 0; i < holders; ++i) shares.push_back(Evaluate(coefficients.value, i + 1));
  return shares;
}

StatusOr<Interpolator> Interpolator::Make(std::span<const std::uint32_t> holders) {
  if (holders.empty() || holders.size() > kMostHolders)
    return InvalidArgument("{} responders; 1 to {} can interpolate", holders.size(), kMostHolders);
  std::vector<std::uint32_t> sorted(holders.begin(), holders.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() == 0 || sorted.back() > kMostHolders)
    return InvalidArgument("responders are numbered 1 to {}", kMostHolders);
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return InvalidArgument("a responder is named twice");

  // weight i = product over j != i of x_j / (x_j - x_i)  =  product of all x / (x_i * product of
  // the differences).
  std::vector<FieldElement> weights(holders.size());
  FieldElement all = FieldElement::Reduce(1);
  for (std::size_t i = 0; i < holders.size(); ++i) {
    const FieldElement x = FieldElement::Reduce(holders[i]);
    all = all * x;
    weights[i] = x;
    for (std::size_t j = 0; j < holders.size(); ++j)
      if (j != i) weights[i] = weights[i] * (FieldElement::Reduce(holders[j]) - x);
  }
  InvertAll(weights);
  for (FieldElement& weight : weights) weight = weight * all;
  return Interpolator(std::move(weights));
}

StatusOr<Secret> Interpolator::Reconstruct(std::span<const Share> shares) const {
  if (shares.size() != weights_.size())
    return InvalidArgument("{} shares for {} responders", shares.size(), weights_.size());
  Wiped<Share::Limbs> sum;
  for (std::size_t i = 0; i < shares.size(); ++i)
    for (std::size_t k = 0; k < Share::kLimbs; ++k)
      sum.value[k] = MultiplyAdd(weights_[i], shares[i].Reveal()[k], sum.value[k]);
  Wiped<Words> words;
  if (!JoinLimbs(sum.value, words.value))
    return WithReason(InvalidArgument("the shares interpolate to no 32-byte secret: one of them is "
                                      "wrong, or they are too few"),
                      Reason::kARTEFACT_INVALID);
  const auto bytes = std::as_bytes(std::span(words.value));
  return Secret(Bytes(bytes.begin(), bytes.end()));
}

}  // namespace muster::aggregation::secagg
