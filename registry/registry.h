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
#include "registry/contract_diff.h"
#include "registry/model.h"

namespace muster::registry {

struct AppliedContract {
  ContractVersion version;
  bool created = false;
};
// What changed between two versions of a contract.
struct ContractComparison {
  VersionNumber from;
  VersionNumber to;
  std::vector<ContractDifference> differences;
};
// What applying a contract would come to.
struct ContractJudgement {
  VersionNumber newest;                                 // 0: the contract is new.
  bool changed = false;                                 // It would make a version.
  Compatibility compatibility = kDefaultCompatibility;  // What it was judged by.
  std::vector<ContractDifference> differences;          // From the newest version.
  std::vector<ContractBreak> breaks;                    // What the compatibility forbids.
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
  Measurements measured;
};
// A version that a campaign made.
struct PublishRequest {
  ModelName model;
  Digest params;
  std::optional<Digest> module;
  VersionNumber parent;
  CampaignName campaign;
  RoundNumber round;
  Measurements measured;
  std::optional<Lineage> lineage;
};
struct ModelView {
  ModelSpec spec;
  SharedList<ModelVersion> versions;  // Oldest first.
  SharedList<VersionNotes> notes;     // The same.
  std::map<std::string, VersionNumber> aliases;
};
struct VersionView {
  ModelVersion version;
  VersionNotes notes;
  std::vector<std::string> aliases;
};

// A move of an alias through its gates.
struct MoveRequest {
  ModelName model;
  std::string alias{kChampion};
  VersionNumber version;             // 0, of a rollback: what the alias pointed at before.
  std::string override_reason = {};  // Empty: a refusal stands.
  bool dry_run = false;              // Judge everything, change nothing.
};
struct Promotion {
  enum class Outcome { kMoved, kUnchanged, kRefused };
  std::string alias;
  VersionNumber version;
  VersionNumber from;  // What the alias pointed at; 0: nowhere.
  Outcome outcome = Outcome::kUnchanged;
  std::vector<Verdict> verdicts;  // None when nothing was to change.
  std::optional<Reason> reason;   // Of a refusal.
  bool overridden = false;
};

// Moves of the model's aliases.
struct HistoryRequest {
  ModelName model;
  std::string alias;                 // Empty: of all.
  std::optional<Timestamp> at = {};  // Of each alias only the move that held then.
  std::uint32_t most = 0;            // The newest so many; 0: kMostMoves, the most.
};
inline constexpr std::uint32_t kMostMoves = 1000;
struct MoveView {
  std::string alias;
  AliasMove move;
  std::optional<Timestamp> until;  // When it moved on; empty: it holds.
};

struct SearchRequest {
  std::string filter = {};      // filter.h; empty: every version.
  ModelName model = {};         // Empty: of all models.
  std::uint32_t page_size{};    // 0: 50; at most 1000.
  std::string page_token = {};  // Of the page before; empty: the first.
};
struct SearchPage {
  std::vector<VersionView> versions;  // By model, the newest version first.
  std::string next_page_token;        // Empty: there is no more.
};

// Fields of a contract version that somebody reads.
struct ContractUse {
  ContractName contract;
  VersionNumber version;
  std::vector<std::string> fields;  // Of a model: its features, then its label.
  friend bool operator==(const ContractUse&, const ContractUse&) = default;
};
ContractUse UseOf(const ModelSpec& model, const ContractName& contract, VersionNumber version);

// Safe from any thread. Reads never wait for the disk: writers queue behind one another, and
// readers see what was recorded last.
class Registry {
 public:
  Registry(Journal& journal, Blobs& blobs, const Clock& clock, Logger& log, Roles roles = {})
      : blobs_(blobs),
        log_(log),
        roles_(std::move(roles)),
        contracts_(journal, clock),
        models_(journal, clock) {}

  // Believes the journal again, whole; before anything else is asked. DATA_LOSS names the stream
  // whose row is unreadable.
  Status Recover();

