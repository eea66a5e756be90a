#include "aggregation/secagg/server_session.h"

#include <algorithm>

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {

Status Closed() {
  return WithReason(
      Refused(Violation::kOUT_OF_STEP, "the session is not in the step for that message"),
      Reason::kROUND_CLOSED);
}
Status Outsider(Member member) {
  return WithReason(Refused(Violation::kOUTSIDER, "member {} has no part in this step", member),
                    Reason::kNOT_IN_COHORT);
}
Status Unsigned(Member member) {
  return Refused(Violation::kSIGNATURE_INVALID, "member {} did not sign this", member);
}
// A second message where one was accepted: a retry when it is the same.
StatusOr<ServerFacts> SameAgain(bool same, Member member) {
  if (same) return ServerFacts{};
  return Refused(Violation::kSECOND_ANSWER, "member {} sent another such message before", member);
}
SecureSessionAbandoned TooFew(Reason reason, std::string_view what, std::size_t came,
                              std::size_t needed) {
  return {reason, fmt::format("{}: {} of at least {}", what, came, needed)};
}

// A point of low order would stop every device that has to agree on a key with it.
Status CheckPoints(const AdvertiseKeys& keys) {
  for (const AgreementPublic& key : {keys.seal_key, keys.mask_key})
    if (HasLowOrder(key)) return Refused(Violation::kMALFORMED, "a key is a point of low order");
  return Ok();
}

template <typename T>
MemberSet KeysOf(const std::map<Member, T>& map, std::uint32_t devices) {
  MemberSet set(devices);
  for (const auto& [member, value] : map) set.Insert(member);
  return set;
}
// Members that may be folded now.
MemberSet Foldable(const Collecting& s) { return s.core.members(); }
MemberSet Foldable(const Agreeing& s) { return s.survivors; }
MemberSet Foldable(const AwaitingShares& s) { return s.survivors; }

bool IsPastDeadline(Timestamp deadline, const SessionTick& e, Duration window, Timestamp now) {
  return now >= std::max(deadline, e.last_progress + window);
}
}  // namespace

ServerSession::ServerSession(ServerPlan plan, const Digest& hash, ServerPorts ports,
                             Defences defences)
    : plan_(std::move(plan)), hash_(hash), ports_(ports), defences_(defences) {}

StatusOr<ServerSession> ServerSession::Make(ServerPlan plan, ServerPorts ports, Defences defences) {
  MUSTER_TRY(CheckTask(plan.task));
  if (plan.goal > plan.task.layout.devices())
    return InvalidField("goal", "{} devices, the layout has room for {}", plan.goal,
                        plan.task.layout.devices());
  MUSTER_TRY(FindParameters(plan.task.cohort, plan.goal).status());
  const Digest hash = TaskHash(plan.task, ports.crypto, defences);
  return ServerSession(std::move(plan), hash, ports, defences);
}

ServerFacts ServerSession::Open(Timestamp now) const {
  return {SecureSessionOpened{now + plan_.advertise_window}};
}

StatusOr<ServerFacts> ServerSession::Decide(const ServerEvent& event, Timestamp now) const {
  if (now >= plan_.task.expiry && !IsOver())
    return ServerFacts{SecureSessionAbandoned{Reason::kROUND_CLOSED, "the task has expired"}};
  return std::visit([&](const auto& s, const auto& e) { return On(s, e, now); }, state_, event);
}

