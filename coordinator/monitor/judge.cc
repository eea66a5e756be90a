#include "coordinator/monitor/judge.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "drift/fleet/contribution.h"
#include "drift/fleet/fleet_verdict.h"

namespace muster::coordinator {
namespace {
namespace statistics = aggregation::statistics;
using statistics::ShardTotals;
using statistics::WindowTally;
using Shards = std::vector<const ShardTotals*>;

// Enough to know that a shard says too much, and far from where counts wrap.
constexpr std::uint64_t kMostTold = std::uint64_t{1} << 40;
constexpr char kNoReference[] = "DATA_EMPTY: the reference has no such field";

// Where the sums called `name` stand in the totals of each shard.
std::size_t PlaceOf(const WindowTally& tally, std::string_view name) {
  const auto fields = statistics::FieldsOf(tally.query);
  std::size_t place = 0;
  while (place < fields.size() && fields[place].name != name) ++place;
  return place;
}
// None where the query asks for none.
std::span<const std::uint64_t> SumsAt(const ShardTotals& shard, std::size_t place) {
  if (place >= shard.totals.size()) return {};
  return shard.totals[place];
}

Shards AllOf(const WindowTally& tally) {
  Shards out;
  for (const ShardTotals& shard : tally.shards) out.push_back(&shard);
  return out;
}

struct CellRange {
  std::size_t begin = 0;
  std::size_t count = 0;
};
CellRange CellsAt(const WindowTally& tally, std::size_t field) {
  CellRange out;
  for (std::size_t i = 0; i < field; ++i) out.begin += statistics::CellsOf(tally.query.fields[i]);
  out.count = statistics::CellsOf(tally.query.fields[field]);
  return out;
}

// A shard's counts of one field, held to what its devices may say: one that says more says it in
// the same proportions, so that it stands for its shard and for no other.
std::vector<std::uint64_t> Held(std::span<const std::uint64_t> counts, std::uint64_t most) {
  std::vector<std::uint64_t> out(counts.begin(), counts.end());
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += std::min(count, kMostTold - total);
  if (total <= most) return out;
  const auto limited = drift::LimitContribution(counts, std::min(most, drift::kMostCap));
  if (limited.ok()) return {limited->begin(), limited->end()};
  return std::vector<std::uint64_t>(counts.size());
}

drift::Replicates ReplicatesOf(const WindowTally& tally, const Shards& shards, std::size_t field) {
  const CellRange range = CellsAt(tally, field);
  const std::size_t place = PlaceOf(tally, "cells");
  drift::Replicates out;
  out.bins = range.count;
  for (const ShardTotals* shard : shards) {
    const auto cells = SumsAt(*shard, place);
    if (cells.size() < range.begin + range.count) continue;
    const auto own =
        Held(cells.subspan(range.begin, range.count), tally.query.rows * shard->devices);
    out.devices.push_back(static_cast<std::uint32_t>(shard->devices));
    out.counts.insert(out.counts.end(), own.begin(), own.end());
  }
  return out;
}

Proportions ProportionsOf(const drift::Replicates& in) {
  std::vector<double> totals(in.bins, 0);
  double all = 0;
  for (std::size_t i = 0; i < in.counts.size(); ++i) {
    totals[i % in.bins] += static_cast<double>(in.counts[i]);
    all += static_cast<double>(in.counts[i]);
  }
  Proportions out;
  for (const double total : totals)
    out.push_back(all == 0 ? 0 : static_cast<std::uint32_t>(std::lround(total / all * 1e6)));
  return out;
}

// A field that window and reference have both, over the same bins: where it stands in either.
struct Pair {
  std::size_t now = 0;
  std::size_t reference = 0;
};
std::vector<Pair> PairsOf(const WindowTally& now, const WindowTally& reference) {
  std::vector<Pair> out;
  const auto& known = reference.query.fields;
  for (std::size_t i = 0; i < now.query.fields.size(); ++i) {
    const auto it = std::find(known.begin(), known.end(), now.query.fields[i]);
    if (it != known.end()) out.push_back({i, static_cast<std::size_t>(it - known.begin())});
  }
  return out;
}

std::vector<drift::FeatureWindow> FeaturesOf(const std::vector<Pair>& pairs, const WindowTally& now,
                                             const Shards& now_shards, const WindowTally& reference,
                                             const Shards& reference_shards) {
  std::vector<drift::FeatureWindow> out;
  for (const Pair& pair : pairs)
    out.push_back({now.query.fields[pair.now].name, ReplicatesOf(now, now_shards, pair.now),
                   ReplicatesOf(reference, reference_shards, pair.reference)});
  return out;
}

drift::ShardRule ShardRuleOf(const WindowTally& now, const JudgeRule& rule) {
  return {.least_devices = rule.shard,
          .least_shards = drift::kLeastShards,
          .cap = now.query.rows,
          .level = rule.level};
}

StatusOr<drift::FleetVerdict> Judge(const std::vector<drift::FeatureWindow>& features,
                                    const WindowTally& now, const JudgeRule& rule) {
  if (features.empty())
    return WithReason(FailedPrecondition("the reference has none of the window's fields"),
                      Reason::kCONTRACT_MISMATCH);
  return drift::JudgeFleet(features, ShardRuleOf(now, rule));
}

std::vector<WindowMeasure> MeasuresOf(const WindowTally& tally) {
  const double unit = std::ldexp(1.0, -statistics::kSumBits);
  const std::size_t counts_at = PlaceOf(tally, "counts");
  const std::size_t sums_at = PlaceOf(tally, "sums");
  std::vector<WindowMeasure> out;
  for (std::size_t i = 0; i < tally.query.measures.size(); ++i) {
    const statistics::FieldRange& range = tally.query.measures[i];
    std::uint64_t count = 0;
    double sum = 0;
    for (const ShardTotals& shard : tally.shards) {
      const auto counts = SumsAt(shard, counts_at);
      const auto sums = SumsAt(shard, sums_at);
      if (i >= counts.size() || i >= sums.size()) continue;
      count += counts[i];
      sum += static_cast<double>(sums[i]);
    }
    if (count == 0) continue;
    const double part = sum * unit / static_cast<double>(count);
    out.push_back({range.name, range.lo + part * (range.hi - range.lo), count});
  }
  return out;
}

// Devices that gave rows, and their rows: those of the first field.
void CountRows(const WindowTally& tally, WindowOutcome& out) {
  out.shards = static_cast<std::uint32_t>(tally.shards.size());
  if (tally.query.fields.empty()) return;
  const CellRange first = CellsAt(tally, 0);
  const std::size_t given_at = PlaceOf(tally, "given");
  const std::size_t cells_at = PlaceOf(tally, "cells");
  for (const ShardTotals& shard : tally.shards) {
    for (const std::uint64_t given : SumsAt(shard, given_at))
      out.devices += static_cast<std::uint32_t>(given);
    const auto cells = SumsAt(shard, cells_at);
    for (const std::uint64_t rows :
         Held(cells.first(std::min(first.count, cells.size())), tally.query.rows * shard.devices))
      out.rows += rows;
  }
}

std::string WhyOf(const Status& status) {
  const auto reason = ReasonOf(status);
  return reason ? fmt::format("{}: {}", NameOf(*reason), MessageOf(status))
                : std::string(MessageOf(status));
}

void Take(const drift::FeatureVerdict& verdict, WindowFeature& out) {
  out.why.clear();
  if (!verdict.alone.ok()) {
    out.why = WhyOf(verdict.alone.status());
    return;
  }
  out.p = verdict.p;
  out.drifted = verdict.drifted;
  out.psi = verdict.alone->psi;
  out.distance = verdict.alone->distance;
}

// Shards of each group at one depth: those whose first `depth` labels are the same.
std::map<std::vector<std::string>, Shards> GroupsAt(const WindowTally& tally, std::size_t depth) {
  std::map<std::vector<std::string>, Shards> out;
  for (const ShardTotals& shard : tally.shards)
    if (shard.group.size() >= depth)
      out[{shard.group.begin(), shard.group.begin() + static_cast<std::ptrdiff_t>(depth)}]
          .push_back(&shard);
  return out;
}

WindowGroup JudgeGroup(const WindowTally& now, const Shards& shards, const WindowTally& reference,
                       const Shards& before, const JudgeRule& rule) {
  WindowGroup out;
  for (const ShardTotals* shard : shards) out.devices += static_cast<std::uint32_t>(shard->devices);
  const auto features = FeaturesOf(PairsOf(now, reference), now, shards, reference, before);
  const auto verdict = Judge(features, now, rule);
  for (std::size_t i = 0; i < features.size(); ++i) {
    WindowFeature& feature = out.features.emplace_back();
    feature.name = features[i].name;
    if (verdict.ok())
      Take(verdict->features[i], feature);
    else
      feature.why = WhyOf(verdict.status());
  }
  return out;
}

void JudgeGroups(const WindowTally& now, const WindowTally& reference, const JudgeRule& rule,
                 WindowOutcome& out) {
  for (std::size_t depth = 1; depth <= rule.drill.size(); ++depth) {
    const auto before = GroupsAt(reference, depth);
    for (const auto& [path, shards] : GroupsAt(now, depth)) {
      if (out.groups.size() == kMostGroups) return;
      const auto known = before.find(path);
      WindowGroup group = JudgeGroup(now, shards, reference,
                                     known == before.end() ? Shards() : known->second, rule);
      if (group.devices < rule.shard) continue;
      for (std::size_t i = 0; i < depth; ++i) group.labels[rule.drill[i]] = path[i];
      out.groups.push_back(std::move(group));
    }
  }
}

void AddProportions(const WindowTally& tally, std::size_t field, WindowFeature& out) {
  out.lo = tally.query.fields[field].lo;
  out.hi = tally.query.fields[field].hi;
  out.now = ProportionsOf(ReplicatesOf(tally, AllOf(tally), field));
}
}  // namespace

WindowOutcome JudgeWindow(const WindowTally& now, const WindowTally& reference,
                          const JudgeRule& rule) {
  WindowOutcome out;
  out.level = rule.level;
  out.measures = MeasuresOf(now);
  CountRows(now, out);
  const std::vector<Pair> pairs = PairsOf(now, reference);
  const auto features = FeaturesOf(pairs, now, AllOf(now), reference, AllOf(reference));
  const auto verdict = Judge(features, now, rule);
  out.judged = verdict.ok();
  if (!verdict.ok()) out.why = WhyOf(verdict.status());
  out.drifted = verdict.ok() && verdict->drifted;
  for (std::size_t i = 0; i < now.query.fields.size(); ++i) {
    WindowFeature& feature = out.features.emplace_back();
    feature.name = now.query.fields[i].name;
    feature.why = kNoReference;
    AddProportions(now, i, feature);
  }
  for (std::size_t t = 0; t < pairs.size(); ++t) {
    WindowFeature& feature = out.features[pairs[t].now];
    if (verdict.ok())
      Take(verdict->features[t], feature);
    else
      feature.why = out.why;
    feature.before = ProportionsOf(features[t].reference);
  }
  JudgeGroups(now, reference, rule, out);
  return out;
}

WindowOutcome DescribeReference(const WindowTally& reference, const JudgeRule& rule) {
  WindowOutcome out;
  out.level = rule.level;
  if (reference.query.fields.empty()) {
    out.why = "it has no fields";
    return out;
  }
  CountRows(reference, out);
  out.measures = MeasuresOf(reference);
  for (std::size_t i = 0; i < reference.query.fields.size(); ++i) {
    WindowFeature& feature = out.features.emplace_back();
    feature.name = reference.query.fields[i].name;
    AddProportions(reference, i, feature);
  }
  const auto enough =
      std::count_if(reference.shards.begin(), reference.shards.end(),
                    [&](const ShardTotals& shard) { return shard.devices >= rule.shard; });
  const bool testable = enough >= drift::kLeastShards;
  out.judged = out.rows > 0 && (testable || rule.measures_only);
  if (!out.judged || !testable)
    out.why =
        fmt::format("TOO_FEW_DEVICES: {} shards of {} devices with {} rows, the test needs {}",
                    enough, rule.shard, out.rows, drift::kLeastShards);
  return out;
}

}  // namespace muster::coordinator
