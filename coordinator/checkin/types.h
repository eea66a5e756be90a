#pragma once
// What devices ask and are told, in domain types; coordinator/rpc translates.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "coordinator/campaign/spec.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/round/task_kind.h"
#include "coordinator/serving/serving_book.h"
#include "registry/registry.h"

namespace muster::coordinator {

struct Assignment {
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;
  Digest params;
  std::uint64_t params_bytes = 0;
  std::optional<Digest> module;
  std::uint64_t module_bytes = 0;
  registry::ContractVersion contract;
  registry::ModelSpec model;
  TrainingSpec training;
  double learning_rate = 0;  // Already scheduled for this round.
  std::uint64_t campaign_seed = 0;
  std::vector<std::string> metrics;
  std::uint32_t cohort = 0;
  std::uint64_t example_cap = 0;  // 0: uniform weights.
  double bound = 0;
  std::optional<double> max_norm;
  Bytes secure_task;              // What the round's secure session is for; empty: a plain round.
  Bytes statistics;               // EncodeQuery or EncodeWindowQuery; with kStatistics only.
  std::uint64_t newest_rows = 0;  // Only the newest so many good rows of the device; 0: all.
  // Of a model with a hardware gate: the classes that the base version is certified on.
  std::optional<std::vector<std::string>> certified = {};
  std::string signed_artefacts = {};  // A DSSE envelope that names `params` and `module`.
};

// About an update that a device holds because it was received but not known to be counted.
enum class HeldState { kNothingHeld, kWait, kCounted, kResend, kClosed, kRefused };

struct CheckInRequest {
  Duration hold{};
  bool ready = true;
  std::optional<RoundKey> held;
  std::optional<Unfit> unfit;
  std::optional<Produced> produces = {};
  std::string hardware = {};  // The device's class, as it says itself; empty: it does not say.
  std::optional<ServingState> serving = {};
};
struct CheckInReply {
  HeldState held = HeldState::kNothingHeld;
  std::optional<Assignment> assignment;
  Duration next{};
  std::map<CampaignName, std::string> refusals = {};  // CONTRACT_INCOMPATIBLE, by campaign.
  std::optional<Serving> serve = {};  // When it is to serve something else, or by other rules.
};

// What of a device's rows stands behind an update: sums by rule, no more.
struct RowTotals {
  std::uint64_t devices = 0;
  std::uint64_t rows = 0;
  std::uint64_t bad = 0;
  std::map<std::string, std::uint64_t> by_rule;

  void Add(const RowTotals& more) {
    devices += more.devices;
    rows += more.rows;
    bad += more.bad;
    for (const auto& [rule, count] : more.by_rule) by_rule[rule] += count;
  }
};
// Of "rows=40 bad=3 range=2 type=1". INVALID_ARGUMENT (FIELD_INVALID) when it is none, counts more
// bad rows than rows, or more than 2^40. A rule that is not known here counts as "other".
StatusOr<RowTotals> ParseRowTotals(std::string_view text);

template <typename T>
using Done = std::function<void(StatusOr<T>)>;

}  // namespace muster::coordinator