// U1.
StatusOr<ServerFacts> ServerSession::On(const Advertising& s, const AdvertiseKeys& keys,
                                        Timestamp now) const {
  const DeviceId id = DeviceIdOf(keys.identity, ports_.crypto);
  if (const auto known = s.members.find(id); known != s.members.end()) {
    if (known->second == keys) return ServerFacts{};
    return Refused(Violation::kDUPLICATE_IDENTITY, "{} has advertised other keys before",
                   id.value());
  }
  if (keys.seal_key == keys.mask_key)
    return Refused(Violation::kDUPLICATE_IDENTITY, "the two keys of {} are one", id.value());
  for (const auto& [other, theirs] : s.members)
    for (const AgreementPublic& key : {keys.seal_key, keys.mask_key})
      if (key == theirs.seal_key || key == theirs.mask_key)
        return Refused(Violation::kDUPLICATE_IDENTITY, "a key of {} is also that of {}", id.value(),
                       other.value());
  MUSTER_TRY(CheckEntry(keys, hash_, ports_.crypto, ports_.check_statement, defences_));
  MUSTER_TRY(CheckPoints(keys));
  ServerFacts facts{KeysAdvertised{keys, now + plan_.advertise_window}};
  if (s.members.size() + 1 >= plan_.goal)
    facts.push_back(CloseAdvertising(s.members.size() + 1, now));
  return facts;
}
StatusOr<ServerFacts> ServerSession::On(const Advertising& s, const SessionTick& e,
                                        Timestamp now) const {
  if (!IsPastDeadline(s.deadline, e, plan_.advertise_window, now)) return ServerFacts{};
  return ServerFacts{CloseAdvertising(s.members.size(), now)};
}
StatusOr<ServerFacts> ServerSession::On(const Advertising& s, const StopWaiting&,
                                        Timestamp now) const {
  return ServerFacts{CloseAdvertising(s.members.size(), now)};
}
ServerFact ServerSession::CloseAdvertising(std::size_t members, Timestamp now) const {
  const auto feasible =
      FindParameters(plan_.task.cohort, static_cast<std::uint32_t>(members)).status();
  if (feasible.ok()) return RosterClosed{now + plan_.share_window};
  return SecureSessionAbandoned{Reason::kTOO_FEW_DEVICES, std::string(MessageOf(feasible))};
}

// U2.
StatusOr<ServerFacts> ServerSession::On(const Sharing& s, const ShareKeys& shares,
                                        Timestamp now) const {
  if (shares.from >= s.cohort->devices()) return Outsider(shares.from);
  if (shares.devices != s.cohort->devices())
    return Refused(Violation::kMALFORMED, "shares for {} devices of {}", shares.devices,
                   s.cohort->devices());
  if (ports_.crypto.Sha256(shares.dealt) != shares.promise.dealt)
    return Refused(Violation::kMALFORMED, "member {} promised other shares than it dealt",
                   shares.from);
  const Bytes text = ShareText(s.cohort->context, shares.from, shares.promise);
  if (!ports_.crypto.Verify(s.cohort->At(shares.from).identity, text, shares.signature).ok())
    return Unsigned(shares.from);
  if (const auto known = s.dealt.find(shares.from); known != s.dealt.end())
    return SameAgain(known->second == shares.promise, shares.from);
  ServerFacts facts{SharesDealt{shares.from, shares.promise, now + plan_.share_window}};
  if (s.dealt.size() + 1 == s.cohort->devices())
    facts.push_back(CloseSharing(s, MemberSet::All(s.cohort->devices()), now));
  return facts;
}
StatusOr<ServerFacts> ServerSession::On(const Sharing& s, const SessionTick& e,
                                        Timestamp now) const {
  if (!IsPastDeadline(s.deadline, e, plan_.share_window, now)) return ServerFacts{};
  return ServerFacts{CloseSharing(s, KeysOf(s.dealt, s.cohort->devices()), now)};
}
StatusOr<ServerFacts> ServerSession::On(const Sharing& s, const StopWaiting&, Timestamp now) const {
  return ServerFacts{CloseSharing(s, KeysOf(s.dealt, s.cohort->devices()), now)};
}
ServerFact ServerSession::CloseSharing(const Sharing& s, const MemberSet& dealt,
                                       Timestamp now) const {
  if (dealt.size() >= s.cohort->fewest) return SharingClosed{dealt, now + plan_.mask_window};
  return TooFew(Reason::kTOO_FEW_DEVICES, "devices that dealt shares", dealt.size(),
                s.cohort->fewest);
}

