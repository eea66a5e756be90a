#pragma once
// Models: what they read and predict, their numbered versions, and the aliases that point at
// versions, with their gates and their history. Pure: decides and believes; never stores, never
// opens an artefact.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "registry/contract.h"
#include "registry/gate.h"
#include "registry/promotion.h"
#include "registry/roles.h"
#include "registry/shared_list.h"
#include "registry/version.h"
#include "registry/version_columns.h"

namespace muster::registry {

// `rows` rows of `features` in time order; the next window begins `stride` rows later.
struct InputSpec {
  std::vector<std::string> features;
  std::uint32_t rows = 1;
  std::uint32_t stride = 1;
  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

// A number, or 0 and 1: then the module gives the log-odds of 1.
enum class LabelType : std::uint8_t { kNumber, kBinary };

// min(field, max) / scale at the window's last row.
struct LabelSpec {
  std::string field;
  std::optional<double> max;
  std::optional<double> scale;
  LabelType type = LabelType::kNumber;
  friend bool operator==(const LabelSpec&, const LabelSpec&) = default;
};

struct ModelSpec {
  ModelName name;
  std::string description;
  ContractName contract;
  VersionNumber contract_version;  // 0: the newest when it is applied; what is kept is never 0.
  InputSpec input;
  LabelSpec label;
  std::optional<Gates> gates = {};  // Empty: every alias moves freely.
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID, FIELD_DUPLICATE) with the path of what is wrong in
// itself: 1 to 1000 features without duplicates, rows and stride of 1 to 1,000,000, at most 2^24
// inputs in all, max finite, scale above 0, neither of a binary label, and gates as gate.h has
// them.
Status Validate(const ModelSpec& spec);

// OK, or FAILED_PRECONDITION (CONTRACT_MISMATCH) with the path of the field that `contract` lacks
// (and the nearest name), or that is not numeric, or of the feature without a declared range.
Status CheckAgainst(const ModelSpec& spec, const ContractVersion& contract);

// The first field that the model reads and that differs between two versions of its contract, or
// null.
const std::string* FirstChange(const ModelSpec& spec, const ContractVersion& a,
                               const ContractVersion& b);

// A name that means the newest version wherever an alias may stand; nobody can move it.
inline constexpr std::string_view kLatest = "latest";

struct ModelState {
  std::optional<ModelSpec> spec;      // Empty until the first ModelApplied.
  SharedList<ModelVersion> versions;  // Version n stands at n - 1.
  SharedList<VersionNotes> notes;     // The same.
  VersionColumns columns;             // What searches read of both.
  std::map<std::string, VersionNumber> aliases;
  std::map<std::string, AliasMoves, std::less<>> history;  // Of every alias there ever was.
  Timestamp newest_at;  // Of the newest fact; no older one comes after it.

