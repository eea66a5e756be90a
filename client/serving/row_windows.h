#pragma once
// From rows as they come to what a model is asked: each row judged by its contract, scaled by its
// declared ranges, and with the rows before it cut into the window that ends at it. The same
// windows as training's (client/pipeline/pipeline.h), but one at every row, label or not. Pure.
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "client/link.h"
#include "client/pipeline/row_rules.h"
#include "client/serving/row_stream.h"
#include "drift/monitors/training_reference.h"

namespace muster::client {

// What somebody said that a label was, of the row of that time; nullopt: nobody did.
using LabelOf = std::function<std::optional<double>(const std::string& field, Timestamp at)>;

// What of a row a model in service is about.
class ServingSchema {
 public:
  // FAILED_PRECONDITION (CONTRACT_MISMATCH) or INVALID_ARGUMENT (FIELD_INVALID) as Pipeline::Make.
  static StatusOr<ServingSchema> Make(const ServingOffer& offer);

  // The contract's numbers, in its order, then its time. Only features have to be there.
  std::span<const StreamColumn> columns() const { return columns_; }
  // The numbers alone: of monitors and of the rows that are kept.
  std::span<const drift::MonitoredField> fields() const { return fields_; }
  std::size_t rows_of_window() const { return window_; }
  std::size_t features() const { return features_.size(); }

  // A row as it is served.
  struct ServedRow {
    std::uint64_t line = 0;
    bool good = false;                   // It can be predicted on.
    std::optional<Timestamp> time = {};  // Of the event.
    std::vector<double> values;          // Of fields(); NaN: null. Infinities are as they came.
    std::vector<float> scaled;           // Of the features; of a good row.
    double label = 0;                    // In its unit, capped; NaN: not known.
  };
  // `labels`: asked for a label that the row does not have.
  ServedRow Judge(const Row& row, Timestamp now, const LabelOf& labels = nullptr) const;

  // A model's output in the label's unit; of a binary label the probability of 1.
  double InUnit(float output) const;
  // How far off it was: absolute, or 0 and 1 of a binary label. NaN without a label.
  double ErrorOf(double prediction, double label) const;

 private:
  ServingSchema(LabelSpec label, std::size_t window) : label_(std::move(label)), window_(window) {}

  LabelSpec label_;
  std::size_t window_;
  std::vector<StreamColumn> columns_;
  std::vector<drift::MonitoredField> fields_;
  struct Feature {
    std::size_t column;
    double lo, hi;
  };
  std::vector<Feature> features_;
  std::size_t label_column_ = 0;
  std::optional<std::size_t> time_column_;
  std::vector<std::size_t> judged_;  // Columns of rules_: the features, then the time.
  std::optional<RowRules> rules_;
};

// The newest rows of a stretch of good ones.
class RowWindows {
 public:
  explicit RowWindows(const ServingSchema& schema)
      : rows_(schema.rows_of_window()), width_(schema.features()) {}

  // Appends the window that ends at this row to `x`, unless too few good rows came before it. A row
  // that is not good cuts the stretch.
  bool Take(const ServingSchema::ServedRow& row, std::vector<float>& x);
  std::size_t inputs() const { return rows_ * width_; }

  Json Save() const;
  // FIELD_INVALID, and nothing has changed, when it is no state of such windows.
  Status Restore(const Json& json);

 private:
  std::size_t rows_, width_;
  std::deque<float> values_;  // Of at most rows_ - 1 rows.
};

}  // namespace muster::client
