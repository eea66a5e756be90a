#pragma once
// Media types: what a client sent, and what it can read (RFC 9110 sections 8.3 and 12.5.1).
#include <optional>
#include <string_view>

namespace muster::registry {

inline constexpr std::string_view kSchemaRegistryV1 = "application/vnd.schemaregistry.v1+json";

// Whether a body of this Content-Type is read as JSON: the registry's own types, application/json
// and application/octet-stream, with any parameters.
bool IsReadable(std::string_view content_type);

// The type to answer in: of those of the registry's and application/json the one that `accept`
// likes best, the first of equals; nullopt when it takes none of them. An empty header takes all.
std::optional<std::string_view> Negotiate(std::string_view accept);

}  // namespace muster::registry
