#pragma once
// One .proto file as declarations, before its names mean anything. Bounded by limits.h.
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster::registry::formats {

// Keeps the first of what may be thousands of errors.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  // `shift`: bytes that were put before the first line.
  explicit FirstError(int shift = 0) : shift_(shift) {}
  // Line and column from 0.
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override;
  // OK, or INVALID_ARGUMENT (SCHEMA_INVALID): "line 3, column 5: ...".
  const Status& status() const { return status_; }

 private:
  int shift_;
  Status status_;
};

struct Source {
  // Options uninterpreted, names as written. Stays where it is, as `places` goes by address.
  std::unique_ptr<google::protobuf::FileDescriptorProto> file;
  std::unique_ptr<google::protobuf::compiler::SourceLocationTable> places;
  int shift = 0;  // As FirstError's.
};

// Reads .proto text, or a FileDescriptorProto in base64 whose imports are in `known` and whose
// places are those of the text that it amounts to. INVALID_ARGUMENT (SCHEMA_INVALID).
StatusOr<Source> ReadSource(std::string_view text, const google::protobuf::DescriptorPool& known);

// Adds the file to the pool under its name, which has what it imports. INVALID_ARGUMENT
// (SCHEMA_INVALID) with the place, when `source` knows it, of the first thing that is wrong.
StatusOr<const google::protobuf::FileDescriptor*> Build(const Source& source,
                                                        google::protobuf::DescriptorPool& pool);

}  // namespace muster::registry::formats
