#pragma once
// A coordinator and an authority in this process that answer what a test tells them to, and a
// world that keeps what the commands show.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <muster/v1/authority.grpc.pb.h>
#include <muster/v1/campaign.grpc.pb.h>
#include <muster/v1/contract.grpc.pb.h>
#include <muster/v1/evidence.grpc.pb.h>
#include <muster/v1/fleet.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/promotion.grpc.pb.h>
#include <muster/v1/schema.grpc.pb.h>
#include <muster/v1/transfer.grpc.pb.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/root.h"
#include "platform/openssl_crypto.h"
#include "platform/sha256.h"
#include "tests/support/temp_dir.h"

namespace muster::cli {

// Keeps text; a terminal when told so.
class MemoryScreen final : public Screen {
 public:
  void Out(std::string_view text) override { out += text; }
  void Err(std::string_view text) override { err += text; }
  bool OutIsTerminal() const override { return terminal; }
  bool ErrIsTerminal() const override { return terminal; }
  bool Colours() const override { return false; }
  int Columns() const override { return 80; }
  std::string out, err;
  bool terminal = false;
};

class FakeDisk final : public Disk {
 public:
  explicit FakeDisk(std::string dir) : dir_(std::move(dir)) {}
  StatusOr<std::string> ReadText(const std::string& path) override;
  StatusOr<Secret> ReadPrivate(const std::string& path) override;
  Status WritePrivate(const std::string& path, const Secret& content) override;
  StatusOr<std::string> MakeTempDir() override;
  std::vector<std::string> private_files;

