#include "registry/formats/parser.h"

#include "registry/formats/avro/avro.h"
#include "registry/formats/json/json_schema.h"
#include "registry/formats/protobuf/protobuf.h"

namespace muster::registry::formats {

StatusOr<std::shared_ptr<const Schema>> FormatsParser::Parse(
    SchemaType type, std::string_view text, std::span<const ReferencedSchema> references) const {
  switch (type) {
    case SchemaType::kAvro: return ParseAvro(text, references);
    case SchemaType::kJson: return ParseJsonSchema(text, references);
    case SchemaType::kProtobuf: return ParseProtobuf(text, references);
  }
  return InvalidArgument("no schema type {}", static_cast<int>(type));
}

}  // namespace muster::registry::formats
