#pragma once
// Shamir's secret sharing of 32-byte secrets over Z_p, p = 2^61 - 1: any t of n shares give the
// secret, and t - 1 of them nothing. Shamir, "How to share a secret", CACM 22(11), 1979. It does
// not notice a wrong share: callers check shares by their signed paths, and what comes out against
// the advertised public key or commitment.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregation/secagg/field.h"
#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

inline constexpr std::size_t kMostHolders = 1024;
inline constexpr std::size_t kSharedSecretBytes = 32;

// One holder's part of one secret: the values of five polynomials at the holder's x. Erased when it
// dies, and moved from when it moves.
class Share {
 public:
  static constexpr std::size_t kLimbs = 5;
  static constexpr std::size_t kBytes = 8 * kLimbs;
  using Limbs = std::array<FieldElement, kLimbs>;

  explicit Share(const Limbs& limbs) : limbs_(limbs) {}
  Share(Share&& other) noexcept;
  Share& operator=(Share&& other) noexcept;
  ~Share();

  // Five little-endian 64-bit numbers. ARTEFACT_INVALID and MALFORMED on another length or a number
  // that is not below p, so that each share has one encoding.
  static StatusOr<Share> Parse(ByteView bytes);
  void Write(std::span<std::byte, kBytes> out) const;
  const Limbs& Reveal() const { return limbs_; }  // Every use is one grep away.

 private:
  Limbs limbs_;
};

// Splits `secret` among holders 1..n; the share at index i belongs to holder x = i + 1.
//
//   secret     32 bytes, cut into four numbers of 52 bits and one of 48.
//   threshold  t shares reconstruct; 1 <= t <= n <= kMostHolders.
//   rng        gives the 5 (t - 1) coefficients, each uniform in Z_p.
//   errors     INVALID_ARGUMENT when the lengths or bounds do not hold.
//   cost       5 n t multiplications; 6 ms for (n, t) = (1000, 667).
StatusOr<std::vector<Share>> SplitSecret(const Secret& secret, std::size_t threshold,
                                         std::size_t holders, SecureRng& rng);

// Lagrange's weights at zero for one set of holders, computed once and used for every secret that
// this very set answers for.
class Interpolator {
 public:
  // The x of each responder: distinct, in 1..kMostHolders, at least one; INVALID_ARGUMENT
  // otherwise. Give exactly the threshold: more are not wrong, they only cost more.
  // Cost: O(m^2) multiplications for m holders; 2 ms for m = 667.
  static StatusOr<Interpolator> Make(std::span<const std::uint32_t> holders);

  // `shares[i]` is that of holders[i]. INVALID_ARGUMENT when their numbers differ;
  // ARTEFACT_INVALID when the result is no 32-byte secret (a limb has too many bits), which tells
  // that a share is wrong or that there are fewer than the dealer's threshold. Cost: 5 m
  // multiplications.
  StatusOr<Secret> Reconstruct(std::span<const Share> shares) const;

  std::size_t size() const { return weights_.size(); }

 private:
  explicit Interpolator(std::vector<FieldElement> weights) : weights_(std::move(weights)) {}
  std::vector<FieldElement> weights_;
};  // Immutable; safe from any thread.

}  // namespace muster::aggregation::secagg
