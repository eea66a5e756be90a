// What facts do to a server session, and what it then owes: the half that recovery shares.
#include "aggregation/secagg/server_session.h"
#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {

Status OutOfStep() {
  return Refused(Violation::kOUT_OF_STEP, "the session is not in the step of that message");
}
MemberSet LeftToFold(const MemberSet& foldable, const Folding& folding) {
  return foldable.Minus(folding.folded);
}
void AppendFold(std::vector<ServerEffect>& effects, const MemberSet& left) {
  if (left.size() > 0) effects.emplace_back(FoldVectors{left.Members()});
}
template <typename Map>
MemberSet Without(MemberSet set, const Map& done) {
  for (const auto& [member, value] : done) set.Erase(member);
  return set;
}
}  // namespace

void ServerSession::Apply(const ServerFact& fact) {
  std::visit(Overloaded{
                 [&](const SecureSessionOpened& f) {
                   state_.emplace<Advertising>(Advertising{{}, f.deadline});
                 },
                 [&](const KeysAdvertised& f) {
                   auto& s = std::get<Advertising>(state_);
                   s.members.emplace(DeviceIdOf(f.keys.identity, ports_.crypto), f.keys);
                   s.deadline = f.deadline;
                 },
                 [&](const RosterClosed& f) { FormRoster(f); },
                 [&](const SharesDealt& f) {
                   auto& s = std::get<Sharing>(state_);
                   s.dealt.emplace(f.member, f.promise);
                   s.deadline = f.deadline;
                 },
                 [&](const SharingClosed& f) { FixShared(f); },
                 [&](const VectorReceived& f) {
                   auto& s = std::get<Collecting>(state_);
                   s.headers.emplace(f.member, f.header);
                   s.core.Add(f.member);
                   s.deadline = f.deadline;
                 },
                 [&](const VectorsSummed& f) {
                   std::visit(
                       [&](auto& s) {
                         if constexpr (requires { s.folding; }) {
                           for (const Member member : f.members) s.folding.folded.Insert(member);
                           s.folding.checkpoint = f.checkpoint;
                         }
                       },
                       state_);
                 },
                 [&](const SurvivorsFixed& f) { FixSurvivors(f); },
                 [&](const SurvivorsAgreedBy& f) {
                   std::get<Agreeing>(state_).agreed.emplace(f.member, f.signature);
                 },
                 [&](const AgreementReached& f) { FixRequest(f); },
                 [&](const MemberNamed& f) { named_.emplace(f.named.member, f.named.violation); },
                 [&](const SecureSumOpened& f) {
                   const auto& s = std::get<AwaitingShares>(state_);
                   state_ = Summed{s.shared.cohort, s.survivors, f.sum};
                 },
                 [&](const SecureSessionAbandoned& f) {
                   state_ = SessionDropped{f.reason, f.why};
                 },
                 [&](const WindowExtended& f) {
                   std::visit(
                       [&](auto& s) {
                         if constexpr (requires { s.deadline; }) s.deadline = f.deadline;
                       },
                       state_);
                 },
             },
             fact);
}

void ServerSession::FormRoster(const RosterClosed& fact) {
  std::vector<AdvertiseKeys> members;
  for (auto& [id, keys] : std::get<Advertising>(state_).members) members.push_back(keys);
  StatusOr<Cohort> cohort = FormCohort(
      plan_.task, hash_, RosterOf(std::move(members), ports_.crypto), ports_.crypto, defences_);
  if (!cohort.ok()) {  // Decide has refused this; only a foreign journal has it.
    state_ = SessionDropped{Reason::kTOO_FEW_DEVICES, std::string(MessageOf(cohort.status()))};
    return;
  }
  state_.emplace<Sharing>(
      Sharing{std::make_shared<const Cohort>(*std::move(cohort)), {}, fact.deadline});
}

void ServerSession::FixShared(const SharingClosed& fact) {
  auto& sharing = std::get<Sharing>(state_);
  SharedSet shared{sharing.cohort, fact.shared, {}, {}};
  for (const auto& [member, promise] : sharing.dealt) shared.promises.push_back(promise);
  const Cohort& cohort = *shared.cohort;
  if (defences_.shared_set_binding)
    shared.hash = SharedSetHash(cohort.context, shared.members, shared.promises, ports_.crypto);
  DegreeCore core(cohort.graph, cohort.parameters.core);
  Folding folding{MemberSet(cohort.devices()), {}};
  state_.emplace<Collecting>(
      Collecting{std::move(shared), {}, std::move(core), std::move(folding), fact.deadline});
}

