#pragma once
// Which handler answers which paths.
#include <string>
#include <vector>

#include "platform/http_server.h"

namespace muster::platform {

struct HttpRoute {
  std::string prefix;  // "/log": that path, and what is under it.
  HttpHandler handler;
};

// The handler of the first route that has the path; else `otherwise`.
HttpHandler Route(std::vector<HttpRoute> routes, HttpHandler otherwise);

}  // namespace muster::platform
