#include "platform/ops_http.h"

#include <utility>

namespace muster::platform {
namespace {
HttpReply Index() {
  return {.body =
              "muster\n/metrics  figures in Prometheus' text format\n"
              "/healthz  whether the process lives\n"
              "/readyz   whether it can take work\n"};
}

HttpReply Ready(const Status& status) {
  if (status.ok()) return {.body = "ready\n"};
  const auto reason = ReasonOf(status);
  return {.status = 503,
          .body = fmt::format("not ready: {}{}{}\n", reason ? NameOf(*reason) : "",
                              reason ? ": " : "", MessageOf(status))};
}
}  // namespace

HttpHandler MakeOpsHandler(OpsSources sources) {
  return [sources = std::move(sources)](const HttpRequest& request) -> HttpReply {
    const std::string& path = request.path;
    if (path != "/" && path != "/metrics" && path != "/healthz" && path != "/readyz")
      return {.status = 404, .body = "not found\n"};
    if (request.method != "GET" && request.method != "HEAD")
      return {.status = 405, .body = "GET or HEAD\n", .headers = {{"Allow", "GET, HEAD"}}};
    if (path == "/") return Index();
    if (path == "/healthz") return {.body = "alive\n"};
    if (path == "/readyz") return Ready(sources.ready());
    return {.body = sources.metrics(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
  };
}

}  // namespace muster::platform
