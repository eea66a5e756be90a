// What a window came to, as a file.
#include <numeric>
#include <span>

#include "aggregation/statistics/shard_json.h"
#include "aggregation/statistics/tally.h"
#include "aggregation/statistics/window.h"
#include "base/canonical_json.h"

namespace muster::aggregation::statistics {
namespace {
constexpr int kDepth = 5;
constexpr std::size_t kMostGroupDepth = 8;
constexpr std::size_t kLongestLabel = 255;
__extension__ using Wide = unsigned __int128;

Status OverBound(std::string_view what, std::uint64_t devices) {
  return WithReason(FailedPrecondition("{}: more than {} devices can give", what, devices),
                    Reason::kUPDATE_OVER_BOUND);
}

Status CheckShape(const std::vector<secagg::SumField>& fields, const secagg::SumValues& totals) {
  if (totals.size() != fields.size())
    return InvalidArgument("totals of {} kinds, the query has {}", totals.size(), fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (totals[i].size() != fields[i].count)
      return InvalidArgument("{}: {} totals, the query has {}", fields[i].name, totals[i].size(),
                             fields[i].count);
  return Ok();
}

// Of each field, at most `rows` values a device.
Status CheckCells(const WindowQuery& query, std::uint64_t devices,
                  std::span<const std::uint64_t> cells) {
  const Wide most = static_cast<Wide>(query.rows) * devices;
  for (const FieldRange& field : query.fields) {
    const auto own = cells.first(CellsOf(field));
    cells = cells.subspan(own.size());
    if (std::accumulate(own.begin(), own.end(), Wide{0}) > most)
      return OverBound(field.name, devices);
  }
  return Ok();
}

Status CheckMeasures(const WindowQuery& query, std::uint64_t devices,
                     const std::vector<std::uint64_t>& counts,
                     const std::vector<std::uint64_t>& sums) {
  for (std::size_t m = 0; m < query.measures.size(); ++m)
    if (counts[m] > static_cast<Wide>(query.rows) * devices ||
        sums[m] > (static_cast<Wide>(counts[m]) << kSumBits))
      return OverBound(query.measures[m].name, devices);
  return Ok();
}

Status CheckGroup(const std::vector<std::string>& group) {
  if (group.size() > kMostGroupDepth)
    return InvalidArgument("a group of {} labels, at most {} are allowed", group.size(),
                           kMostGroupDepth);
  for (const std::string& label : group)
    if (label.empty() || label.size() > kLongestLabel)
      return InvalidArgument("a label of {} bytes, 1 to {} are allowed", label.size(),
                             kLongestLabel);
  return Ok();
}

Status CheckTally(const WindowTally& tally) {
  MUSTER_TRY(CheckWindowQuery(tally.query));
  if (tally.shards.empty()) return InvalidArgument("no shard gave anything");
  std::uint64_t devices = 0;
  for (const ShardTotals& shard : tally.shards) {
    MUSTER_TRY(CheckGroup(shard.group));
    MUSTER_TRY(CheckShard(tally.query, shard));
    devices += shard.devices;  // Of at most 2^24 shards of as many: no overflow.
    if (devices > kMostTallied)
      return InvalidArgument("a tally of more than {} devices", kMostTallied);
  }
  return Ok();
}

StatusOr<WindowTally> Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  WindowTally out;
  const std::string query = r.Text("query");
  const Json& shards = r.At("shards");
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(out.query, ParseWindowQuery(query));
  for (const Json& shard : shards) {
    MUSTER_ASSIGN(out.shards.emplace_back(), ShardTotalsFrom(shard));
  }
  return out;
}
}  // namespace

Status CheckShard(const WindowQuery& query, const ShardTotals& shard) {
  MUSTER_TRY(CheckShape(FieldsOf(query), shard.totals));
  if (shard.devices == 0 || shard.devices > kMostTallied)
    return InvalidArgument("a shard of {} devices, 1 to {} are allowed", shard.devices,
                           kMostTallied);
  MUSTER_TRY(CheckCells(query, shard.devices, shard.totals.front()));
  if (!query.measures.empty())
    MUSTER_TRY(CheckMeasures(query, shard.devices, shard.totals[1], shard.totals[2]));
  return shard.totals.back()[0] <= shard.devices ? Ok() : OverBound("given", shard.devices);
}

StatusOr<std::string> EncodeWindowTally(const WindowTally& tally) {
  MUSTER_TRY(CheckTally(tally));
  MUSTER_ASSIGN(const std::string query, EncodeWindowQuery(tally.query));
  Json shards = Json::array();
  for (const ShardTotals& shard : tally.shards) shards.push_back(ToJson(shard));
  return CanonicalJson({{"query", query}, {"shards", std::move(shards)}});
}

StatusOr<WindowTally> ParseWindowTally(std::string_view text) {
  const auto unreadable = [](std::string_view why) {
    return WithReason(InvalidArgument("window tally: {}", why), Reason::kARTEFACT_INVALID);
  };
  StatusOr<WindowTally> tally = Read(text);
  if (!tally.ok()) return unreadable(MessageOf(tally.status()));
  const StatusOr<std::string> again = EncodeWindowTally(*tally);
  if (!again.ok()) return unreadable(MessageOf(again.status()));
  if (*again != text) return unreadable("not in its canonical form");
  return tally;
}

}  // namespace muster::aggregation::statistics
