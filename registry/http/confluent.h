#pragma once
// Confluent's Schema Registry API over the registry's use cases, for its clients as they are:
// paths, parameters, bodies and error codes (docs/PROTOCOL.md has the table). Not there: contexts
// but the default one, exporters, encryption keys, guids, tags, and formats but the one of
// registration.
#include <functional>
#include <string>
#include <string_view>

#include "base/caller.h"
#include "base/log.h"
#include "platform/http_server.h"
#include "registry/schemas.h"

namespace muster::registry {

struct ConfluentOptions {
  // Who asks for a change: a Caller, or UNAUTHENTICATED or PERMISSION_DENIED. Reads are free.
  std::function<StatusOr<Caller>(const platform::HttpRequest&)> caller;
  std::string cluster = "muster";  // Told by /v1/metadata/id,
  std::string version = "0.1.0";   // and by /v1/metadata/version.
};

// A body without a Content-Type is refused with 415, so that no page in a browser can post one here
// unasked. An error changes nothing. `schemas` and `log` outlive the handler, which is safe from
// any thread.
platform::HttpHandler MakeConfluentHandler(Schemas& schemas, ConfluentOptions options, Logger& log);

// Whether the API has resources under this path: /subjects/…, /schemas/…, /compatibility/…,
// /config…, /mode…, /contexts and /v1/….
bool IsConfluentPath(std::string_view raw_path);

// The API beside `others` on one address: IsConfluentPath goes to it, and "/" of who asks for the
// registry's media type; everything else to `others`.
platform::HttpHandler WithConfluent(platform::HttpHandler others, Schemas& schemas,
                                    ConfluentOptions options, Logger& log);

}  // namespace muster::registry
