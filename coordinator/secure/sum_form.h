#pragma once
// What the vectors of a session mean: how their sum leaves it.
#include <cstdint>
#include <memory>
#include <span>

#include "aggregation/secagg/lane_vector.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::coordinator {

// Safe from any thread.
class SumForm {
 public:
  virtual ~SumForm() = default;
  // The sum of so many vectors with every mask off, as a file. FAILED_PRECONDITION
  // (UPDATE_OVER_BOUND) when it is none that so many honest devices can give.
  virtual StatusOr<Bytes> Open(const aggregation::secagg::LaneVector& sum,
                               std::uint32_t contributors) const = 0;
  // What several sessions opened, as one: files of Open. DATA_LOSS when one is none.
  virtual StatusOr<Bytes> Add(std::span<const Bytes> files) const = 0;
};

}  // namespace muster::coordinator
