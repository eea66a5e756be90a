#pragma once
// CoordinatorLink over gRPC: one device's own mutual TLS connection. Small calls are asynchronous;
// bulk transfers block a thread of the executor they are given, so its size bounds how many there
// are at once.
#include <grpcpp/channel.h>
#include <muster/v1/edge.grpc.pb.h>

#include <memory>

#include "base/executor.h"
#include "client/link.h"
#include "client/rpc/call_set.h"

namespace muster::client {

// Safe from any thread. Callbacks come on gRPC's threads or on those of `transfers`.
class GrpcLink final : public CoordinatorLink {
 public:
  GrpcLink(std::shared_ptr<grpc::Channel> channel, Executor& transfers);
  ~GrpcLink() override;

  bool IsConnected() const override {
    return channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
  }
  void CheckIn(const CheckInRequest& request, Callback<CheckInReply> done) override;
  void Download(const Digest& digest, std::uint64_t offset, Sink sink, Done done) override;
  void UploadOffset(const RoundKey& round, std::uint64_t total,
                    Callback<std::uint64_t> done) override;
  void Upload(const UpdateUpload& upload, Done done) override;
  void Secure(const SecureAsk& ask, Callback<SecureAnswer> done) override;
  void ReportEvaluation(const RoundKey& round, std::uint64_t examples,
                        const std::map<std::string, std::int64_t>& sums_micro, Done done) override;
  void ReportFailure(const RoundKey& round, Reason reason, const std::string& detail,
                     Done done) override;
  void GetLogHead(std::uint64_t since, Callback<LogHead> done) override;

  // Ends all calls; when it returns no callback runs or will. Not from a callback.
  void Close();

 private:
  // Runs `body(context)` on a transfer thread and gives its answer to `done`.
  void Transfer(std::function<Status(grpc::ClientContext&)> body, Done done);

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::EdgeService::Stub> stub_;
  Executor& transfers_;
  const std::shared_ptr<CallSet> calls_ = std::make_shared<CallSet>();
};

}  // namespace muster::client