// U3.
StatusOr<ServerFacts> ServerSession::On(const Collecting& s, const MaskedHeader& header,
                                        Timestamp now) const {
  const Cohort& cohort = *s.shared.cohort;
  if (!s.shared.members.Contains(header.from)) return Outsider(header.from);
  if (const auto known = s.headers.find(header.from); known != s.headers.end())
    return SameAgain(known->second == header.signature, header.from);
  if (header.shared != s.shared.hash)
    return Refused(Violation::kVIEWS_DIFFER, "member {} masked for another U2", header.from);
  if (header.length != plan_.task.layout.wire_bytes())
    return Refused(Violation::kLENGTH_WRONG, "member {}: a vector of {} bytes, the layout has {}",
                   header.from, header.length, plan_.task.layout.wire_bytes());
  const Bytes text = MaskedText(cohort.context, header);
  if (!ports_.crypto.Verify(cohort.At(header.from).identity, text, header.signature).ok())
    return Unsigned(header.from);
  ServerFacts facts{VectorReceived{header.from, header.signature, now + plan_.mask_window}};
  if (s.headers.size() + 1 < s.shared.members.size()) return facts;
  DegreeCore core = s.core;
  core.Add(header.from);
  for (ServerFact& fact : CloseCollecting(s, core.members(), now)) facts.push_back(std::move(fact));
  return facts;
}
StatusOr<ServerFacts> ServerSession::On(const Collecting& s, const SessionTick& e,
                                        Timestamp now) const {
  if (!IsPastDeadline(s.deadline, e, plan_.mask_window, now)) return ServerFacts{};
  return CloseCollecting(s, s.core.members(), now);
}
StatusOr<ServerFacts> ServerSession::On(const Collecting& s, const StopWaiting&,
                                        Timestamp now) const {
  return CloseCollecting(s, s.core.members(), now);
}
ServerFacts ServerSession::CloseCollecting(const Collecting& s, const MemberSet& core,
                                           Timestamp now) const {
  if (core.size() < s.shared.cohort->fewest)
    return {
        TooFew(Reason::kTOO_FEW_UPDATES, "masked vectors", core.size(), s.shared.cohort->fewest)};
  ServerFacts facts{SurvivorsFixed{core, now + plan_.agree_window}};
  if (plan_.task.cohort.profile == Profile::kCurious)
    facts.emplace_back(AgreementReached{now + plan_.unmask_window});
  return facts;
}

StatusOr<ServerFacts> ServerSession::On(const Agreeing& s, const Agreement& agreement,
                                        Timestamp now) const {
  const Cohort& cohort = *s.shared.cohort;
  if (!s.survivors.Contains(agreement.from)) return Outsider(agreement.from);
  if (const auto known = s.agreed.find(agreement.from); known != s.agreed.end())
    return SameAgain(known->second == agreement.signature, agreement.from);
  const Bytes text = AgreementText(cohort.context, s.shared.hash, s.survivors);
  if (!ports_.crypto.Verify(cohort.At(agreement.from).identity, text, agreement.signature).ok())
    return Unsigned(agreement.from);
  ServerFacts facts{SurvivorsAgreedBy{agreement.from, agreement.signature}};
  if (s.agreed.size() + 1 >= cohort.parameters.threshold)
    facts.emplace_back(AgreementReached{now + plan_.unmask_window});
  return facts;
}
StatusOr<ServerFacts> ServerSession::On(const Agreeing& s, const SessionTick& e,
                                        Timestamp now) const {
  if (!IsPastDeadline(s.deadline, e, plan_.agree_window, now)) return ServerFacts{};
  return ServerFacts{TooFew(Reason::kTOO_FEW_UPDATES, "agreements", s.agreed.size(),
                            s.shared.cohort->parameters.threshold)};
}

