#pragma once
// Sums of named counts: what evaluations and statistics come to.
#include <vector>

#include "aggregation/secagg/named_sums.h"
#include "coordinator/secure/sum_form.h"

namespace muster::coordinator {

struct Totals {
  std::uint64_t devices = 0;
  aggregation::secagg::SumValues sums;  // Of the form's fields.
  friend bool operator==(const Totals&, const Totals&) = default;
};

// Vectors are of SumsLayout(fields); files are canonical JSON, integers in it decimal strings.
class TotalsForm final : public SumForm {
 public:
  explicit TotalsForm(std::vector<aggregation::secagg::SumField> fields)
      : fields_(std::move(fields)) {}
  StatusOr<Bytes> Open(const aggregation::secagg::LaneVector& sum,
                       std::uint32_t contributors) const override;
  StatusOr<Bytes> Add(std::span<const Bytes> files) const override;
  // DATA_LOSS when the file is none of Open or Add.
  StatusOr<Totals> Read(ByteView file) const;

  const std::vector<aggregation::secagg::SumField>& fields() const { return fields_; }

 private:
  const std::vector<aggregation::secagg::SumField> fields_;
};

}  // namespace muster::coordinator
