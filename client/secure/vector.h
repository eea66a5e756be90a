#pragma once
// What a device gives on its way to its masks: floats or counts to bounded integers, and these,
// masked, to bytes. It decides nothing and keeps nothing.
#include <span>

#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/mask_seeds.h"
#include "aggregation/secagg/named_sums.h"
#include "aggregation/secagg/task.h"
#include "base/crypto.h"
#include "base/rng.h"

namespace muster::client {

// w / W times the update, rounded at random by a fresh secret stream, and w / W itself.
//
//   update  as screened: finite, within the task's clip.
//   weight  w, in (0, W].
//   errors  INVALID_ARGUMENT (UPDATE_WRONG_LAYOUT) when the task's layout is not that of such an
//           update; those of Quantiser::Quantise.
//   cost    one pass; 4 bytes of keystream and of memory a coordinate.
StatusOr<aggregation::secagg::LaneVector> QuantisedUpdate(const aggregation::secagg::Task& task,
                                                          std::span<const float> update,
                                                          double weight, const Crypto& crypto,
                                                          SecureRng& rng);

// The integers as they are. INVALID_ARGUMENT (UPDATE_WRONG_LAYOUT) when the task's layout is not of
// these fields; those of SetSums.
StatusOr<aggregation::secagg::LaneVector> SumsVector(
    const aggregation::secagg::Task& task, std::span<const aggregation::secagg::SumField> fields,
    const aggregation::secagg::SumValues& values);

// Adds the masks and gives the wire form; the unmasked values are erased. Cost: one pass for all
// masks together, in tiles.
StatusOr<Bytes> MaskedWire(aggregation::secagg::LaneVector vector,
                           std::span<const aggregation::secagg::MaskSeed> seeds,
                           const Crypto& crypto);

}  // namespace muster::client