// The sum.
StatusOr<ServerFacts> ServerSession::On(const AwaitingShares& s, const SumOpened& e,
                                        Timestamp) const {
  if (s.folding.folded != s.survivors)
    return FailedPrecondition("{} of {} survivors are folded", s.folding.folded.size(),
                              s.survivors.size());
  return ServerFacts{SecureSumOpened{e.sum}};
}
StatusOr<ServerFacts> ServerSession::On(const AwaitingShares& s, const SessionTick& e,
                                        Timestamp now) const {
  if (!IsPastDeadline(s.deadline, e, plan_.unmask_window, now)) return ServerFacts{};
  return ServerFacts{SecureSessionAbandoned{Reason::kTOO_FEW_UPDATES,
                                            "too few devices sent the shares they hold"}};
}

// What holds in several phases.
template <typename S>
StatusOr<ServerFacts> ServerSession::On(const S& s, const VectorsFolded& e, Timestamp) const {
  if constexpr (requires { s.folding; }) {
    if (!s.folding.checkpoint.empty() && e.checkpoint == s.folding.checkpoint)
      return ServerFacts{};  // A retry: the journal has taken it, its answer was lost.
    const MemberSet foldable = Foldable(s);
    for (const Member member : e.members) {
      if (s.folding.folded.Contains(member))
        return WithReason(FailedPrecondition("the vector of member {} is in the sum", member),
                          Reason::kALREADY_COUNTED);
      if (!foldable.Contains(member)) return Outsider(member);
    }
    return ServerFacts{VectorsSummed{e.members, e.checkpoint}};
  }
  return Closed();
}
template <typename S>
StatusOr<ServerFacts> ServerSession::On(const S&, const Accuse& e, Timestamp) const {
  if (named_.contains(e.named.member) || IsOver()) return ServerFacts{};
  ServerFacts facts{MemberNamed{e.named}};
  // A secret that cannot be opened leaves its mask on the sum.
  if (e.named.violation == Violation::kDEALING_INCONSISTENT)
    facts.emplace_back(SecureSessionAbandoned{
        Reason::kTASK_FAILED,
        fmt::format("member {} dealt shares that do not give its secret", e.named.member)});
  return facts;
}
template <typename S>
StatusOr<ServerFacts> ServerSession::On(const S&, const SessionTick&, Timestamp) const {
  return ServerFacts{};
}
template <typename S>
StatusOr<ServerFacts> ServerSession::On(const S&, const StopWaiting&, Timestamp) const {
  return ServerFacts{};
}
template <typename S>
StatusOr<ServerFacts> ServerSession::On(const S& s, const SessionRestarted&, Timestamp now) const {
  const Duration window =
      std::visit(Overloaded{[&](const Advertising&) { return plan_.advertise_window; },
                            [&](const Sharing&) { return plan_.share_window; },
                            [&](const Collecting&) { return plan_.mask_window; },
                            [&](const Agreeing&) { return plan_.agree_window; },
                            [&](const auto&) { return plan_.unmask_window; }},
                 state_);
  if constexpr (requires { s.deadline; }) return ServerFacts{WindowExtended{now + window}};
  return ServerFacts{};
}
template <typename S>
StatusOr<ServerFacts> ServerSession::On(const S&, const CancelSession& e, Timestamp) const {
  if (IsOver()) return ServerFacts{};
  return ServerFacts{SecureSessionAbandoned{e.reason, e.why}};
}
template <typename S, typename E>
StatusOr<ServerFacts> ServerSession::On(const S&, const E&, Timestamp) const {
  return Closed();
}

bool ServerSession::IsOver() const {
  return std::holds_alternative<Summed>(state_) || std::holds_alternative<SessionDropped>(state_);
}

const Cohort* ServerSession::cohort() const {
  return std::visit(
      [](const auto& s) -> const Cohort* {
        if constexpr (requires { s.cohort; }) return s.cohort.get();
        if constexpr (requires { s.shared; }) return s.shared.cohort.get();
        return nullptr;
      },
      state_);
}

}  // namespace muster::aggregation::secagg
