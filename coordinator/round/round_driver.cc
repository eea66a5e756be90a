#include "coordinator/round/round_driver.h"

#include "coordinator/round/round_facts.h"

namespace muster::coordinator {

RoundDriver::RoundDriver(RoundPlan plan, Journal& journal, Clock& clock)
    : plan_(std::move(plan)), journal_(journal), clock_(clock) {}

StatusOr<bool> RoundDriver::Recover() {
  MUSTER_TRY(CatchUp());
  return next_seq_ > 0;
}

Status RoundDriver::CatchUp() {
  return journal_.Read(RoundStream(plan_.key), next_seq_, [this](const JournalRow& row) -> Status {
    MUSTER_ASSIGN(const RoundFact fact, DecodeRoundFact(row.fact));
    Apply(state_, fact);
    next_seq_ = row.seq + 1;
    return Ok();
  });
}

Status RoundDriver::Open(const std::vector<DeviceId>& drawn) {
  const Timestamp now = clock_.Now();
  return Begin(coordinator::Open(plan_, drawn, now), now);
}

Status RoundDriver::OpenEvaluation(const Digest& params, DeviceSet evaluators) {
  const Timestamp now = clock_.Now();
  return Begin(coordinator::OpenEvaluation(plan_, params, std::move(evaluators), now), now);
}

Status RoundDriver::Begin(const RoundFacts& facts, Timestamp now) {
  const Status recorded = Record(facts, Caller::System(), now);
  if (recorded.code() == absl::StatusCode::kAborted) return CatchUp();  // Opened before, after all.
  MUSTER_TRY(recorded);
  for (const RoundFact& fact : facts) Apply(state_, fact);
  return Ok();
}

StatusOr<bool> RoundDriver::Handle(const RoundEvent& event, const Caller& by) {
  StatusOr<bool> handled = HandleOnce(event, by);
  if (handled.status().code() != absl::StatusCode::kAborted) return handled;
  MUSTER_TRY(CatchUp());
  // What was believed just now is a change, whatever becomes of the event; it may be the event's
  // own facts, of an append whose answer was lost.
  Status again = HandleOnce(event, by).status();
  if (again.ok() || ReasonOf(again) == Reason::kROUND_CLOSED) return true;
  return again;
}

StatusOr<bool> RoundDriver::HandleOnce(const RoundEvent& event, const Caller& by) {
  const Timestamp now = clock_.Now();
  MUSTER_ASSIGN(const RoundFacts facts, Decide(plan_, state_, event, now));
  if (facts.empty()) return false;
  MUSTER_TRY(Record(facts, by, now));                       // Anything may fail up to here,
  for (const RoundFact& fact : facts) Apply(state_, fact);  // and nothing from here.
  return true;
}

Status RoundDriver::Record(const RoundFacts& facts, const Caller& by, Timestamp now) {
  std::vector<std::string> rows;
  bool over = false;
  for (const RoundFact& fact : facts) {
    MUSTER_ASSIGN(rows.emplace_back(), EncodeRoundFact(fact, by.Text(), now));
    over = over || std::holds_alternative<ModelPublished>(fact) ||
           std::holds_alternative<RoundAbandoned>(fact);
  }
  MUSTER_TRY(journal_.Append(RoundStream(plan_.key), next_seq_, rows, over));
  next_seq_ += rows.size();
  return Ok();
}

}  // namespace muster::coordinator
