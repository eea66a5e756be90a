#include "platform/http_router.h"

#include <algorithm>

namespace muster::platform {
namespace {
bool Has(const HttpRoute& route, std::string_view path) {
  if (!path.starts_with(route.prefix)) return false;
  const std::string_view rest = path.substr(route.prefix.size());
  return rest.empty() || rest.front() == '/';
}
}  // namespace

HttpHandler Route(std::vector<HttpRoute> routes, HttpHandler otherwise) {
  return
      [routes = std::move(routes), otherwise = std::move(otherwise)](const HttpRequest& request) {
        const auto found =
            std::ranges::find_if(routes, [&](const HttpRoute& r) { return Has(r, request.path); });
        return found != routes.end() ? found->handler(request) : otherwise(request);
      };
}

}  // namespace muster::platform
