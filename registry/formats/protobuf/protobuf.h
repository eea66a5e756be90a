#pragma once
// Protobuf schemas for the registry: .proto text in, Confluent's verdicts out. Judges what the wire
// and Confluent's provider look at (messages, fields, oneofs, enums); never services, options,
// extensions or reserved ranges.
#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "registry/schema.h"

namespace muster::registry::formats {

// A schema of .proto text (proto2 or proto3), or of a FileDescriptorProto in standard base64, as
// Confluent's `format=serialized`. `references` are the files it imports, by the name it imports
// them by, each before what imports it; google/protobuf/*.proto, confluent/meta.proto and
// confluent/type/decimal.proto need no reference, but may have one.
//
//   text()        the declarations in Confluent's layout: comments gone, one declaration a line,
//                 names as they were written. Parses to itself.
//   normalised()  the same with type names fully qualified, and with imports, options, reserved
//                 numbers, fields and enum values in order. Messages stay where they are: their
//                 place is in every serialised record. Parses to itself.
//   Compare()     codes and paths of Confluent's protobuf-provider, and its idea of a label: a
//                 proto3 field without one, a map and a member of a oneof have none, so that
//                 making one repeated is no change. Types of imported files are compared by what
//                 they hold, packages aside; of a type that many fields share, each difference
//                 is told once. A group counts as a field of its own kind.
//   errors        INVALID_ARGUMENT (SCHEMA_INVALID) with line and column: text that protoc would
//                 refuse, an import without a reference, nothing declared, or beyond the limits
//                 (limits.h; SchemaParser's for length and depth).
//   cost          linear in the text and those of its references.
StatusOr<std::shared_ptr<const Schema>> ParseProtobuf(std::string_view text,
                                                      std::span<const ReferencedSchema> references);

}  // namespace muster::registry::formats
