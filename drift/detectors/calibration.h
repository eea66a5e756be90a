#pragma once
// "At most one false alarm in N observations": what a person can wish for, turned into a detector's
// own threshold.
#include <cstdint>

#include "base/rng.h"
#include "base/status.h"
#include "drift/detectors/configs.h"
#include "drift/detectors/reference.h"

namespace muster::drift {

enum class Basis : std::uint8_t { kTheory, kSimulation };

struct Calibration {
  DetectorSpec spec;  // As wished, with its threshold (delta, alpha, beta, ...) set anew.
  Basis basis = Basis::kTheory;
};

inline constexpr std::uint64_t kLeastRunLength = 100;
inline constexpr std::uint64_t kMostRunLength = 1'000'000'000;
inline constexpr std::uint64_t kMostSimulatedRunLength = 1'000'000;

// The threshold with which a new detector announces at most one drift on average in its first
// `run_length` observations, while nothing changes: values come independently from the reference.
//
//   page_hinkley  threshold; with alpha 1 from CusumRunLength, else by simulation, and for longer
//                 runs by a union bound over the sums, which forget.
//   adwin         delta = clock / (2 N) when the reference lies within [0, 1], as its bound asks;
//                 else by simulation.
//   hddm_a, _w    drift_confidence, by simulation; for longer runs by a union bound over all cuts.
//                 Warnings keep their ratio to drifts. (1 / (2 N) is not enough: HDDM-W was
//                 measured to alarm 1.7 times too often, since the data choose the cut.)
//   kswin         alpha = 1 / (2 N): each test's chance is exact or less.
//   ddm, eddm     drift_threshold, beta: by simulation.
//
// Simulation takes the loosest setting with at most 70 alarms in 100 streams of N values drawn from
// the reference: were there one a stream, that would happen with chance .001, or .04 where they
// come in clusters of three.
//
//   run_length  N, in kLeastRunLength..kMostRunLength; to kMostSimulatedRunLength by simulation.
//   errors      FIELD_INVALID: the spec, N, values that the detector does not take, or no threshold
//               keeps the promise (a DDM whose stream starts without errors alarms at the first).
//   cost        theory: O(reference); simulation: at most 13 x 100 N values of the detector, which
//               is a second for N = 10,000 and minutes for a million.
StatusOr<Calibration> CalibrateForFalseAlarms(const DetectorSpec& spec, std::uint64_t run_length,
                                              const Reference& reference, Rng& rng);

}  // namespace muster::drift
