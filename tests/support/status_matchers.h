#pragma once
// GoogleMock matchers for Status and StatusOr: tests assert codes and reasons, never message text.
#include <gmock/gmock.h>

#include <ostream>

#include "base/status.h"

namespace muster {
inline void PrintTo(Reason reason, std::ostream* out) { *out << NameOf(reason); }
}  // namespace muster

namespace muster::testing {

inline const Status& StatusIn(const Status& status) { return status; }
template <typename T>
const Status& StatusIn(const StatusOr<T>& result) {
  return result.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusIn(arg).ToString();
  return StatusIn(arg).ok();
}
MATCHER_P(HasCode, code, "has code " + absl::StatusCodeToString(code)) {
  *result_listener << StatusIn(arg).ToString();
  return StatusIn(arg).code() == code;
}
// The code and the reason that callers act on.
MATCHER_P2(Fails, code, reason,
           "has code " + absl::StatusCodeToString(code) + " and reason " +
               std::string(NameOf(reason))) {
  *result_listener << StatusIn(arg).ToString();
  return StatusIn(arg).code() == code && ReasonOf(StatusIn(arg)) == reason;
}

}  // namespace muster::testing
