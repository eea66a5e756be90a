// The session's life: opening, time, folding, taking masks off, and the end.
#include "coordinator/secure/secure_round.h"

#include <algorithm>

#include "aggregation/secagg/violation.h"
#include "coordinator/training/round_work.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {

// At least so long a step waits for the last. Rounds come by the hundred; statistics are asked for
// once, and everybody's are wanted.
constexpr Duration kEveryRound{25}, kForOnce{2000};

// Of a session's spool.
std::string PrefixOf(const SessionKey& key) { return SecureStream(key) + "."; }

void Remove(const std::string& name, Files& files, Logger& log) {
  if (const Status s = files.Remove(name); !s.ok())
    log.Warn("spool_not_removed", {{"error", MessageOf(s)}});
}
}  // namespace

SecureRound::SecureRound(SessionKey key, std::set<DeviceId> invited,
                         std::shared_ptr<const SumForm> form, SecureRoundPorts ports,
                         SecureRoundEvents& events)
    : key_(std::move(key)),
      invited_(std::move(invited)),
      form_(std::move(form)),
      ports_(ports),
      events_(events),
      strand_(ports.pool),
      driver_(key_, {ports.crypto, ports.check_statement}, ports.journal, ports.clock),
      desk_(ports.clock,
            [this](const DeviceId& device, const SecureAsk& ask) { return NextFor(device, ask); }),
      patience_(key_.kind == TaskKind::kStatistics ? kForOnce : kEveryRound) {}

StatusOr<std::shared_ptr<SecureRound>> SecureRound::Open(
    SessionKey key, const SecureOpening& opening, std::set<DeviceId> invited,
    std::shared_ptr<const SumForm> form, SecureRoundPorts ports, SecureRoundEvents& events) {
  std::shared_ptr<SecureRound> round(
      new SecureRound(std::move(key), std::move(invited), std::move(form), ports, events));
  MUSTER_TRY(round->driver_.Open(opening));
  MUSTER_ASSIGN(round->spool_, ports.files.OpenSpool(PrefixOf(round->key_) + "spool"));
  round->Begin();
  return round;
}

void SecureRound::Begin() {
  const secagg::Task& task = session().plan().task;
  task_ = secagg::EncodeTask(task);
  vector_bytes_ = task.layout.wire_bytes();
  shares_.emplace(*spool_);
  sum_.emplace(task.layout, *spool_);
  if (driver_.recovered()) recovered_in_ = session().state().index();
  Publish();
  strand_.Post([self = shared_from_this()] {
    if (self->driver_.recovered())
      if (const auto extended = self->Handle(secagg::SessionRestarted{}, Caller::System());
          !extended.ok())
        self->ports_.log.Error(
            "secure_restart_not_recorded",
            {{"campaign", self->key_.round.campaign}, {"error", MessageOf(extended.status())}});
    self->Act();
  });
}

void SecureRound::Erase(const RoundKey& key, Files& files, Logger& log) {
  const std::string streams = SecureStreams(key);
  const auto names = files.List(streams);
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
    // Attempt 1's streams begin as attempt 10's do.
    const char next = name.size() > streams.size() ? name[streams.size()] : '\0';
    if (next == '.' || next == '-') Remove(name, files, log);
  }
}

void SecureRound::Erase() const {
  const auto names = ports_.files.List(PrefixOf(key_));
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>())
    Remove(name, ports_.files, ports_.log);
}

bool SecureRound::Invites(const DeviceId& device) const {
  absl::MutexLock lock(&mu_);
  return inviting_ && !advertised_.contains(device);
}

void SecureRound::Publish() {
  const auto* advertising = In<secagg::Advertising>();
  absl::MutexLock lock(&mu_);
  inviting_ = advertising != nullptr;
  advertised_.clear();
  if (advertising == nullptr) return;
  for (const auto& [device, keys] : advertising->members) advertised_.insert(device);
}

void SecureRound::Tell(std::function<void()> news) {
  ports_.control.Post([self = shared_from_this(), news = std::move(news)] { news(); });
}

StatusOr<bool> SecureRound::Handle(const secagg::ServerEvent& event, const Caller& by) {
  MUSTER_ASSIGN(const secagg::ServerFacts facts, driver_.Handle(event, by));
  Announce(facts);
  return !facts.empty();
}

void SecureRound::Announce(const secagg::ServerFacts& facts) {
  for (const secagg::ServerFact& fact : facts) {
    const auto* named = std::get_if<secagg::MemberNamed>(&fact);
    // Named members are known by the roster, which outlives no end: looked up before it.
    if (named == nullptr) continue;
    for (const auto& [device, member] : members_)
      if (member == named->named.member)
        Tell([this, device = device, violation = std::string(NameOf(named->named.violation))] {
          events_.OnSecureLiar(key_, device, violation);
        });
  }
}

void SecureRound::Act() {
  ConsiderWaiting();
  Publish();
  if (members_.empty())
    if (const secagg::Cohort* cohort = session().cohort())
      for (secagg::Member i = 0; i < cohort->devices(); ++i)
        members_.emplace(DeviceIdOf(cohort->At(i).identity, ports_.crypto), i);
  Fold();
  Unmask();
  if (session().IsOver()) {
    if (!std::exchange(cleaned_, true)) {
      sum_->Reset();
      shares_->Forget();
      unmasking_.reset();
      Erase();
    }
    TellEnd();
  }
  desk_.WakeAll();
}

