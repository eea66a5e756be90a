#pragma once
// The life of one training round, as data. Nothing here performs I/O, reads a clock, draws
// randomness or touches a tensor: it counts devices and names digests. docs/PROTOCOL.md has the
// diagram; the form is decide, record, believe, act (docs/ARCHITECTURE.md section 4).
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/reason.h"
#include "base/status.h"

namespace muster::coordinator {

using DeviceSet = std::set<DeviceId>;

struct RoundPlan {
  RoundKey key;
  std::uint32_t select = 1;   // Devices asked.
  std::uint32_t goal = 1;     // Updates wanted: collecting ends here.
  std::uint32_t minimum = 1;  // With fewer than this the round is abandoned.
  Duration recruit_window{};  // Idle windows: so long without progress ends the phase.
  Duration report_window{};
  Duration evaluation_window{};
};

// Sums over examples, in millionths, so that their order does not matter. From 0 to 2^53 - 1, where
// more stays.
struct EvaluationSums {
  std::uint64_t examples = 0;
  std::map<std::string, std::int64_t> sums_micro;
  friend bool operator==(const EvaluationSums&, const EvaluationSums&) = default;
};

// The same by slice of an evaluation (campaign/spec.h); empty: it has none.
using SliceSums = std::map<std::string, EvaluationSums>;

// States: each holds only what is true in that phase.
struct Recruiting {
  DeviceSet joined;
  Timestamp deadline;
};
struct Collecting {
  DeviceSet awaited;
  DeviceSet counted;
  std::map<DeviceId, Reason> dropped;
  std::string checkpoint;  // The accumulator file that holds exactly `counted`; empty: none yet.
  Timestamp deadline;
};
struct Aggregating {
  DeviceSet counted;
  std::string checkpoint;
};
struct Evaluating {
  DeviceSet counted;  // Nobody in a round that only evaluates.
  Digest params;
  Digest optimizer;
  DeviceSet awaited;
  DeviceSet reported;
  EvaluationSums sums;
  Timestamp deadline;
  SliceSums slices = {};
};
struct Published {
  std::uint32_t counted = 0;
  Digest params;
  Digest optimizer;
  std::uint32_t evaluated = 0;
  EvaluationSums sums;
  SliceSums slices = {};
};
struct Abandoned {
  Reason reason{};
  std::string why;
};
using RoundState =
    std::variant<Recruiting, Collecting, Aggregating, Evaluating, Published, Abandoned>;

// Events: what the world tells a round.
struct Join {
  std::vector<DeviceId> devices;
};
// The accumulator with these devices' updates, and all counted before, is durable.
struct Checkpointed {
  std::vector<DeviceId> devices;
  std::string checkpoint;
};
// A device is out of this round: its update was refused, or its task failed.
struct Drop {
  DeviceId device;
  Reason reason;
  std::string detail;
};
// The sum of exactly these devices' updates is durable, and nobody else's will be: what came of a
// secure sum. Without devices there is none. `rest`: those left out of whom a reason is known.
struct CountTogether {
  std::vector<DeviceId> devices;
  std::string checkpoint;
  std::vector<Drop> rest;
};
struct Aggregated {
  Digest params;
  Digest optimizer;
  DeviceSet evaluators;  // Empty: no evaluation this round.
};
struct Evaluate {
  DeviceId device;
  EvaluationSums sums;
  std::string slice = {};  // That the device is in; empty: the evaluation has none.
};
// The same of evaluations, as CountTogether.
struct EvaluateTogether {
  std::vector<DeviceId> devices;
  EvaluationSums sums;
  std::vector<Drop> rest;
  SliceSums slices = {};
};
struct Cancel {
  std::string why;
};
struct Tick {
  Timestamp last_progress;  // Volatile progress, such as chunks of an upload, keeps a phase open.
};
// The coordinator was down; that time does not use up a window.
struct Restart {};
using RoundEvent = std::variant<Join, Checkpointed, CountTogether, Drop, Aggregated, Evaluate,
                                EvaluateTogether, Cancel, Tick, Restart>;

// Facts: what the round decided. They are journalled; replaying them rebuilds the state.
struct RoundOpened {
  Timestamp deadline;
};
struct DevicesJoined {
  std::vector<DeviceId> devices;
  Timestamp deadline;
};
struct CollectionBegan {
  Timestamp deadline;
};
struct UpdatesCounted {
  std::vector<DeviceId> devices;
  std::string checkpoint;
  Timestamp deadline;
};
struct DeviceDropped {
  DeviceId device;
  Reason reason;
  std::string detail;
};
struct CollectionClosed {};
struct ModelAggregated {
  Digest params;
  Digest optimizer;
  DeviceSet evaluators;
  Timestamp deadline;
};
struct EvaluationCounted {
  DeviceId device;
  EvaluationSums sums;
  Timestamp deadline;
  std::string slice = {};  // As in its event.
};
struct EvaluationsSummed {
  std::vector<DeviceId> devices;
  EvaluationSums sums;
  SliceSums slices = {};
};
struct ModelPublished {};
struct RoundAbandoned {
  Reason reason;
  std::string why;
};
struct DeadlineExtended {
  Timestamp deadline;
};
using RoundFact = std::variant<RoundOpened, DevicesJoined, CollectionBegan, UpdatesCounted,
                               DeviceDropped, CollectionClosed, ModelAggregated, EvaluationCounted,
                               EvaluationsSummed, ModelPublished, RoundAbandoned, DeadlineExtended>;
using RoundFacts = std::vector<RoundFact>;

// Effects: what a round in this state wants of the world. All are safe to repeat.
struct OfferTraining {
  DeviceSet devices;
};
struct Aggregate {
  DeviceSet counted;
  std::string checkpoint;
};
struct OfferEvaluation {
  DeviceSet devices;
  Digest params;
};
struct Announce {};  // Tell the campaign that the round is over.
using RoundEffect = std::variant<OfferTraining, Aggregate, OfferEvaluation, Announce>;

// The facts that open a round. With a cohort that is already drawn there is nobody to recruit.
RoundFacts Open(const RoundPlan& plan, const std::vector<DeviceId>& drawn, Timestamp now);
// The facts that open a round which only evaluates `params`: it begins where others are when they
// have aggregated. Without evaluators it is over at once.
RoundFacts OpenEvaluation(const RoundPlan& plan, const Digest& params, DeviceSet evaluators,
                          Timestamp now);

// Judges one event. Reads everything, changes nothing. A non-OK status refuses the event:
// FAILED_PRECONDITION (ROUND_CLOSED, ALREADY_COUNTED) or PERMISSION_DENIED (NOT_IN_COHORT).
StatusOr<RoundFacts> Decide(const RoundPlan&, const RoundState&, const RoundEvent&, Timestamp now);

// Makes one decided fact true. Cannot fail.
void Apply(RoundState&, const RoundFact&);

// The work that a round in `state` is owed; after a crash, simply all of it again.
std::vector<RoundEffect> Pending(const RoundState& state);

bool IsOver(const RoundState& state);
// "collecting", as people and metrics see it.
std::string_view PhaseOf(const RoundState& state);

}  // namespace muster::coordinator
