#include "bench/aggregation/share_timing.h"

#include <numeric>
#include <vector>

#include "aggregation/secagg/shamir.h"
#include "bench/aggregation/timing_leak.h"

namespace muster::bench {
namespace {
using namespace muster::aggregation::secagg;

constexpr std::size_t kThreshold = 20;
constexpr std::size_t kInputs = 16;  // Of each class.
constexpr std::size_t kMeasurements = 100'000;

class SeededSecureRng final : public SecureRng {
 public:
  explicit SeededSecureRng(SeededRng& source) : source_(source) {}
  void Fill(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(source_.Next());
  }

 private:
  SeededRng& source_;
};

using Class = std::vector<std::vector<Share>>;

Class ZeroShares() {  // Those of a zero secret, so that both classes reconstruct without an error.
  Class out(kInputs);
  for (std::vector<Share>& shares : out)
    for (std::size_t k = 0; k < kThreshold; ++k) shares.emplace_back(Share::Limbs{});
  return out;
}
Class RandomShares(SeededRng& rng) {
  Class out;
  SeededSecureRng secure(rng);
  for (std::size_t i = 0; i < kInputs; ++i) {
    Bytes secret(kSharedSecretBytes);
    secure.Fill(secret);
    out.push_back(SplitSecret(Secret(std::move(secret)), kThreshold, kThreshold, secure).value());
  }
  return out;
}
}  // namespace

double ReconstructTimingT() {
  SeededRng rng(1);
  const Class inputs[2] = {ZeroShares(), RandomShares(rng)};
  std::vector<std::uint32_t> holders(kThreshold);
  std::iota(holders.begin(), holders.end(), 1);
  const Interpolator interpolator = Interpolator::Make(holders).value();
  std::vector<Share> shares = std::move(ZeroShares()[0]);  // One place for both.
  return MedianWelchT(
      rng, kMeasurements,
      [&](std::size_t which) {
        const std::vector<Share>& input = inputs[which][rng.Below(kInputs)];
        for (std::size_t k = 0; k < kThreshold; ++k) shares[k] = Share(input[k].Reveal());
      },
      [&] { (void)interpolator.Reconstruct(shares); });
}

}  // namespace muster::bench
