#include "drift/detectors/page_hinkley.h"

namespace muster::drift {

Json PageHinkley::Save() const {
  if (state_.count == 0) return nullptr;
  FieldWriter writer;
  Fields(state_, writer);
  return std::move(writer).Take();
}

Status PageHinkley::Restore(const Json& json) {
  State next;
  if (!json.is_null()) {
    FieldReader reader(json, "state");
    Fields(next, reader);
    MUSTER_TRY(reader.Finish());
    MUSTER_TRY(CheckCountOfState(next.count));
    if (next.least_rise > next.rise || next.most_fall < next.fall || !IsMeasurable(next.mean))
      return InvalidField("state", "the sums do not belong together");
  }
  state_ = next;
  return Ok();
}

}  // namespace muster::drift
