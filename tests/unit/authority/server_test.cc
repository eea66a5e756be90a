// The authority as it runs: its directory, TLS, tokens from an operator to a device.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "authority/app/run.h"
#include "base/bytes.h"
#include "base/join_token.h"
#include "base/statement.h"
#include "muster/v1/authority.grpc.pb.h"
#include "platform/keys.h"
#include "platform/private_file.h"
#include "platform/secure_rng.h"
#include "platform/sha256.h"
#include "rpc/channel.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::authority {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using enum absl::StatusCode;

constexpr Duration kTimeout = std::chrono::seconds(20);
constexpr char kCa[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

class AuthorityServerTest : public ::testing::Test {
 protected:
  AuthorityServerTest() {
    EXPECT_THAT(platform::WritePublicFile(temp_ / "coordinator-ca.pem", kCa), IsOk());
    Start();
  }
  AuthorityOptions Options() {
    AuthorityOptions options;
    options.dir = temp_ / "authority";
    options.listen = {"127.0.0.1", 0};
    options.coordinator = {"coordinator.example", 7443};
    options.coordinator_ca_file = temp_ / "coordinator-ca.pem";
    return options;
  }
  void Start() {
    auto server = StartAuthority(Options(), logger_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }
  std::string Read(const std::string& name) {
    return platform::ReadTextFile(Options().dir + "/" + name, 65536).value();
  }
  rpc::TlsIdentity Operator() {
    return {Read("operator/ca.pem"), Read("operator/certificate.pem"),
            platform::ReadPrivateFile(Options().dir + "/operator/key.pem").value()};
  }
  std::unique_ptr<v1::AuthorityService::Stub> StubAs(const rpc::TlsIdentity& identity) {
    return v1::AuthorityService::NewStub(rpc::MakeChannel(server_->address(), identity));
  }
  StatusOr<v1::CreateTokenReply> CreateToken(const v1::CreateTokenRequest& request) {
    const auto stub = StubAs(Operator());
    return rpc::Call(*stub, &v1::AuthorityService::Stub::CreateToken, request, kTimeout);
  }
  StatusOr<v1::AttestReply> Attest(const v1::CreateTokenReply& token, const std::string& name,
                                   const platform::Ed25519PrivateKey& key) {
    const auto stub = StubAs({Read("operator/ca.pem"), "", Secret({})});
    v1::AttestRequest request;
    request.set_token_id(token.token_id());
    request.set_token_secret(token.token_secret());
    request.set_device_name(name);
    request.set_identity_key(std::string(AsText(key.PublicKey())));
    const auto signature = key.Sign(AsBytes(AttestBytesToSign(token.token_id(), name))).value();
    request.set_possession_signature(std::string(AsText(signature)));
    return rpc::Call(*stub, &v1::AuthorityService::Stub::Attest, request, kTimeout);
  }

  muster::testing::TempDir temp_;
  NullLogger logger_;
  platform::OpenSslRng rng_;
  platform::OpenSslHasher hasher_;
  std::unique_ptr<AuthorityServer> server_;
};

TEST_F(AuthorityServerTest, LeadsADeviceFromTokenToStatement) {
  v1::CreateTokenRequest request;
  request.set_lifetime("10m");
  (*request.mutable_labels())["site"] = "north";
  const auto token = CreateToken(request);
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->authority(), server_->address().Text());
  EXPECT_EQ(token->coordinator(), "coordinator.example:7443");
  EXPECT_EQ(token->coordinator_ca_pem(), kCa);
  EXPECT_EQ(token->token_secret().size(), 32u);
  EXPECT_TRUE(
      EncodeJoinToken({token->token_id(), Secret::FromText(token->token_secret()),
                       Endpoint::Parse(token->authority()).value(), token->authority_ca_pem(),
                       Endpoint::Parse(token->coordinator()).value(), token->coordinator_ca_pem()})
          .ok());

  const auto key = platform::Ed25519PrivateKey::Generate(rng_).value();
  const auto reply = Attest(*token, "engine-1", key);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(ToHex(AsBytes(reply->authority_key())) + "\n", Read("authority.pub"));
  EXPECT_THAT(platform::VerifyEd25519(AsBytes(reply->authority_key()),
                                      AsBytes(StatementBytesToSign(reply->statement())),
                                      AsBytes(reply->signature())),
              IsOk());
  EXPECT_EQ(ParseStatement(reply->statement(), hasher_).value().labels.at("site"), "north");
}

TEST_F(AuthorityServerTest, MakesTokensForItsOperatorsAlone) {
  const auto stub = StubAs({Read("operator/ca.pem"), "", Secret({})});
  EXPECT_THAT(rpc::Call(*stub, &v1::AuthorityService::Stub::CreateToken, v1::CreateTokenRequest(),
                        kTimeout),
              Fails(kUnauthenticated, Reason::kCERTIFICATE_MISSING));
  EXPECT_THAT(
      rpc::Call(*stub, &v1::AuthorityService::Stub::ListTokens, v1::ListTokensRequest(), kTimeout),
      Fails(kUnauthenticated, Reason::kCERTIFICATE_MISSING));
}

TEST_F(AuthorityServerTest, RefusesNonsenseWithTheFieldThatIsWrong) {
  v1::CreateTokenRequest request;
  request.set_lifetime("soon");
  const auto token = CreateToken(request);
  EXPECT_THAT(token, Fails(kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_EQ(FieldOf(token.status()), "lifetime");
}

TEST_F(AuthorityServerTest, MakesNoTokenBeforeTheCoordinatorsCaIsThere) {
  std::filesystem::remove(temp_ / "coordinator-ca.pem");
  EXPECT_THAT(CreateToken({}), HasCode(kFailedPrecondition));
  const auto stub = StubAs(Operator());
  EXPECT_EQ(
      rpc::Call(*stub, &v1::AuthorityService::Stub::ListTokens, v1::ListTokensRequest(), kTimeout)
          .value()
          .tokens_size(),
      0);
}

TEST_F(AuthorityServerTest, IsTheSameAuthorityAfterARestart) {
  const auto token = CreateToken({}).value();
  const auto key = platform::Ed25519PrivateKey::Generate(rng_).value();
  ASSERT_THAT(Attest(token, "engine-1", key), IsOk());
  const std::string public_key = Read("authority.pub");
  const std::string certificate = Read("operator/certificate.pem");
  server_.reset();
  Start();
  EXPECT_EQ(Read("authority.pub"), public_key);
  EXPECT_EQ(Read("operator/certificate.pem"), certificate);
  EXPECT_THAT(Attest(token, "engine-1", key), IsOk());
  const auto other = platform::Ed25519PrivateKey::Generate(rng_).value();
  EXPECT_THAT(Attest(token, "engine-2", other), Fails(kResourceExhausted, Reason::kTOKEN_USED));
}

TEST_F(AuthorityServerTest, ASecondOneOnTheSameDirectoryRefusesToStart) {
  EXPECT_THAT(StartAuthority(Options(), logger_),
              Fails(kFailedPrecondition, Reason::kDATA_DIR_IN_USE));
}

TEST_F(AuthorityServerTest, DoesNotQuietlyBecomeAnotherAuthority) {
  server_.reset();
  std::filesystem::remove(Options().dir + "/signing-key.pem");
  EXPECT_THAT(StartAuthority(Options(), logger_), HasCode(kFailedPrecondition));
}

TEST_F(AuthorityServerTest, KeepsItsKeysToItself) {
  for (const char* name : {"/signing-key.pem", "/operator/key.pem", "/ca/ca-key.pem"}) {
    struct stat info {};
    ASSERT_EQ(::stat((Options().dir + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
  server_.reset();
  ASSERT_EQ(::chmod((Options().dir + "/signing-key.pem").c_str(), 0644), 0);
  EXPECT_THAT(StartAuthority(Options(), logger_), HasCode(kFailedPrecondition));
}

}  // namespace
}  // namespace muster::authority
