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
#include "registry/rpc/promotion_service.h"
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
    builder.RegisterService(&promotion_service_);
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
  StatusOr<v1::ApplyModelReply> ApplyModel(const v1::Gates* gates = nullptr) {
    v1::ApplyModelRequest request;
    *request.mutable_model() = ToProto(EngineModel());
    if (gates != nullptr) *request.mutable_model()->mutable_gates() = *gates;
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
  PromotionService promotion_service_{registry_, border_};
  ArtefactService artefact_service_{
      blobs_, border_, log_, {clock_, std::chrono::seconds(30)}, kMaxBytes};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ContractService::Stub> contracts_;
  std::unique_ptr<v1::ModelService::Stub> models_;
  std::unique_ptr<v1::PromotionService::Stub> promotions_;

  void SetUp() override {
    contracts_ = v1::ContractService::NewStub(channel_);
    models_ = v1::ModelService::NewStub(channel_);
    promotions_ = v1::PromotionService::NewStub(channel_);
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

TEST_F(RegistryServices, AnIncompatibleContractIsRefusedByApplyAndAnAnswerOfCheck) {
  ASSERT_OK(ApplyContract().status());
  v1::CheckContractRequest check;
  *check.mutable_contract() = ToProto(EngineContract());
  check.mutable_contract()->mutable_fields(0)->set_unit("K");
  check.mutable_contract()->mutable_fields(1)->set_max(600);
  v1::ApplyContractRequest apply;
  *apply.mutable_contract() = check.contract();
  ExpectRefused(Call(*contracts_, &v1::ContractService::Stub::ApplyContract, apply).status(),
                StatusCode::kFailedPrecondition, Reason::kCONTRACT_INCOMPATIBLE, "fields[s2].unit");

  const auto judged = Call(*contracts_, &v1::ContractService::Stub::CheckContract, check);
  ASSERT_OK(judged.status());
  EXPECT_EQ(judged->name(), "engine");
  EXPECT_EQ(judged->newest(), 1u);
  EXPECT_TRUE(judged->changed());
  EXPECT_FALSE(judged->compatible());
  EXPECT_EQ(judged->compatibility(), v1::Contract::BACKWARD);
  ASSERT_EQ(judged->differences_size(), 2);
  EXPECT_EQ(judged->differences(1).kind(), "RANGE_WIDENED");
  EXPECT_TRUE(judged->differences(1).breaks_forward());
  ASSERT_EQ(judged->breaks_size(), 1);
  EXPECT_EQ(judged->breaks(0).version(), 1u);
  EXPECT_TRUE(judged->breaks(0).backward());
  EXPECT_EQ(judged->breaks(0).difference().path(), "fields[s2].unit");
}

TEST_F(RegistryServices, TheDifferencesOfTwoVersionsAreToldWithWhatTheyBreak) {
  ASSERT_OK(ApplyContract().status());
  v1::ApplyContractRequest apply;
  *apply.mutable_contract() = ToProto(EngineContract());
  apply.mutable_contract()->mutable_fields(1)->set_max(600);
  ASSERT_OK(Call(*contracts_, &v1::ContractService::Stub::ApplyContract, apply).status());
  v1::DiffContractRequest request;
  request.set_name("engine");
  const auto diff = Call(*contracts_, &v1::ContractService::Stub::DiffContract, request);
  ASSERT_OK(diff.status());
  EXPECT_EQ(diff->from(), 1u);
  EXPECT_EQ(diff->to(), 2u);
  EXPECT_TRUE(diff->backward());
  EXPECT_FALSE(diff->forward());
  ASSERT_EQ(diff->differences_size(), 1);
  EXPECT_EQ(diff->differences(0).text(), "was 524 and is 600");
  request.set_from(9);
  ExpectRefused(Call(*contracts_, &v1::ContractService::Stub::DiffContract, request).status(),
                StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
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

// Versions 1 to 3 with an rmse of their number, a gate for the metric and one for an approval.
class GuardedModel : public RegistryServices {
 protected:
  void SetUp() override {
    RegistryServices::SetUp();
    v1::Gates gates;
    gates.mutable_metric()->set_name("rmse");
    gates.mutable_approvals()->set_count(1);
    gates.mutable_approvals()->set_role("reviewer");
    ASSERT_OK(ApplyContract().status());
    ASSERT_OK(ApplyModel(&gates).status());
    for (const float rmse : {1, 2, 3}) ASSERT_OK(CreateVersion(rmse).status());
  }
  v1::PromoteReply Promote(std::uint64_t version, const std::string& why = "") {
    v1::PromoteRequest request;
    request.set_model("turbofan");
    request.set_version(version);
    request.set_override_reason(why);
    const auto reply =
        Call(*promotions_, &v1::PromotionService::Stub::Promote, request, "operator/pat");
    EXPECT_TRUE(reply.ok()) << reply.status();
    return *reply;
  }
  Status Approve(std::uint64_t version, const std::string& caller) {
    v1::ApproveVersionRequest request;
    request.set_model("turbofan");
    request.set_version(version);
    return Call(*promotions_, &v1::PromotionService::Stub::ApproveVersion, request, caller)
        .status();
  }
};

TEST_F(GuardedModel, IsPromotedOnceItsGatesPassAndRolledBack) {
  const v1::PromoteReply refused = Promote(1);
  EXPECT_EQ(refused.outcome(), v1::PromoteReply::REFUSED);
  EXPECT_EQ(refused.reason(), "GATE_REFUSED");
  ASSERT_EQ(refused.verdicts_size(), 2);
  EXPECT_EQ(refused.verdicts(0).gate(), "metric");
  EXPECT_TRUE(refused.verdicts(0).passed());
  EXPECT_EQ(refused.verdicts(1).gate(), "approvals");
  EXPECT_FALSE(refused.verdicts(1).passed());

  ExpectRefused(Approve(1, "operator/ann"), StatusCode::kPermissionDenied,
                Reason::kAPPROVAL_BY_AUTHOR, "");
  ASSERT_OK(Approve(1, "operator/bob"));
  const v1::PromoteReply moved = Promote(1);
  EXPECT_EQ(moved.outcome(), v1::PromoteReply::MOVED);
  EXPECT_EQ(moved.alias(), "champion");
  EXPECT_EQ(moved.from(), 0u);

  v1::SetAliasRequest set;
  set.set_model("turbofan");
  set.set_alias("champion");
  set.set_version(2);
  ExpectRefused(Call(*models_, &v1::ModelService::Stub::SetAlias, set).status(),
                StatusCode::kFailedPrecondition, Reason::kGATE_REFUSED, "");
  const v1::PromoteReply overridden = Promote(2, "incident 42");
  EXPECT_EQ(overridden.outcome(), v1::PromoteReply::MOVED);
  EXPECT_TRUE(overridden.overridden());

  v1::RollbackRequest back;
  back.set_model("turbofan");
  const auto rolled = Call(*promotions_, &v1::PromotionService::Stub::Rollback, back);
  ASSERT_OK(rolled.status());
  EXPECT_EQ(rolled->version(), 1u);
  EXPECT_EQ(rolled->from(), 2u);

  v1::GetAliasHistoryRequest history;
  history.set_model("turbofan");
  const auto moves = Call(*promotions_, &v1::PromotionService::Stub::GetAliasHistory, history);
  ASSERT_OK(moves.status());
  ASSERT_EQ(moves->moves_size(), 3);
  EXPECT_EQ(moves->moves(1).override_reason(), "incident 42");
  EXPECT_EQ(moves->moves(1).how(), "promotion");
  EXPECT_EQ(moves->moves(1).until_unix_ms(), moves->moves(2).at_unix_ms());
  EXPECT_EQ(moves->moves(2).how(), "rollback");
  EXPECT_EQ(moves->moves(2).until_unix_ms(), 0);
  history.set_at_unix_ms(1);
  EXPECT_EQ(Call(*promotions_, &v1::PromotionService::Stub::GetAliasHistory, history)->moves_size(),
            0);
}

TEST_F(GuardedModel, KeepsWhatPeopleNoteAndIsFoundByIt) {
  v1::CertifyVersionRequest certify;
  certify.set_model("turbofan");
  certify.set_version(2);
  certify.set_hardware("x86-64");
  EXPECT_EQ(Call(*promotions_, &v1::PromotionService::Stub::CertifyVersion, certify)
                ->certified(0)
                .hardware(),
            "x86-64");
  v1::MeasureVersionRequest measure;
  measure.set_model("turbofan");
  measure.set_version(2);
  (*(*measure.mutable_report()->mutable_slices())["line-1"].mutable_metrics())["rmse"] = 12;
  auto& mae = (*measure.mutable_report()->mutable_metrics())["mae"];
  mae.set_value(9);
  mae.set_standard_error(0.5);
  const auto measured = Call(*models_, &v1::ModelService::Stub::MeasureVersion, measure);
  ASSERT_OK(measured.status());
  EXPECT_EQ(measured->slices().at("line-1").metrics().at("rmse"), 12);
  EXPECT_EQ(measured->spreads().at("mae").standard_error(), 0.5);
  mae.set_value(8);
  ExpectRefused(Call(*models_, &v1::ModelService::Stub::MeasureVersion, measure).status(),
                StatusCode::kFailedPrecondition, Reason::kVERSION_IMMUTABLE, "metrics.mae");
  v1::TagVersionRequest tag;
  tag.set_model("turbofan");
  tag.set_version(2);
  (*tag.mutable_set())["env"] = "prod";
  ASSERT_OK(Call(*models_, &v1::ModelService::Stub::TagVersion, tag).status());

  v1::SearchVersionsRequest search;
  search.set_filter("tags.env = 'prod' and metrics.mae < 10 and hardware = 'x86-64'");
  const auto found = Call(*models_, &v1::ModelService::Stub::SearchVersions, search);
  ASSERT_OK(found.status());
  ASSERT_EQ(found->versions_size(), 1);
  EXPECT_EQ(found->versions(0).version(), 2u);
  EXPECT_EQ(found->versions(0).tags().at("env"), "prod");
  search.set_filter("");
  search.set_page_size(2);
  const auto page = Call(*models_, &v1::ModelService::Stub::SearchVersions, search);
  EXPECT_EQ(page->next_page_token(), "turbofan@2");
  search.set_page_token(page->next_page_token());
  EXPECT_EQ(Call(*models_, &v1::ModelService::Stub::SearchVersions, search)->versions_size(), 1);
  search.set_filter("and");
  ExpectInvalid(Call(*models_, &v1::ModelService::Stub::SearchVersions, search).status(), "filter");
}

TEST_F(RegistryServices, GatesThatDoNotReadAreRefusedWithTheirPath) {
  ASSERT_OK(ApplyContract().status());
  const auto refused = [&](const char* path, void (*spoil)(v1::Gates&)) {
    v1::Gates gates;
    gates.mutable_metric()->set_name("rmse");
    gates.add_freeze()->add_days("fri");
    spoil(gates);
    SCOPED_TRACE(path);
    ExpectInvalid(ApplyModel(&gates).status(), path);
  };
  refused("gates.metric.better", [](v1::Gates& g) { g.mutable_metric()->set_better("up"); });
  refused("gates.metric.better", [](v1::Gates& g) { g.mutable_metric()->set_name("f1"); });
  refused("gates.slices.better", [](v1::Gates& g) { g.mutable_slices()->set_metric("f1"); });
  refused("gates.freeze[0].days", [](v1::Gates& g) { g.mutable_freeze(0)->add_days("friday"); });
  refused("gates.freeze[0].hours", [](v1::Gates& g) { g.mutable_freeze(0)->set_hours("late"); });
  refused("gates.freeze[0].from", [](v1::Gates& g) { g.mutable_freeze(0)->set_from("today"); });
  refused("gates.freeze[0].until", [](v1::Gates& g) { g.mutable_freeze(0)->set_until("never"); });
  refused("gates.freeze[0].time_zone",
          [](v1::Gates& g) { g.mutable_freeze(0)->set_time_zone("CET"); });
  refused("gates.approvals.count", [](v1::Gates& g) { g.mutable_approvals(); });
  refused("gates.privacy.epsilon", [](v1::Gates& g) { g.mutable_privacy(); });
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
  refused(Call(*models_, &Models::MeasureVersion, {}, device).status());
  refused(Call(*models_, &Models::TagVersion, {}, device).status());
  refused(Call(*models_, &Models::SearchVersions, {}, device).status());
  using Promotions = v1::PromotionService::Stub;
  refused(Call(*promotions_, &Promotions::Promote, {}, device).status());
  refused(Call(*promotions_, &Promotions::Rollback, {}, device).status());
  refused(Call(*promotions_, &Promotions::GetAliasHistory, {}, device).status());
  refused(Call(*promotions_, &Promotions::ApproveVersion, {}, device).status());
  refused(Call(*promotions_, &Promotions::CertifyVersion, {}, device).status());
  refused(Put(Bytes(10), device).status());
  refused(Get(Digest().ToString(), 0, device).status());
}

}  // namespace
}  // namespace muster::registry
