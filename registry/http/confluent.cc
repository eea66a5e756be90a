#include "registry/http/confluent.h"

#include <algorithm>
#include <array>
#include <utility>

#include "registry/http/errors.h"
#include "registry/http/media.h"
#include "registry/http/resources.h"

namespace muster::registry {
namespace {
using platform::HttpReply;
using platform::HttpRequest;

// The segments that "{}" stands for, when the path is of this form.
std::optional<std::vector<std::string>> Match(std::string_view form,
                                              const std::vector<std::string>& path) {
  std::vector<std::string> captured;
  std::size_t i = 0;
  form.remove_prefix(1);
  while (!form.empty()) {
    const std::string_view part = form.substr(0, form.find('/'));
    form.remove_prefix(std::min(form.size(), part.size() + 1));
    if (i == path.size()) return std::nullopt;
    if (part == "{}")
      captured.push_back(path[i]);
    else if (part != path[i])
      return std::nullopt;
    ++i;
  }
  if (i != path.size()) return std::nullopt;
  return captured;
}

struct Found {
  const Route* route = nullptr;
  std::vector<std::string> captured;
  std::string allowed;  // Methods of the path, when there is no route for this one.
};

// A word before an open segment: /schemas/types is no id.
Found FindRoute(std::string_view method, const std::vector<std::string>& path) {
  Found out;
  for (const auto routes : {SubjectRoutes(), SchemaRoutes(), SettingRoutes()}) {
    for (const Route& route : routes) {
      auto captured = Match(route.path, path);
      if (!captured) continue;
      if (route.method == method) return {&route, *std::move(captured), ""};
      out.allowed += fmt::format("{}{}", out.allowed.empty() ? "" : ", ", route.method);
    }
  }
  return out;
}

class Api {
 public:
  Api(Schemas& schemas, ConfluentOptions options, Logger& log)
      : schemas_(schemas), options_(std::move(options)), log_(log) {}

  HttpReply operator()(const HttpRequest& request) const {
    const auto type = Negotiate(request.Header("accept"));
    const std::string answered(type.value_or(kSchemaRegistryV1));
    const auto refuse = [&](int status, std::string_view why) {
      return HttpReply{status, ErrorBody(status, why), answered, {}};
    };
    const auto path = SplitPath(request.raw_path.empty() ? request.path : request.raw_path);
    if (!path.ok()) return refuse(400, MessageOf(path.status()));
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    Found found = FindRoute(method, *path);
    if (found.route == nullptr && found.allowed.empty())
      return refuse(404, "there is no such resource");
    if (found.route == nullptr) {
      HttpReply reply = refuse(405, "the resource takes " + found.allowed);
      reply.headers.emplace_back("Allow", found.allowed);
      return reply;
    }
    if (!type) return refuse(406, "answers are application/vnd.schemaregistry.v1+json");
    if (!request.body.empty() && !IsReadable(request.Header("content-type")))
      return refuse(415, "a body is application/vnd.schemaregistry.v1+json");
    if (found.route->takes_body && request.body.empty()) return refuse(422, "the body is missing");
    const auto answer = Ask(request, *found.route, std::move(found.captured));
    if (answer.ok()) return {200, *answer, answered, {}};
    return {ErrorOf(answer.status()).status, ErrorBody(answer.status(), log_), answered, {}};
  }

 private:
  StatusOr<std::string> Ask(const HttpRequest& request, const Route& route,
                            std::vector<std::string> captured) const {
    Call call{schemas_, options_.cluster, options_.version, std::move(captured), {}, {}, {}};
    MUSTER_ASSIGN(call.query, Query::Parse(request.query));
    if (route.effect == Effect::kChanges) {
      MUSTER_ASSIGN(call.by, options_.caller(request));
    }
    if (route.takes_body) {
      MUSTER_ASSIGN(call.body, ParseBody(request.body));
    }
    return route.resource(call);
  }

  Schemas& schemas_;
  const ConfluentOptions options_;
  Logger& log_;
};
}  // namespace

platform::HttpHandler MakeConfluentHandler(Schemas& schemas, ConfluentOptions options,
                                           Logger& log) {
  return [api = std::make_shared<const Api>(schemas, std::move(options), log)](
             const HttpRequest& request) { return (*api)(request); };
}

bool IsConfluentPath(std::string_view raw_path) {
  constexpr std::array<std::string_view, 7> kRoots = {
      "/subjects", "/schemas", "/compatibility", "/config", "/mode", "/contexts", "/v1"};
  return std::ranges::any_of(kRoots, [&](std::string_view root) {
    return raw_path.starts_with(root) &&
           (raw_path.size() == root.size() || raw_path[root.size()] == '/');
  });
}

platform::HttpHandler WithConfluent(platform::HttpHandler others, Schemas& schemas,
                                    ConfluentOptions options, Logger& log) {
  return [others = std::move(others),
          confluent =
              MakeConfluentHandler(schemas, std::move(options), log)](const HttpRequest& request) {
    const bool root = request.path == "/" &&
                      request.Header("accept").find("schemaregistry") != std::string_view::npos;
    return root || IsConfluentPath(request.raw_path.empty() ? request.path : request.raw_path)
               ? confluent(request)
               : others(request);
  };
}

}  // namespace muster::registry
