// The registry's services over an in-process channel, as operators see them.
#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "registry/rpc/artefact_service.h"
#include "registry/rpc/contract_service.h"
#include "registry/rpc/convert.h"
#include "registry/rpc/model_service.h"
#include "rpc/channel.h"
#include "rpc/chunk_client_stream.h"
#include "tests/unit/registry/fixture.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
constexpr std::uint64_t kMaxBytes = 1 << 20;

// Without certificates, callers name themselves.
StatusOr<Caller> ByMetadata(const grpc::ServerContextBase& context) {
  MUSTER_ASSIGN(const std::string text, rpc::MetadataText(context, "x-caller"));
  if (text.starts_with("operator/")) return Caller::Operator(text.substr(9));
  return Caller::Device(DeviceId(text));
}

class RegistryServices : public ::testing::Test {
 protected:
  RegistryServices() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&contract_service_);
    builder.RegisterService(&model_service_);
    builder.RegisterService(&artefact_service_);
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel({});
  }
  ~RegistryServices() override {
    server_->Shutdown();
    server_->Wait();
    pool_.Stop(std::chrono::seconds(5));
  }

  static std::unique_ptr<grpc::ClientContext> As(const std::string& caller) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("x-caller", caller);
    rpc::SetTimeout(*context, std::chrono::seconds(30));  // Only a hanging test meets it.
    return context;
  }
  template <typename Stub, typename Request, typename Reply>
  StatusOr<Reply> Call(Stub& stub,
                       grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                       const Request& request, const std::string& caller = "operator/ann") {
    return rpc::Call(stub, method, request, *As(caller));
  }
  StatusOr<v1::PutArtefactReply> Put(ByteView bytes, const std::string& caller = "operator/ann") {
    return rpc::UploadFor<v1::PutArtefactReply>(channel_, rpc::kPutArtefact, rpc::MemoryBlob(bytes),
                                                0, *As(caller));
  }
  StatusOr<Bytes> Get(const std::string& digest, std::uint64_t offset = 0,
                      const std::string& caller = "operator/ann") {
    v1::DownloadRequest request;
    request.set_digest(digest);
    request.set_offset(offset);
    Bytes out;
    MUSTER_TRY(rpc::Download(channel_, rpc::kGetArtefact, request, *As(caller),
                             [&](std::uint64_t, const rpc::ChunkData& data) {
                               const Bytes piece = data.Copy();
                               out.insert(out.end(), piece.begin(), piece.end());
                               return Ok();
                             })
                   .status());
    return out;
  }
  StatusOr<v1::ApplyContractReply> ApplyContract(bool dry_run = false) {
    v1::ApplyContractRequest request;
    *request.mutable_contract() = ToProto(EngineContract());
    request.set_dry_run(dry_run);
    return Call(*contracts_, &v1::ContractService::Stub::ApplyContract, request);
  }
  StatusOr<v1::ApplyModelReply> ApplyModel() {
    v1::ApplyModelRequest request;
    *request.mutable_model() = ToProto(EngineModel());
    return Call(*models_, &v1::ModelService::Stub::ApplyModel, request);
  }
  StatusOr<v1::ModelVersion> CreateVersion(float first) {
    MUSTER_ASSIGN(const v1::PutArtefactReply put, Put(ParamsFile(first)));
    v1::CreateVersionRequest request;
    request.set_model("turbofan");
    request.set_params_digest(put.digest());
    (*request.mutable_metrics())["rmse"] = first;
    return Call(*models_, &v1::ModelService::Stub::CreateVersion, request);
  }

  platform::SystemClock clock_;
  NullLogger log_;
  platform::ThreadPool pool_{clock_, log_, {}};
  muster::testing::MemoryJournal journal_;
  muster::testing::MemoryBlobs blobs_;
  Registry registry_{journal_, blobs_, clock_, log_};
  rpc::Border border_{pool_, log_, {ByMetadata, {}, 64}};
  ContractService contract_service_{registry_, border_};
  ModelService model_service_{registry_, border_};
  ArtefactService artefact_service_{
      blobs_, border_, log_, {clock_, std::chrono::seconds(30)}, kMaxBytes};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ContractService::Stub> contracts_;
  std::unique_ptr<v1::ModelService::Stub> models_;

  void SetUp() override {
    contracts_ = v1::ContractService::NewStub(channel_);
    models_ = v1::ModelService::NewStub(channel_);
  }
};

TEST_F(RegistryServices, AContractIsAppliedReadAndListed) {
  const auto applied = ApplyContract();
  ASSERT_OK(applied.status());
  EXPECT_TRUE(applied->created());
  EXPECT_EQ(applied->version().version(), 1u);
  EXPECT_EQ(applied->version().created_by(), "operator/ann");
  EXPECT_FALSE(ApplyContract()->created());

  v1::GetContractRequest get;
  get.set_name("engine");
  const auto found = Call(*contracts_, &v1::ContractService::Stub::GetContract, get);
  ASSERT_OK(found.status());
  EXPECT_EQ(*FromProto(found->contract()), EngineContract());
  get.set_version(2);
  ExpectRefused(Call(*contracts_, &v1::ContractService::Stub::GetContract, get).status(),
                StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  const auto listed = Call(*contracts_, &v1::ContractService::Stub::ListContracts, {});
  ASSERT_OK(listed.status());
  EXPECT_EQ(listed->contracts_size(), 1);
}

TEST_F(RegistryServices, ADryRunLeavesNothing) {
  EXPECT_TRUE(ApplyContract(true)->created());
  EXPECT_EQ(Call(*contracts_, &v1::ContractService::Stub::ListContracts, {})->contracts_size(), 0);
  v1::ApplyModelRequest request;
  *request.mutable_model() = ToProto(EngineModel());
  request.set_dry_run(true);
  *request.add_pending_contracts() = ToProto(EngineContract());
  EXPECT_TRUE(Call(*models_, &v1::ModelService::Stub::ApplyModel, request)->created());
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::ListModels, {})->models_size(), 0);
}