  // Null when there is none; 0 asks for the newest.
  const ModelVersion* Find(VersionNumber version) const;
  const ModelVersion* Find(std::string_view alias) const;
  std::vector<std::string> AliasesOf(VersionNumber version) const;
  const AliasMoves& HistoryOf(std::string_view alias) const;
  bool Guards(std::string_view alias) const {
    return spec && spec->gates && spec->gates->Guards(alias);
  }
  friend bool operator==(const ModelState&, const ModelState&) = default;
};

// Events.
struct ApplyModel {
  ModelSpec spec;  // Its contract_version is a number, unless `contract` is missing.
  // The version that spec names. Missing when it is refused itself (a dry run): not judged.
  std::optional<ContractVersion> contract;
  // The version that the model reads by now, once it exists.
  std::optional<ContractVersion> current;
  std::string by;
  Roles roles = {};
};
struct CreateModelVersion {
  Digest params;
  std::optional<Digest> module;
  std::uint64_t parameters = 0;
  VersionNumber parent;
  std::optional<CampaignRound> origin;
  std::optional<Lineage> lineage;
  Measurements measured;
  std::string by;
};
// Of an alias that no gate guards.
struct MoveAlias {
  std::string alias;
  VersionNumber version;  // 0 takes the alias away.
  std::string by;
};
struct ApproveVersion {
  VersionNumber version;
  std::string comment;
  Roles roles;
  std::string by;
};
struct CertifyVersion {
  VersionNumber version;
  std::string hardware;
  Roles roles;
  std::string by;
};
struct MeasureVersion {
  VersionNumber version;
  Measurements measured;
  std::string by;
};
struct TagVersion {
  VersionNumber version;
  std::map<std::string, std::string> set;
  std::vector<std::string> remove;
  std::string by;
};
// A monitor took its reference of the version; another one takes the place of that before.
struct ReferToVersion {
  VersionNumber version;
  MonitorName monitor;
  Digest digest;
  ReferenceExtent extent;
  std::string by;
};
using ModelEvent =
    std::variant<ApplyModel, CreateModelVersion, MoveAlias, PromoteVersion, ApproveVersion,
                 CertifyVersion, MeasureVersion, TagVersion, ReferToVersion>;

// Facts, beside those of promotion.h.
struct ModelApplied {
  ModelSpec spec;
  Timestamp at;
  std::string by;
};
struct ModelVersionCreated {
  ModelVersion version;
};
struct VersionApproved {
  VersionNumber version;
  std::string comment;
  Timestamp at;
  std::string by;
};
struct VersionCertified {
  VersionNumber version;
  std::string hardware;
  Timestamp at;
  std::string by;
};
struct VersionMeasured {
  VersionNumber version;
  Measurements measured;
  Timestamp at;
  std::string by;
};
struct VersionTagged {
  VersionNumber version;
  std::map<std::string, std::string> set;
  std::vector<std::string> removed;
  Timestamp at;
  std::string by;
};
struct VersionReferenced {
  VersionNumber version;
  MonitorName monitor;
  Digest digest;
  ReferenceExtent extent;
  Timestamp at;
  std::string by;
};
// Somebody asked for what is not theirs to do; nothing else changed.
struct ModelActionDenied {
  std::string action;     // "approve", "certify", "change-gates".
  VersionNumber version;  // 0: of the model itself.
  Reason reason;          // ROLE_MISSING or APPROVAL_BY_AUTHOR.
  std::string why;
  Timestamp at;
  std::string by;
};
using ModelFact =
    std::variant<ModelApplied, ModelVersionCreated, AliasMoved, PromotionRefused,
                 PromotionOverridden, VersionApproved, VersionCertified, VersionMeasured,
                 VersionTagged, VersionReferenced, ModelActionDenied>;
using ModelFacts = std::vector<ModelFact>;

// No fact when nothing would change: the model reads so already, the alias points there, the same
// parameters came out of the same round of the same campaign. A promotion that its gates refuse is
// a fact, PromotionRefused, and so is what a role forbids, ModelActionDenied. Refusals without a
// fact, beside those of Validate and CheckAgainst:
//   VERSION_IMMUTABLE (FAILED_PRECONDITION)  input, label or contract of a model with versions
//     would change, or the contract's version in a way that changes what the model reads; or a
//     measurement that is recorded.
//   RESOURCE_NOT_FOUND (NOT_FOUND)  no such model, parent, version, alias or tag; a rollback to a
//     version that the alias never pointed at.
//   GATE_REFUSED (FAILED_PRECONDITION)  MoveAlias of a guarded alias.
//   FIELD_INVALID (INVALID_ARGUMENT)  names and values of measurements, aliases, tags, hardware.
//   CLOCK_BACKWARDS (FAILED_PRECONDITION)  `now` lies before the model's newest fact.
StatusOr<ModelFacts> Decide(const ModelState& state, const ModelEvent& event, Timestamp now);
void Apply(ModelState& state, const ModelFact& fact);
Timestamp TimeOf(const ModelFact& fact);

// What the facts of a refusal tell the caller: that of a PromotionRefused or a ModelActionDenied
// (PERMISSION_DENIED) among them; else OK.
Status RefusalIn(const ModelFacts& facts);

// The version that this campaign's round made of these parameters, or null.
const ModelVersion* FindPublished(const ModelState& state, const CampaignRound& origin,
                                  const Digest& params);

// Rows of the stream "model/<name>".
inline constexpr std::string_view kModelStreams = "model/";
StatusOr<std::string> EncodeFact(const ModelFact& fact);
// A row of the stream of model `name`. DATA_LOSS when it is not a model's.
StatusOr<ModelFact> DecodeModelFact(const ModelName& name, std::string_view row);

}  // namespace muster::registry
