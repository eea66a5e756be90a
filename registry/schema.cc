#include "registry/schema.h"

#include <array>
#include <utility>

namespace muster::registry {
namespace {
constexpr std::array<std::pair<SchemaType, std::string_view>, 3> kTypes = {
    {{SchemaType::kAvro, "AVRO"},
     {SchemaType::kJson, "JSON"},
     {SchemaType::kProtobuf, "PROTOBUF"}}};
}  // namespace

std::string_view NameOf(SchemaType type) { return kTypes[static_cast<std::size_t>(type)].second; }

std::optional<SchemaType> ParseSchemaType(std::string_view name) {
  for (const auto& [type, spelled] : kTypes)
    if (spelled == name) return type;
  return std::nullopt;
}

}  // namespace muster::registry
