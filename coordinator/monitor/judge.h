#pragma once
// What a window says: its sums, shard by shard, against those of the version's reference. Pure.
#include "aggregation/statistics/window.h"
#include "base/status.h"
#include "coordinator/monitor/window.h"

namespace muster::coordinator {

struct JudgeRule {
  std::uint32_t shard = 5;  // Fewest devices in a shard.
  double level = 0.01;
  std::vector<std::string> drill;  // Labels that the groups of shards are values of.
  // The fleet is too small for the test and is measured all the same: a reference of fewer shards
  // than the test needs will do.
  bool measures_only = false;
};

// The fleet's test over all features (drift/fleet/fleet_verdict.h), the means of the measures, and
// the same test in each group of at least `shard` devices. Where nothing can be tested, `judged` is
// false and `why` says so. A field that the reference lacks, or has in other bins, is not tested.
// Predictions are held against those of `baseline`, an earlier window of the version: a reference
// is made of rows that it had not predicted. Null: there is none yet, and they are not tested.
// Cost: O(shards bins^2) a feature, for each level of the drill-down once more.
WindowOutcome JudgeWindow(const aggregation::statistics::WindowTally& now,
                          const aggregation::statistics::WindowTally& reference,
                          const JudgeRule& rule,
                          const aggregation::statistics::WindowTally* baseline = nullptr);

// Whether the predictions of this window are to be the baseline of later ones: `outcome` is that of
// `now`, judged without a baseline that fits and without drift, and enough shards predicted for the
// test.
bool IsBaseline(const aggregation::statistics::WindowTally& now, const WindowOutcome& outcome,
                const JudgeRule& rule);

// What a reference is remembered by: proportions and counts, of which nothing is tested. Not
// judged when it has fewer shards than a test needs.
WindowOutcome DescribeReference(const aggregation::statistics::WindowTally& reference,
                                const JudgeRule& rule);

}  // namespace muster::coordinator
