#pragma once
// What operators' tools ask over HTTP: /metrics, /healthz, /readyz. Reads only, names no device.
#include <functional>
#include <string>

#include "base/status.h"
#include "platform/http_server.h"

namespace muster::platform {

struct OpsSources {
  std::function<std::string()> metrics;  // Prometheus' text format.
  std::function<Status()> ready;         // Not OK: why no work can be taken now.
};

// GET (and HEAD) /metrics; /healthz, 200 while the process answers; /readyz, 200 or 503 with the
// reason; / lists them. 405 for other methods on these, 404 for other paths. Both sources are
// called from several threads at once.
HttpHandler MakeOpsHandler(OpsSources sources);

}  // namespace muster::platform
