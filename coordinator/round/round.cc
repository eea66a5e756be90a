#include "coordinator/round/round.h"

#include <algorithm>

namespace muster::coordinator {
namespace {

Status Closed(const RoundPlan& plan) {
  return WithReason(FailedPrecondition("round {} of {} does not accept this any more",
                                       plan.key.round.value(), plan.key.campaign.value()),
                    Reason::kROUND_CLOSED);
}
Status Outsider(const RoundPlan& plan, const DeviceId& device) {
  return WithReason(
      PermissionDenied("device {} is not in the cohort of round {} of {}", device.value(),
                       plan.key.round.value(), plan.key.campaign.value()),
      Reason::kNOT_IN_COHORT);
}

// How collecting ends with `counted` updates: enough, or not.
RoundFact CloseWith(const RoundPlan& plan, std::size_t counted) {
  if (counted >= plan.minimum) return CollectionClosed{};
  return RoundAbandoned{Reason::kTOO_FEW_UPDATES,
                        fmt::format("{} of {} updates came", counted, plan.minimum)};
}

Status CheckAwaited(const RoundPlan& plan, const DeviceSet& awaited,
                    const std::vector<DeviceId>& devices) {
  for (const DeviceId& device : devices)
    if (!awaited.contains(device)) return Outsider(plan, device);
  return Ok();
}

// Those who are awaited and not among `came`: with what is known of them, or silent.
void DropRest(const DeviceSet& awaited, const std::vector<DeviceId>& came,
              const std::vector<Drop>& known, RoundFacts& facts) {
  std::map<DeviceId, DeviceDropped> rest;
  for (const DeviceId& device : awaited)
    rest.emplace(device, DeviceDropped{device, Reason::kDEVICE_SILENT, ""});
  for (const Drop& drop : known)
    if (const auto it = rest.find(drop.device); it != rest.end())
      it->second = {drop.device, drop.reason, drop.detail};
  for (const DeviceId& device : came) rest.erase(device);
  for (auto& [device, drop] : rest) facts.emplace_back(std::move(drop));
}

// The moment from which a window without progress is over.
Timestamp Expiry(Timestamp deadline, Timestamp last_progress, Duration window) {
  return std::max(deadline, last_progress + window);
}

// One overload per cell of the phase-by-event table; the last ones are every other cell.

StatusOr<RoundFacts> On(const RoundPlan& plan, const Recruiting& s, const Join& e, Timestamp now) {
  std::vector<DeviceId> fresh;
  for (const DeviceId& device : e.devices)
    if (s.joined.size() + fresh.size() < plan.select && !s.joined.contains(device) &&
        std::find(fresh.begin(), fresh.end(), device) == fresh.end())
      fresh.push_back(device);
  if (fresh.empty()) return RoundFacts{};
  const bool full = s.joined.size() + fresh.size() >= plan.select;
  RoundFacts facts{DevicesJoined{std::move(fresh), now + plan.recruit_window}};
  if (full) facts.emplace_back(CollectionBegan{now + plan.report_window});
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Recruiting& s, const Tick& e, Timestamp now) {
  if (now < Expiry(s.deadline, e.last_progress, plan.recruit_window)) return RoundFacts{};
  if (s.joined.size() >= plan.minimum) return RoundFacts{CollectionBegan{now + plan.report_window}};
  return RoundFacts{
      RoundAbandoned{Reason::kTOO_FEW_DEVICES,
                     fmt::format("{} of {} devices joined", s.joined.size(), plan.minimum)}};
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Recruiting&, const Restart&, Timestamp now) {
  return RoundFacts{DeadlineExtended{now + plan.recruit_window}};
}

StatusOr<RoundFacts> On(const RoundPlan& plan, const Collecting& s, const Checkpointed& e,
                        Timestamp now) {
  if (!s.checkpoint.empty() && e.checkpoint == s.checkpoint)
    return RoundFacts{};  // A retry: the journal has taken it, its answer was lost.
  std::vector<DeviceId> fresh;
  for (const DeviceId& device : e.devices) {
    if (s.counted.contains(device))
      return WithReason(
          FailedPrecondition("the update of device {} is already counted", device.value()),
          Reason::kALREADY_COUNTED);
    if (!s.awaited.contains(device)) return Outsider(plan, device);
    fresh.push_back(device);
  }
  if (fresh.empty()) return RoundFacts{};
  const std::size_t counted = s.counted.size() + fresh.size();
  const std::size_t awaited = s.awaited.size() - fresh.size();
  RoundFacts facts{UpdatesCounted{std::move(fresh), e.checkpoint, now + plan.report_window}};
  if (counted >= plan.goal || awaited == 0) facts.push_back(CloseWith(plan, counted));
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Collecting& s, const CountTogether& e,
                        Timestamp now) {
  RoundFacts facts;
  if (!e.devices.empty()) {
    MUSTER_TRY(CheckAwaited(plan, s.awaited, e.devices));
    facts.emplace_back(UpdatesCounted{e.devices, e.checkpoint, now + plan.report_window});
  }
  DropRest(s.awaited, e.devices, e.rest, facts);
  facts.push_back(CloseWith(plan, s.counted.size() + e.devices.size()));
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Collecting& s, const Drop& e, Timestamp) {
  if (s.dropped.contains(e.device) || s.counted.contains(e.device)) return RoundFacts{};
  if (!s.awaited.contains(e.device)) return Outsider(plan, e.device);
  RoundFacts facts{DeviceDropped{e.device, e.reason, e.detail}};
  if (s.awaited.size() == 1) facts.push_back(CloseWith(plan, s.counted.size()));
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Collecting& s, const Tick& e, Timestamp now) {
  if (now < Expiry(s.deadline, e.last_progress, plan.report_window)) return RoundFacts{};
  RoundFacts facts;
  for (const DeviceId& device : s.awaited)
    facts.emplace_back(DeviceDropped{device, Reason::kDEVICE_SILENT, ""});
  facts.push_back(CloseWith(plan, s.counted.size()));
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Collecting&, const Restart&, Timestamp now) {
  return RoundFacts{DeadlineExtended{now + plan.report_window}};
}

StatusOr<RoundFacts> On(const RoundPlan& plan, const Aggregating&, const Aggregated& e,
                        Timestamp now) {
  RoundFacts facts{
      ModelAggregated{e.params, e.optimizer, e.evaluators, now + plan.evaluation_window}};
  if (e.evaluators.empty()) facts.emplace_back(ModelPublished{});
  return facts;
}

StatusOr<RoundFacts> On(const RoundPlan& plan, const Evaluating& s, const Evaluate& e,
                        Timestamp now) {
  if (s.reported.contains(e.device)) return RoundFacts{};  // A retry; the first one counted.
  if (!s.awaited.contains(e.device)) return Outsider(plan, e.device);
  RoundFacts facts{EvaluationCounted{e.device, e.sums, now + plan.evaluation_window, e.slice}};
  if (s.awaited.size() == 1) facts.emplace_back(ModelPublished{});
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Evaluating& s, const EvaluateTogether& e,
                        Timestamp) {
  RoundFacts facts;
  if (!e.devices.empty()) {
    MUSTER_TRY(CheckAwaited(plan, s.awaited, e.devices));
    facts.emplace_back(EvaluationsSummed{e.devices, e.sums, e.slices});
  }
  DropRest(s.awaited, e.devices, e.rest, facts);
  facts.emplace_back(ModelPublished{});
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan&, const Evaluating& s, const Drop& e, Timestamp) {
  if (!s.awaited.contains(e.device)) return RoundFacts{};
  RoundFacts facts{DeviceDropped{e.device, e.reason, e.detail}};
  if (s.awaited.size() == 1) facts.emplace_back(ModelPublished{});
  return facts;
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Evaluating& s, const Tick& e, Timestamp now) {
  if (now < Expiry(s.deadline, e.last_progress, plan.evaluation_window)) return RoundFacts{};
  return RoundFacts{ModelPublished{}};
}
StatusOr<RoundFacts> On(const RoundPlan& plan, const Evaluating&, const Restart&, Timestamp now) {
  return RoundFacts{DeadlineExtended{now + plan.evaluation_window}};
}

StatusOr<RoundFacts> On(const RoundPlan&, const Published&, const Cancel&, Timestamp) {
  return RoundFacts{};
}
StatusOr<RoundFacts> On(const RoundPlan&, const Abandoned&, const Cancel&, Timestamp) {
  return RoundFacts{};
}
template <typename S>
StatusOr<RoundFacts> On(const RoundPlan&, const S&, const Cancel& e, Timestamp) {
  return RoundFacts{RoundAbandoned{Reason::kCAMPAIGN_CANCELLED, e.why}};
}
template <typename S>
StatusOr<RoundFacts> On(const RoundPlan&, const S&, const Tick&, Timestamp) {
  return RoundFacts{};
}
template <typename S>
StatusOr<RoundFacts> On(const RoundPlan&, const S&, const Restart&, Timestamp) {
  return RoundFacts{};
}
template <typename S, typename E>
StatusOr<RoundFacts> On(const RoundPlan& plan, const S&, const E&, Timestamp) {
  return Closed(plan);
}

// Stops at what a fact can hold. No sum is negative, so the order still does not matter.
void Add(EvaluationSums& into, const EvaluationSums& sums) {
  constexpr std::int64_t kMost = (1LL << 53) - 1;
  into.examples = std::min<std::uint64_t>(into.examples + sums.examples, kMost);
  for (const auto& [name, micro] : sums.sums_micro) {
    std::int64_t& sum = into.sums_micro[name];
    sum = std::min(sum + micro, kMost);
  }
}

// Setting the deadline is one fact's work in three phases.
void SetDeadline(RoundState& state, Timestamp deadline) {
  std::visit(
      [&](auto& s) {
        if constexpr (requires { s.deadline; }) s.deadline = deadline;
      },
      state);
}

Published Publish(Evaluating&& s) {
  return {static_cast<std::uint32_t>(s.counted.size()),  s.params,          s.optimizer,
          static_cast<std::uint32_t>(s.reported.size()), std::move(s.sums), std::move(s.slices)};
}
}  // namespace

RoundFacts Open(const RoundPlan& plan, const std::vector<DeviceId>& drawn, Timestamp now) {
  RoundFacts facts{RoundOpened{now + plan.recruit_window}};
  if (!drawn.empty()) {
    facts.emplace_back(DevicesJoined{drawn, now + plan.recruit_window});
    facts.emplace_back(CollectionBegan{now + plan.report_window});
  }
  return facts;
}

RoundFacts OpenEvaluation(const RoundPlan& plan, const Digest& params, DeviceSet evaluators,
                          Timestamp now) {
  const Timestamp deadline = now + plan.evaluation_window;
  const bool nobody = evaluators.empty();
  RoundFacts facts{RoundOpened{deadline},
                   ModelAggregated{params, Digest(), std::move(evaluators), deadline}};
  if (nobody) facts.emplace_back(ModelPublished{});
  return facts;
}

StatusOr<RoundFacts> Decide(const RoundPlan& plan, const RoundState& state, const RoundEvent& event,
                            Timestamp now) {
  return std::visit([&](const auto& s, const auto& e) { return On(plan, s, e, now); }, state,
                    event);
}

void Apply(RoundState& state, const RoundFact& fact) {
  std::visit(
      Overloaded{
          [&](const RoundOpened& f) {
            state = Recruiting{{}, f.deadline};
          },
          [&](const DevicesJoined& f) {
            auto& s = std::get<Recruiting>(state);
            s.joined.insert(f.devices.begin(), f.devices.end());
            s.deadline = f.deadline;
          },
          [&](const CollectionBegan& f) {
            state =
                Collecting{std::move(std::get<Recruiting>(state).joined), {}, {}, {}, f.deadline};
          },
          [&](const UpdatesCounted& f) {
            auto& s = std::get<Collecting>(state);
            for (const DeviceId& device : f.devices) s.counted.insert(s.awaited.extract(device));
            s.checkpoint = f.checkpoint;
            s.deadline = f.deadline;
          },
          [&](const DeviceDropped& f) {
            if (auto* collecting = std::get_if<Collecting>(&state)) {
              collecting->awaited.erase(f.device);
              collecting->dropped.emplace(f.device, f.reason);
            } else if (auto* evaluating = std::get_if<Evaluating>(&state)) {
              evaluating->awaited.erase(f.device);
            }
          },
          [&](const CollectionClosed&) {
            auto& s = std::get<Collecting>(state);
            state = Aggregating{std::move(s.counted), std::move(s.checkpoint)};
          },
          [&](const ModelAggregated& f) {
            DeviceSet counted;
            if (auto* s = std::get_if<Aggregating>(&state)) counted = std::move(s->counted);
            state = Evaluating{std::move(counted), f.params, f.optimizer, f.evaluators, {}, {},
                               f.deadline};
          },
          [&](const EvaluationCounted& f) {
            auto& s = std::get<Evaluating>(state);
            s.reported.insert(s.awaited.extract(f.device));
            Add(s.sums, f.sums);
            if (!f.slice.empty()) Add(s.slices[f.slice], f.sums);
            s.deadline = f.deadline;
          },
          [&](const EvaluationsSummed& f) {
            auto& s = std::get<Evaluating>(state);
            for (const DeviceId& device : f.devices) s.reported.insert(s.awaited.extract(device));
            Add(s.sums, f.sums);
            for (const auto& [slice, sums] : f.slices) Add(s.slices[slice], sums);
          },
          [&](const ModelPublished&) { state = Publish(std::move(std::get<Evaluating>(state))); },
          [&](const RoundAbandoned& f) {
            state = Abandoned{f.reason, f.why};
          },
          [&](const DeadlineExtended& f) { SetDeadline(state, f.deadline); },
      },
      fact);
}

std::vector<RoundEffect> Pending(const RoundState& state) {
  return std::visit(
      Overloaded{
          [](const Recruiting&) { return std::vector<RoundEffect>{}; },
          [](const Collecting& s) { return std::vector<RoundEffect>{OfferTraining{s.awaited}}; },
          [](const Aggregating& s) {
            return std::vector<RoundEffect>{Aggregate{s.counted, s.checkpoint}};
          },
          [](const Evaluating& s) {
            return std::vector<RoundEffect>{OfferEvaluation{s.awaited, s.params}};
          },
          [](const auto&) { return std::vector<RoundEffect>{Announce{}}; },
      },
      state);
}

bool IsOver(const RoundState& state) {
  return std::holds_alternative<Published>(state) || std::holds_alternative<Abandoned>(state);
}

std::string_view PhaseOf(const RoundState& state) {
  constexpr std::string_view kNames[] = {"recruiting", "collecting", "aggregating",
                                         "evaluating", "published",  "abandoned"};
  return kNames[state.index()];
}

}  // namespace muster::coordinator
