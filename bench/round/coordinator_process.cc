#include "bench/round/coordinator_process.h"

#include "base/safetensors.h"
#include "base/statement.h"
#include "bench/require.h"
#include "muster/v1/contract.grpc.pb.h"
#include "muster/v1/edge.grpc.pb.h"
#include "muster/v1/model.grpc.pb.h"
#include "muster/v1/transfer.grpc.pb.h"
#include "platform/csr.h"
#include "platform/private_file.h"
#include "platform/sha256.h"
#include "platform/system_clock.h"
#include "rpc/chunk_client_stream.h"

namespace muster::bench {
namespace {
constexpr Duration kTimeout{30'000};
constexpr std::size_t kMaxPem = 64 * 1024;
constexpr char kName[] = "bench";  // Of contract and model.

std::vector<std::string> CommandLine(const std::string& musterd, const std::string& directory,
                                     const platform::Ed25519PublicKey& authority) {
  Require(platform::MakePrivateDirectory(directory));
  Require(platform::WritePublicFile(directory + "/authority.pub", ToHex(authority) + "\n"));
  return {musterd,
          "--data-dir",
          directory + "/data",
          "--authority-key",
          directory + "/authority.pub",
          "--listen",
          "127.0.0.1:0",
          "--http",
          "127.0.0.1:0",
          "--log-level",
          "warn"};
}

std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }
}  // namespace

CoordinatorProcess::CoordinatorProcess(SubprocessLauncher& launcher, const std::string& musterd,
                                       const std::string& directory)
    : authority_(Require(platform::Ed25519PrivateKey::Generate(rng_))),
      process_(launcher, CommandLine(musterd, directory, authority_.PublicKey()),
               directory + "/musterd.log") {
  const std::string home = directory + "/data/operator/";
  ca_pem_ = Require(platform::ReadTextFile(home + "ca.pem", kMaxPem));
  const rpc::TlsIdentity admin{ca_pem_,
                               Require(platform::ReadTextFile(home + "certificate.pem", kMaxPem)),
                               Require(platform::ReadPrivateFile(home + "key.pem"))};
  operator_ = rpc::MakeChannel(process_.endpoint(), admin);
}

rpc::TlsIdentity CoordinatorProcess::Enrol(const std::string& device_name) {
  const auto identity = Require(platform::Ed25519PrivateKey::Generate(rng_));
  const auto tls = Require(platform::TlsKey::Generate());
  Statement statement;
  statement.identity_key = identity.PublicKey();
  statement.device_id = DeviceIdOf(statement.identity_key, platform::OpenSslHasher());
  statement.device_name = DeviceName(device_name);
  statement.not_after = platform::SystemClock().Now() + std::chrono::hours(1);
  v1::EnrolRequest request;
  request.set_statement(Require(EncodeStatement(statement)));
  request.set_signature(
      Text(Require(authority_.Sign(AsBytes(StatementBytesToSign(request.statement()))))));
  request.set_csr_pem(Require(platform::MakeCsr(tls)));
  request.set_csr_signature(Text(Require(identity.Sign(AsBytes(request.csr_pem())))));
  rpc::TlsIdentity anonymous;
  anonymous.ca_pem = ca_pem_;
  const auto stub = v1::EnrolmentService::NewStub(rpc::MakeChannel(process_.endpoint(), anonymous));
  const v1::EnrolReply reply =
      Require(rpc::Call(*stub, &v1::EnrolmentService::Stub::Enrol, request, kTimeout));
  return {reply.ca_pem(), reply.certificate_pem(), Require(tls.ToPem())};
}

void CoordinatorProcess::CreateModel(const Params& params) {
  v1::ApplyContractRequest contract;
  contract.mutable_contract()->set_name(kName);
  v1::Contract::Field& field = *contract.mutable_contract()->add_fields();
  field.set_name("x");
  field.set_type(v1::Contract::FLOAT);
  field.set_min(0);
  field.set_max(1);
  const auto contracts = v1::ContractService::NewStub(operator_);
  Require(rpc::Call(*contracts, &v1::ContractService::Stub::ApplyContract, contract, kTimeout)
              .status());

  v1::ApplyModelRequest model;
  model.mutable_model()->set_name(kName);
  model.mutable_model()->set_contract(kName);
  model.mutable_model()->mutable_input()->add_features("x");
  model.mutable_model()->mutable_label()->set_field("x");
  const auto models = v1::ModelService::NewStub(operator_);
  Require(rpc::Call(*models, &v1::ModelService::Stub::ApplyModel, model, kTimeout).status());

  const Bytes file = SerializeParams(params.View());
  grpc::ClientContext context;
  const auto put = Require(rpc::UploadFor<v1::PutArtefactReply>(operator_, rpc::kPutArtefact,
                                                                rpc::MemoryBlob(file), 0, context));
  v1::CreateVersionRequest version;
  version.set_model(kName);
  version.set_params_digest(put.digest());
  Require(rpc::Call(*models, &v1::ModelService::Stub::CreateVersion, version, kTimeout).status());
}

void CoordinatorProcess::StartCampaign(const std::string& name, std::uint32_t rounds,
                                       std::uint32_t cohort) {
  v1::ApplyCampaignRequest request;
  v1::Campaign& campaign = *request.mutable_campaign();
  campaign.set_name(name);
  campaign.set_model(kName);
  campaign.mutable_plan()->set_rounds(rounds);
  campaign.mutable_plan()->set_seed(1);
  campaign.mutable_plan()->mutable_selection()->mutable_cohort()->set_goal(cohort);
  campaign.mutable_aggregation()->mutable_fedavg()->set_learning_rate(1);
  campaign.mutable_aggregation()->mutable_weights()->set_uniform(true);
  const auto stub = v1::CampaignService::NewStub(operator_);
  Require(rpc::Call(*stub, &v1::CampaignService::Stub::ApplyCampaign, request, kTimeout).status());
}

void CoordinatorProcess::AwaitEnd(const std::string& name) {
  v1::GetCampaignRequest request;
  request.set_name(name);
  grpc::ClientContext context;
  const auto stub = v1::CampaignService::NewStub(operator_);
  const auto views = stub->WatchCampaign(&context, request);
  v1::CampaignView view;
  while (views->Read(&view)) {
  }
  Require(rpc::FromGrpc(views->Finish()));
  if (view.phase() != "completed" || view.rounds_abandoned() != 0 ||
      !view.refused_updates().empty())
    Require(Internal("campaign {} ended {} with {} rounds abandoned: {}", name, view.phase(),
                     view.rounds_abandoned(), view.why()));
}

}  // namespace muster::bench
