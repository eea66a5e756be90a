// A session's secure sums: whether it takes part, and the way from what it gives to the sum.
#include "aggregation/statistics/window.h"
#include "client/secure/terms.h"
#include "client/session/rules.h"
#include "client/session/session.h"

namespace muster::client {
namespace {
namespace secagg = aggregation::secagg;

// The window that is asked about, if it is one.
std::optional<Question> WindowAsked(const Assignment& assignment) {
  namespace statistics = aggregation::statistics;
  const std::string_view asked = AsText(assignment.statistics);
  if (assignment.kind != TaskKind::kStatistics || !statistics::IsWindowQuery(asked))
    return std::nullopt;
  const auto query = statistics::ParseWindowQuery(asked);
  if (!query.ok()) return std::nullopt;  // Its task was refused.
  return Question::OfWindow(query->monitor, query->epoch);
}

Question QuestionOf(const Assignment& assignment, const Digest& model,
                    const std::optional<Digest>& rows) {
  if (const std::optional<Question> window = WindowAsked(assignment)) return *window;
  if (rows) return Question::OfStatistics(model, *rows);
  return assignment.kind == TaskKind::kEvaluate ? Question::OfEvaluation(assignment.round, model)
                                                : Question::OfUpdate(assignment.round, model);
}
}  // namespace

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
  MUSTER_ASSIGN(const secagg::Task task, SecureTaskOf(assignment, world_.policy.floor(),
                                                      config_.secure->crypto, world_.clock.Now()));
  // Of statistics the rows are not known yet; a window is asked for once, whatever its rows.
  if (assignment.kind == TaskKind::kStatistics && !WindowAsked(assignment)) return Ok();
  return ledger_->Check(QuestionOf(assignment, task.model, std::nullopt));
}

StatusOr<std::unique_ptr<Contribution>> NodeSession::ContributionTo(
    const Assignment& assignment, const std::optional<Digest>& rows) {
  MUSTER_ASSIGN(secagg::Task task, SecureTaskOf(assignment, world_.policy.floor(),
                                                config_.secure->crypto, world_.clock.Now()));
  SecureSubject subject{assignment.round, assignment.kind,
                        QuestionOf(assignment, task.model, rows)};
  MUSTER_TRY(ledger_->Check(subject.question));
  return std::make_unique<Contribution>(config_.secure, ledger_, std::move(subject),
                                        std::move(task));
}

namespace {
// In a drill, before which of its steps a node falls silent.
std::optional<SecureStep> DrawSilence(double vanish, Rng& rng) {
  constexpr std::uint64_t kParts = 1'000'000;
  if (static_cast<double>(rng.Below(kParts)) >= vanish * kParts) return std::nullopt;
  return static_cast<SecureStep>(rng.Below(kSecureSteps));
}
}  // namespace

void NodeSession::GiveSecurely(const Assigned& assignment, SecureOffer given) {
  const auto kept = std::make_shared<SecureOffer>(std::move(given));  // Long; a step is copied.
  if (LooksFirst([assignment, kept](NodeSession& self) {
        self.GiveSecurely(assignment, std::move(*kept));
      }))
    return;
  SecureOffer& offer = *kept;
  StatusOr<std::unique_ptr<Contribution>> contribution = ContributionTo(*assignment, offer.rows);
  if (!contribution.ok()) return OnTaskError(*assignment, contribution.status());
  world_.log.Info("secure_round_begun", {{"node", config_.name},
                                         {"round", Text(assignment->round)},
                                         {"kind", NameOf(assignment->kind)}});
  secure_ = SecureUpload::Make(
      {config_.name, config_.hold, world_.policy.floor(),
       assignment->kind == TaskKind::kTrain ? DrawSilence(config_.vanish, world_.rng)
                                            : std::nullopt},
      {world_.clock, world_.strand, world_.tasks, world_.rng, world_.budget, world_.log}, link_,
      *std::move(contribution));
  secure_->Start(std::move(offer.input),
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
