#pragma once
// One HTTP call to the agent that runs here: a socket on loopback, a request, an answer. Bounded in
// time and bytes.
#include <filesystem>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/status.h"

namespace muster::client {

inline constexpr char kLocalApiFile[] = "local-api.json";

struct LocalAddress {
  Endpoint endpoint;
  std::string token;
};
// NOT_FOUND when no agent has written it; FAILED_PRECONDITION when others could read it.
StatusOr<LocalAddress> ReadLocalAddress(const std::filesystem::path& state_dir);

struct LocalReply {
  int status = 0;
  std::string body;
};
// UNAVAILABLE when nobody answers, or not in HTTP.
StatusOr<LocalReply> PostLocal(const LocalAddress& address, std::string_view path,
                               std::string_view body);
// Of an answer as it came, to the end of the connection.
StatusOr<LocalReply> ParseLocalReply(std::string_view text);

}  // namespace muster::client
