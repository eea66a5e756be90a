#include "tests/e2e/hub.h"

#include <gtest/gtest.h>
#include <muster/v1/contract.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>

#include "base/safetensors.h"
#include "platform/csr.h"
#include "platform/private_file.h"
#include "platform/sha256.h"
#include "platform/system_clock.h"
#include "rpc/chunk_client_stream.h"

namespace muster::e2e {
namespace {
constexpr std::size_t kMaxPem = 64 * 1024;
constexpr std::uint32_t kHoldMs = 1'000;
constexpr char kModel[] = "law";
constexpr char kCampaign[] = "learn";

// For what has to work before a test can begin.
template <typename T>
T Require(StatusOr<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().ToString());
  return *std::move(result);
}
void Require(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// Connected: on a busy machine a first handshake may fail, and only that is tried again.
std::shared_ptr<grpc::Channel> Connected(std::shared_ptr<grpc::Channel> channel) {
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + kDeadline))
    throw std::runtime_error("the coordinator takes no connection");
  return channel;
}

std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }

coordinator::ServerOptions Options(const muster::testing::TempDir& dir,
                                   const platform::Ed25519PublicKey& authority) {
  coordinator::ServerOptions options;
  options.data_dir = dir / "data";
  options.listen = {"127.0.0.1", 0};
  options.http = {"127.0.0.1", 0};
  options.authority_key_file = dir / "authority.pub";
  Require(platform::WritePublicFile(options.authority_key_file, ToHex(authority) + "\n"));
  return options;
}
}  // namespace

void Announce(grpc::ClientContext& context, const Announced& announced) {
  context.AddMetadata("muster-campaign", announced.round.campaign());
  context.AddMetadata("muster-round", fmt::format("{}", announced.round.round()));
  context.AddMetadata("muster-attempt", fmt::format("{}", announced.round.attempt()));
  context.AddMetadata("muster-examples", fmt::format("{}", announced.examples));
}

// --- Devices ---

Device::Device(std::string name, std::shared_ptr<grpc::Channel> channel)
    : name_(std::move(name)),
      channel_(std::move(channel)),
      stub_(v1::EdgeService::NewStub(channel_)) {}

StatusOr<v1::CheckInReply> Device::CheckIn(const v1::CheckInRequest& request) {
  return rpc::Call(*stub_, &v1::EdgeService::Stub::CheckIn, request, kDeadline);
}

void Device::AwaitTask() {
  v1::CheckInRequest request;
  request.set_ready(true);
  request.set_hold_ms(kHoldMs);
  const platform::SystemClock clock;
  for (const Timestamp end = clock.Now() + kDeadline; clock.Now() < end;) {
    const v1::CheckInReply reply = Require(CheckIn(request));
    if (!reply.has_assignment()) continue;
    task_ = reply.assignment();
    return;
  }
  throw std::runtime_error(name_ + " was given nothing to do");
}

v1::CheckInReply::HeldState Device::AwaitVerdict() {
  v1::CheckInRequest request;
  request.set_hold_ms(kHoldMs);
  *request.mutable_held() = task_.round();
  const platform::SystemClock clock;
  for (const Timestamp end = clock.Now() + kDeadline; clock.Now() < end;) {
    const v1::CheckInReply reply = Require(CheckIn(request));
    if (reply.held() != v1::CheckInReply::WAIT) return reply.held();
  }
  throw std::runtime_error(name_ + " heard nothing of its update");
}

Status Device::Upload(ByteView file, std::uint64_t examples, std::uint64_t offset) {
  return Upload(file, {task_.round(), file.size(), examples}, offset);
}

Status Device::Upload(ByteView file, const Announced& announced, std::uint64_t offset) {
  grpc::ClientContext context;
  Announce(context, announced);
  rpc::SetTimeout(context, kDeadline);
  return rpc::Upload(channel_, rpc::kEdgeUpload, rpc::MemoryBlob(file), offset, context).status();
}

StatusOr<std::uint64_t> Device::Offset(const v1::RoundKey& round, std::uint64_t bytes) {
  v1::UploadOffsetRequest request;
  *request.mutable_round() = round;
  request.set_total_bytes(bytes);
  MUSTER_ASSIGN(const auto reply,
                rpc::Call(*stub_, &v1::EdgeService::Stub::UploadOffset, request, kDeadline));
  return reply.offset();
}

Status Device::Report(const v1::RoundKey& round, std::uint64_t examples,
                      const std::map<std::string, std::int64_t>& sums_micro) {
  v1::ReportEvaluationRequest request;
  *request.mutable_round() = round;
  request.set_examples(examples);
  request.mutable_sums_micro()->insert(sums_micro.begin(), sums_micro.end());
  return rpc::Call(*stub_, &v1::EdgeService::Stub::ReportEvaluation, request, kDeadline).status();
}

// --- The hub ---

Hub::Hub() : authority_(Require(platform::Ed25519PrivateKey::Generate(rng_))) {
  server_ = Require(coordinator::StartServer(Options(dir_, authority_.PublicKey()), log_));
  const std::string home = data_dir() + "/operator/";
  ca_pem_ = Require(platform::ReadTextFile(home + "ca.pem", kMaxPem));
  operator_ = Connected(rpc::MakeChannel(
      address(), {ca_pem_, Require(platform::ReadTextFile(home + "certificate.pem", kMaxPem)),
                  Require(platform::ReadPrivateFile(home + "key.pem"))}));
}

std::shared_ptr<grpc::Channel> Hub::Anonymous() const {
  rpc::TlsIdentity nobody;
  nobody.ca_pem = ca_pem_;
  return rpc::MakeChannel(address(), nobody);
}