  // Errors beside those of Decide: what Journal::Append says, but for a stale write, which is
  // redone. Nothing is believed that was not recorded.
  StatusOr<AppliedContract> ApplyContract(const ContractSpec& spec, bool dry_run, const Caller& by);
  // RESOURCE_NOT_FOUND (FAILED_PRECONDITION) at "contract" or "contract_version"; ROLE_MISSING
  // (PERMISSION_DENIED) when gates that stand would change.
  StatusOr<AppliedModel> ApplyModel(const ModelSpec& spec, const ApplyModelOptions& options,
                                    const Caller& by);
  // BLOB_NOT_FOUND (FAILED_PRECONDITION) and ARTEFACT_INVALID at "params_digest" or
  // "module_digest": see artefacts.h. Reads the whole parameters once.
  StatusOr<VersionView> CreateVersion(const CreateRequest& request, const Caller& by);
  // The same, once for each (campaign, round, parameters): asked again, gives the version made
  // before.
  StatusOr<ModelVersion> PublishVersion(const PublishRequest& request, const Caller& by);
  // Points an alias at a version, or takes it away with version 0. Returns the version that it
  // points at now, or did. A guarded alias is promoted: GATE_REFUSED (FAILED_PRECONDITION),
  // ROLE_MISSING (PERMISSION_DENIED).
  StatusOr<VersionView> SetAlias(const MoveRequest& request, const Caller& by);
  // The same with every verdict; a refusal is an answer here. Moves an alias without gates too.
  StatusOr<Promotion> Promote(const MoveRequest& request, const Caller& by);
  // Back to a version that the alias pointed at before, by the model's rule for rollbacks.
  StatusOr<Promotion> Rollback(const MoveRequest& request, const Caller& by);
  // APPROVAL_BY_AUTHOR, ROLE_MISSING (PERMISSION_DENIED). Once a person; again changes nothing.
  StatusOr<VersionView> Approve(const ModelName& model, VersionNumber version,
                                const std::string& comment, const Caller& by);
  // ROLE_MISSING (PERMISSION_DENIED).
  StatusOr<VersionView> Certify(const ModelName& model, VersionNumber version,
                                const std::string& hardware, const Caller& by);
  // VERSION_IMMUTABLE (FAILED_PRECONDITION) where something else is recorded.
  StatusOr<VersionView> Measure(const ModelName& model, VersionNumber version,
                                const Measurements& measured, const Caller& by);
  // Keeps what a monitor's windows are held against with the version: the blob is in use from then
  // on. BLOB_NOT_FOUND (FAILED_PRECONDITION) when it is not there.
  StatusOr<VersionView> Refer(const ModelName& model, VersionNumber version,
                              const MonitorName& monitor, const Digest& reference,
                              const ReferenceExtent& extent, const Caller& by);
  StatusOr<VersionView> Tag(const ModelName& model, VersionNumber version,
                            const std::map<std::string, std::string>& set,
                            const std::vector<std::string>& remove, const Caller& by);

  // NOT_FOUND (RESOURCE_NOT_FOUND), with the nearest name.
  StatusOr<ContractVersion> GetContract(const ContractName& name, VersionNumber version) const;
  std::vector<ContractVersion> ListContracts() const;  // The newest of each, by name.
  // `to` 0: the newest; `from` 0: the one before `to`. NOT_FOUND (RESOURCE_NOT_FOUND).
  StatusOr<ContractComparison> DiffContract(const ContractName& name, VersionNumber from,
                                            VersionNumber to) const;
  // Errors as Validate's; an incompatible contract is an answer.
  StatusOr<ContractJudgement> CheckContract(const ContractSpec& spec) const;
  StatusOr<ModelView> GetModel(const ModelName& name) const;
  std::vector<ModelView> ListModels() const;  // By name.
  // Version 0 and the alias "latest" are the newest.
  StatusOr<ModelVersion> Resolve(const ModelName& model, VersionNumber version) const;
  StatusOr<ModelVersion> Resolve(const ModelName& model, std::string_view alias) const;
  StatusOr<VersionView> GetVersion(const ModelName& model, VersionNumber version) const;
  StatusOr<VersionView> GetVersion(const ModelName& model, std::string_view alias) const;
  // The classes of hardware that may load a version: those it is certified on, when its model has a
  // hardware gate; else nothing, and every class may.
  StatusOr<std::optional<std::vector<std::string>>> CertifiedHardware(const ModelName& model,
                                                                      VersionNumber version) const;
  // Oldest first. NOT_FOUND (RESOURCE_NOT_FOUND): no such model, or an alias that never was.
  StatusOr<std::vector<MoveView>> GetAliasHistory(const HistoryRequest& request) const;
  // Versions that fulfil the filter. O(versions) at most; a page after the last change shows that
  // change. FIELD_INVALID at "filter" or "page_token"; NOT_FOUND.
  StatusOr<SearchPage> Search(const SearchRequest& request) const;
  // Whether any version is made of this blob, or held against it, so that nobody removes it.
  bool Uses(const Digest& blob) const;
  // What the versions that are made of this blob read, each use once. O(versions).
  std::vector<ContractUse> ReadersOf(const Digest& blob) const;

 private:
  struct ContractKind {
    using Name = ContractName;
    using State = ContractState;
    using Facts = ContractFacts;
    static constexpr std::string_view kStreams = kContractStreams;
    static StatusOr<ContractVersionCreated> Decode(const ContractName& name, std::string_view row) {
      return DecodeContractFact(name, row);
    }
  };
  struct ModelKind {
    using Name = ModelName;
    using State = ModelState;
    using Facts = ModelFacts;
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

  // A move of an alias as an event, with the contracts that its gates look at.
  StatusOr<ModelEvent> EventOf(const ModelState& state, const MoveRequest& request, How how,
                               const Caller& by) const;
  StatusOr<Promotion> Move(const MoveRequest& request, How how, const Caller& by);
  // Records what comes of `event` about one version, and returns that.
  StatusOr<VersionView> Note(const ModelName& model, VersionNumber version,
                             const ModelEvent& event);

  Blobs& blobs_;
  Logger& log_;
  const Roles roles_;
  Book<ContractKind> contracts_;
  Book<ModelKind> models_;
};

}  // namespace muster::registry
