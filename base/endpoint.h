#pragma once
// Where a server listens or is reached: "host:port", "[::1]:7443".
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster {

struct Endpoint {
  std::string host;  // A name or an address, without brackets.
  std::uint16_t port = 0;

  // INVALID_ARGUMENT (FIELD_INVALID) unless `text` is host:port with a host of at most 253
  // characters [A-Za-z0-9.-] or a bracketed IPv6 address, and a decimal port. Port 0 is allowed:
  // listeners take any free one.
  static StatusOr<Endpoint> Parse(std::string_view text);
  std::string Text() const;
  bool IsLoopback() const {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
  }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace muster
