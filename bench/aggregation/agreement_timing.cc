#include "bench/aggregation/agreement_timing.h"

#include <vector>

#include "bench/aggregation/timing_leak.h"
#include "platform/openssl_crypto.h"

namespace muster::bench {
namespace {
constexpr std::size_t kPeers = 8;
constexpr std::size_t kMeasurements = 8'000;

Bytes Random(SeededRng& rng) {
  Bytes out(Crypto::kAgreementSecretBytes);
  for (std::byte& b : out) b = static_cast<std::byte>(rng.Next());
  return out;
}
}  // namespace

double AgreementTimingT() {
  SeededRng rng(1);
  const platform::OpenSslCrypto crypto;
  std::vector<AgreementPublic> peers;
  for (std::size_t i = 0; i < kPeers; ++i)
    peers.push_back(crypto.AgreementPublicOf(Secret(Random(rng))).value());
  std::unique_ptr<const Secret> mine;
  return MedianWelchT(
      rng, kMeasurements,
      [&](std::size_t which) {
        Bytes random = Random(rng);  // In either case, as caches and the allocator see it.
        if (which == 0) std::ranges::fill(random, std::byte{});
        mine = std::make_unique<const Secret>(std::move(random));
      },
      [&] { (void)crypto.AgreeWithAll(*mine, peers); });
}

}  // namespace muster::bench
