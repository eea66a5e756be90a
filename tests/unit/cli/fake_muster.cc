#include "fake_muster.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/crc32c.h"
#include "rpc/status.h"

namespace muster::cli {
namespace {
using GStatus = grpc::Status;

GStatus Wire(const Status& status) {
  NullLogger log;
  return rpc::ToGrpc(status, log);
}

StatusOr<std::string> ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("{}: No such file or directory", path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

StatusOr<std::string> FakeDisk::ReadText(const std::string& path) { return ReadAll(path); }
StatusOr<Secret> FakeDisk::ReadPrivate(const std::string& path) {
  MUSTER_ASSIGN(const std::string text, ReadAll(path));
  return Secret::FromText(text);
}
Status FakeDisk::WritePrivate(const std::string& path, const Secret& content) {
  private_files.push_back(path);
  std::ofstream(path, std::ios::binary) << AsText(content.Reveal());
  return Ok();
}
StatusOr<std::string> FakeDisk::MakeTempDir() {
  const std::string path = dir_ + "/temp";
  std::filesystem::create_directory(path);
  return path;
}

GStatus FakeServices::Judge(const std::string& id, bool dry_run) {
  calls.push_back((dry_run ? "try " : "apply ") + id);
  const auto it = refusals.find(id);
  return it == refusals.end() ? GStatus::OK : Wire(it->second);
}

GStatus FakeServices::ApplyContract(Context*, const v1::ApplyContractRequest* request,
                                    v1::ApplyContractReply* reply) {
  reply->mutable_version()->set_version(1);
  *reply->mutable_version()->mutable_contract() = request->contract();
  reply->set_created(request->contract().description() != "known");
  return Judge("contract/" + request->contract().name(), request->dry_run());
}
GStatus FakeServices::GetContract(Context*, const v1::GetContractRequest* request,
                                  v1::ContractVersion* reply) {
  const bool known = request->name() == contract.contract().name() &&
                     (request->version() == 0 || request->version() == contract.version());
  if (!known)
    return Wire(WithReason(NotFound("there is no contract '{}'", request->name()),
                           Reason::kRESOURCE_NOT_FOUND));
  *reply = contract;
  return GStatus::OK;
}
GStatus FakeServices::DiffContract(Context*, const v1::DiffContractRequest* request,
                                   v1::ContractDiff* reply) {
  diff_asked = *request;
  *reply = contract_diff;
  return GStatus::OK;
}
GStatus FakeServices::CheckContract(Context*, const v1::CheckContractRequest* request,
                                    v1::ContractCheck* reply) {
  contracts_checked.push_back(*request);
  *reply = contract_check;
  reply->set_name(request->contract().name());
  return Judge("contract/" + request->contract().name(), true);
}
GStatus FakeServices::ApplyModel(Context*, const v1::ApplyModelRequest* request,
                                 v1::ApplyModelReply* reply) {
  models_applied.push_back(*request);
  reply->set_changed(true);
  return Judge("model/" + request->model().name(), request->dry_run());
}
GStatus FakeServices::ApplyCampaign(Context*, const v1::ApplyCampaignRequest* request,
                                    v1::ApplyCampaignReply* reply) {
  campaigns_applied.push_back(*request);
  reply->set_created(true);
  return Judge("campaign/" + request->campaign().name(), request->dry_run());
}

GStatus FakeServices::GetModel(Context*, const v1::GetModelRequest* request, v1::ModelView* reply) {
  if (request->name() != model.model().name())
    return Wire(WithReason(NotFound("there is no model '{}'", request->name()),
                           Reason::kRESOURCE_NOT_FOUND));
  *reply = model;
  return GStatus::OK;
}
GStatus FakeServices::GetVersion(Context*, const v1::GetVersionRequest* request,
                                 v1::ModelVersion* reply) {
  const auto alias = model.aliases().find(request->alias());
  const std::uint64_t wanted = alias == model.aliases().end() ? request->version() : alias->second;
  for (const auto& version : model.versions())
    if (version.version() == wanted) {
      *reply = version;
      return GStatus::OK;
    }
  return Wire(NotFound("no such version"));
}
GStatus FakeServices::CreateVersion(Context*, const v1::CreateVersionRequest* request,
                                    v1::ModelVersion* reply) {
  versions_created.push_back(*request);
  reply->set_model(request->model());
  reply->set_version(4);
  reply->set_parameters(28'033);
  reply->set_params_digest(request->params_digest());
  return GStatus::OK;
}
GStatus FakeServices::SetAlias(Context*, const v1::SetAliasRequest* request,
                               v1::ModelVersion* reply) {
  alias_set = *request;
  reply->set_version(request->version());
  return GStatus::OK;
}

GStatus FakeServices::Promote(Context*, const v1::PromoteRequest* request,
                              v1::PromoteReply* reply) {
  promote_asked = *request;
  *reply = promoted;
  return GStatus::OK;
}
GStatus FakeServices::Rollback(Context*, const v1::RollbackRequest* request,
                               v1::PromoteReply* reply) {
  rollback_asked = *request;
  *reply = promoted;
  return GStatus::OK;
}
GStatus FakeServices::GetAliasHistory(Context*, const v1::GetAliasHistoryRequest* request,
                                      v1::AliasHistory* reply) {
  history_asked = *request;
  *reply = history;
  return GStatus::OK;
}
GStatus FakeServices::Note(const char* action, const std::string& name, std::uint64_t version,
                           v1::ModelVersion* reply) {
  const auto it = refusals.find(fmt::format("{}/{}", action, name));
  if (it != refusals.end()) return Wire(it->second);
  reply->set_model(name);
  reply->set_version(version);
  return GStatus::OK;
}
GStatus FakeServices::ApproveVersion(Context*, const v1::ApproveVersionRequest* request,
                                     v1::ModelVersion* reply) {
  approved = *request;
  for (const char* who : {"operator/ann", "operator/bob"}) reply->add_approvals()->set_by(who);
  return Note("approve", request->model(), request->version(), reply);
}
GStatus FakeServices::CertifyVersion(Context*, const v1::CertifyVersionRequest* request,
                                     v1::ModelVersion* reply) {
  certified = *request;
  reply->add_certified()->set_hardware(request->hardware());
  return Note("certify", request->model(), request->version(), reply);
}
GStatus FakeServices::MeasureVersion(Context*, const v1::MeasureVersionRequest* request,
                                     v1::ModelVersion* reply) {
  measured = *request;
  *reply->mutable_slices() = request->report().slices();
  return Note("measure", request->model(), request->version(), reply);
}
GStatus FakeServices::TagVersion(Context*, const v1::TagVersionRequest* request,
                                 v1::ModelVersion* reply) {
  tagged = *request;
  *reply->mutable_tags() = request->set();
  return Note("tag", request->model(), request->version(), reply);
}
GStatus FakeServices::ListSchemas(Context*, const v1::ListSchemasRequest* request,
                                  v1::ListSchemasReply* reply) {
  schema_lists.push_back(*request);
  if (schema_lists.size() <= schemas_listed.size())
    *reply = schemas_listed[schema_lists.size() - 1];
  return GStatus::OK;
}
GStatus FakeServices::GetSchema(Context*, const v1::GetSchemaRequest* request,
                                v1::SchemaVersion* reply) {
  schema_asked = *request;
  *reply = schema;
  return GStatus::OK;
}
GStatus FakeServices::RegisterSchema(Context*, const v1::RegisterSchemaRequest* request,
                                     v1::RegisterSchemaReply* reply) {
  registered = *request;
  if (registration.ok()) *reply = *registration;
  return Wire(registration.status());
}
GStatus FakeServices::CheckSchema(Context*, const v1::CheckSchemaRequest* request,
                                  v1::CheckSchemaReply* reply) {
  checked = *request;
  if (check.ok()) *reply = *check;
  return Wire(check.status());
}
GStatus FakeServices::DiffSchemas(Context*, const v1::DiffSchemasRequest* request,
                                  v1::DiffSchemasReply* reply) {
  diffed = *request;
  *reply = diff;
  return GStatus::OK;
}
GStatus FakeServices::DeleteSchemas(Context*, const v1::DeleteSchemasRequest* request,
                                    v1::DeleteSchemasReply* reply) {
  schemas_deleted = *request;
  for (const std::uint64_t version : {1, 2}) reply->add_versions(version);
  return GStatus::OK;
}
GStatus FakeServices::GetSchemaSettings(Context*, const v1::GetSchemaSettingsRequest* request,
                                        v1::SchemaSettings* reply) {
  settings_asked = *request;
  *reply = settings;
  return GStatus::OK;
}
GStatus FakeServices::ConfigureSchemas(Context*, const v1::ConfigureSchemasRequest* request,
                                       v1::SchemaSettings* reply) {
  configured = *request;
  *reply = settings;
  return GStatus::OK;
}
GStatus FakeServices::SetSchemaMode(Context*, const v1::SetSchemaModeRequest* request,
                                    v1::SchemaSettings* reply) {
  mode_set = *request;
  *reply = settings;
  return GStatus::OK;
}
GStatus FakeServices::SearchVersions(Context*, const v1::SearchVersionsRequest* request,
                                     v1::SearchVersionsReply* reply) {
  searches.push_back(*request);
  if (searches.size() > found.size())
    return Wire(WithField(
        WithReason(InvalidArgument("filter: column 1: no"), Reason::kFIELD_INVALID), "filter"));
  *reply = found[searches.size() - 1];
  return GStatus::OK;
}

GStatus FakeServices::ListCampaigns(Context*, const v1::ListCampaignsRequest*,
                                    v1::ListCampaignsReply* reply) {
  *reply = campaigns;
  return GStatus::OK;
}
GStatus FakeServices::GetCampaign(Context*, const v1::GetCampaignRequest* request,
                                  v1::CampaignView* reply) {
  for (const auto& view : campaigns.campaigns())
    if (view.campaign().name() == request->name()) {
      *reply = view;
      return GStatus::OK;
    }
  return Wire(WithReason(NotFound("there is no campaign '{}'", request->name()),
                         Reason::kRESOURCE_NOT_FOUND));
}
GStatus FakeServices::ControlCampaign(Context*, const v1::ControlCampaignRequest* request,
                                      v1::CampaignView* reply) {
  controlled = *request;
  *reply = campaigns.campaigns(0);
  reply->set_phase("paused");
  return GStatus::OK;
}
GStatus FakeServices::WatchCampaign(Context*, const v1::GetCampaignRequest* request,
                                    grpc::ServerWriter<v1::CampaignView>* writer) {
  calls.push_back("watch " + request->name());
  if (watched_ >= watches.size()) return Wire(NotFound("there is no such campaign"));
  const auto& [views, status] = watches[watched_++];
  for (const auto& view : views) writer->Write(view);
  return status;
}

GStatus FakeServices::ListDevices(Context*, const v1::ListDevicesRequest* request,
                                  v1::ListDevicesReply* reply) {
  for (const auto& item : request->labels()) calls.push_back(item.first + "=" + item.second);
  *reply = devices;
  return GStatus::OK;
}

GStatus FakeServices::GetDeviceHistory(Context*, const v1::GetDeviceHistoryRequest* request,
                                       v1::DeviceHistory* reply) {
  device_history_asked = *request;
  if (device_history.id().empty())
    return Wire(WithReason(NotFound("no device is called '{}'", request->name()),
                           Reason::kRESOURCE_NOT_FOUND));
  *reply = device_history;
  return GStatus::OK;
}
GStatus FakeServices::ExportEvidence(Context*, const v1::ExportEvidenceRequest* request,
                                     v1::ExportEvidenceReply* reply) {
  evidence_asked = *request;
  if (evidence.empty()) return Wire(FailedPrecondition("not in the log yet; try again"));
  const std::string digest = platform::OpenSslHasher().Sha256(AsBytes(evidence)).ToString();
  const ByteView bytes = AsBytes(evidence);
  artefacts[digest] = Bytes(bytes.begin(), bytes.end());
  reply->set_digest(digest);
  return GStatus::OK;
}

GStatus FakeServices::PutArtefact(Context*, grpc::ServerReader<v1::Chunk>* reader,
                                  v1::PutArtefactReply* reply) {
  Bytes bytes;
  for (v1::Chunk chunk; reader->Read(&chunk);) {
    const ByteView data = AsBytes(chunk.data());
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  const std::string digest = platform::OpenSslHasher().Sha256(bytes).ToString();
  reply->set_digest(digest);
  reply->set_bytes(bytes.size());
  artefacts[digest] = bytes;
  return GStatus::OK;
}
GStatus FakeServices::GetArtefact(Context*, const v1::DownloadRequest* request,
                                  grpc::ServerWriter<v1::Chunk>* writer) {
  const Bytes& bytes = artefacts[request->digest()];
  const ByteView rest = ByteView(bytes).subspan(request->offset());
  v1::Chunk chunk;
  chunk.set_offset(request->offset());
  chunk.set_crc32c(Crc32c(rest));
  chunk.set_data(std::string(AsText(rest)));
  writer->Write(chunk);
  return GStatus::OK;
}

GStatus FakeServices::CreateToken(Context*, const v1::CreateTokenRequest* request,
                                  v1::CreateTokenReply* reply) {
  token_asked = *request;
  *reply = token;
  return GStatus::OK;
}

MusterTest::MusterTest()
    : disk_(dir_.path()),
      clock_(FromUnixMillis(1'700'000'000'000)),
      world_{.screen = screen_,
             .disk = disk_,
             .signals = signals_,
             .clock = clock_,
             .hasher = hasher_,
             .crypto = crypto_,
             .launcher = launcher_,
             .connect = [this](const Endpoint&,
                               const rpc::TlsIdentity&) { return server_->InProcessChannel({}); },
             .sleep = [this](Duration d) { clock_.Advance(d); },
             .contexts_file = dir_ / "contexts.yaml",
             .program_dir = "/opt/muster/bin",
             .read_stdin = [](std::size_t) -> StatusOr<std::string> { return std::string(); },
             .run_authority = [this](const AuthorityFlags& flags) -> StatusOr<int> {
               authority_flags_ = flags;
               return 7;
             }} {
  grpc::ServerBuilder builder;
  for (grpc::Service* service : std::initializer_list<grpc::Service*>{
           static_cast<v1::ContractService::Service*>(&services_),
           static_cast<v1::ModelService::Service*>(&services_),
           static_cast<v1::PromotionService::Service*>(&services_),
           static_cast<v1::CampaignService::Service*>(&services_),
           static_cast<v1::FleetService::Service*>(&services_),
           static_cast<v1::SchemaService::Service*>(&services_),
           static_cast<v1::ArtefactService::Service*>(&services_),
           static_cast<v1::EvidenceService::Service*>(&services_),
           static_cast<v1::AuthorityService::Service*>(&services_)})
    builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  for (const char* name : {"ca.pem", "cert.pem", "key.pem"}) Write(name, "PEM");
  Write("contexts.yaml",
        fmt::format("current: test\ncontexts:\n- name: test\n"
                    "  coordinator: {{server: 'localhost:7443', ca: {0}/ca.pem, certificate: "
                    "{0}/cert.pem, key: {0}/key.pem}}\n"
                    "  authority: {{server: 'localhost:7444', ca: {0}/ca.pem, certificate: "
                    "{0}/cert.pem, key: {0}/key.pem}}\n",
                    dir_.path()));
}

int MusterTest::Run(const std::vector<std::string>& arguments) {
  screen_.out.clear();
  screen_.err.clear();
  return RunMuster(arguments, world_);
}

std::string MusterTest::Write(const std::string& name, std::string_view text) {
  const std::string path = dir_ / name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace muster::cli
