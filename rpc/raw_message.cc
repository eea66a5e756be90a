#include "rpc/raw_message.h"

#include <grpcpp/support/slice.h>

namespace muster::rpc {

StatusOr<std::string> RawText(const grpc::ByteBuffer& buffer) {
  if (!buffer.Valid()) return std::string();
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return Internal("unreadable buffer");
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

Status ParseRawInto(const grpc::ByteBuffer& buffer, google::protobuf::MessageLite& message) {
  MUSTER_ASSIGN(const std::string bytes, RawText(buffer));
  if (!message.ParseFromString(bytes)) {
    return WithReason(InvalidArgument("the request is no {}", message.GetTypeName()),
                      Reason::kFIELD_INVALID);
  }
  return Ok();
}

grpc::ByteBuffer RawBuffer(const std::string& serialised) {
  const grpc::Slice slice(serialised);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace muster::rpc
