#include "registry/formats/protobuf/known_files.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/api.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/source_context.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include "registry/formats/protobuf/source.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;

// Documentation, parameters and tags of a declaration, as Confluent's rules and tags read them.
constexpr std::string_view kMeta = R"(
syntax = "proto3";
package confluent;
import "google/protobuf/descriptor.proto";
message Meta {
  string doc = 1;
  map<string, string> params = 2;
  repeated string tags = 3;
}
extend google.protobuf.FileOptions { Meta file_meta = 1088; }
extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }
)";

// A number unscaled, big-endian in two's complement, with its digits.
constexpr std::string_view kDecimal = R"(
syntax = "proto3";
package confluent.type;
message Decimal {
  bytes value = 1;
  uint32 precision = 2;
  int32 scale = 3;
}
)";

void AddLinkedIn(const pb::FileDescriptor& file, pb::DescriptorPool& pool) {
  pb::FileDescriptorProto copy;
  file.CopyTo(&copy);
  pool.BuildFile(copy);
}

void AddText(std::string_view name, std::string_view text, pb::DescriptorPool& pool) {
  auto source = ReadSource(text, pool);
  if (!source.ok()) return;  // A test imports each.
  source->file->set_name(std::string(name));
  pool.BuildFile(*source->file);
}

const pb::DescriptorPool* MakeKnownFiles() {
  auto* const pool = new pb::DescriptorPool;
  // Each after what it imports.
  for (const pb::Descriptor* type :
       {pb::Any::descriptor(), pb::FileDescriptorProto::descriptor(), pb::Duration::descriptor(),
        pb::Empty::descriptor(), pb::FieldMask::descriptor(), pb::SourceContext::descriptor(),
        pb::Struct::descriptor(), pb::Timestamp::descriptor(), pb::Type::descriptor(),
        pb::DoubleValue::descriptor(), pb::Api::descriptor()})
    AddLinkedIn(*type->file(), *pool);
  AddText("confluent/meta.proto", kMeta, *pool);
  AddText("confluent/type/decimal.proto", kDecimal, *pool);
  return pool;
}
}  // namespace

const pb::DescriptorPool& KnownFiles() {
  static const pb::DescriptorPool* const pool = MakeKnownFiles();  // Never freed: used to the end.
  return *pool;
}

}  // namespace muster::registry::formats
