#pragma once
// What a model's training data looked like, field by field: what later data are held against. It
// is made of rows, so it stays where they are; its text is for the site's own disk.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/status.h"
#include "drift/monitors/spec.h"
#include "drift/sketches/ddsketch.h"
#include "drift/sketches/histogram.h"

namespace muster::drift {

// A field of the contract, as far as monitors see it.
struct MonitoredField {
  std::string name;
  double lo = 0;  // The declared range, in the field's unit; none: an infinity.
  double hi = 0;
};

struct FieldReference {
  static constexpr std::size_t kMostSample = 4096;
  static constexpr std::uint32_t kBins = 64;
  std::string name;
  std::vector<double> sample;  // Rising; drawn without replacement when there are more values.
  Histogram histogram;         // Of all rows, over the declared range, else over the sample's.
  DdSketch sketch;             // Of all values.
  friend bool operator==(const FieldReference&, const FieldReference&) = default;
};

class TrainingReference {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // Of the text.

  //   fields  1..kMostWatchedFields of them, no name twice, else FIELD_INVALID.
  //   cells   row-major, a value for each field; NaN is null. Values that no detector takes
  //           (infinite, beyond 1e100) count as null.
  //   rng     draws the sample: Vitter's Algorithm R, ACM TOMS 11(1), 1985.
  //   errors  CONTRACT_MISMATCH when cells are not whole rows; DATA_EMPTY without rows. A field
  //           without values is part of the reference, with an empty sample.
  //   cost    O(rows * fields) time.
  static StatusOr<TrainingReference> Make(std::span<const MonitoredField> fields,
                                          std::span<const double> cells, Rng& rng);

  std::uint64_t rows() const { return rows_; }
  std::span<const FieldReference> fields() const { return fields_; }
  const FieldReference* Find(std::string_view name) const;

  // Canonical JSON {"fields": [{"histogram", "name", "sample", "sketch"}], "rows", "version": 1}.
  std::string Encode() const;
  // The inverse, for foreign bytes: ARTEFACT_INVALID on what Encode would not have written.
  static StatusOr<TrainingReference> Parse(std::string_view text);

  friend bool operator==(const TrainingReference&, const TrainingReference&) = default;

 private:
  static StatusOr<TrainingReference> Read(std::string_view text);
  std::uint64_t rows_ = 0;
  std::vector<FieldReference> fields_;
};

}  // namespace muster::drift
