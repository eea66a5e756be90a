#include "drift/monitors/training_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/canonical_json.h"
#include "drift/detectors/verdict.h"
#include "drift/sketches/refusal.h"

namespace muster::drift {
namespace {
constexpr std::uint64_t kVersion = 1;
constexpr int kDepth = 8;

Bins BinsFor(const MonitoredField& field, const std::vector<double>& sample) {
  if (std::isfinite(field.lo) && std::isfinite(field.hi)) {
    auto declared = Bins::Even(field.lo, field.hi, FieldReference::kBins);
    if (declared.ok()) return *std::move(declared);
  }
  const double lo = sample.empty() ? 0 : sample.front(), hi = sample.empty() ? 0 : sample.back();
  auto measured = Bins::Even(lo, hi, FieldReference::kBins);
  if (measured.ok()) return *std::move(measured);
  // One value, or too close for so many bins: one bin around them. Values are below 1e100, so that
  // a part in 2^20 of them is more than their spacing.
  const double margin = std::max(1.0, std::abs(hi) * 0x1p-20);
  return Bins::At({lo - margin, hi + margin}).value();
}

StatusOr<FieldReference> FieldOf(const MonitoredField& field, const std::vector<double>& column,
                                 Rng& rng) {
  std::vector<double> sample, values;
  for (const double x : column) {
    if (std::isnan(x)) continue;
    values.push_back(x);
    if (sample.size() < FieldReference::kMostSample)
      sample.push_back(x);
    else if (const std::uint64_t at = rng.Below(values.size()); at < sample.size())
      sample[at] = x;
  }
  std::ranges::sort(sample);
  Histogram histogram(BinsFor(field, sample));
  MUSTER_TRY(histogram.Add(column));
  MUSTER_ASSIGN(DdSketch sketch, DdSketch::Make());
  MUSTER_TRY(sketch.Add(values));
  return FieldReference{field.name, std::move(sample), std::move(histogram), std::move(sketch)};
}

StatusOr<FieldReference> ReadField(const Json& json) {
  JsonReader r(json);
  std::vector<double> sample;
  for (const std::string& text : r.Texts("sample")) {
    MUSTER_ASSIGN(const double x, ParseDecimal(text));
    if (!IsMeasurable(x) || (!sample.empty() && x < sample.back()))
      return InvalidArgument("a sample is not rising, or beyond bounds");
    sample.push_back(x);
  }
  const std::string name = r.Text("name");
  const std::string histogram = r.Text("histogram");
  const std::string sketch = r.Text("sketch");
  MUSTER_TRY(r.status());
  if (sample.size() > FieldReference::kMostSample) return InvalidArgument("too long a sample");
  MUSTER_ASSIGN(Histogram counts, Histogram::Parse(histogram));
  MUSTER_ASSIGN(DdSketch quantiles, DdSketch::Parse(sketch));
  return FieldReference{name, std::move(sample), std::move(counts), std::move(quantiles)};
}
}  // namespace

StatusOr<TrainingReference> TrainingReference::Make(std::span<const MonitoredField> fields,
                                                    std::span<const double> cells, Rng& rng) {
  if (fields.empty() || fields.size() > kMostWatchedFields)
    return InvalidField("fields", "{} of them, 1 to {} are allowed", fields.size(),
                        kMostWatchedFields);
  if (cells.size() % fields.size() != 0) return RefuseOtherBins("rows");
  if (cells.empty()) return RefuseEmpty("reference");
  TrainingReference out;
  out.rows_ = cells.size() / fields.size();
  std::vector<double> column(out.rows_);
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (out.Find(fields[f].name) != nullptr)
      return InvalidField(fmt::format("fields[{}]", f), "'{}' stands twice", fields[f].name);
    for (std::size_t row = 0; row < column.size(); ++row) {
      const double x = cells[row * fields.size() + f];
      column[row] = IsMeasurable(x) ? x : std::numeric_limits<double>::quiet_NaN();
    }
    MUSTER_ASSIGN(FieldReference field, FieldOf(fields[f], column, rng));
    out.fields_.push_back(std::move(field));
  }
  return out;
}

const FieldReference* TrainingReference::Find(std::string_view name) const {
  const auto it = std::ranges::find(fields_, name, &FieldReference::name);
  return it == fields_.end() ? nullptr : &*it;
}

std::string TrainingReference::Encode() const {
  Json fields = Json::array();
  for (const FieldReference& field : fields_) {
    Json sample = Json::array();
    for (const double x : field.sample) sample.push_back(DecimalText(x));
    fields.push_back({{"name", field.name},
                      {"sample", std::move(sample)},
                      {"histogram", field.histogram.Encode()},
                      {"sketch", field.sketch.Encode()}});
  }
  // Integers below 2^53, and names that a contract or an earlier text gave, have a text.
  return CanonicalJson({{"fields", std::move(fields)}, {"rows", rows_}, {"version", kVersion}})
      .value();
}

StatusOr<TrainingReference> TrainingReference::Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  const std::uint64_t version = r.Unsigned("version");
  TrainingReference out;
  out.rows_ = r.Unsigned("rows");
  const Json& fields = r.At("fields");
  MUSTER_TRY(r.status());
  if (version != kVersion) return InvalidArgument("version {} is not known", version);
  if (!fields.is_array() || fields.empty() || fields.size() > kMostWatchedFields)
    return InvalidArgument("not 1 to {} fields", kMostWatchedFields);
  for (const Json& json_field : fields) {
    MUSTER_ASSIGN(FieldReference field, ReadField(json_field));
    if (out.Find(field.name) != nullptr) return InvalidArgument("a field stands twice");
    out.fields_.push_back(std::move(field));
  }
  return out;
}

StatusOr<TrainingReference> TrainingReference::Parse(std::string_view text) {
  if (text.size() > kMostBytes) return RefuseText("reference", "too long");
  StatusOr<TrainingReference> out = Read(text);
  if (!out.ok()) return RefuseText("reference", MessageOf(out.status()));
  if (out->Encode() != text) return RefuseText("reference", "not in its canonical form");
  return out;
}

}  // namespace muster::drift
