#include "drift/detectors/ddm.h"

namespace muster::drift {

Json Ddm::Save() const {
  if (state_.count == 0) return nullptr;
  FieldWriter writer;
  Fields(state_, writer);
  return std::move(writer).Take();
}

Status Ddm::Restore(const Json& json) {
  State next;
  if (!json.is_null()) {
    FieldReader reader(json, "state");
    Fields(next, reader);
    MUSTER_TRY(reader.Finish());
    MUSTER_TRY(CheckCountOfState(next.count));
    if (!IsFraction(next.rate) || !IsFraction(next.least_rate) || !IsFraction(next.least_deviation))
      return InvalidField("state", "a rate is not in [0, 1]");
  }
  state_ = next;
  return Ok();
}

}  // namespace muster::drift
