#include "client/rpc/enrolment.h"

#include <muster/v1/authority.grpc.pb.h>
#include <muster/v1/edge.grpc.pb.h>

#include "client/rpc/unary_call.h"
#include "rpc/channel.h"

namespace muster::client {
namespace {
using AuthorityAsync = v1::AuthorityService::StubInterface::async_interface;
using EnrolmentAsync = v1::EnrolmentService::StubInterface::async_interface;
constexpr Duration kTimeout = std::chrono::seconds(20);

rpc::TlsIdentity Pinned(const std::string& ca_pem) {
  rpc::TlsIdentity identity;
  identity.ca_pem = ca_pem;
  return identity;
}
std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }
}  // namespace

struct GrpcEnrolmentLink::Stubs {
  std::unique_ptr<v1::AuthorityService::Stub> authority;
  std::unique_ptr<v1::EnrolmentService::Stub> coordinator;
};

GrpcEnrolmentLink::GrpcEnrolmentLink(JoinToken token)
    : token_(std::move(token)),
      stubs_(std::make_unique<Stubs>(
          Stubs{v1::AuthorityService::NewStub(
                    rpc::MakeChannel(token_.authority, Pinned(token_.authority_ca_pem))),
                v1::EnrolmentService::NewStub(
                    rpc::MakeChannel(token_.coordinator, Pinned(token_.coordinator_ca_pem)))})) {}

GrpcEnrolmentLink::~GrpcEnrolmentLink() { calls_->Cancel(); }

void GrpcEnrolmentLink::Close() {
  calls_->Cancel();
  calls_->Wait();
}

void GrpcEnrolmentLink::Attest(const AttestAsk& ask,
                               std::function<void(StatusOr<Attestation>)> done) {
  v1::AttestRequest request;
  request.set_token_id(token_.id);
  request.set_token_secret(Text(token_.secret.Reveal()));
  request.set_device_name(ask.name.value());
  request.mutable_labels()->insert(ask.labels.begin(), ask.labels.end());
  request.set_identity_key(Text(ask.identity_key));
  request.set_possession_signature(Text(ask.possession_signature));
  StartUnary<AuthorityAsync, v1::AttestRequest, v1::AttestReply>(
      stubs_->authority->async(), &AuthorityAsync::Attest, calls_, std::move(request), kTimeout,
      [done = std::move(done)](const StatusOr<v1::AttestReply>& reply) {
        if (!reply.ok()) return done(reply.status());
        const ByteView signature = AsBytes(reply->signature());
        const ByteView key = AsBytes(reply->authority_key());
        const ByteView vouched = AsBytes(reply->voucher_signature());
        done(Attestation{reply->statement(), Bytes(signature.begin(), signature.end()),
                         Bytes(key.begin(), key.end()), reply->voucher(),
                         Bytes(vouched.begin(), vouched.end())});
      });
}

void GrpcEnrolmentLink::Enrol(const EnrolAsk& ask, std::function<void(StatusOr<Enrolled>)> done) {
  v1::EnrolRequest request;
  request.set_statement(ask.attestation.statement);
  request.set_signature(Text(ask.attestation.signature));
  request.set_csr_pem(ask.csr_pem);
  request.set_csr_signature(Text(ask.csr_signature));
  StartUnary<EnrolmentAsync, v1::EnrolRequest, v1::EnrolReply>(
      stubs_->coordinator->async(), &EnrolmentAsync::Enrol, calls_, std::move(request), kTimeout,
      [done = std::move(done)](const StatusOr<v1::EnrolReply>& reply) {
        if (!reply.ok()) return done(reply.status());
        done(Enrolled{DeviceId(reply->device_id()), reply->certificate_pem(), reply->ca_pem(),
                      reply->log_key()});
      });
}

}  // namespace muster::client
