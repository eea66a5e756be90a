#pragma once
// Confluent's codes for what changed between two .proto files.
#include <string_view>

namespace muster::registry::formats {

// Name; whether a reader of the update still reads what the original wrote.
// clang-format off
#define MUSTER_PROTOBUF_CHANGES(X) \
  X(PACKAGE_CHANGED, false) \
  X(MESSAGE_ADDED, true) X(MESSAGE_REMOVED, false) X(MESSAGE_MOVED, true) \
  X(ENUM_ADDED, true) X(ENUM_REMOVED, true) \
  X(ENUM_CONST_ADDED, true) X(ENUM_CONST_CHANGED, true) X(ENUM_CONST_REMOVED, true) \
  X(FIELD_ADDED, true) X(FIELD_REMOVED, true) X(FIELD_NAME_CHANGED, true) \
  X(FIELD_KIND_CHANGED, false) X(FIELD_SCALAR_KIND_CHANGED, false) \
  X(FIELD_NAMED_TYPE_CHANGED, false) \
  X(FIELD_NUMERIC_LABEL_CHANGED, false) X(FIELD_STRING_OR_BYTES_LABEL_CHANGED, true) \
  X(REQUIRED_FIELD_ADDED, false) X(REQUIRED_FIELD_REMOVED, false) \
  X(ONEOF_ADDED, true) X(ONEOF_REMOVED, true) \
  X(ONEOF_FIELD_ADDED, true) X(ONEOF_FIELD_REMOVED, false) \
  X(ONEOF_FIELD_MOVED_TO_TOP_LEVEL, true) \
  X(MULTIPLE_FIELDS_MOVED_TO_ONEOF, false) X(FIELD_MOVED_TO_EXISTING_ONEOF, false)
// clang-format on

enum class Change {
#define MUSTER_PROTOBUF_CHANGE_ENUM(name, compatible) k##name,
  MUSTER_PROTOBUF_CHANGES(MUSTER_PROTOBUF_CHANGE_ENUM)
#undef MUSTER_PROTOBUF_CHANGE_ENUM
};

std::string_view NameOf(Change change);  // "PACKAGE_CHANGED".
bool IsCompatible(Change change);

}  // namespace muster::registry::formats
