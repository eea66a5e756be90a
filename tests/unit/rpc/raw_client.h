#pragma once
// Ends of a stream that do whatever the test says, right or wrong.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "muster/v1/transfer.pb.h"
#include "rpc/raw_message.h"
#include "rpc/status.h"

namespace muster::rpc {

// A client that sends the bytes it is given.
class RawClient {
 public:
  RawClient(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
            grpc::ClientContext& context)
      : stub_(channel), call_(stub_.PrepareCall(&context, method, &queue_)) {
    call_->StartCall(this);
    Wait();
  }
  ~RawClient() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  bool Write(const grpc::ByteBuffer& message) {
    call_->Write(message, this);
    return Wait();
  }
  bool WritesDone() {
    call_->WritesDone(this);
    return Wait();
  }
  Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Wait();
    return FromGrpc(status);
  }

 private:
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

// A server's stream that says one thing and ends well.
class OneMessage final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit OneMessage(const v1::Chunk& chunk) : message_(RawBuffer(chunk.SerializeAsString())) {
    StartWriteAndFinish(&message_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  const grpc::ByteBuffer message_;
};

}  // namespace muster::rpc
