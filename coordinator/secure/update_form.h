#pragma once
// The sum of training updates, as a plain round has it.
#include "aggregation/fixed_point.h"
#include "coordinator/secure/sum_form.h"

namespace muster::coordinator {

// Files are accumulator checkpoints in the arithmetic `fixed` of a plain round; vectors are of
// UpdateLayout, clipped at `clip`. Cost: O(d), 16 d bytes on the way.
class UpdateForm final : public SumForm {
 public:
  UpdateForm(double clip, aggregation::FixedPoint fixed) : clip_(clip), fixed_(fixed) {}
  StatusOr<Bytes> Open(const aggregation::secagg::LaneVector& sum,
                       std::uint32_t contributors) const override;
  StatusOr<Bytes> Add(std::span<const Bytes> files) const override;

 private:
  const double clip_;
  const aggregation::FixedPoint fixed_;
};

}  // namespace muster::coordinator
