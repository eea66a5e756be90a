#pragma once
// The parts of HTTP that are text alone, so that they can be tested and fuzzed without sockets.
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster::platform {

struct HttpTarget {
  std::string path;      // Decoded.
  std::string raw_path;  // As it came; its escapes are well-formed.
  std::string query;     // As it came.
};

// A request target in origin form: "/path?query". INVALID_ARGUMENT when it does not begin with
// '/', when an escape is not %XX, or when a decoded byte is a control character.
StatusOr<HttpTarget> ParseTarget(std::string_view target);

// `value` with control characters as spaces, so that it cannot begin another header.
std::string SafeHeaderValue(std::string_view value);

}  // namespace muster::platform
