#include "coordinator/campaign/spec_window.h"

#include <set>

#include "coordinator/campaign/spec_statistics.h"
#include "drift/fleet/drill_down.h"
#include "registry/names.h"

namespace muster::coordinator {
namespace {
using aggregation::statistics::FieldRange;
using aggregation::statistics::kMostWindowRows;
using aggregation::statistics::WindowQuery;

constexpr std::size_t kLongestLabelKey = 63;

bool IsBinary(const registry::LabelSpec& label) {
  return label.type == registry::LabelType::kBinary;
}

Status CheckDrill(const std::vector<std::string>& drill) {
  constexpr std::string_view kPath = "statistics.window.drill";
  if (drill.size() > drift::kMostDepth)
    return InvalidField(kPath, "at most {} labels", drift::kMostDepth);
  std::set<std::string_view> seen;
  for (const std::string& label : drill)
    if (label.empty() || label.size() > kLongestLabelKey || !seen.insert(label).second)
      return InvalidField(kPath, "labels are of 1 to {} bytes, each once", kLongestLabelKey);
  return Ok();
}

// A shard is a session: of not fewer devices than a sum may be of, and of up to twice as many less
// one (drift/fleet/shard_plan.h), which one session must take.
Status CheckShards(const WindowSpec& w, const SecureSpec& s) {
  constexpr std::string_view kPath = "statistics.window.shard";
  if (w.shard < s.least)
    return InvalidField(kPath, "{} is fewer than secure.least, {}", w.shard, s.least);
  const std::uint64_t largest = 2 * std::uint64_t{w.shard} - 1;
  if (largest > s.session)
    return InvalidField(kPath, "shards of {} may have {} devices, and secure.session is {}",
                        w.shard, largest, s.session);
  for (const std::uint64_t devices : {std::uint64_t{w.shard}, largest}) {
    const auto found =
        aggregation::secagg::FindParameters(s.Rule(), static_cast<std::uint32_t>(devices));
    if (!found.ok()) return InvalidField("secure", "{}", MessageOf(found.status()));
  }
  return Ok();
}

// Where predictions lie.
StatusOr<FieldRange> PredictionRange(const StatisticsSpec& asked, const registry::LabelSpec& label,
                                     const registry::ContractVersion& contract, bool binary) {
  FieldRange out{std::string(aggregation::statistics::kPredictionField), 0, 1, asked.bins};
  if (binary) return out;
  const registry::FieldSpec* field = contract.spec.Find(label.field);
  if (field != nullptr && field->min) out.lo = *field->min;
  const std::optional<double> top = label.max || field == nullptr ? label.max : field->max;
  if (!top || !(*top > out.lo))
    return InvalidField("statistics.window.prediction",
                        "label '{}' has no range to count over: give it max in the model, or min "
                        "and max in the contract",
                        label.field);
  out.hi = *top;
  return out;
}

void AddMeasures(const WindowSpec& window, const FieldRange& range, WindowQuery& query) {
  const double width = range.hi - range.lo;
  if (window.error) {
    query.measures.push_back({"error", 0, width});
    query.measures.push_back({"squared_error", 0, width * width});
  }
  if (window.expected_error) query.measures.push_back({"expected_error", 0, 1});
}
}  // namespace

Status CheckWindow(const CampaignSpec& spec) {
  const WindowSpec& w = *spec.statistics->window;
  MUSTER_TRY(registry::CheckName(w.monitor.value(), "statistics.window.monitor"));
  MUSTER_TRY(registry::CheckName(w.model.value(), "statistics.window.model"));
  if (w.epoch >= 1ULL << 53)
    return InvalidField("statistics.window.epoch", "{} is no epoch", w.epoch);
  if (w.version.value() == 0 || w.version.value() >= 1ULL << 53)
    return InvalidField("statistics.window.version", "{} is no version", w.version.value());
  if (w.rows == 0 || w.rows > kMostWindowRows)
    return InvalidField("statistics.window.rows", "{} is not in 1 to {}", w.rows, kMostWindowRows);
  MUSTER_TRY(CheckDrill(w.drill));
  return CheckShards(w, *spec.secure);
}

StatusOr<WindowQuery> WindowQueryOf(const StatisticsSpec& asked,
                                    const registry::ContractVersion& contract,
                                    const registry::ModelSpec& model) {
  const WindowSpec& window = *asked.window;
  StatisticsSpec over = asked;
  if (over.fields.empty()) over.fields = model.input.features;
  MUSTER_ASSIGN(aggregation::statistics::Query ranges, FirstQuery(over, contract));
  WindowQuery query{.monitor = window.monitor.value(),
                    .epoch = window.epoch,
                    .contract = std::move(ranges.contract),
                    .version = ranges.version,
                    .model = window.model.value(),
                    .model_version = window.version.value(),
                    .reference = window.reference,
                    .rows = window.rows,
                    .fields = std::move(ranges.fields),
                    .measures = {},
                    .binary = IsBinary(model.label)};
  if (!window.reference && (window.prediction || window.error || window.expected_error)) {
    if (window.expected_error && !query.binary)
      return InvalidField("statistics.window.expected_error",
                          "label '{}' is not binary: its error cannot be told without it",
                          model.label.field);
    MUSTER_ASSIGN(const FieldRange range,
                  PredictionRange(asked, model.label, contract, query.binary));
    AddMeasures(window, range, query);
    if (window.prediction) query.fields.push_back(range);
  }
  MUSTER_TRY(EncodeWindowQuery(query).status());
  return query;
}

}  // namespace muster::coordinator
