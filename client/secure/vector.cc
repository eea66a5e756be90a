#include "client/secure/vector.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "aggregation/secagg/quantiser.h"
#include "aggregation/secagg/update_layout.h"

namespace muster::client {
namespace {
namespace secagg = aggregation::secagg;
constexpr std::size_t kUpdate = 0, kWeight = 1;  // The order of UpdateLayout.

Status CheckLayout(const secagg::Task& task, std::size_t dim) {
  const secagg::Segments& layout = task.layout;
  const auto due = secagg::UpdateLayout(dim, layout[kUpdate].bits, task.clip, layout.devices());
  if (due.ok() && *due == layout) return Ok();
  return WithReason(
      InvalidArgument("the secure task's vector is not of an update of {} values", dim),
      Reason::kUPDATE_WRONG_LAYOUT);
}

StatusOr<std::unique_ptr<Keystream>> FreshStream(const Crypto& crypto, SecureRng& rng) {
  Bytes seed(Crypto::kKeystreamSeedBytes);
  rng.Fill(seed);
  return crypto.NewKeystream(Secret(std::move(seed)));
}

// In pieces of a tile, so that the integers never lie in memory twice as a whole.
Status SetUpdate(const secagg::Quantiser& quantiser, std::span<const float> update, double scale,
                 Keystream& rounding, secagg::LaneVector& out) {
  std::array<std::int32_t, secagg::Segments::kTileLanes> piece;
  Status set = Ok();
  for (std::size_t first = 0; set.ok() && first < update.size(); first += piece.size()) {
    const auto values = update.subspan(first, std::min(piece.size(), update.size() - first));
    const auto integers = std::span(piece).first(values.size());
    set = quantiser.Quantise(values, scale, first, rounding, integers).status();
    if (set.ok()) set = out.Set(kUpdate, first, integers);
  }
  explicit_bzero(piece.data(), sizeof piece);
  return set;
}
}  // namespace

StatusOr<secagg::LaneVector> QuantisedUpdate(const secagg::Task& task,
                                             std::span<const float> update, double weight,
                                             const Crypto& crypto, SecureRng& rng) {
  MUSTER_TRY(CheckLayout(task, update.size()));
  const secagg::Segments& layout = task.layout;
  MUSTER_ASSIGN(const secagg::Quantiser quantiser,
                secagg::Quantiser::Make(task.clip, layout[kUpdate].bits, layout.devices()));
  MUSTER_ASSIGN(const std::unique_ptr<Keystream> rounding, FreshStream(crypto, rng));
  // The scale is what the units say, so that the mean is weighted by just what was sent.
  const std::array<std::int32_t, 1> units = {secagg::WeightUnits(weight, task.weight_cap, layout)};
  const double scale = static_cast<double>(units[0]) / static_cast<double>(layout[kWeight].limit);
  secagg::LaneVector out(layout);
  MUSTER_TRY(SetUpdate(quantiser, update, scale, *rounding, out));
  MUSTER_TRY(out.Set(kWeight, 0, units));
  return out;
}

StatusOr<secagg::LaneVector> SumsVector(const secagg::Task& task,
                                        std::span<const secagg::SumField> fields,
                                        const secagg::SumValues& values) {
  const auto due = secagg::SumsLayout(fields, task.layout.devices());
  if (!due.ok() || *due != task.layout)
    return WithReason(InvalidArgument("the secure task's vector is not of these sums"),
                      Reason::kUPDATE_WRONG_LAYOUT);
  secagg::LaneVector out(task.layout);
  MUSTER_TRY(secagg::SetSums(fields, values, out));
  return out;
}

StatusOr<Bytes> MaskedWire(secagg::LaneVector vector, std::span<const secagg::MaskSeed> seeds,
                           const Crypto& crypto) {
  std::vector<std::unique_ptr<Keystream>> streams;
  std::vector<secagg::Mask> masks;
  for (const secagg::MaskSeed& seed : seeds) {
    MUSTER_ASSIGN(std::unique_ptr<Keystream> stream, crypto.NewKeystream(seed.seed));
    masks.push_back({stream.get(), seed.sign});
    streams.push_back(std::move(stream));
  }
  MUSTER_TRY(vector.AddMasks(masks, vector.AllTiles()));
  Bytes wire(vector.segments().wire_bytes());
  MUSTER_TRY(vector.WriteWire(vector.AllTiles(), wire));
  return wire;
}

}  // namespace muster::client
