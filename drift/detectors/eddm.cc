#include "drift/detectors/eddm.h"

namespace muster::drift {

Json Eddm::Save() const {
  if (state_.count == 0) return nullptr;
  FieldWriter writer;
  Fields(state_, writer);
  return std::move(writer).Take();
}

Status Eddm::Restore(const Json& json) {
  State next;
  if (!json.is_null()) {
    FieldReader reader(json, "state");
    Fields(next, reader);
    MUSTER_TRY(reader.Finish());
    MUSTER_TRY(CheckCountOfState(next.count));
    if (next.errors > next.last_error || next.last_error > next.count ||
        (next.errors == 0) != (next.last_error == 0))
      return InvalidField("state", "the counts of values and errors do not belong together");
    if (next.mean < 0 || next.squares < 0 || next.greatest < 0 || !IsMeasurable(next.mean))
      return InvalidField("state", "a distance is not one");
  }
  state_ = next;
  return Ok();
}

}  // namespace muster::drift
