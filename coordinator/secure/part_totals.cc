#include "coordinator/secure/part_totals.h"

#include "aggregation/statistics/shard_json.h"
#include "base/canonical_json.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace statistics = aggregation::statistics;
namespace {

StatusOr<Bytes> FileOf(const std::vector<PartTotals>& parts) {
  Json list = Json::array();
  for (const PartTotals& part : parts) list.push_back(statistics::ToJson(part));
  MUSTER_ASSIGN(const std::string text, CanonicalJson({{"parts", std::move(list)}}));
  const ByteView bytes = AsBytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

bool IsOf(std::span<const secagg::SumField> fields, const PartTotals& part) {
  if (part.totals.size() != fields.size()) return false;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (part.totals[f].size() != fields[f].count) return false;
    for (const std::uint64_t total : part.totals[f])
      if (total > secagg::kMostTotal) return false;
  }
  return true;
}
}  // namespace

StatusOr<Bytes> PartTotalsForm::Open(const secagg::LaneVector& sum,
                                     std::uint32_t contributors) const {
  PartTotals part{group_, contributors, {}};
  MUSTER_ASSIGN(part.totals, secagg::OpenSums(fields_, sum, contributors));
  if (check_) MUSTER_TRY(check_(part));
  return FileOf({std::move(part)});
}

StatusOr<Bytes> PartTotalsForm::Add(std::span<const Bytes> files) const {
  std::vector<PartTotals> all;
  for (const Bytes& file : files) {
    MUSTER_ASSIGN(std::vector<PartTotals> more, ReadPartTotals(fields_, file));
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return FileOf(all);
}

StatusOr<std::vector<PartTotals>> ReadPartTotals(std::span<const secagg::SumField> fields,
                                                 ByteView file) {
  const StatusOr<Json> json = ParseJson(AsText(file));
  if (!json.ok()) return DataLoss("totals are no JSON: {}", MessageOf(json.status()));
  JsonReader reader(*json);
  std::vector<PartTotals> out;
  for (const Json& item : reader.At("parts")) {
    StatusOr<PartTotals> part = statistics::ShardTotalsFrom(item);
    if (!part.ok()) return DataLoss("{}", MessageOf(part.status()));
    if (!IsOf(fields, *part)) return DataLoss("totals are of other fields");
    out.push_back(*std::move(part));
  }
  if (!reader.status().ok()) return DataLoss("{}", MessageOf(reader.status()));
  return out;
}

}  // namespace muster::coordinator
