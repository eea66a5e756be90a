// Real servers and clients over TLS on the loopback: who gets in, and as whom.
#include <gtest/gtest.h>

#include <absl/synchronization/notification.h>

#include <thread>

#include "muster/v1/edge.grpc.pb.h"
#include "platform/certificate_authority.h"
#include "platform/csr.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "rpc/unary.h"
#include "tests/support/status_matchers.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using platform::CertificateAuthority;
using platform::TlsKey;
using enum absl::StatusCode;

constexpr Duration kTimeout = std::chrono::seconds(20);
constexpr Duration kYear = std::chrono::hours(24 * 365);

// Answers with the caller's name, so that a client sees whom the server saw.
class WhoAmI final : public v1::EdgeService::WithCallbackMethod_UploadOffset<
                         v1::EdgeService::WithCallbackMethod_CheckIn<v1::EdgeService::Service>> {
 public:
  explicit WhoAmI(Border& border) : border_(border) {}
  grpc::ServerUnaryReactor* CheckIn(grpc::CallbackServerContext* context,
                                    const v1::CheckInRequest* request,
                                    v1::CheckInReply* reply) override {
    return CallerUnary(
        border_, Who::kEither, context, request, reply,
        [](const Caller& caller, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
          v1::CheckInReply out;
          out.mutable_assignment()->set_params_digest(caller.Text());
          return out;
        });
  }
  // Waits for ever.
  grpc::ServerUnaryReactor* UploadOffset(grpc::CallbackServerContext* context,
                                         const v1::UploadOffsetRequest* request,
                                         v1::UploadOffsetReply* reply) override {
    return DeviceLater(border_, context, request, reply,
                       [this](const Caller&, const v1::UploadOffsetRequest&,
                              const Later<v1::UploadOffsetReply>& later) {
                         later.OnCancel([later] { later(Cancelled("left")); });
                         polling.Notify();
                       });
  }
  absl::Notification polling;

 private:
  Border& border_;
};

class OpenEnrolment final
    : public v1::EnrolmentService::WithCallbackMethod_Enrol<v1::EnrolmentService::Service> {
 public:
  explicit OpenEnrolment(Border& border) : border_(border) {}
  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context,
                                  const v1::EnrolRequest* request, v1::EnrolReply* reply) override {
    return Unary(border_, context, request, reply,
                 [](const v1::EnrolRequest& r) -> StatusOr<v1::EnrolReply> {
                   v1::EnrolReply out;
                   out.set_device_id(fmt::format("{}", r.csr_pem().size()));
                   return out;
                 });
  }

 private:
  Border& border_;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() : ca_(NewCa("plant")) {
    auto server = Start(ca_, {"127.0.0.1", 0});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
  }
  ~TlsTest() override {
    server_->Stop(Duration(0));
    pool_.Stop(std::chrono::seconds(5));
  }

  CertificateAuthority NewCa(const std::string& domain) {
    return CertificateAuthority::Create(domain, clock_, rng_).value();
  }
  StatusOr<std::unique_ptr<Server>> Start(const CertificateAuthority& ca, const Endpoint& at) {
    const TlsKey key = TlsKey::Generate().value();
    const ServerTls tls{ca.IssueServer(key, {}, kYear).value(), key.ToPem().value(),
                        ca.certificate_pem()};
    grpc::Service* const services[] = {&edge_, &enrolment_};
    return Server::Start(at, tls, services);
  }
  // An identity of `issuer`, of somebody who trusts `trusted`.
  TlsIdentity DeviceOf(const CertificateAuthority& issuer, const CertificateAuthority& trusted) {
    const TlsKey key = TlsKey::Generate().value();
    return {trusted.certificate_pem(),
            issuer.IssueDevice(platform::MakeCsr(key).value(), DeviceId("00ff"), kYear).value(),
            key.ToPem().value()};
  }
  TlsIdentity OperatorOf(const CertificateAuthority& ca) {
    const TlsKey key = TlsKey::Generate().value();
    return {ca.certificate_pem(),
            ca.IssueOperator(platform::MakeCsr(key).value(), "ann", kYear).value(),
            key.ToPem().value()};
  }
  StatusOr<std::string> CheckInAs(const TlsIdentity& identity) {
    const auto stub = v1::EdgeService::NewStub(MakeChannel(server_->address(), identity));
    MUSTER_ASSIGN(const auto reply,
                  Call(*stub, &v1::EdgeService::Stub::CheckIn, v1::CheckInRequest(), kTimeout));
    return reply.assignment().params_digest();
  }
  StatusOr<v1::EnrolReply> EnrolAs(const TlsIdentity& identity, std::size_t csr_bytes = 3) {
    const auto stub = v1::EnrolmentService::NewStub(MakeChannel(server_->address(), identity));
    v1::EnrolRequest request;
    request.set_csr_pem(std::string(csr_bytes, 'c'));
    return Call(*stub, &v1::EnrolmentService::Stub::Enrol, request, kTimeout);
  }

  platform::SystemClock clock_;
  platform::OpenSslRng rng_;
  NullLogger logger_;
  platform::ThreadPool pool_{clock_, logger_, {}};
  Border border_{pool_, logger_, {ByCertificate("plant"), {}}};
  WhoAmI edge_{border_};
  OpenEnrolment enrolment_{border_};
  CertificateAuthority ca_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, ReportsTheRealPort) { EXPECT_NE(server_->address().port, 0); }

