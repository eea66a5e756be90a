#pragma once
// Confidence-based performance estimation: how good a binary classifier is on data without labels,
// from its own calibrated probabilities (NannyML's CBPE). Each prediction adds its chance of being
// right and of being wrong to the expected confusion matrix; those four sums are all that leaves a
// device, and they are integers, so that secure sums of them are exact. Only as good as the
// probabilities are calibrated. Pure.
#include <cstdint>
#include <optional>
#include <span>

#include "base/status.h"

namespace muster::drift {

inline constexpr double kConfusionUnit = 1.0 / (1 << 30);

// In units of kConfusionUnit; each prediction is rounded once, and counts for 2^30 in all.
struct ExpectedConfusion {
  std::uint64_t true_positive = 0;
  std::uint64_t false_positive = 0;
  std::uint64_t true_negative = 0;
  std::uint64_t false_negative = 0;
  friend bool operator==(const ExpectedConfusion&, const ExpectedConfusion&) = default;
};

// Of `probabilities` that the class is positive, called so from `cut` on. DATA_EMPTY without any,
// DATA_NOT_A_NUMBER on NaN, DATA_OUT_OF_RANGE outside [0, 1] or beyond 2^32 of them, FIELD_INVALID
// when the cut is outside [0, 1].
StatusOr<ExpectedConfusion> ExpectConfusion(std::span<const double> probabilities, double cut);

// Adds another device's. DATA_OUT_OF_RANGE when a sum passes 2^64, and nothing is changed.
Status Merge(ExpectedConfusion& into, const ExpectedConfusion& more);

// What is undefined is absent: precision when nothing is called positive, recall when no positive
// is expected, F1 when both are. DATA_EMPTY when all four sums are 0.
struct ExpectedPerformance {
  double accuracy = 0;
  std::optional<double> precision;
  std::optional<double> recall;
  std::optional<double> f1;
};
StatusOr<ExpectedPerformance> PerformanceOf(const ExpectedConfusion& sums);

}  // namespace muster::drift
