// A session's secure rounds: whether it takes part, and the way from the update to the sum.
#include "client/secure/terms.h"
#include "client/session/rules.h"
#include "client/session/session.h"

namespace muster::client {

// The others refuse a roster with a statement that does not hold, and with it the round.
Status NodeSession::CheckReady() const {
  const SecureIdentity* const who = config_.secure.get();
  const Status vouched = who == nullptr ? NotFound("this node holds no statement or authority key")
                                        : who->check(who->signer->public_key(), who->statement);
  if (vouched.ok()) return Ok();
  return WithReason(FailedPrecondition("{}", MessageOf(vouched)), Reason::kSECURE_UNREADY);
}

// Before anything is fetched: what is refused later costs the others a dropout.
Status NodeSession::PermitsSecure(const Assignment& assignment) {
  MUSTER_TRY(CheckReady());
  MUSTER_ASSIGN(const aggregation::secagg::Task task,
                SecureTaskOf(assignment, world_.policy.floor(), world_.clock.Now()));
  return Ledger().Check(assignment.round, task.model);
}

ContributionLedger NodeSession::Ledger() const {
  return ContributionLedger(world_.files, config_.secure->crypto, config_.name);
}

void NodeSession::GiveSecurely(const Assigned& assignment, SecureUpdate update) {
  StatusOr<aggregation::secagg::Task> task =
      SecureTaskOf(*assignment, world_.policy.floor(), world_.clock.Now());
  if (!task.ok()) return OnTaskError(*assignment, task.status());
  world_.log.Info("secure_round_begun",
                  {{"node", config_.name}, {"round", Text(assignment->round)}});
  secure_ = SecureUpload::Make(
      {config_.name, config_.hold, world_.policy.floor()},
      {world_.clock, world_.strand, world_.tasks, world_.rng, world_.budget, world_.log}, link_,
      std::make_unique<Contribution>(config_.secure, Ledger(), assignment->round,
                                     *std::move(task)));
  secure_->Start(std::move(update),
                 Then([assignment](NodeSession& self, const StatusOr<std::string>& why) {
                   self.OnSecureEnd(assignment, why);
                 }));
}

void NodeSession::OnSecureEnd(const Assigned& assignment, const StatusOr<std::string>& why) {
  secure_.reset();
  if (!why.ok()) return OnTaskError(*assignment, why.status());
  world_.log.Info("secure_round_over", {{"node", config_.name},
                                        {"round", Text(assignment->round)},
                                        {"why", why->empty() ? "summed" : *why}});
  CheckInAfter(Backoff::kFirst);
}

}  // namespace muster::client
