#pragma once
// What is wrong with a schema, by its place.
#include <gmock/gmock.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace muster::registry::formats {

MATCHER_P(IsInvalidAt, path, "is refused at " + std::string(path)) {
  const Status& status = testing::StatusIn(arg);
  *result_listener << status.ToString();
  return status.code() == absl::StatusCode::kInvalidArgument &&
         ReasonOf(status) == Reason::kSCHEMA_INVALID && FieldOf(status) == path;
}

}  // namespace muster::registry::formats
