#pragma once
// One version of a model: what it is made of, where it comes from, what was measured of it, and
// what people noted about it. Values only.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster::registry {

struct CampaignRound {
  CampaignName campaign;
  RoundNumber round;
  friend bool operator==(const CampaignRound&, const CampaignRound&) = default;
};

// How far a metric may be off.
struct Spread {
  std::optional<double> standard_error;
  std::uint64_t count = 0;   // Examples behind the metric; 0: not known.
  std::uint32_t groups = 0;  // Independent groups that the error was told by; 0: not known.
  friend bool operator==(const Spread&, const Spread&) = default;
};

struct Energy {
  double kwh = 0;
  std::string source;  // Where the estimate comes from.
  friend bool operator==(const Energy&, const Energy&) = default;
};

using Metrics = std::map<std::string, double>;

struct Measurements {
  Metrics metrics = {};
  std::map<std::string, Spread> spreads = {};  // Of metrics, where it is known.
  std::map<std::string, Metrics> slices = {};  // Of parts of the data, by their names.
  std::optional<Energy> energy = {};
  friend bool operator==(const Measurements&, const Measurements&) = default;
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID) with the path of what is wrong: at most 64 metrics and
// 256 slices under names, finite; standard errors of 0 and more, of metrics that are there; an
// energy of 0 and more with a source of at most 256 bytes.
Status Validate(const Measurements& measured);

// How a metric differs between two versions on the same devices: this one's less the other's.
struct PairedDifference {
  double value = 0;
  double standard_error = 0;  // By what each device says of both.
  std::uint32_t devices = 0;  // That said it of both.
  friend bool operator==(const PairedDifference&, const PairedDifference&) = default;
};

// The version that a campaign started from, evaluated by it on the rows that its own versions were:
// what is compared was measured on the same data, and as good as at the same time.
struct Baseline {
  VersionNumber version;
  Measurements measured = {};
  std::uint64_t examples = 0;
  std::uint32_t devices = 0;  // That evaluated it.
  std::uint32_t both = 0;     // And the version whose lineage this is in, too.
  std::map<std::string, PairedDifference> differences = {};  // Of metrics; empty: sums were masked.
  friend bool operator==(const Baseline&, const Baseline&) = default;
};

// What a campaign made a version of, as it knew when it published.
struct Lineage {
  RoundNumber first_round;
  RoundNumber last_round;
  Digest cohort;               // Commitment to the devices counted in these rounds.
  std::uint64_t updates = 0;   // Counted in them.
  std::string aggregation;     // Rule and parameters, canonical JSON.
  std::string secure;          // Parameters of secure aggregation, canonical JSON; empty: plain.
  Digest config;               // Of the campaign's specification, canonical JSON.
  std::optional<Digest> code;  // Of the module that trained.
  std::uint64_t evaluation_examples = 0;
  std::uint32_t evaluation_devices = 0;
  std::string applied_by;            // Who applied the campaign.
  std::optional<Baseline> baseline;  // Empty: the campaign measured none.
  friend bool operator==(const Lineage&, const Lineage&) = default;
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
  std::optional<Lineage> lineage;       // Empty: made from a file, or before it was kept.
  Measurements measured;                // Grows; what is there stays.
  std::uint64_t parameters = 0;         // How many values.
  Timestamp created_at;
  std::string created_by;  // Caller::Text().
  friend bool operator==(const ModelVersion&, const ModelVersion&) = default;
};

// What `version`'s campaign measured of `rival`, when that is as good as the same data: at least
// half of the devices of either evaluation are in both. Null: compare with what is recorded of the
// rival.
const Baseline* BaselineAgainst(const ModelVersion& version, const ModelVersion& rival);

// Whether `who` made this version, by hand or by the campaign that did.
bool IsAuthor(const ModelVersion& version, std::string_view who);

struct Approval {
  std::string by;
  Timestamp at;
  std::string comment;
  friend bool operator==(const Approval&, const Approval&) = default;
};
struct Certification {
  std::string by;
  Timestamp at;
  friend bool operator==(const Certification&, const Certification&) = default;
};

// How much a reference sums; zeros where that was not recorded yet.
struct ReferenceExtent {
  std::uint64_t rows = 0;
  std::uint32_t devices = 0;
  std::uint32_t shards = 0;
  friend bool operator==(const ReferenceExtent&, const ReferenceExtent&) = default;
};
// What its data were like when it was trained: sums that a monitor holds later windows against.
struct MonitorReference {
  Digest digest;  // Of the blob.
  ReferenceExtent extent;
  Timestamp at;
  friend bool operator==(const MonitorReference&, const MonitorReference&) = default;
};

// What was noted about a version afterwards.
struct VersionNotes {
  std::map<std::string, std::string> tags;
  std::vector<Approval> approvals;                 // One a person, oldest first.
  std::map<std::string, Certification> certified;  // By hardware.
  std::map<MonitorName, MonitorReference> references;
  friend bool operator==(const VersionNotes&, const VersionNotes&) = default;
};

}  // namespace muster::registry
