#include "aggregation/statistics/descriptor.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "aggregation/statistics/ranges.h"
#include "base/canonical_json.h"

namespace muster::aggregation::statistics {
namespace {
constexpr int kDepth = 5;

Status CheckField(const std::string& path, const FieldRange& field) {
  if (!IsName(field.name)) return InvalidField(path + ".name", "is no name of a field");
  return CheckRange(path, field);
}

Status CheckZoom(const std::string& path, const Zoom& zoom, const FieldRange& field,
                 std::size_t quantiles) {
  if (!(zoom.mean >= 0 && zoom.mean <= 1))  // NaN falls here too.
    return InvalidField(path + ".mean", "{} is not in [0, 1]", zoom.mean);
  if (zoom.bins.size() > quantiles)
    return InvalidField(path + ".bins", "{} of them for {} quantiles", zoom.bins.size(), quantiles);
  for (std::size_t i = 0; i < zoom.bins.size(); ++i)
    if (zoom.bins[i] >= field.bins || (i > 0 && zoom.bins[i] <= zoom.bins[i - 1]))
      return InvalidField(path + ".bins", "not ascending, or beyond the {} there are", field.bins);
  return Ok();
}

Status CheckQuantiles(const std::vector<double>& quantiles) {
  if (quantiles.size() > kMostQuantiles)
    return InvalidField("quantiles", "{} of them, at most {} are allowed", quantiles.size(),
                        kMostQuantiles);
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    const std::string path = fmt::format("quantiles[{}]", i);
    if (!(quantiles[i] > 0 && quantiles[i] < 1))
      return InvalidField(path, "{} is not between 0 and 1", quantiles[i]);
    if (i > 0 && quantiles[i] <= quantiles[i - 1])
      return InvalidField(path, "{} does not follow {}: ascending, each once", quantiles[i],
                          quantiles[i - 1]);
  }
  return Ok();
}

Status CheckFields(const Query& query) {
  if (query.fields.empty() || query.fields.size() > kMostFields)
    return InvalidField("fields", "{} of them, 1 to {} are allowed", query.fields.size(),
                        kMostFields);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < query.fields.size(); ++i) {
    const std::string path = fmt::format("fields[{}]", i);
    MUSTER_TRY(CheckField(path, query.fields[i]));
    if (!names.insert(query.fields[i].name).second)
      return InvalidField(path + ".name", "\"{}\" comes twice", query.fields[i].name);
  }
  return Ok();
}

Json JsonOf(const Query& query) {
  Json quantiles = Json::array();
  for (const double q : query.quantiles) quantiles.push_back(DecimalText(q));
  Json out = {{"contract", query.contract},
              {"version", query.version},
              {"fields", RangesJson(query.fields)},
              {"quantiles", std::move(quantiles)},
              {"least", query.least},
              {"pass", query.pass()}};
  if (query.pass() == 1) return out;
  Json zooms = Json::array();
  for (const Zoom& zoom : query.zooms)
    zooms.push_back({{"mean", DecimalText(zoom.mean)}, {"bins", zoom.bins}});
  out["zooms"] = std::move(zooms);
  return out;
}

StatusOr<std::vector<Zoom>> ZoomsAt(const Json& list) {
  std::vector<Zoom> out;
  for (const Json& item : list) {
    if (out.size() == kMostFields) return InvalidArgument("more than {} zooms", kMostFields);
    JsonReader r(item);
    Zoom zoom{.mean = r.Decimal("mean"), .bins = {}};
    for (const Json& bin : r.At("bins")) {
      if (!bin.is_number_unsigned() || zoom.bins.size() == kMostQuantiles)
        return InvalidArgument("zooms: bins are at most {} natural numbers", kMostQuantiles);
      zoom.bins.push_back(Narrow(bin.get<std::uint64_t>()));
    }
    MUSTER_TRY(r.status());
    out.push_back(std::move(zoom));
  }
  return out;
}

