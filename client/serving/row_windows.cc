#include "client/serving/row_windows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "client/pipeline/row_time.h"

namespace muster::client {
namespace {
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsNumber(FieldType type) { return type == FieldType::kFloat || type == FieldType::kInteger; }

double ValueOf(const Cell& cell) {
  if (cell.kind == CellKind::kNumber) return cell.number;
  if (cell.kind == CellKind::kNotFinite) return cell.text.starts_with('-') ? -kInfinity : kInfinity;
  return kNull;
}
}  // namespace

StatusOr<ServingSchema> ServingSchema::Make(const ServingOffer& offer) {
  MUSTER_TRY(Pipeline::Make({offer.features, offer.window, offer.label, EvaluateWindows::kLast},
                            offer.contract)
                 .status());
  ServingSchema out(offer.label, offer.window.rows);
  const auto required = [&offer](const std::string& name) {
    return std::ranges::count(offer.features, name) > 0;
  };
  for (const ContractField& field : offer.contract.fields) {
    if (!IsNumber(field.type)) continue;
    out.columns_.push_back({field.name, required(field.name)});
    out.fields_.push_back({field.name, field.lo, field.hi});
  }
  const auto place = [&out](const std::string& name) -> StatusOr<std::size_t> {
    const auto it = std::ranges::find(out.columns_, name, &StreamColumn::name);
    if (it != out.columns_.end()) return static_cast<std::size_t>(it - out.columns_.begin());
    return WithReason(FailedPrecondition("'{}' is no number of the contract", name),
                      Reason::kCONTRACT_MISMATCH);
  };
  std::vector<std::string> judged;
  for (const std::string& name : offer.features) {
    MUSTER_ASSIGN(const std::size_t column, place(name));
    const ContractField& field = *offer.contract.Find(name);
    out.features_.push_back({column, field.lo, field.hi});
    out.judged_.push_back(column);
    judged.push_back(name);
  }
  MUSTER_ASSIGN(out.label_column_, place(offer.label.field));
  if (const std::string& time = offer.contract.time_field; !time.empty()) {
    out.time_column_ = out.columns_.size();
    out.judged_.push_back(out.columns_.size());
    out.columns_.push_back({time, false});
    judged.push_back(time);
  }
  MUSTER_ASSIGN(out.rules_, RowRules::Make(offer.contract, judged));
  return out;
}

ServingSchema::ServedRow ServingSchema::Judge(const Row& row, Timestamp now,
                                              const LabelOf& labels) const {
  ServedRow out{.line = row.line, .values = {}, .scaled = {}, .label = kNull};
  if (!row.broken.empty() || row.cells.size() != columns_.size()) {
    out.values.assign(fields_.size(), kNull);
    return out;
  }
  for (std::size_t f = 0; f < fields_.size(); ++f) out.values.push_back(ValueOf(row.cells[f]));
  if (time_column_) out.time = TimeOf(row.cells[*time_column_]);
  std::optional<double> label;
  if (const Cell& cell = row.cells[label_column_]; cell.kind == CellKind::kNumber)
    label = cell.number;
  else if (labels && out.time)
    label = labels(label_.field, *out.time);
  if (label) out.label = std::min(label_.cap.value_or(*label), *label);
  std::vector<Cell> cells;
  for (const std::size_t column : judged_) cells.push_back(row.cells[column]);
  const Row judged{row.line, cells, row.text, {}};
  RowVerdict verdict;
  rules_->Judge(judged, now, verdict);
  out.good = verdict.faults.empty();
  for (const Feature& feature : features_) {
    const double value = out.values[feature.column];
    out.good = out.good && std::isfinite(value);  // A nullable feature may be null.
    out.scaled.push_back(
        static_cast<float>(2 * (value - feature.lo) / (feature.hi - feature.lo) - 1));
  }
  return out;
}

double ServingSchema::InUnit(float output) const {
  const double x = static_cast<double>(output);
  return label_.binary ? 1 / (1 + std::exp(-x)) : x * label_.scale;
}

double ServingSchema::ErrorOf(double prediction, double label) const {
  if (std::isnan(prediction) || std::isnan(label)) return kNull;
  if (label_.binary) return (prediction > 0.5) == (label > 0.5) ? 0 : 1;
  return std::abs(prediction - label);
}

bool RowWindows::Take(const ServingSchema::ServedRow& row, std::vector<float>& x) {
  if (!row.good) {
    values_.clear();
    return false;
  }
  const bool whole = values_.size() == (rows_ - 1) * width_;
  if (whole) {
    x.insert(x.end(), values_.begin(), values_.end());
    x.insert(x.end(), row.scaled.begin(), row.scaled.end());
  }
  values_.insert(values_.end(), row.scaled.begin(), row.scaled.end());
  if (values_.size() > (rows_ - 1) * width_)
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(width_));
  return whole;
}

Json RowWindows::Save() const {
  const std::vector<float> values(values_.begin(), values_.end());
  return ToHex(std::as_bytes(std::span(values)));
}

Status RowWindows::Restore(const Json& json) {
  if (!json.is_string()) return InvalidField("windows", "is no text");
  MUSTER_ASSIGN(const Bytes bytes, FromHex(json.get_ref<const std::string&>()));
  const std::size_t count = bytes.size() / sizeof(float);
  std::vector<float> values(count);
  if (bytes.size() % sizeof(float) != 0 || count % width_ != 0 || count > (rows_ - 1) * width_)
    return InvalidField("windows", "is of another model");
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); }))
    return InvalidField("windows", "holds a value that is not finite");
  values_.assign(values.begin(), values.end());
  return Ok();
}

}  // namespace muster::client