StatusOr<v1::EnrolReply> Hub::TryEnrol(const std::string& name,
                                       const std::map<std::string, std::string>& labels,
                                       const platform::Ed25519PrivateKey& authority,
                                       const platform::TlsKey& tls, Timestamp not_after) {
  const auto identity = Require(platform::Ed25519PrivateKey::Generate(rng_));
  Statement statement;
  statement.identity_key = identity.PublicKey();
  statement.device_id = DeviceIdOf(statement.identity_key, platform::OpenSslHasher());
  statement.device_name = DeviceName(name);
  statement.labels = labels;
  statement.not_after = not_after;
  v1::EnrolRequest request;
  request.set_statement(Require(EncodeStatement(statement)));
  request.set_signature(
      Text(Require(authority.Sign(AsBytes(StatementBytesToSign(request.statement()))))));
  request.set_csr_pem(Require(platform::MakeCsr(tls)));
  request.set_csr_signature(Text(Require(identity.Sign(AsBytes(request.csr_pem())))));
  const auto stub = v1::EnrolmentService::NewStub(Anonymous());
  return rpc::Call(*stub, &v1::EnrolmentService::Stub::Enrol, request, kDeadline);
}

std::unique_ptr<Device> Hub::Enrol(const std::string& name,
                                   const std::map<std::string, std::string>& labels) {
  const auto tls = Require(platform::TlsKey::Generate());
  const v1::EnrolReply reply = Require(TryEnrol(
      name, labels, authority_, tls, platform::SystemClock().Now() + std::chrono::hours(1)));
  return std::make_unique<Device>(
      name, Connected(rpc::MakeChannel(
                address(), {reply.ca_pem(), reply.certificate_pem(), Require(tls.ToPem())})));
}

void Hub::CreateModel(const Params& params) {
  v1::ApplyContractRequest contract;
  contract.mutable_contract()->set_name(kModel);
  v1::Contract::Field& field = *contract.mutable_contract()->add_fields();
  field.set_name("x");
  field.set_type(v1::Contract::FLOAT);
  field.set_min(0);
  field.set_max(1);
  const auto contracts = v1::ContractService::NewStub(operator_);
  Require(rpc::Call(*contracts, &v1::ContractService::Stub::ApplyContract, contract, kDeadline)
              .status());
  v1::ApplyModelRequest model;
  model.mutable_model()->set_name(kModel);
  model.mutable_model()->set_contract(kModel);
  model.mutable_model()->mutable_input()->add_features("x");
  model.mutable_model()->mutable_label()->set_field("x");
  const auto models = v1::ModelService::NewStub(operator_);
  Require(rpc::Call(*models, &v1::ModelService::Stub::ApplyModel, model, kDeadline).status());
  const Bytes file = SerializeParams(params.View());
  grpc::ClientContext context;
  const auto put = Require(rpc::UploadFor<v1::PutArtefactReply>(operator_, rpc::kPutArtefact,
                                                                rpc::MemoryBlob(file), 0, context));
  v1::CreateVersionRequest version;
  version.set_model(kModel);
  version.set_params_digest(put.digest());
  Require(rpc::Call(*models, &v1::ModelService::Stub::CreateVersion, version, kDeadline).status());
}

v1::Campaign Hub::Plan(std::uint32_t select, std::uint32_t goal, std::uint32_t minimum) const {
  v1::Campaign campaign;
  campaign.set_name(kCampaign);
  campaign.set_model(kModel);
  v1::Campaign::Plan& plan = *campaign.mutable_plan();
  plan.set_rounds(1);
  plan.set_seed(1);
  plan.mutable_selection()->set_from(v1::Campaign::ENROLLED);
  (*plan.mutable_selection()->mutable_labels())["role"] = "train";
  plan.mutable_selection()->set_enrolled_at_least(select);
  plan.mutable_selection()->mutable_cohort()->set_select(select);
  plan.mutable_selection()->mutable_cohort()->set_goal(goal);
  plan.mutable_selection()->mutable_cohort()->set_minimum(minimum);
  campaign.mutable_aggregation()->mutable_fedavg()->set_learning_rate(1);
  campaign.mutable_aggregation()->mutable_weights()->set_uniform(true);
  return campaign;
}

void Hub::Apply(const v1::Campaign& campaign) {
  v1::ApplyCampaignRequest request;
  *request.mutable_campaign() = campaign;
  const auto stub = v1::CampaignService::NewStub(operator_);
  Require(rpc::Call(*stub, &v1::CampaignService::Stub::ApplyCampaign, request, kDeadline).status());
}

v1::CampaignView Hub::Campaign() const {
  v1::GetCampaignRequest request;
  request.set_name(kCampaign);
  const auto stub = v1::CampaignService::NewStub(operator_);
  return Require(rpc::Call(*stub, &v1::CampaignService::Stub::GetCampaign, request, kDeadline));
}

v1::CampaignView Hub::AwaitEnd() const {
  v1::GetCampaignRequest request;
  request.set_name(kCampaign);
  grpc::ClientContext context;
  rpc::SetTimeout(context, kDeadline);
  const auto stub = v1::CampaignService::NewStub(operator_);
  const auto views = stub->WatchCampaign(&context, request);
  v1::CampaignView view;
  while (views->Read(&view)) {
  }
  Require(rpc::FromGrpc(views->Finish()));
  return view;
}

v1::DeviceView Hub::Describe(const Device& device) const {
  v1::GetDeviceRequest request;
  request.set_name(device.name());
  const auto stub = v1::FleetService::NewStub(operator_);
  return Require(rpc::Call(*stub, &v1::FleetService::Stub::GetDevice, request, kDeadline));
}

}  // namespace muster::e2e