void ServerSession::FixSurvivors(const SurvivorsFixed& fact) {
  auto& collecting = std::get<Collecting>(state_);
  std::vector<Signature> headers;
  for (const auto& [member, signature] : collecting.headers)
    if (fact.survivors.Contains(member)) headers.push_back(signature);
  Agreeing next{std::move(collecting.shared),  fact.survivors, std::move(headers), {},
                std::move(collecting.folding), fact.deadline};
  state_.emplace<Agreeing>(std::move(next));
}

void ServerSession::FixRequest(const AgreementReached& fact) {
  auto& agreeing = std::get<Agreeing>(state_);
  UnmaskRequest request{agreeing.survivors, MemberSet(agreeing.survivors.devices()), {}};
  for (const auto& [member, signature] : agreeing.agreed) request.signers.Insert(member);
  if (!agreeing.agreed.empty()) request.signatures = std::move(agreeing.headers);
  for (std::size_t rank = 0; const Member member : request.survivors.Members()) {
    if (const auto agreed = agreeing.agreed.find(member); agreed != agreeing.agreed.end())
      request.signatures[rank] = agreed->second;
    ++rank;
  }
  AwaitingShares next{std::move(agreeing.shared), agreeing.survivors, std::move(request),
                      std::move(agreeing.folding), fact.deadline};
  state_.emplace<AwaitingShares>(std::move(next));
}

std::vector<ServerEffect> ServerSession::Pending() const {
  using Effects = std::vector<ServerEffect>;
  return std::visit(
      Overloaded{
          [](const Advertising&) { return Effects{InviteDevices{}}; },
          [](const Sharing& s) {
            return Effects{OfferRoster{Without(MemberSet::All(s.cohort->devices()), s.dealt)}};
          },
          [](const Collecting& s) {
            Effects effects{OfferShares{Without(s.shared.members, s.headers)}};
            AppendFold(effects, LeftToFold(s.core.members(), s.folding));
            return effects;
          },
          [](const Agreeing& s) {
            Effects effects{AskAgreement{Without(s.survivors, s.agreed)}};
            AppendFold(effects, LeftToFold(s.survivors, s.folding));
            return effects;
          },
          [](const AwaitingShares& s) {
            Effects effects{AskShares{s.survivors}};
            AppendFold(effects, LeftToFold(s.survivors, s.folding));
            return effects;
          },
          [](const Summed&) { return Effects{CleanUp{false}}; },
          [](const SessionDropped&) { return Effects{CleanUp{true}}; },
      },
      state_);
}

StatusOr<Bytes> ServerSession::RosterMessage() const {
  const auto* s = std::get_if<Sharing>(&state_);
  if (s == nullptr) return OutOfStep();
  return Encode(s->cohort->roster);
}

StatusOr<Bytes> ServerSession::SharesMessage(Member to, const SpooledShares& spooled) const {
  const auto* s = std::get_if<Collecting>(&state_);
  if (s == nullptr) return OutOfStep();
  if (!s->shared.members.Contains(to)) return Refused(Violation::kOUTSIDER, "not in U2: {}", to);
  InboundShares message{s->shared.members, s->shared.promises, {}};
  message.dealt.resize(s->shared.members.size() * kDealtBytes);
  std::span<std::byte> rest = message.dealt;
  for (const Member dealer : s->shared.members.Members()) {
    MUSTER_TRY(ReadDealt(spooled, dealer, to, rest.first(kDealtBytes)));
    rest = rest.subspan(kDealtBytes);
  }
  return Encode(message);
}

StatusOr<Bytes> ServerSession::AgreementMessage() const {
  const auto* s = std::get_if<Agreeing>(&state_);
  if (s == nullptr) return OutOfStep();
  return Encode(AgreementRequest{s->survivors});
}

StatusOr<Bytes> ServerSession::UnmaskMessage() const {
  const auto* s = std::get_if<AwaitingShares>(&state_);
  if (s == nullptr) return OutOfStep();
  return Encode(s->request);
}

StatusOr<Unmasking> ServerSession::BeginUnmasking(const SpooledShares& spooled) const {
  const auto* s = std::get_if<AwaitingShares>(&state_);
  if (s == nullptr) return OutOfStep();
  return Unmasking::Begin(s->shared, s->survivors, spooled, ports_.crypto, defences_);
}

}  // namespace muster::aggregation::secagg