TEST_F(TlsTest, KnowsDevicesAndOperatorsByTheirCertificates) {
  EXPECT_EQ(CheckInAs(DeviceOf(ca_, ca_)).value(), "device/00ff");
  EXPECT_EQ(CheckInAs(OperatorOf(ca_)).value(), "operator/ann");
}

TEST_F(TlsTest, WithoutACertificateOnlyOpenMethodsAnswer) {
  EXPECT_EQ(EnrolAs({ca_.certificate_pem(), "", Secret({})}).value().device_id(), "3");
  EXPECT_THAT(CheckInAs({ca_.certificate_pem(), "", Secret({})}),
              Fails(kUnauthenticated, Reason::kCERTIFICATE_MISSING));
}

TEST_F(TlsTest, ACertificateOfAnotherCaFailsTheHandshakeEvenForOpenMethods) {
  const CertificateAuthority other = NewCa("plant");
  EXPECT_THAT(CheckInAs(DeviceOf(other, ca_)), HasCode(kUnavailable));
  EXPECT_THAT(EnrolAs(DeviceOf(other, ca_)), HasCode(kUnavailable));
}

TEST_F(TlsTest, AServerOfAnotherCaIsNotSpokenTo) {
  const CertificateAuthority other = NewCa("plant");
  EXPECT_THAT(EnrolAs({other.certificate_pem(), "", Secret({})}), HasCode(kUnavailable));
}

TEST_F(TlsTest, AServersCertificateIsNoCallers) {
  const TlsKey key = TlsKey::Generate().value();
  EXPECT_THAT(CheckInAs({ca_.certificate_pem(), ca_.IssueServer(key, {}, kYear).value(),
                         key.ToPem().value()}),
              Fails(kUnauthenticated, Reason::kCERTIFICATE_MISSING));
}

TEST_F(TlsTest, RefusesMessagesBeyondItsLimit) {
  const TlsIdentity nobody{ca_.certificate_pem(), "", Secret({})};
  EXPECT_THAT(EnrolAs(nobody, 900'000), IsOk());
  EXPECT_THAT(EnrolAs(nobody, 1'100'000), HasCode(kResourceExhausted));
}

TEST_F(TlsTest, RefusesCompressedMessages) {
  const auto stub = v1::EdgeService::NewStub(MakeChannel(server_->address(), DeviceOf(ca_, ca_)));
  grpc::ClientContext context;
  SetTimeout(context, kTimeout);
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::CheckInRequest request;
  request.mutable_unfit()->set_detail(std::string(100'000, 'z'));
  EXPECT_THAT(Call(*stub, &v1::EdgeService::Stub::CheckIn, request, context),
              HasCode(kUnimplemented));
}

TEST_F(TlsTest, ASecondServerDoesNotShareThePort) {
  EXPECT_THAT(Start(ca_, server_->address()), HasCode(kUnavailable));
}

TEST_F(TlsTest, DoesNotStartWithAKeyThatIsNotTheCertificates) {
  const TlsKey key = TlsKey::Generate().value();
  const TlsKey other = TlsKey::Generate().value();
  const ServerTls tls{ca_.IssueServer(key, {}, kYear).value(), other.ToPem().value(),
                      ca_.certificate_pem()};
  EXPECT_THAT(Server::Start({"127.0.0.1", 0}, tls, {}), HasCode(kUnavailable));
}

TEST_F(TlsTest, StoppingEndsALongPollAndComesBack) {
  const auto stub = v1::EdgeService::NewStub(MakeChannel(server_->address(), DeviceOf(ca_, ca_)));
  std::thread stopper([&] {
    edge_.polling.WaitForNotification();
    server_->Stop(Duration(10));
  });
  EXPECT_FALSE(
      Call(*stub, &v1::EdgeService::Stub::UploadOffset, v1::UploadOffsetRequest(), kTimeout).ok());
  stopper.join();
  EXPECT_THAT(CheckInAs(DeviceOf(ca_, ca_)), HasCode(kUnavailable));
}

}  // namespace
}  // namespace muster::rpc
