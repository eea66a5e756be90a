#pragma once
// What of a .proto file a comparison looks at: messages, fields, oneofs and enums, with every type
// resolved. Holds nothing of libprotobuf, so that a schema keeps only this.
#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <string>
#include <vector>

namespace muster::registry::formats {

// Scalars that the wire tells apart; within one, a reader takes each for each.
enum class ScalarGroup { kVarint, kZigzag, kFixed32, kFixed64, kFloat, kDouble, kBytes };

// As it was written. A proto3 field without one, a map and a member of a oneof have none.
enum class Label { kNone, kOptional, kRequired, kRepeated };

using MessageIndex = std::size_t;  // Into FileShape::messages.
inline constexpr MessageIndex kNoMessage = static_cast<MessageIndex>(-1);

struct TypeShape {
  enum class Kind { kScalar, kMessage, kGroup, kMap };
  Kind kind = Kind::kScalar;
  ScalarGroup scalar = ScalarGroup::kVarint;  // Of a scalar or an enum; of a map, its key's.
  Kind value_kind = Kind::kScalar;            // Of a map's value.
  ScalarGroup value_scalar = ScalarGroup::kVarint;
  MessageIndex message = kNoMessage;  // Of a message or a group, or of a map's value.
  std::string spelled;                // "int32", "a.b.Message", "map<string, int32>".
};

struct FieldShape {
  int number = 0;
  std::string name;
  Label label = Label::kNone;
  TypeShape type;
  int oneof = -1;  // Into MessageShape::oneofs.
};

struct EnumShape {
  struct Value {
    int number = 0;
    std::string name;
  };
  std::string name;
  std::vector<Value> values;  // By number; of aliases only the last.
};

// A file or a message, as the place that types are declared in.
struct ScopeShape {
  std::vector<MessageIndex> messages;  // As declared; without maps' entries and groups.
  std::vector<EnumShape> enums;
};

struct MessageShape {
  std::string name;
  std::string local_name;           // "Outer.Inner": without its file's package.
  bool imported = false;            // From another file than the schema's own.
  std::vector<FieldShape> fields;   // By number.
  std::vector<std::string> oneofs;  // Without those that stand for a proto3 `optional`.
  ScopeShape nested;
};

struct FileShape {
  std::string package;
  ScopeShape declared;
  std::vector<MessageShape> messages;  // All that can be reached, imported ones too.
};

FileShape ShapeOf(const google::protobuf::FileDescriptor& file);

}  // namespace muster::registry::formats