 private:
  std::string dir_;
};

class FakeSignals final : public Signals {
 public:
  void Catch() override {}
  int Received() const override { return received; }
  void Send(int pid, int signal) override { sent.emplace_back(pid, signal); }
  int received = 0;
  std::vector<std::pair<int, int>> sent;
};

// Starts nothing unless a test says what the program does.
class FakeLauncher final : public SubprocessLauncher {
 public:
  StatusOr<std::unique_ptr<Subprocess>> Start(const SubprocessSpec& spec) override {
    started.push_back(spec.argv);
    return start ? start(spec) : NotFound("{}: no such program", spec.argv[0]);
  }
  std::function<StatusOr<std::unique_ptr<Subprocess>>(const SubprocessSpec&)> start;
  std::vector<std::vector<std::string>> started;
};

// The services. What has no answer set is NOT_FOUND. `calls` is every request, in order.
class FakeServices final : public v1::ContractService::Service,
                           public v1::ModelService::Service,
                           public v1::PromotionService::Service,
                           public v1::SchemaService::Service,
                           public v1::CampaignService::Service,
                           public v1::FleetService::Service,
                           public v1::ArtefactService::Service,
                           public v1::EvidenceService::Service,
                           public v1::AuthorityService::Service {
 public:
  std::vector<std::string> calls;
  std::map<std::string, Status> refusals;  // "campaign/turbofan" -> what Apply says of it.
  std::vector<v1::ApplyModelRequest> models_applied;
  std::vector<v1::ApplyCampaignRequest> campaigns_applied;
  v1::ListCampaignsReply campaigns;
  v1::ListDevicesReply devices;
  v1::ModelView model;
  v1::ContractVersion contract;
  v1::DiffContractRequest diff_asked;
  v1::ContractDiff contract_diff;
  std::vector<v1::CheckContractRequest> contracts_checked;
  v1::ContractCheck contract_check;  // The answer, with the name filled in.
  std::map<std::string, Bytes> artefacts;
  std::vector<v1::CreateVersionRequest> versions_created;
  v1::SetAliasRequest alias_set;
  v1::PromoteRequest promote_asked;
  v1::RollbackRequest rollback_asked;
  v1::PromoteReply promoted;  // The answer to both.
  v1::GetAliasHistoryRequest history_asked;
  v1::AliasHistory history;
  v1::ApproveVersionRequest approved;
  v1::CertifyVersionRequest certified;
  v1::MeasureVersionRequest measured;
  v1::TagVersionRequest tagged;
  std::vector<v1::SearchVersionsRequest> searches;
  std::vector<v1::SearchVersionsReply> found;  // One for each search.
  std::vector<v1::ListSchemasRequest> schema_lists;
  std::vector<v1::ListSchemasReply> schemas_listed;  // One for each.
  v1::GetSchemaRequest schema_asked;
  v1::SchemaVersion schema;
  v1::RegisterSchemaRequest registered;
  StatusOr<v1::RegisterSchemaReply> registration = NotFound("nothing");
  v1::CheckSchemaRequest checked;
  StatusOr<v1::CheckSchemaReply> check = NotFound("nothing");
  v1::DiffSchemasRequest diffed;
  v1::DiffSchemasReply diff;
  v1::DeleteSchemasRequest schemas_deleted;
  v1::GetSchemaSettingsRequest settings_asked;
  v1::ConfigureSchemasRequest configured;
  v1::SetSchemaModeRequest mode_set;
  v1::SchemaSettings settings;  // The answer to all three.
  v1::ControlCampaignRequest controlled;
  v1::GetDeviceHistoryRequest device_history_asked;
  v1::DeviceHistory device_history;
  v1::ExportEvidenceRequest evidence_asked;
  std::string evidence;  // The bundle; empty: the log does not show it yet.
  v1::CreateTokenRequest token_asked;
  v1::CreateTokenReply token;
  // Each call of WatchCampaign takes the next: views to send, then the status to end with.
  std::vector<std::pair<std::vector<v1::CampaignView>, grpc::Status>> watches;

  using Context = grpc::ServerContext;
  using GStatus = grpc::Status;
  GStatus ApplyContract(Context*, const v1::ApplyContractRequest*,
                        v1::ApplyContractReply*) override;
  GStatus GetContract(Context*, const v1::GetContractRequest*, v1::ContractVersion*) override;
  GStatus DiffContract(Context*, const v1::DiffContractRequest*, v1::ContractDiff*) override;
  GStatus CheckContract(Context*, const v1::CheckContractRequest*, v1::ContractCheck*) override;
  GStatus ApplyModel(Context*, const v1::ApplyModelRequest*, v1::ApplyModelReply*) override;
  GStatus ApplyCampaign(Context*, const v1::ApplyCampaignRequest*,
                        v1::ApplyCampaignReply*) override;
  GStatus GetModel(Context*, const v1::GetModelRequest*, v1::ModelView*) override;
  GStatus GetVersion(Context*, const v1::GetVersionRequest*, v1::ModelVersion*) override;
  GStatus CreateVersion(Context*, const v1::CreateVersionRequest*, v1::ModelVersion*) override;
  GStatus SetAlias(Context*, const v1::SetAliasRequest*, v1::ModelVersion*) override;
  GStatus Promote(Context*, const v1::PromoteRequest*, v1::PromoteReply*) override;
  GStatus Rollback(Context*, const v1::RollbackRequest*, v1::PromoteReply*) override;
  GStatus GetAliasHistory(Context*, const v1::GetAliasHistoryRequest*, v1::AliasHistory*) override;
  GStatus ApproveVersion(Context*, const v1::ApproveVersionRequest*, v1::ModelVersion*) override;
  GStatus CertifyVersion(Context*, const v1::CertifyVersionRequest*, v1::ModelVersion*) override;
  GStatus MeasureVersion(Context*, const v1::MeasureVersionRequest*, v1::ModelVersion*) override;
  GStatus TagVersion(Context*, const v1::TagVersionRequest*, v1::ModelVersion*) override;
  GStatus SearchVersions(Context*, const v1::SearchVersionsRequest*,
                         v1::SearchVersionsReply*) override;
  GStatus ListSchemas(Context*, const v1::ListSchemasRequest*, v1::ListSchemasReply*) override;
  GStatus GetSchema(Context*, const v1::GetSchemaRequest*, v1::SchemaVersion*) override;
  GStatus RegisterSchema(Context*, const v1::RegisterSchemaRequest*,
                         v1::RegisterSchemaReply*) override;
  GStatus CheckSchema(Context*, const v1::CheckSchemaRequest*, v1::CheckSchemaReply*) override;
  GStatus DiffSchemas(Context*, const v1::DiffSchemasRequest*, v1::DiffSchemasReply*) override;
  GStatus DeleteSchemas(Context*, const v1::DeleteSchemasRequest*,
                        v1::DeleteSchemasReply*) override;
  GStatus GetSchemaSettings(Context*, const v1::GetSchemaSettingsRequest*,
                            v1::SchemaSettings*) override;
  GStatus ConfigureSchemas(Context*, const v1::ConfigureSchemasRequest*,
                           v1::SchemaSettings*) override;
  GStatus SetSchemaMode(Context*, const v1::SetSchemaModeRequest*, v1::SchemaSettings*) override;
  GStatus ListCampaigns(Context*, const v1::ListCampaignsRequest*,
                        v1::ListCampaignsReply*) override;
  GStatus GetCampaign(Context*, const v1::GetCampaignRequest*, v1::CampaignView*) override;
  GStatus ControlCampaign(Context*, const v1::ControlCampaignRequest*, v1::CampaignView*) override;
  GStatus WatchCampaign(Context*, const v1::GetCampaignRequest*,
                        grpc::ServerWriter<v1::CampaignView>*) override;
  GStatus ListDevices(Context*, const v1::ListDevicesRequest*, v1::ListDevicesReply*) override;
  GStatus GetDeviceHistory(Context*, const v1::GetDeviceHistoryRequest*,
                           v1::DeviceHistory*) override;
  GStatus ExportEvidence(Context*, const v1::ExportEvidenceRequest*,
                         v1::ExportEvidenceReply*) override;
  GStatus PutArtefact(Context*, grpc::ServerReader<v1::Chunk>*, v1::PutArtefactReply*) override;
  GStatus GetArtefact(Context*, const v1::DownloadRequest*,
                      grpc::ServerWriter<v1::Chunk>*) override;
  GStatus CreateToken(Context*, const v1::CreateTokenRequest*, v1::CreateTokenReply*) override;

 private:
  GStatus Judge(const std::string& id, bool dry_run);
  // What `refusals` says of "action/model", or `reply` with the names filled in.
  GStatus Note(const char* action, const std::string& model, std::uint64_t version,
               v1::ModelVersion* reply);
  std::size_t watched_ = 0;
};

class MusterTest : public ::testing::Test {
 protected:
  MusterTest();
  // Runs `muster ARGUMENTS`, and keeps what it showed in out() and err().
  int Run(const std::vector<std::string>& arguments);
  const std::string& out() const { return screen_.out; }
  const std::string& err() const { return screen_.err; }
  std::string Write(const std::string& name, std::string_view text);

  muster::testing::TempDir dir_;
  MemoryScreen screen_;
  FakeDisk disk_;
  FakeSignals signals_;
  ManualClock clock_;
  platform::OpenSslHasher hasher_;
  platform::OpenSslCrypto crypto_;
  FakeLauncher launcher_;
  FakeServices services_;
  std::unique_ptr<grpc::Server> server_;
  AuthorityFlags authority_flags_;  // What `muster authority` was last run with.
  World world_;
};

}  // namespace muster::cli
