#pragma once
// Models: what they read and predict, their numbered versions that never change, and the aliases
// that point at versions. Pure: decides and believes; never stores, never opens an artefact.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "registry/contract.h"

namespace muster::registry {

// `rows` rows of `features` in time order; the next window begins `stride` rows later.
struct InputSpec {
  std::vector<std::string> features;
  std::uint32_t rows = 1;
  std::uint32_t stride = 1;
  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

// min(field, max) / scale at the window's last row.
struct LabelSpec {
  std::string field;
  std::optional<double> max;
  std::optional<double> scale;
  friend bool operator==(const LabelSpec&, const LabelSpec&) = default;
};

struct ModelSpec {
  ModelName name;
  std::string description;
  ContractName contract;
  VersionNumber contract_version;  // 0: the newest when it is applied; what is kept is never 0.
  InputSpec input;
  LabelSpec label;
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID, FIELD_DUPLICATE) with the path of what is wrong in
// itself: 1 to 1000 features without duplicates, rows and stride of 1 to 1,000,000, at most 2^24
// inputs in all, max finite, scale above 0.
Status Validate(const ModelSpec& spec);

// OK, or FAILED_PRECONDITION (CONTRACT_MISMATCH) with the path of the field that `contract` lacks
// (and the nearest name), or that is not numeric, or of the feature without a declared range.
Status CheckAgainst(const ModelSpec& spec, const ContractVersion& contract);

struct CampaignRound {
  CampaignName campaign;
  RoundNumber round;
  friend bool operator==(const CampaignRound&, const CampaignRound&) = default;
};

struct ModelVersion {
  ModelName model;
  VersionNumber version;
  Digest params;                 // Of the safetensors file: the model's digest.
  std::optional<Digest> module;  // Of the TorchScript module, when the trainer needs one.
  ContractName contract;
  VersionNumber contract_version;
  VersionNumber parent;                 // What it was trained from; 0: made from a file.
  std::optional<CampaignRound> origin;  // Empty: made from a file.
  std::map<std::string, double> metrics;
  std::uint64_t parameters = 0;  // How many values.
  Timestamp created_at;
  std::string created_by;  // Caller::Text().
  friend bool operator==(const ModelVersion&, const ModelVersion&) = default;
};

// A name that means the newest version wherever an alias may stand; nobody can move it.
inline constexpr std::string_view kLatest = "latest";

struct ModelState {
  std::optional<ModelSpec> spec;       // Empty until the first ModelApplied.
  std::vector<ModelVersion> versions;  // Version n stands at n - 1.
  std::map<std::string, VersionNumber> aliases;

  // Null when there is none; 0 asks for the newest.
  const ModelVersion* Find(VersionNumber version) const;
  const ModelVersion* Find(std::string_view alias) const;
  std::vector<std::string> AliasesOf(VersionNumber version) const;
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
};
struct CreateModelVersion {
  Digest params;
  std::optional<Digest> module;
  std::uint64_t parameters = 0;
  VersionNumber parent;
  std::optional<CampaignRound> origin;
  std::map<std::string, double> metrics;
  std::string by;
};
struct MoveAlias {
  std::string alias;
  VersionNumber version;  // 0 takes the alias away.
  std::string by;
};
using ModelEvent = std::variant<ApplyModel, CreateModelVersion, MoveAlias>;

// Facts.
struct ModelApplied {
  ModelSpec spec;
  Timestamp at;
  std::string by;
};
struct ModelVersionCreated {
  ModelVersion version;
};
struct AliasMoved {
  std::string alias;
  VersionNumber version;  // 0: taken away.
  VersionNumber from;     // 0: it was new.
  Timestamp at;
  std::string by;
};
using ModelFact = std::variant<ModelApplied, ModelVersionCreated, AliasMoved>;
using ModelFacts = std::vector<ModelFact>;

// No fact when nothing would change: the model reads so already, the alias points there, the same
// parameters came out of the same round of the same campaign. Refusals, beside those of Validate
// and CheckAgainst:
//   VERSION_IMMUTABLE (FAILED_PRECONDITION)  input, label or contract of a model with versions
//     would change, or the contract's version in a way that changes what the model reads.
//   RESOURCE_NOT_FOUND (NOT_FOUND)  no such model, parent, version or alias.
//   FIELD_INVALID (INVALID_ARGUMENT)  names and values of metrics, the name of the alias.
StatusOr<ModelFacts> Decide(const ModelState& state, const ModelEvent& event, Timestamp now);
void Apply(ModelState& state, const ModelFact& fact);

// The version that this campaign's round made of these parameters, or null.
const ModelVersion* FindPublished(const ModelState& state, const CampaignRound& origin,
                                  const Digest& params);

// Rows of the stream "model/<name>".
inline constexpr std::string_view kModelStreams = "model/";
StatusOr<std::string> EncodeFact(const ModelFact& fact);
// A row of the stream of model `name`. DATA_LOSS when it is not a model's.
StatusOr<ModelFact> DecodeModelFact(const ModelName& name, std::string_view row);

}  // namespace muster::registry