void SecureRound::Tick(Timestamp last_progress) {
  if (ticking_.exchange(true)) return;
  strand_.Post([self = shared_from_this(), last_progress] {
    self->ticking_ = false;
    self->TickNow(last_progress);
  });
}

void SecureRound::TickNow(Timestamp last_progress) {
  OpenInbox();  // What has come is not too late.
  // Taking masks off is progress; no window ends under it.
  if (!opening_) {
    const secagg::SessionTick tick{last_progress};
    const auto facts = driver_.Preview(tick);
    const bool over = facts.ok() && !facts->empty() &&
                      std::holds_alternative<secagg::SecureSessionAbandoned>(facts->back());
    if (over && unmasking_) NameLiars(unmasking_->Undealt());
    if (const auto ticked = Handle(tick, Caller::System()); !ticked.ok())
      ports_.log.Error("secure_tick_not_recorded",
                       {{"campaign", key_.round.campaign}, {"error", MessageOf(ticked.status())}});
  }
  Act();
  desk_.Expire();
}

void SecureRound::Lost(DeviceId device) {
  strand_.Post([self = shared_from_this(), device = std::move(device)] {
    self->lost_.insert(device);
    self->Act();
  });
}

// Whom the present step waits for: how many, or nothing in steps that end with a threshold.
std::optional<std::size_t> SecureRound::Missing() const {
  if (In<secagg::Advertising>() != nullptr) return invited_.size() - Came();
  if (In<secagg::Sharing>() != nullptr) return members_.size() - std::min(members_.size(), Came());
  if (const auto* s = In<secagg::Collecting>()) return s->shared.members.size() - Came();
  return std::nullopt;
}

bool SecureRound::IsMissing(const DeviceId& device) const {
  if (const auto* s = In<secagg::Advertising>())
    return invited_.contains(device) && !s->members.contains(device);
  const auto member = MemberOf(device);
  if (!member) return false;
  if (const auto* s = In<secagg::Sharing>()) return !s->dealt.contains(*member);
  const auto* s = In<secagg::Collecting>();
  return s != nullptr && s->shared.members.Contains(*member) && !s->headers.contains(*member);
}

// How many have come to it.
std::size_t SecureRound::Came() const {
  return std::visit(Overloaded{[](const secagg::Advertising& s) { return s.members.size(); },
                               [](const secagg::Sharing& s) { return s.dealt.size(); },
                               [](const secagg::Collecting& s) { return s.headers.size(); },
                               [](const auto&) { return std::size_t{0}; }},
                    session().state());
}

bool SecureRound::MayLose(std::size_t devices) const {
  const secagg::ServerPlan& plan = session().plan();
  return devices <= secagg::PartOf(plan.goal, plan.task.cohort.dropout_ppm);
}

void SecureRound::ConsiderWaiting() {
  const Timestamp now = ports_.clock.Now();
  patience_.See(session().state().index(), Came(), now);
  const auto missing = Missing();
  if (!missing || *missing == 0 || !writing_.empty() || !inbox_.empty()) return;
  const auto lost = static_cast<std::size_t>(std::count_if(
      lost_.begin(), lost_.end(), [this](const DeviceId& device) { return IsMissing(device); }));
  if (lost < *missing) {
    // Devices that a restart cut off come back at their own pace.
    if (session().state().index() == recovered_in_) return;
    // Those that earlier steps lost count too.
    const std::size_t gone = members_.empty() ? 0 : invited_.size() - members_.size();
    if (!MayLose(gone + *missing)) return;
    const Timestamp until = patience_.Until();
    if (now < until) {
      if (std::exchange(look_again_, until) != until)
        strand_.PostAt(until, [self = shared_from_this()] { self->Act(); });
      return;
    }
    // What ends the session can wait for its window.
    const auto facts = driver_.Preview(secagg::StopWaiting{});
    if (!facts.ok() || facts->empty() ||
        std::holds_alternative<secagg::SecureSessionAbandoned>(facts->back()))
      return;
  }
  if (const auto ended = Handle(secagg::StopWaiting{}, Caller::System()); !ended.ok())
    ports_.log.Error("step_not_ended",
                     {{"campaign", key_.round.campaign}, {"error", MessageOf(ended.status())}});
  Publish();
}

void SecureRound::Abandon(Reason reason, std::string why) {
  strand_.Post([self = shared_from_this(), reason, why = std::move(why)] {
    const auto ended = self->Handle(secagg::CancelSession{reason, why}, Caller::System());
    if (!ended.ok())
      self->ports_.log.Error("secure_end_not_recorded", {{"campaign", self->key_.round.campaign},
                                                         {"error", MessageOf(ended.status())}});
    self->Act();
    self->desk_.Close();
  });
}

void SecureRound::SendHome() {
  strand_.Post([self = shared_from_this()] { self->desk_.Close(); });
}

// It goes away with the round's checkpoints.
std::string SecureRound::SumName() const {
  return CheckpointName(key_.round, fmt::format("{}-{}", NameOf(key_.kind), key_.part + 1));
}

void SecureRound::TellEnd() {
  if (const auto* dropped = In<secagg::SessionDropped>()) {
    Tell([this, reason = dropped->reason, why = dropped->why] {
      events_.OnSecureAbandoned(key_, reason, why);
    });
  } else if (const auto* summed = In<secagg::Summed>()) {
    std::vector<DeviceId> survivors;
    for (const auto& [device, member] : members_)
      if (summed->survivors.Contains(member)) survivors.push_back(device);
    Tell([this, survivors] { events_.OnSecureSum(key_, survivors, SumName()); });
  }
}

}  // namespace muster::coordinator
