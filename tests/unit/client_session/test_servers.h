#pragma once
// A coordinator and an authority over real gRPC and TLS on the loopback, small enough to read: one
// round, in which every enrolled device takes part.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <muster/v1/authority.grpc.pb.h>
#include <muster/v1/edge.grpc.pb.h>

#include <map>
#include <set>
#include <string>

#include "base/statement.h"
#include "client/rpc/convert.h"
#include "platform/certificate_authority.h"
#include "platform/csr.h"
#include "platform/secure_rng.h"
#include "platform/sha256.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "rpc/chunk_client_stream.h"
#include "rpc/chunk_server_stream.h"
#include "rpc/server.h"
#include "rpc/unary.h"

namespace muster::testing {

// What the servers know; safe from any thread.
struct Fleet {
  absl::Mutex mu;
  std::map<std::string, std::string> devices ABSL_GUARDED_BY(mu);  // Id -> name.
  std::map<std::string, Bytes> received ABSL_GUARDED_BY(mu);       // Id -> update.
  std::map<std::string, std::string> unfit ABSL_GUARDED_BY(mu);    // Id -> detail.
  std::set<std::string> told ABSL_GUARDED_BY(mu);  // Ids that heard that theirs counts.
  int attests ABSL_GUARDED_BY(mu) = 0;
  client::Assignment assignment;
  Bytes params;
  std::string log_key;  // What signed the assignment's artefacts.
};

class TestAuthority final
    : public v1::AuthorityService::WithCallbackMethod_Attest<v1::AuthorityService::Service> {
 public:
  TestAuthority(rpc::Border& border, Fleet& fleet) : border_(border), fleet_(fleet) {}
  grpc::ServerUnaryReactor* Attest(grpc::CallbackServerContext* context,
                                   const v1::AttestRequest* request,
                                   v1::AttestReply* reply) override {
    return rpc::Unary(border_, context, request, reply,
                      [this](const v1::AttestRequest& r) { return Judge(r); });
  }

 private:
  StatusOr<v1::AttestReply> Judge(const v1::AttestRequest& r) {
    absl::MutexLock lock(&fleet_.mu);
    ++fleet_.attests;
    if (r.token_secret() != "secret")
      return WithReason(PermissionDenied("no such token"), Reason::kTOKEN_UNKNOWN);
    MUSTER_TRY(platform::VerifyEd25519(AsBytes(r.identity_key()),
                                       AsBytes(AttestBytesToSign(r.token_id(), r.device_name())),
                                       AsBytes(r.possession_signature())));
    Statement statement;
    const ByteView key = AsBytes(r.identity_key());
    std::copy_n(key.begin(), statement.identity_key.size(), statement.identity_key.begin());
    statement.device_id = DeviceIdOf(statement.identity_key, platform::OpenSslHasher());
    statement.device_name = DeviceName(r.device_name());
    statement.not_after = FromUnixMillis(4'000'000'000'000);
    v1::AttestReply out;
    MUSTER_ASSIGN(*out.mutable_statement(), EncodeStatement(statement));
    out.set_signature("signed");
    return out;
  }
  rpc::Border& border_;
  Fleet& fleet_;
};

class TestEnrolment final
    : public v1::EnrolmentService::WithCallbackMethod_Enrol<v1::EnrolmentService::Service> {
 public:
  TestEnrolment(rpc::Border& border, Fleet& fleet, const platform::CertificateAuthority& ca)
      : border_(border), fleet_(fleet), ca_(ca) {}
  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context,
                                  const v1::EnrolRequest* request, v1::EnrolReply* reply) override {
    return rpc::Unary(border_, context, request, reply,
                      [this](const v1::EnrolRequest& r) { return Issue(r); });
  }

 private:
  StatusOr<v1::EnrolReply> Issue(const v1::EnrolRequest& r) {
    MUSTER_ASSIGN(const Statement statement,
                  ParseStatement(r.statement(), platform::OpenSslHasher()));
    MUSTER_TRY(platform::VerifyEd25519(statement.identity_key, AsBytes(r.csr_pem()),
                                       AsBytes(r.csr_signature())));
    v1::EnrolReply out;
    out.set_log_key(fleet_.log_key);
    MUSTER_ASSIGN(*out.mutable_certificate_pem(),
                  ca_.IssueDevice(r.csr_pem(), statement.device_id, std::chrono::hours(1)));
    out.set_ca_pem(ca_.certificate_pem());
    out.set_device_id(statement.device_id.value());
    absl::MutexLock lock(&fleet_.mu);
    fleet_.devices[statement.device_id.value()] = statement.device_name.value();
    return out;
  }
  rpc::Border& border_;
  Fleet& fleet_;
  const platform::CertificateAuthority& ca_;
};

using TestEdgeBase = v1::EdgeService::WithRawCallbackMethod_Download<
    v1::EdgeService::WithRawCallbackMethod_Upload<v1::EdgeService::WithCallbackMethod_CheckIn<
        v1::EdgeService::WithCallbackMethod_UploadOffset<
            v1::EdgeService::WithCallbackMethod_ReportFailure<
                v1::EdgeService::WithCallbackMethod_GetLogHead<v1::EdgeService::Service>>>>>>;

