// Folding of f32 updates into exact fixed-point sums, and masking of integer lanes, on one core,
// against memcpy of the same bytes in the same run. Repetitions are interleaved and medians taken,
// so that a noisy machine slows both sides alike.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "aggregation/accumulator.h"
#include "aggregation/secagg/mask.h"
#include "base/seeded.h"
#include "bench/aggregation/agreement_timing.h"
#include "bench/aggregation/share_timing.h"
#include "bench/report.h"
#include "platform/openssl_keystream.h"

namespace muster::aggregation {
namespace {
constexpr std::size_t kBatch = 8;
constexpr std::size_t kMasks = 32;  // A device has about as many neighbours; a server has more.

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

std::vector<std::vector<float>> Updates(std::size_t dim) {
  SeededRng rng(1);
  std::vector<std::vector<float>> out(kBatch, std::vector<float>(dim));
  for (std::vector<float>& update : out)
    for (float& x : update) x = static_cast<float>(rng.Next() >> 40) * 0x1p-21f - 4;
  return out;
}

struct Medians {
  double memcpy_seconds;  // Of one update.
  double fold_seconds;
  double batch_seconds;  // Of kBatch updates.
  bool all_counted;
};

Medians Measure(std::size_t dim, int repetitions) {
  const std::vector<std::vector<float>> updates = Updates(dim);
  std::vector<WeightedDelta> batch;
  for (std::size_t i = 0; i < kBatch; ++i)
    batch.push_back({updates[i], static_cast<double>(i + 1)});
  std::vector<float> copy(dim);
  Accumulator sum(dim, *FixedPoint::Make(1 << 17));

  std::vector<double> copies, folds, batches;
  for (int r = 0; r < repetitions; ++r) {
    const WeightedDelta& update = batch[r % kBatch];
    copies.push_back(Seconds([&] {
      std::memcpy(copy.data(), update.values.data(), dim * sizeof(float));
      asm volatile("" : : "r"(copy.data()) : "memory");  // The copy is wanted, reader or none.
    }));
    folds.push_back(Seconds([&] { (void)sum.Fold(update.values, update.weight, kBatch); }));
    batches.push_back(Seconds([&] { (void)sum.FoldBatch(batch, kBatch); }));
  }
  const bool all_counted = sum.count() == static_cast<std::uint64_t>(repetitions) * (kBatch + 1);
  return {Median(copies), Median(folds), Median(batches), all_counted};
}

struct MaskMedians {
  double memcpy_seconds;  // Of one vector.
  double mask_seconds;    // Of kMasks masks, each generated and added to the vector.
  bool all_added;
};

// What unmasking is: many keystreams over the same lanes.
MaskMedians MeasureMasks(std::size_t dim, int repetitions) {
  std::vector<std::unique_ptr<Keystream>> streams;
  std::vector<secagg::Mask> masks;
  for (std::size_t i = 0; i < kMasks; ++i) {
    streams.push_back(
        platform::NewAesCtrKeystream(Secret(Bytes(32, static_cast<std::byte>(i)))).value());
    masks.push_back(
        {streams.back().get(), i % 2 == 0 ? secagg::Sign::kAdd : secagg::Sign::kSubtract});
  }
  std::vector<std::uint32_t> lanes(dim), copy(dim);
  std::vector<double> copies, adds;
  bool all_added = true;
  for (int r = 0; r < repetitions; ++r) {
    copies.push_back(Seconds([&] {
      std::memcpy(copy.data(), lanes.data(), dim * sizeof(std::uint32_t));
      asm volatile("" : : "r"(copy.data()) : "memory");
    }));
    adds.push_back(Seconds([&] { all_added &= secagg::AddMasks(masks, 0, lanes).ok(); }));
  }
  return {Median(copies), Median(adds), all_added};
}
}  // namespace
}  // namespace muster::aggregation

int main(int argc, char** argv) {
  using namespace muster;
  using namespace muster::aggregation;
  bench::Report report(argc, argv);
  const std::size_t dim = std::size_t{32} << 20;
  const Medians m = Measure(dim, 15);
  if (!m.all_counted) {
    fmt::print(stderr, "aggregation_bench: updates were refused, there is nothing to report\n");
    return 1;
  }
  const double bytes = static_cast<double>(dim) * sizeof(float);
  const std::string baseline = fmt::format("memcpy {:.2f} GB/s", bytes / m.memcpy_seconds / 1e9);
  report.Add({"fold_f32", "ratio_to_memcpy", m.memcpy_seconds / m.fold_seconds, baseline, 0.35,
              bench::kAtLeast});
  report.Add({"fold_f32_batched", "ratio_to_memcpy", kBatch * m.memcpy_seconds / m.batch_seconds,
              baseline, 0.65, bench::kAtLeast});

  const MaskMedians masks = MeasureMasks(dim, 7);
  if (!masks.all_added) {
    fmt::print(stderr, "aggregation_bench: a keystream failed, there is nothing to report\n");
    return 1;
  }
  report.Add({"mask_add", "ratio_to_memcpy", kMasks * masks.memcpy_seconds / masks.mask_seconds,
              fmt::format("memcpy {:.2f} GB/s", bytes / masks.memcpy_seconds / 1e9), 0.6,
              bench::kAtLeast});
  report.Add({"shamir_timing", "welch_t", bench::ReconstructTimingT(), "zero against random shares",
              4.5, bench::kAtMost});
  report.Add({"agreement_timing", "welch_t", bench::AgreementTimingT(),
              "a secret of zeroes against random ones, eight peers", 4.5, bench::kAtMost});
  return report.Finish();
}
