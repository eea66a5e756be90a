#pragma once
// Protobuf messages in and out of raw byte buffers, for methods served or called without generated
// types around them.
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>

#include "base/status.h"

namespace muster::rpc {

// INVALID_ARGUMENT (FIELD_INVALID) when the bytes are no such message.
Status ParseRawInto(const grpc::ByteBuffer& buffer, google::protobuf::MessageLite& message);
template <typename Message>
StatusOr<Message> ParseRaw(const grpc::ByteBuffer& buffer) {
  Message message;
  MUSTER_TRY(ParseRawInto(buffer, message));
  return message;
}

// A serialised message as a buffer. Copies.
grpc::ByteBuffer RawBuffer(const std::string& serialised);
StatusOr<std::string> RawText(const grpc::ByteBuffer& buffer);

}  // namespace muster::rpc
