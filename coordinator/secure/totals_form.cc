#include "coordinator/secure/totals_form.h"

#include <charconv>

#include "base/canonical_json.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {

StatusOr<Bytes> FileOf(const Totals& totals) {
  Json sums = Json::array();
  for (const std::vector<std::uint64_t>& field : totals.sums) {
    Json texts = Json::array();
    for (const std::uint64_t value : field) texts.push_back(std::to_string(value));
    sums.push_back(std::move(texts));
  }
  MUSTER_ASSIGN(const std::string text,
                CanonicalJson({{"devices", totals.devices}, {"sums", std::move(sums)}}));
  const ByteView bytes = AsBytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

StatusOr<std::uint64_t> CountFrom(const Json& json) {
  if (!json.is_string()) return DataLoss("a total is no text");
  const auto& text = json.get_ref<const std::string&>();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > secagg::kMostTotal)
    return DataLoss("'{}' is no total", text);
  return value;
}
}  // namespace

StatusOr<Bytes> TotalsForm::Open(const secagg::LaneVector& sum, std::uint32_t contributors) const {
  MUSTER_ASSIGN(secagg::SumValues sums, secagg::OpenSums(fields_, sum, contributors));
  return FileOf({contributors, std::move(sums)});
}

StatusOr<Bytes> TotalsForm::Add(std::span<const Bytes> files) const {
  if (files.empty()) return InvalidArgument("no sums to add");
  MUSTER_ASSIGN(Totals all, Read(files.front()));
  for (const Bytes& file : files.subspan(1)) {
    MUSTER_ASSIGN(const Totals more, Read(file));
    all.devices += more.devices;
    MUSTER_TRY(secagg::AddTotals(all.sums, more.sums));
  }
  return FileOf(all);
}

StatusOr<Totals> TotalsForm::Read(ByteView file) const {
  const StatusOr<Json> json = ParseJson(AsText(file));
  if (!json.ok()) return DataLoss("sums are no JSON: {}", MessageOf(json.status()));
  JsonReader reader(*json);
  Totals totals{reader.Unsigned("devices"), {}};
  const Json& sums = reader.At("sums");
  if (!reader.status().ok()) return DataLoss("{}", MessageOf(reader.status()));
  if (!sums.is_array() || sums.size() != fields_.size())
    return DataLoss("sums are of other fields: {}, not {}", sums.size(), fields_.size());
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    if (!sums[f].is_array() || sums[f].size() != fields_[f].count)
      return DataLoss("sums of '{}' are {}, not {}", fields_[f].name, sums[f].size(),
                      fields_[f].count);
    std::vector<std::uint64_t>& field = totals.sums.emplace_back();
    for (const Json& text : sums[f]) {
      MUSTER_ASSIGN(field.emplace_back(), CountFrom(text));
    }
  }
  return totals;
}

}  // namespace muster::coordinator
