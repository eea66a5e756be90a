#include "base/endpoint.h"

#include <algorithm>
#include <charconv>

namespace muster {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035, section 2.3.4, as text.

Status Bad(std::string_view text) {
  return WithReason(InvalidArgument("'{}' is not host:port", text.substr(0, 300)),
                    Reason::kFIELD_INVALID);
}

bool IsHost(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHost && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
}

bool IsIpv6(std::string_view host) {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

}  // namespace

StatusOr<Endpoint> Endpoint::Parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
    if (!IsIpv6(host)) return Bad(text);
  } else if (!IsHost(host)) {
    return Bad(text);
  }
  std::uint16_t port = 0;
  const char* const end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, port);
  if (port_text.empty() || error != std::errc() || stop != end) return Bad(text);
  return Endpoint{std::string(host), port};
}

std::string Endpoint::Text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

}  // namespace muster
