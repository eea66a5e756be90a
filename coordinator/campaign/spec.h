#pragma once
// What an engineer asks of a campaign, validated: past Validate() every value is in range.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregation/secagg/lanes.h"
#include "aggregation/secagg/parameters.h"
#include "aggregation/secagg/segments.h"
#include "aggregation/server_rule.h"
#include "aggregation/weight.h"
#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "coordinator/selection/selection.h"

namespace muster::coordinator {

// The client's learning rate by round.
struct LearningRate {
  enum class Schedule { kConstant, kCosine, kExponential, kStep };
  double initial = 0.05;
  Schedule schedule = Schedule::kConstant;
  double floor = 0;         // Cosine: the last rate as a part of the initial one.
  double decay = 1;         // Exponential: factor a round; step: factor a step.
  std::uint32_t every = 1;  // Step: rounds a step.
  // The rate of round `round` (from 1) of `rounds`. Cosine follows
  // initial * (floor + (1 - floor) * (1 + cos(pi (round - 1) / rounds)) / 2). Round 0 trains
  // nothing; its rate is round 1's.
  double At(RoundNumber round, std::uint32_t rounds) const;
};

// The most devices that a round may ask. As goal and select of a campaign of statistics: all that
// match.
inline constexpr std::uint32_t kMostCohort = 1u << 20;

struct SelectionSpec {
  enum class From { kAvailable, kEnrolled };
  From from = From::kAvailable;
  LabelMap labels;
  std::uint32_t goal = 1;
  std::uint32_t minimum = 1;
  std::uint32_t select = 1;
  std::uint32_t enrolled_at_least = 0;
  // The campaign whose counted cohorts are taken again, round by round; with kEnrolled only.
  std::optional<CampaignName> replay;
  std::set<DeviceId> devices = {};  // Only these, of those that match; empty: all.
  bool Takes(const DeviceId& device, const LabelMap& carried) const {
    return Matches(carried, labels) && (devices.empty() || devices.contains(device));
  }
};

struct EarlyStop {
  std::string metric = "rmse";
  std::uint32_t patience = 0;  // Evaluations without improvement; 0: never stops early.
  double min_delta = 0;
};

// What a device draws while it has a task, for the estimate of a version's energy.
struct EnergySpec {
  double device_watts = 0;
  std::string source;  // Where the figure is from.
};

struct PlanSpec {
  std::uint32_t rounds = 1;
  std::uint64_t seed = 0;
  SelectionSpec selection;
  Duration recruit_window{60'000};
  Duration report_window{120'000};
  EarlyStop early_stop;
  std::uint32_t attempts = 3;
  std::optional<EnergySpec> energy = {};  // Empty: versions say nothing of it.
};

struct TrainingSpec {
  std::string loss = "mse";
  std::string optimizer = "sgd";
  double momentum = 0;
  double weight_decay = 0;
  LearningRate learning_rate;
  std::uint32_t batch = 32;
  std::uint32_t epochs = 1;
  std::uint64_t newest_rows = 0;  // Only the newest so many good rows of a device; 0: all.
};

struct AggregationSpec {
  aggregation::ServerRule rule;
  aggregation::WeightRule weights = aggregation::WeightRule::kUniform;
  std::uint64_t example_cap = 0;  // With kCappedExamples.
  double bound = 16;              // On |coordinate|.
  std::optional<double> max_norm;
  double WeightCap() const { return example_cap == 0 ? 1.0 : static_cast<double>(example_cap); }
};

// A part of the devices that evaluate: of those that are in no slice before it, the ones that carry
// all labels and, where devices are named, are among them.
struct SliceSpec {
  std::string name;
  LabelMap labels;
  std::set<DeviceId> devices;
};

struct EvaluationSpec {
  LabelMap labels;  // Empty: no evaluation.
  std::uint32_t every = 10;
  std::vector<std::string> metrics{"rmse"};
  std::uint32_t enrolled_at_least = 0;
  Duration report_window{60'000};
  std::vector<SliceSpec> slices = {};  // None: versions record no slices.
  std::uint64_t newest_rows = 0;       // As in training.
  // Before round 1 the version that training starts from is evaluated too, as round 0.
  bool baseline = false;
};
// The round that evaluates what training starts from, and trains nothing.
inline constexpr RoundNumber kBaselineRound{0};
// The slice of devices that are in none that is declared.
inline constexpr std::string_view kOtherSlice = "others";

// Secure aggregation: the coordinator learns sums only.
struct SecureSpec {
  aggregation::secagg::LaneBits bits = aggregation::secagg::LaneBits::k32;
  std::uint32_t least = 0;  // Fewest devices in any sum.
  double corrupt = 0.1;     // The part of devices that may work with the server, in [0, 1).
  double dropout = 0.1;     // The part that may vanish on the way, in [0, 1).
  aggregation::secagg::Profile profile = aggregation::secagg::Profile::kActive;
  Duration window{120'000};                                             // Idle window of each step.
  std::uint32_t session = aggregation::secagg::Segments::kMostDevices;  // Most devices in one.
  aggregation::secagg::CohortRule Rule() const;
};

// How a cohort is cut into secure sessions: as few as `most` allows, of near-equal size.
struct SessionCut {
  std::uint32_t sessions = 1;
  std::uint32_t smallest = 0;  // Devices; some sessions have one more.
  std::uint32_t largest = 0;
};
SessionCut CutSessions(std::uint32_t devices, std::uint32_t most);

// A window of a monitor: what devices served with one version of a model, summed shard by shard.
// `statistics.fields` are then the model's features where none is named.
struct WindowSpec {
  MonitorName monitor;
  std::uint64_t epoch = 0;  // Of the monitor; its windows count up.
  ModelName model;
  VersionNumber version;  // That is served; a device that serves another gives nothing.
  // Over the newest rows of devices as training would read them, in place of those served. Rows
  // that were not served have no predictions: the three below are left out then.
  bool reference = false;
  std::uint32_t rows = 50;  // The newest so many of a device, none of them twice.
  // Fewest devices in a shard. One that falls below secure.least on the way is left out, so the
  // distance of the two is what a shard may lose.
  std::uint32_t shard = 5;
  bool prediction = false;         // The distribution of predictions too.
  bool error = false;              // The error of rows whose label is known, and its square.
  bool expected_error = false;     // Of a binary label: the error that is expected without it.
  std::vector<std::string> drill;  // Labels by which shards are kept apart, from the coarsest.
};

// What is counted over the rows of many devices, in place of a model: two secure passes, which are
// the campaign's two rounds; over a window just one.
inline constexpr std::uint32_t kStatisticsPasses = 2;
struct StatisticsSpec {
  ContractName contract;
  VersionNumber contract_version;   // 0: the newest when the campaign is applied.
  std::vector<std::string> fields;  // Empty: every numeric field that declares a range.
  std::uint32_t bins = 20;
  std::vector<double> quantiles{0.25, 0.5, 0.75};
  std::uint32_t least = 5;  // Fewest devices in a bin that is shown.
  std::optional<WindowSpec> window = {};
  std::uint32_t passes() const { return window ? 1 : kStatisticsPasses; }
};

struct CampaignSpec {
  CampaignName name;
  std::string description;
  ModelName model;  // Empty in a campaign of statistics; so are the three parts after the plan.
  VersionNumber base_version;  // 0: the newest when the campaign is applied.
  PlanSpec plan;
  TrainingSpec training;
  AggregationSpec aggregation;
  EvaluationSpec evaluation;
  std::optional<SecureSpec> secure;          // Always, in a campaign of statistics.
  std::optional<StatisticsSpec> statistics;  // Set: nothing is trained or evaluated.

  bool EvaluatesAfter(RoundNumber round) const {
    return !evaluation.labels.empty() &&
           (round.value() % evaluation.every == 0 || round.value() == plan.rounds);
  }
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID) that names the field's path and what it may be.
Status Validate(const CampaignSpec& spec);

// As the CampaignApplied fact holds it.
Json ToJson(const CampaignSpec& spec);
StatusOr<CampaignSpec> CampaignSpecFrom(const Json& json);

}  // namespace muster::coordinator
