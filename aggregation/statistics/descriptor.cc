#include "aggregation/statistics/descriptor.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/canonical_json.h"

namespace muster::aggregation::statistics {
namespace {
constexpr std::size_t kLongestName = 63;
constexpr std::uint64_t kMostInteger = (std::uint64_t{1} << 53) - 1;
constexpr int kDepth = 5;

bool IsName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && letter(name.front()) &&
         std::ranges::all_of(name, inner);
}

Status CheckField(const std::string& path, const FieldRange& field) {
  if (!IsName(field.name)) return InvalidField(path + ".name", "is no name of a field");
  if (!std::isfinite(field.lo) || !std::isfinite(field.hi) || !(field.lo < field.hi) ||
      !std::isfinite(field.hi - field.lo))
    return InvalidField(path + ".lo", "the range {} to {} is empty or too wide", field.lo,
                        field.hi);
  if (field.bins == 0 || field.bins > kMostBins)
    return InvalidField(path + ".bins", "{} is not in 1..{}", field.bins, kMostBins);
  return Ok();
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
  Json fields = Json::array();
  for (const FieldRange& field : query.fields)
    fields.push_back({{"name", field.name},
                      {"lo", DecimalText(field.lo)},
                      {"hi", DecimalText(field.hi)},
                      {"bins", field.bins}});
  Json quantiles = Json::array();
  for (const double q : query.quantiles) quantiles.push_back(DecimalText(q));
  Json out = {{"contract", query.contract},  {"version", query.version},
              {"fields", std::move(fields)}, {"quantiles", std::move(quantiles)},
              {"least", query.least},        {"pass", query.pass()}};
  if (query.pass() == 1) return out;
  Json zooms = Json::array();
  for (const Zoom& zoom : query.zooms)
    zooms.push_back({{"mean", DecimalText(zoom.mean)}, {"bins", zoom.bins}});
  out["zooms"] = std::move(zooms);
  return out;
}

// A number too large for its place is as wrong as the largest, and CheckQuery refuses that.
std::uint32_t Narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

StatusOr<std::vector<FieldRange>> FieldsAt(const Json& list) {
  std::vector<FieldRange> out;
  for (const Json& item : list) {
    if (out.size() == kMostFields) return InvalidArgument("more than {} fields", kMostFields);
    JsonReader r(item);
    out.push_back({.name = r.Text("name"),
                   .lo = r.Decimal("lo"),
                   .hi = r.Decimal("hi"),
                   .bins = Narrow(r.Unsigned("bins"))});
    MUSTER_TRY(r.status());
  }
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
  MUSTER_ASSIGN(out.fields, FieldsAt(r.At("fields")));
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

// A run of one integer for each of `count` things.
void Add(std::vector<secagg::SumField>& out, std::string_view name, std::uint64_t count,
         std::uint64_t most) {
  if (count > 0) out.push_back({std::string(name), count, most});
}
}  // namespace

Status CheckQuery(const Query& query) {
  if (!IsName(query.contract)) return InvalidField("contract", "is no name of a contract");
  if (query.version == 0 || query.version > kMostInteger)
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
    Add(out, "rows", cells, kMostRows);
    Add(out, "devices", cells, 1);
    Add(out, "present", fields, 1);
    Add(out, "sum", fields, kMostSum);
    return out;
  }
  std::uint64_t zoomed = 0;
  for (const Zoom& zoom : query.zooms) zoomed += zoom.bins.size();
  Add(out, "count", fields, kMostRows);
  Add(out, "present", fields, 1);
  Add(out, "sum", fields, kMostSum);
  Add(out, "squares", fields, kMostRows << kSquareBits);
  Add(out, "fine_rows", zoomed * kFineBins, kMostRows);
  Add(out, "fine_devices", zoomed * kFineBins, 1);
  return out;
}

}  // namespace muster::aggregation::statistics
