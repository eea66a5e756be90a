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
constexpr char kIsBaseline[] = "this window is the baseline that later ones are held against";
constexpr char kNoBaseline[] =
    "DATA_EMPTY: no baseline yet: a window without drift in which enough shards predict becomes it";

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

bool IsPrediction(const statistics::FieldRange& field) {
  return field.name == statistics::kPredictionField;
}

// Sums, and those of their shards that count.
struct Side {
  const WindowTally* tally = nullptr;
  Shards shards;
};
// What a window is held against: rows against the reference, predictions against the baseline, if
// there is one.
struct Before {
  Side rows;
  Side predictions;

  const Side& Of(const statistics::FieldRange& field) const {
    return IsPrediction(field) ? predictions : rows;
  }
};

// A field that the window and what it is held against have both, over the same bins: where it
// stands in either.
struct Pair {
  std::size_t now = 0;
  std::size_t before = 0;
};
std::vector<Pair> PairsOf(const WindowTally& now, const Before& before) {
  std::vector<Pair> out;
  for (std::size_t i = 0; i < now.query.fields.size(); ++i) {
    const statistics::FieldRange& field = now.query.fields[i];
    const WindowTally* tally = before.Of(field).tally;
    if (tally == nullptr) continue;
    const auto& known = tally->query.fields;
    const auto it = std::find(known.begin(), known.end(), field);
    if (it != known.end()) out.push_back({i, static_cast<std::size_t>(it - known.begin())});
  }
  return out;
}

std::vector<drift::FeatureWindow> FeaturesOf(const std::vector<Pair>& pairs, const Side& now,
                                             const Before& before) {
  std::vector<drift::FeatureWindow> out;
  for (const Pair& pair : pairs) {
    const statistics::FieldRange& field = now.tally->query.fields[pair.now];
    const Side& side = before.Of(field);
    out.push_back({field.name, ReplicatesOf(*now.tally, now.shards, pair.now),
                   ReplicatesOf(*side.tally, side.shards, pair.before)});
  }
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
using Path = std::vector<std::string>;
using Groups = std::map<Path, Shards>;
Groups GroupsAt(const WindowTally& tally, std::size_t depth) {
  Groups out;
  for (const ShardTotals& shard : tally.shards)
    if (shard.group.size() >= depth)
      out[{shard.group.begin(), shard.group.begin() + static_cast<std::ptrdiff_t>(depth)}]
          .push_back(&shard);
  return out;
}

// What is known of one group; no shards where it was not there.
Side GroupOf(const WindowTally* tally, const Groups& groups, const Path& path) {
  const auto known = groups.find(path);
  return {tally, known == groups.end() ? Shards() : known->second};
}

WindowGroup JudgeGroup(const Side& now, const Before& before, const JudgeRule& rule) {
  WindowGroup out;
  for (const ShardTotals* shard : now.shards)
    out.devices += static_cast<std::uint32_t>(shard->devices);
  const auto features = FeaturesOf(PairsOf(*now.tally, before), now, before);
  const auto verdict = Judge(features, *now.tally, rule);
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

void JudgeGroups(const WindowTally& now, const Before& before, const JudgeRule& rule,
                 WindowOutcome& out) {
  const WindowTally* reference = before.rows.tally;
  const WindowTally* baseline = before.predictions.tally;
  for (std::size_t depth = 1; depth <= rule.drill.size(); ++depth) {
    const Groups rows = GroupsAt(*reference, depth);
    const Groups predictions = baseline == nullptr ? Groups() : GroupsAt(*baseline, depth);
    for (const auto& [path, shards] : GroupsAt(now, depth)) {
      if (out.groups.size() == kMostGroups) return;
      WindowGroup group =
          JudgeGroup({&now, shards},
                     {GroupOf(reference, rows, path), GroupOf(baseline, predictions, path)}, rule);
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

// Where the predictions stand in a window's fields; past their end when it has none.
std::size_t PredictionPlace(const WindowTally& tally) {
  const auto& fields = tally.query.fields;
  return static_cast<std::size_t>(std::find_if(fields.begin(), fields.end(), IsPrediction) -
                                  fields.begin());
}

// Shards of enough devices in which any row was predicted. Of a field's cells the last is of rows
// without a value.
std::size_t PredictingShards(const WindowTally& tally, std::size_t field, const JudgeRule& rule) {
  const CellRange range = CellsAt(tally, field);
  const std::size_t place = PlaceOf(tally, "cells");
  return static_cast<std::size_t>(
      std::count_if(tally.shards.begin(), tally.shards.end(), [&](const ShardTotals& shard) {
        const auto cells = SumsAt(shard, place);
        if (shard.devices < rule.shard || cells.size() < range.begin + range.count) return false;
        const auto valued = cells.subspan(range.begin, range.count - 1);
        return std::any_of(valued.begin(), valued.end(), [](std::uint64_t n) { return n > 0; });
      }));
}

// What a window says of predictions that were not held against any.
void ExplainPrediction(const WindowTally& now, const JudgeRule& rule, WindowOutcome& out) {
  const std::size_t place = PredictionPlace(now);
  if (place == out.features.size() || out.features[place].baseline != 0) return;
  out.features[place].why = IsBaseline(now, out, rule) ? kIsBaseline : kNoBaseline;
}
}  // namespace

bool IsBaseline(const WindowTally& now, const WindowOutcome& outcome, const JudgeRule& rule) {
  const std::size_t place = PredictionPlace(now);
  if (!outcome.judged || outcome.drifted || place >= outcome.features.size()) return false;
  return outcome.features[place].baseline == 0 &&
         PredictingShards(now, place, rule) >= drift::kLeastShards;
}

WindowOutcome JudgeWindow(const WindowTally& now, const WindowTally& reference,
                          const JudgeRule& rule, const WindowTally* baseline) {
  WindowOutcome out;
  out.level = rule.level;
  out.measures = MeasuresOf(now);
  CountRows(now, out);
  const Before before{{&reference, AllOf(reference)},
                      {baseline, baseline == nullptr ? Shards() : AllOf(*baseline)}};
  const std::vector<Pair> pairs = PairsOf(now, before);
  const auto features = FeaturesOf(pairs, {&now, AllOf(now)}, before);
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
    if (IsPrediction(now.query.fields[pairs[t].now])) feature.baseline = baseline->query.epoch;
  }
  ExplainPrediction(now, rule, out);
  JudgeGroups(now, before, rule, out);
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