// Whatever the text says; EncodeQuery judges it.
StatusOr<Query> Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  Query out{.contract = r.Text("contract"),
            .version = r.Unsigned("version"),
            .fields = {},
            .quantiles = {},
            .least = Narrow(r.Unsigned("least")),
            .zooms = {}};
  MUSTER_ASSIGN(out.fields, RangesAt(r.At("fields")));
  for (const std::string& q : r.Texts("quantiles")) {
    MUSTER_ASSIGN(const double quantile, ParseDecimal(q));
    out.quantiles.push_back(quantile);
  }
  MUSTER_TRY(r.status());
  if (r.Has("zooms")) {
    MUSTER_ASSIGN(out.zooms, ZoomsAt(r.At("zooms")));
  }
  return out;
}
}  // namespace

Status CheckQuery(const Query& query) {
  if (!IsName(query.contract)) return InvalidField("contract", "is no name of a contract");
  if (query.version == 0 || query.version > kMostVersion)
    return InvalidField("version", "{} is no version", query.version);
  MUSTER_TRY(CheckFields(query));
  MUSTER_TRY(CheckQuantiles(query.quantiles));
  if (query.least == 0 || query.least > kMostLeast)
    return InvalidField("least", "{} is not in 1..{}", query.least, kMostLeast);
  if (!query.zooms.empty() && query.zooms.size() != query.fields.size())
    return InvalidField("zooms", "{} of them for {} fields", query.zooms.size(),
                        query.fields.size());
  for (std::size_t i = 0; i < query.zooms.size(); ++i)
    MUSTER_TRY(CheckZoom(fmt::format("zooms[{}]", i), query.zooms[i], query.fields[i],
                         query.quantiles.size()));
  return Ok();
}

StatusOr<std::string> EncodeQuery(const Query& query) {
  MUSTER_TRY(CheckQuery(query));
  MUSTER_ASSIGN(std::string text, CanonicalJson(JsonOf(query)));
  // The second pass adds at most as much as the first may have, so a first one can be followed.
  const std::size_t most = query.pass() == 1 ? kMostQueryBytes / 2 : kMostQueryBytes;
  if (text.size() > most)
    return InvalidField("fields", "the query has {} bytes, at most {} are allowed; ask for fewer",
                        text.size(), most);
  return text;
}

StatusOr<Query> ParseQuery(std::string_view text) {
  if (text.size() > kMostQueryBytes)
    return InvalidField("query", "{} bytes, at most {} are allowed", text.size(), kMostQueryBytes);
  StatusOr<Query> query = Read(text);
  if (!query.ok()) return InvalidField("query", "{}", MessageOf(query.status()));
  MUSTER_ASSIGN(const std::string again, EncodeQuery(*query));
  if (again != text) return InvalidField("query", "is not in its canonical form");
  return query;
}

std::vector<secagg::SumField> FieldsOf(const Query& query) {
  const std::uint64_t fields = query.fields.size();
  constexpr std::uint64_t kMostSum = kMostRows << kSumBits;
  std::vector<secagg::SumField> out;
  if (query.pass() == 1) {
    std::uint64_t cells = 0;
    for (const FieldRange& field : query.fields) cells += CellsOf(field);
    AddField(out, "rows", cells, kMostRows);
    AddField(out, "devices", cells, 1);
    AddField(out, "present", fields, 1);
    AddField(out, "sum", fields, kMostSum);
    return out;
  }
  std::uint64_t zoomed = 0;
  for (const Zoom& zoom : query.zooms) zoomed += zoom.bins.size();
  AddField(out, "count", fields, kMostRows);
  AddField(out, "present", fields, 1);
  AddField(out, "sum", fields, kMostSum);
  AddField(out, "squares", fields, kMostRows << kSquareBits);
  AddField(out, "fine_rows", zoomed * kFineBins, kMostRows);
  AddField(out, "fine_devices", zoomed * kFineBins, 1);
  return out;
}

}  // namespace muster::aggregation::statistics
