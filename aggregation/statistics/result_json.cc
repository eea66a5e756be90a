// The canonical JSON of a result, both ways.
#include "aggregation/statistics/result.h"
#include "base/canonical_json.h"

namespace muster::aggregation::statistics {
namespace {
constexpr int kDepth = 6;
constexpr std::size_t kMostResultBytes = std::size_t{16} << 20;
constexpr std::size_t kLongestName = 63;

Json OrNull(const Cell& cell) { return cell ? Json(*cell) : Json(); }
Json OrNull(const std::optional<double>& value) {
  return value ? Json(DecimalText(*value)) : Json();
}

Json JsonOf(const FieldStatistics& field) {
  Json histogram = Json::array();
  for (const Cell& bin : field.histogram) histogram.push_back(OrNull(bin));
  Json quantiles = Json::array();
  for (const Quantile& q : field.quantiles)
    quantiles.push_back(
        {{"p", DecimalText(q.p)}, {"value", OrNull(q.value)}, {"within", DecimalText(q.within)}});
  return {{"name", field.name},
          {"lo", DecimalText(field.lo)},
          {"hi", DecimalText(field.hi)},
          {"devices", field.devices},
          {"count", OrNull(field.count)},
          {"nulls", OrNull(field.nulls)},
          {"below", OrNull(field.below)},
          {"above", OrNull(field.above)},
          {"mean", OrNull(field.mean)},
          {"stddev", OrNull(field.stddev)},
          {"histogram", std::move(histogram)},
          {"quantiles", std::move(quantiles)}};
}

StatusOr<Cell> CellFrom(const Json& json) {
  if (json.is_null()) return Cell();
  if (json.is_number_unsigned()) return Cell(json.get<std::uint64_t>());
  return InvalidArgument("a count is neither a natural number nor null");
}

StatusOr<std::optional<double>> DecimalFrom(const Json& json) {
  if (json.is_null()) return std::optional<double>();
  if (!json.is_string()) return InvalidArgument("a value is neither a decimal string nor null");
  MUSTER_ASSIGN(const double value, ParseDecimal(json.get_ref<const std::string&>()));
  return std::optional(value);
}

StatusOr<std::vector<Quantile>> QuantilesFrom(const Json& list) {
  if (list.size() > kMostQuantiles) return InvalidArgument("{} quantiles", list.size());
  std::vector<Quantile> out;
  for (const Json& item : list) {
    JsonReader r(item);
    Quantile q{.p = r.Decimal("p"), .value = std::nullopt, .within = r.Decimal("within")};
    MUSTER_ASSIGN(q.value, DecimalFrom(r.At("value")));
    MUSTER_TRY(r.status());
    out.push_back(q);
  }
  return out;
}

StatusOr<std::vector<Cell>> HistogramFrom(const Json& list) {
  if (list.size() > kMostBins) return InvalidArgument("{} bins", list.size());
  std::vector<Cell> out;
  for (const Json& item : list) {
    MUSTER_ASSIGN(const Cell bin, CellFrom(item));
    out.push_back(bin);
  }
  return out;
}

StatusOr<FieldStatistics> FieldFrom(const Json& json) {
  JsonReader r(json);
  FieldStatistics out{.name = r.Text("name"), .lo = r.Decimal("lo"), .hi = r.Decimal("hi")};
  if (out.name.size() > kLongestName) return InvalidArgument("a field's name is too long");
  out.devices = r.Unsigned("devices");
  MUSTER_ASSIGN(out.count, CellFrom(r.At("count")));
  MUSTER_ASSIGN(out.nulls, CellFrom(r.At("nulls")));
  MUSTER_ASSIGN(out.below, CellFrom(r.At("below")));
  MUSTER_ASSIGN(out.above, CellFrom(r.At("above")));
  MUSTER_ASSIGN(out.mean, DecimalFrom(r.At("mean")));
  MUSTER_ASSIGN(out.stddev, DecimalFrom(r.At("stddev")));
  MUSTER_ASSIGN(out.histogram, HistogramFrom(r.At("histogram")));
  MUSTER_ASSIGN(out.quantiles, QuantilesFrom(r.At("quantiles")));
  MUSTER_TRY(r.status());
  return out;
}

StatusOr<Result> Read(std::string_view text) {
  if (text.size() > kMostResultBytes) return InvalidArgument("{} bytes", text.size());
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  Result out{.contract = r.Text("contract"),
             .version = r.Unsigned("version"),
             .devices = r.Unsigned("devices"),
             .least = static_cast<std::uint32_t>(r.Unsigned("least")),
             .passes = static_cast<std::uint32_t>(r.Unsigned("passes")),
             .fields = {}};
  const Json& fields = r.At("fields");
  if (fields.size() > kMostFields) return InvalidArgument("{} fields", fields.size());
  for (const Json& item : fields) {
    MUSTER_ASSIGN(FieldStatistics field, FieldFrom(item));
    out.fields.push_back(std::move(field));
  }
  MUSTER_TRY(r.status());
  return out;
}
}  // namespace

StatusOr<std::string> EncodeResult(const Result& result) {
  Json fields = Json::array();
  for (const FieldStatistics& field : result.fields) fields.push_back(JsonOf(field));
  return CanonicalJson({{"contract", result.contract},
                        {"version", result.version},
                        {"devices", result.devices},
                        {"least", result.least},
                        {"passes", result.passes},
                        {"fields", std::move(fields)}});
}

StatusOr<Result> ParseResult(std::string_view text) {
  StatusOr<Result> result = Read(text);
  if (result.ok()) {
    const StatusOr<std::string> again = EncodeResult(*result);
    if (again.ok() && *again == text) return result;
  }
  return WithReason(InvalidArgument("statistics: {}", result.ok() ? "not in canonical form"
                                                                  : MessageOf(result.status())),
                    Reason::kARTEFACT_INVALID);
}

}  // namespace muster::aggregation::statistics
