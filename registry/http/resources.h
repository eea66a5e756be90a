#pragma once
// What Confluent's API has resources for: each asks one use case and words its answer.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/http/bodies.h"
#include "registry/http/request.h"

namespace muster::registry {

// What a resource is asked, all of it decoded.
struct Call {
  Schemas& schemas;
  std::string_view cluster;           // For /v1/metadata.
  std::string_view version;           // The same.
  std::vector<std::string> captured;  // The segments that the route left open.
  Query query;
  Json body;                 // Of a route that takes one; else null.
  std::optional<Caller> by;  // Of a route that changes something.
  SubjectName subject() const { return SubjectName(captured.at(0)); }
};
using Resource = StatusOr<std::string> (*)(Call& call);  // The answer's body.

enum class Effect { kReads, kChanges };
struct Route {
  std::string_view method;
  std::string_view path;  // "/subjects/{}": "{}" is any one segment.
  Resource resource;
  Effect effect = Effect::kReads;
  bool takes_body = false;
};
std::span<const Route> SubjectRoutes();
std::span<const Route> SchemaRoutes();
std::span<const Route> SettingRoutes();

}  // namespace muster::registry
