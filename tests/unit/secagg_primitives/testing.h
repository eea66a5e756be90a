#pragma once
// What the tests of secure aggregation's primitives share: repeatable randomness and real masks.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/rng.h"
#include "base/seeded.h"
#include "platform/openssl_keystream.h"

namespace muster::aggregation::secagg {

// Secret bytes that a test can name by a seed.
class SeededSecureRng final : public SecureRng {
 public:
  explicit SeededSecureRng(std::uint64_t seed) : rng_(seed) {}
  void Fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(rng_.Next() >> 56);
  }

 private:
  SeededRng rng_;
};

inline Secret SecretOf(std::uint64_t seed) {
  Bytes bytes(32);
  SeededSecureRng(seed).Fill(bytes);
  return Secret(std::move(bytes));
}
inline std::unique_ptr<Keystream> StreamOf(std::uint64_t seed) {
  return platform::NewAesCtrKeystream(SecretOf(seed)).value();
}

// The number of cases: many more under ./dev soak.
inline int Cases(int in_suite) { return std::getenv("MUSTER_SOAK") ? 50 * in_suite : in_suite; }

}  // namespace muster::aggregation::secagg
