#pragma once
// The registry's use cases: judges what is asked, records it in the journal, then believes it.
// Holds specs, versions and aliases in memory; artefacts stay in the blobs, and are only looked at.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/blobs.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "registry/book.h"
#include "registry/contract.h"
#include "registry/model.h"

namespace muster::registry {

struct AppliedContract {
  ContractVersion version;
  bool created = false;
};
struct ApplyModelOptions {
  bool dry_run = false;  // Judge everything, change nothing.
  // Contracts that the same apply brings: a dry run judges the model by them.
  std::vector<ContractSpec> pending_contracts;
};
struct AppliedModel {
  ModelSpec spec;
  bool created = false;
  bool changed = false;
};
// A version out of artefacts that an operator put.
struct CreateRequest {
  ModelName model;
  Digest params;
  std::optional<Digest> module;
  std::map<std::string, double> metrics;
};
// A version that a campaign made.
struct PublishRequest {
  ModelName model;
  Digest params;
  std::optional<Digest> module;
  VersionNumber parent;
  CampaignName campaign;
  RoundNumber round;
  std::map<std::string, double> metrics;
};
struct ModelView {
  ModelSpec spec;
  std::vector<ModelVersion> versions;  // Oldest first.
  std::map<std::string, VersionNumber> aliases;
};
struct VersionView {
  ModelVersion version;
  std::vector<std::string> aliases;
};

// Safe from any thread. Reads never wait for the disk: writers queue behind one another, and
// readers see what was recorded last.
class Registry {
 public:
  Registry(Journal& journal, Blobs& blobs, const Clock& clock, Logger& log)
      : blobs_(blobs), log_(log), contracts_(journal, clock), models_(journal, clock) {}

  // Believes the journal again, whole; before anything else is asked. DATA_LOSS names the stream
  // whose row is unreadable.
  Status Recover();

  // Errors beside those of Decide: what Journal::Append says, but for a stale write, which is
  // redone. Nothing is believed that was not recorded.
  StatusOr<AppliedContract> ApplyContract(const ContractSpec& spec, bool dry_run, const Caller& by);
  // RESOURCE_NOT_FOUND (FAILED_PRECONDITION) at "contract" or "contract_version".
  StatusOr<AppliedModel> ApplyModel(const ModelSpec& spec, const ApplyModelOptions& options,
                                    const Caller& by);
  // BLOB_NOT_FOUND (FAILED_PRECONDITION) and ARTEFACT_INVALID at "params_digest" or
  // "module_digest": see artefacts.h. Reads the whole parameters once.
  StatusOr<VersionView> CreateVersion(const CreateRequest& request, const Caller& by);
  // The same, once for each (campaign, round, parameters): asked again, gives the version made
  // before.
  StatusOr<ModelVersion> PublishVersion(const PublishRequest& request, const Caller& by);
  // Points `alias` at `version`, or takes it away with version 0. Returns the version that it
  // points at now, or did.
  StatusOr<VersionView> SetAlias(const ModelName& model, std::string_view alias,
                                 VersionNumber version, const Caller& by);

  // NOT_FOUND (RESOURCE_NOT_FOUND), with the nearest name.
  StatusOr<ContractVersion> GetContract(const ContractName& name, VersionNumber version) const;
  std::vector<ContractVersion> ListContracts() const;  // The newest of each, by name.
  StatusOr<ModelView> GetModel(const ModelName& name) const;
  std::vector<ModelView> ListModels() const;  // By name.
  // Version 0 and the alias "latest" are the newest.
  StatusOr<ModelVersion> Resolve(const ModelName& model, VersionNumber version) const;
  StatusOr<ModelVersion> Resolve(const ModelName& model, std::string_view alias) const;
  StatusOr<VersionView> GetVersion(const ModelName& model, VersionNumber version) const;
  StatusOr<VersionView> GetVersion(const ModelName& model, std::string_view alias) const;
  // Whether any version is made of this blob, so that nobody removes it.
  bool Uses(const Digest& blob) const;

 private:
  struct ContractKind {
    using Name = ContractName;
    using State = ContractState;
    static constexpr std::string_view kStreams = kContractStreams;
    static StatusOr<ContractVersionCreated> Decode(const ContractName& name, std::string_view row) {
      return DecodeContractFact(name, row);
    }
  };
  struct ModelKind {
    using Name = ModelName;
    using State = ModelState;
    static constexpr std::string_view kStreams = kModelStreams;
    static StatusOr<ModelFact> Decode(const ModelName& name, std::string_view row) {
      return DecodeModelFact(name, row);
    }
  };
  using ModelSnapshot = Book<ModelKind>::Snapshot;

  StatusOr<ModelSnapshot> Require(const ModelName& name) const;
  // The contract `name` as the real apply will find it; null when there is none. Errors of the
  // pending one.
  StatusOr<Book<ContractKind>::Snapshot> ContractFor(const ContractName& name,
                                                     const ApplyModelOptions& options,
                                                     const Caller& by);
  // The version of its contract that `spec` asks for; nullopt when the pending contract is refused
  // itself.
  StatusOr<std::optional<ContractVersion>> ContractOf(const ModelSpec& spec,
                                                      const ApplyModelOptions& options,
                                                      const Caller& by);

  Blobs& blobs_;
  Logger& log_;
  Book<ContractKind> contracts_;
  Book<ModelKind> models_;
};

}  // namespace muster::registry