TEST_F(RegistryServices, ABadFieldComesBackWithReasonAndPath) {
  v1::ApplyContractRequest contract;
  *contract.mutable_contract() = ToProto(EngineContract());
  contract.mutable_contract()->mutable_fields(0)->set_min(700);
  ExpectInvalid(Call(*contracts_, &v1::ContractService::Stub::ApplyContract, contract).status(),
                "fields[0].min");
  ASSERT_OK(ApplyContract().status());
  v1::ApplyModelRequest model;
  *model.mutable_model() = ToProto(EngineModel());
  model.mutable_model()->mutable_input()->set_features(1, "s122");
  const Status refused = Call(*models_, &v1::ModelService::Stub::ApplyModel, model).status();
  ExpectRefused(refused, StatusCode::kFailedPrecondition, Reason::kCONTRACT_MISMATCH,
                "input.features[1]");
  EXPECT_THAT(std::string(MessageOf(refused)), ::testing::HasSubstr("did you mean 's12'?"));
}

TEST_F(RegistryServices, AModelGetsVersionsAndAliases) {
  ASSERT_OK(ApplyContract().status());
  ASSERT_OK(ApplyModel().status());
  ASSERT_OK(CreateVersion(1).status());
  ASSERT_OK(CreateVersion(2).status());
  v1::SetAliasRequest alias;
  alias.set_model("turbofan");
  alias.set_alias("champion");
  alias.set_version(1);
  EXPECT_THAT(Call(*models_, &v1::ModelService::Stub::SetAlias, alias)->aliases(),
              ::testing::ElementsAre("champion"));

  v1::GetVersionRequest get;
  get.set_model("turbofan");
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::GetVersion, get)->version(), 2u);
  get.set_version(1);
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::GetVersion, get)->metrics().at("rmse"), 1);
  get.set_alias("latest");
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::GetVersion, get)->version(), 2u);
  get.set_alias("champion");
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::GetVersion, get)->version(), 1u);
  get.set_alias("");
  ExpectRefused(Call(*models_, &v1::ModelService::Stub::GetVersion, get).status(),
                StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");

  v1::GetModelRequest model;
  model.set_name("turbofan");
  const auto view = Call(*models_, &v1::ModelService::Stub::GetModel, model);
  ASSERT_OK(view.status());
  EXPECT_EQ(view->versions_size(), 2);
  EXPECT_EQ(view->aliases().at("champion"), 1u);
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::ListModels, {})->models_size(), 1);
}

TEST_F(RegistryServices, AnArtefactComesBackByItsDigestAndFromAnyOffset) {
  Bytes bytes(kMaxBytes);  // The most that is taken, in several chunks.
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 / 5);
  const auto put = Put(bytes);
  ASSERT_OK(put.status());
  EXPECT_EQ(put->bytes(), bytes.size());
  EXPECT_EQ(put->digest(), blobs_.Put(bytes)->ToString());
  EXPECT_EQ(*Get(put->digest()), bytes);
  EXPECT_EQ(*Get(put->digest(), 300'000), Bytes(bytes.begin() + 300'000, bytes.end()));
  EXPECT_EQ(Put(bytes)->digest(), put->digest());
  const auto nothing = Put({});
  ASSERT_OK(nothing.status());
  EXPECT_EQ(*Get(nothing->digest()), Bytes());
}

TEST_F(RegistryServices, AnArtefactThatIsTooLargeIsRefusedUnread) {
  const Bytes bytes(kMaxBytes + 1);
  ExpectInvalid(Put(bytes).status(), "", Reason::kUPLOAD_TOO_LARGE);
}

TEST_F(RegistryServices, AnUploadThatResumesIsRefused) {
  const Bytes bytes(1000);
  const auto resumed =
      rpc::Upload(channel_, rpc::kPutArtefact, rpc::MemoryBlob(bytes), 500, *As("operator/ann"));
  ExpectInvalid(resumed.status(), "", Reason::kCHUNK_OUT_OF_ORDER);
}

TEST_F(RegistryServices, AnArtefactThatIsNotThereIsNotFound) {
  ExpectRefused(Get(Digest().ToString()).status(), StatusCode::kNotFound, Reason::kBLOB_NOT_FOUND,
                "");
  for (const char* digest : {"", "sha256:", "../../secret"})
    ExpectInvalid(Get(digest).status(), "digest");
}

TEST_F(RegistryServices, ADeviceMayCallNoneOfIt) {
  const auto refused = [](const Status& status) {
    ExpectRefused(status, StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED, "");
  };
  const std::string device = "0123456789abcdef0123456789abcdef";
  using Contracts = v1::ContractService::Stub;
  using Models = v1::ModelService::Stub;
  refused(Call(*contracts_, &Contracts::ApplyContract, {}, device).status());
  refused(Call(*contracts_, &Contracts::GetContract, {}, device).status());
  refused(Call(*contracts_, &Contracts::ListContracts, {}, device).status());
  refused(Call(*models_, &Models::ApplyModel, {}, device).status());
  refused(Call(*models_, &Models::GetModel, {}, device).status());
  refused(Call(*models_, &Models::ListModels, {}, device).status());
  refused(Call(*models_, &Models::CreateVersion, {}, device).status());
  refused(Call(*models_, &Models::GetVersion, {}, device).status());
  refused(Call(*models_, &Models::SetAlias, {}, device).status());
  refused(Put(Bytes(10), device).status());
  refused(Get(Digest().ToString(), 0, device).status());
}

}  // namespace
}  // namespace muster::registry
