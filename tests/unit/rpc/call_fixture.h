#pragma once
// A server over an in-process channel whose services are given by the test. Callers name
// themselves in metadata ("x-caller: operator/ann"), since there is no certificate.
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "muster/v1/campaign.grpc.pb.h"
#include "muster/v1/edge.grpc.pb.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "rpc/border.h"
#include "rpc/channel.h"
#include "rpc/chunk_client_stream.h"
#include "rpc/chunk_server_stream.h"
#include "rpc/unary.h"
#include "rpc/watch.h"
#include "tests/support/status_matchers.h"

namespace muster::rpc {

inline StatusOr<Caller> ByMetadata(const grpc::ServerContextBase& context) {
  const auto text = MetadataText(context, "x-caller");
  if (!text.ok()) return WithReason(Unauthenticated("nobody"), Reason::kCERTIFICATE_MISSING);
  if (text->starts_with("operator/")) return Caller::Operator(text->substr(9));
  return Caller::Device(DeviceId(text->substr(7)));
}

// Every method is what the test makes it.
class TestEdge final
    : public v1::EdgeService::WithCallbackMethod_CheckIn<
          v1::EdgeService::WithRawCallbackMethod_Download<
              v1::EdgeService::WithRawCallbackMethod_Upload<v1::EdgeService::Service>>> {
 public:
  grpc::ServerUnaryReactor* CheckIn(grpc::CallbackServerContext* context,
                                    const v1::CheckInRequest* request,
                                    v1::CheckInReply* reply) override {
    return check_in(context, request, reply);
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Download(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request) override {
    return download(context, request);
  }
  grpc::ServerReadReactor<grpc::ByteBuffer>* Upload(grpc::CallbackServerContext* context,
                                                    grpc::ByteBuffer* reply) override {
    return upload(context, reply);
  }

  std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*, const v1::CheckInRequest*,
                                          v1::CheckInReply*)>
      check_in;
  std::function<grpc::ServerWriteReactor<grpc::ByteBuffer>*(grpc::CallbackServerContext*,
                                                            const grpc::ByteBuffer*)>
      download;
  std::function<grpc::ServerReadReactor<grpc::ByteBuffer>*(grpc::CallbackServerContext*,
                                                           grpc::ByteBuffer*)>
      upload;
};

class TestCampaigns final
    : public v1::CampaignService::WithCallbackMethod_WatchCampaign<v1::CampaignService::Service> {
 public:
  grpc::ServerWriteReactor<v1::CampaignView>* WatchCampaign(
      grpc::CallbackServerContext* context, const v1::GetCampaignRequest* request) override {
    return watch(context, request);
  }
  std::function<grpc::ServerWriteReactor<v1::CampaignView>*(grpc::CallbackServerContext*,
                                                            const v1::GetCampaignRequest*)>
      watch;
};

class CallTest : public ::testing::Test {
 protected:
  CallTest() { Serve(4096); }
  ~CallTest() override { StopServing(); }

  // First thing in a derived fixture's destructor: calls may still use what it owns.
  void StopServing() {
    server_->Shutdown();
    server_->Wait();
    pool_->Stop(std::chrono::seconds(5));
  }

  void Serve(std::size_t max_waiting) {
    border_ = std::make_unique<Border>(*pool_, logger_,
                                       BorderOptions{ByMetadata,
                                                     [this](const Denial& denial) {
                                                       absl::MutexLock lock(&mu_);
                                                       denials_.push_back(denial);
                                                     },
                                                     max_waiting});
    grpc::ServerBuilder builder;
    builder.RegisterService(&edge_);
    builder.RegisterService(&campaigns_);
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel({});
    stub_ = v1::EdgeService::NewStub(channel_);
  }

  // A call's context for `caller`, with a deadline that only a hanging test meets.
  static std::unique_ptr<grpc::ClientContext> ContextOf(const std::string& caller) {
    auto context = std::make_unique<grpc::ClientContext>();
    if (!caller.empty()) context->AddMetadata("x-caller", caller);
    SetTimeout(*context, std::chrono::seconds(30));
    return context;
  }
  StatusOr<v1::CheckInReply> CheckIn(const std::string& caller, std::uint32_t hold_ms = 0) {
    v1::CheckInRequest request;
    request.set_hold_ms(hold_ms);
    return Call(*stub_, &v1::EdgeService::Stub::CheckIn, request, *ContextOf(caller));
  }
  std::vector<Denial> Denials() {
    EXPECT_TRUE(pool_->Drain(std::chrono::seconds(5)));
    absl::MutexLock lock(&mu_);
    return denials_;
  }
  TransferLimits Limits(Duration idle = std::chrono::seconds(30)) { return {clock_, idle}; }

  platform::SystemClock clock_;
  NullLogger logger_;
  std::unique_ptr<platform::ThreadPool> pool_ =
      std::make_unique<platform::ThreadPool>(clock_, logger_, platform::ThreadPoolOptions{});
  TestEdge edge_;
  TestCampaigns campaigns_;
  std::unique_ptr<Border> border_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EdgeService::Stub> stub_;
  absl::Mutex mu_;
  std::vector<Denial> denials_;
};

}  // namespace muster::rpc
