#pragma once
// Refusals as Confluent's clients know them: an HTTP status and a body {"error_code", "message"}.
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/status.h"

namespace muster::registry {

struct ApiError {
  int status = 500;  // HTTP's.
  int code = 50001;  // Confluent's: HTTP's status and two digits, or the status alone.
};
// 50003 (forwarding failed) never comes: there is nobody to forward to.
ApiError ErrorOf(const Status& status);

// The body. What failed inside is for the log alone, to which it goes as "schemas_failed".
std::string ErrorBody(const Status& status, Logger& log);
std::string ErrorBody(int code, std::string_view message);

}  // namespace muster::registry
