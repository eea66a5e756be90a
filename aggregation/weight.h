#pragma once
// How much one update weighs in the mean. A weight never exceeds the plan's cap W, so that no
// device buys influence by claiming examples.
#include <cstdint>

#include "base/status.h"

namespace muster::aggregation {

enum class WeightRule {
  kUniform,         // Every update weighs 1.
  kCappedExamples,  // As many examples as it was trained on, W at most.
};

// The cap W that goes with `rule`: 1 for uniform weights, the plan's `cap` otherwise.
double CapOf(WeightRule rule, double cap);

// What a device sends for an update trained on `examples`: within (0, CapOf(rule, cap)] when
// there was at least one example.
double WeightOf(WeightRule rule, std::uint64_t examples, double cap);

// A weight from the wire. UPDATE_OVER_WEIGHT when it is not in (0, cap], which NaN never is;
// INVALID_ARGUMENT without a reason when the plan's cap itself is not positive and finite.
StatusOr<double> ScreenWeight(double weight, double cap);

}  // namespace muster::aggregation
