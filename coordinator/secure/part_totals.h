#pragma once
// Sums of named counts that stay apart, part by part: what the shards of a window and the slices of
// an evaluation come to.
#include <functional>
#include <string>
#include <vector>

#include "aggregation/secagg/named_sums.h"
#include "aggregation/statistics/window.h"
#include "coordinator/secure/sum_form.h"

namespace muster::coordinator {

using PartTotals = aggregation::statistics::ShardTotals;

// The form of one part, of a group. Vectors are of SumsLayout(fields); files are canonical JSON
// {"parts": […]} (aggregation/statistics/shard_json.h), which Add puts one behind the other.
class PartTotalsForm final : public SumForm {
 public:
  // Judges what was opened: an error with UPDATE_OVER_BOUND leaves the part out.
  using Check = std::function<Status(const PartTotals&)>;

  PartTotalsForm(std::vector<aggregation::secagg::SumField> fields, std::vector<std::string> group,
                 Check check = nullptr)
      : fields_(std::move(fields)), group_(std::move(group)), check_(std::move(check)) {}
  StatusOr<Bytes> Open(const aggregation::secagg::LaneVector& sum,
                       std::uint32_t contributors) const override;
  StatusOr<Bytes> Add(std::span<const Bytes> files) const override;

 private:
  const std::vector<aggregation::secagg::SumField> fields_;
  const std::vector<std::string> group_;
  const Check check_;
};

// What files of Open or Add hold, in the order of their parts. DATA_LOSS when it is none, or its
// totals are not of `fields`.
StatusOr<std::vector<PartTotals>> ReadPartTotals(
    std::span<const aggregation::secagg::SumField> fields, ByteView file);

}  // namespace muster::coordinator