class TestCoordinator final : public TestEdgeBase {
 public:
  TestCoordinator(rpc::Border& border, Fleet& fleet) : border_(border), fleet_(fleet) {}

  grpc::ServerUnaryReactor* CheckIn(grpc::CallbackServerContext* context,
                                    const v1::CheckInRequest* request,
                                    v1::CheckInReply* reply) override {
    return rpc::DeviceUnary(border_, context, request, reply,
                            [this](const Caller& caller, const v1::CheckInRequest& r) {
                              return Answer(caller.name, r);
                            });
  }
  grpc::ServerUnaryReactor* UploadOffset(grpc::CallbackServerContext* context,
                                         const v1::UploadOffsetRequest* request,
                                         v1::UploadOffsetReply* reply) override {
    return rpc::DeviceUnary(border_, context, request, reply,
                            [](const Caller&, const v1::UploadOffsetRequest&) {
                              return StatusOr<v1::UploadOffsetReply>(v1::UploadOffsetReply());
                            });
  }
  grpc::ServerUnaryReactor* GetLogHead(grpc::CallbackServerContext* context,
                                       const v1::GetLogHeadRequest* request,
                                       v1::LogHead* reply) override {
    return rpc::DeviceUnary(border_, context, request, reply,
                            [](const Caller&, const v1::GetLogHeadRequest&) {
                              return StatusOr<v1::LogHead>(v1::LogHead());  // Nothing is recorded.
                            });
  }
  grpc::ServerUnaryReactor* ReportFailure(grpc::CallbackServerContext* context,
                                          const v1::ReportFailureRequest* request,
                                          v1::ReportReply* reply) override {
    return rpc::DeviceUnary(border_, context, request, reply,
                            [](const Caller&, const v1::ReportFailureRequest&) {
                              return StatusOr<v1::ReportReply>(v1::ReportReply());
                            });
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Download(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request) override {
    return rpc::ServeDownload(
        border_, rpc::Who::kDevice, "Download", context, request, {clock_}, chunks_,
        [this](const Caller&,
               const v1::DownloadRequest& r) -> StatusOr<std::unique_ptr<BlobReader>> {
          if (r.digest() != fleet_.assignment.params.digest.ToString())
            return WithReason(NotFound("no blob"), Reason::kBLOB_NOT_FOUND);
          return std::make_unique<rpc::MemoryBlob>(fleet_.params);
        });
  }
  grpc::ServerReadReactor<grpc::ByteBuffer>* Upload(grpc::CallbackServerContext* context,
                                                    grpc::ByteBuffer* reply) override {
    return rpc::ServeUpload(
        border_, rpc::Who::kDevice, "Upload", context, reply, {clock_},
        [this](const Caller& caller,
               const grpc::CallbackServerContext& c) -> StatusOr<std::unique_ptr<rpc::ChunkSink>> {
          MUSTER_ASSIGN(const std::uint64_t total, rpc::MetadataNumber(c, rpc::kBytesKey));
          return std::make_unique<Sink>(fleet_, caller.name, total);
        });
  }

 private:
  class Sink final : public rpc::ChunkSink {
   public:
    Sink(Fleet& fleet, std::string device, std::uint64_t total)
        : fleet_(fleet), device_(std::move(device)), total_(total) {}
    void Start(std::function<void(StatusOr<rpc::UploadRange>)> admitted) override {
      admitted(rpc::UploadRange{0, total_});
    }
    Status Take(std::uint64_t, const rpc::ChunkData& data) override {
      const Bytes piece = data.Copy();
      bytes_.insert(bytes_.end(), piece.begin(), piece.end());
      return Ok();
    }
    void Finish(std::function<void(StatusOr<std::string>)> done) override {
      {
        absl::MutexLock lock(&fleet_.mu);
        fleet_.received[device_] = bytes_;
      }
      done(v1::UploadReply().SerializeAsString());
    }
    void Broken(const Status&) override {}

   private:
    Fleet& fleet_;
    const std::string device_;
    const std::uint64_t total_;
    Bytes bytes_;
  };

  StatusOr<v1::CheckInReply> Answer(const std::string& device, const v1::CheckInRequest& r) {
    absl::MutexLock lock(&fleet_.mu);
    v1::CheckInReply out;
    out.set_next_ms(100);
    if (r.has_unfit()) fleet_.unfit[device] = r.unfit().detail();
    const bool have = fleet_.received.contains(device);
    if (r.has_held()) {
      out.set_held(have ? v1::CheckInReply::COUNTED : v1::CheckInReply::RESEND);
      if (have) fleet_.told.insert(device);
    }
    if (r.ready() && !have) *out.mutable_assignment() = client::ToMessage(fleet_.assignment);
    return out;
  }
  rpc::Border& border_;
  Fleet& fleet_;
  platform::SystemClock clock_;
  rpc::ChunkCache chunks_{0};
};

}  // namespace muster::testing
