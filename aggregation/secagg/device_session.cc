#include "aggregation/secagg/device_session.h"

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {

Status OutOfStep() {
  return Refused(Violation::kOUT_OF_STEP, "this is not the step for that message");
}
// A second message where one was accepted: a retry when it is the same, else a lie.
StatusOr<DeviceFacts> SameAgain(bool same) {
  if (same) return DeviceFacts{};
  return Refused(Violation::kSECOND_ANSWER, "another such message was accepted before");
}
template <typename Fact>
DeviceFacts One(Fact fact) {
  DeviceFacts facts;
  facts.emplace_back(std::move(fact));
  return facts;
}

// This device's entry in the roster must be what it sent, not only bear its name.
StatusOr<Member> FindOwn(const Cohort& cohort, const AdvertiseKeys& own, const Defences& defences) {
  const auto me = FindMember(cohort, own.identity);
  if (!me) return Refused(Violation::kOWN_ENTRY_CHANGED, "this device is not in the roster");
  if (defences.own_entry && cohort.At(*me) != own)
    return Refused(Violation::kOWN_ENTRY_CHANGED,
                   "this device's entry is not the one that it sent");
  return *me;
}
}  // namespace

StatusOr<DeviceEvent> ParseDeviceEvent(ByteView message) {
  if (auto m = ParseRoster(message); m.ok()) return DeviceEvent(*std::move(m));
  if (auto m = ParseInboundShares(message); m.ok()) return DeviceEvent(*std::move(m));
  if (auto m = ParseAgreementRequest(message); m.ok()) return DeviceEvent(*std::move(m));
  MUSTER_ASSIGN(UnmaskRequest m, ParseUnmaskRequest(message));
  return DeviceEvent(std::move(m));
}

DeviceSession::DeviceSession(Task task, const Digest& hash, DevicePorts ports, Defences defences,
                             Advertised state)
    : task_(std::move(task)),
      hash_(hash),
      ports_(ports),
      defences_(defences),
      state_(std::move(state)) {}

StatusOr<DeviceSession> DeviceSession::Start(Task task, const LocalFloor& floor, Bytes statement,
                                             DevicePorts ports, Timestamp now, Defences defences) {
  if (now >= task.expiry) return Refused(Violation::kTASK_EXPIRED, "the task has expired");
  if (defences.floor) MUSTER_TRY(CheckFloor(task, floor));
  const Digest hash = TaskHash(task, ports.crypto, defences);
  MUSTER_ASSIGN(AgreementKey seal_key, ports.crypto.NewAgreementKey(ports.rng));
  MUSTER_ASSIGN(AgreementKey mask_key, ports.crypto.NewAgreementKey(ports.rng));
  Bytes self(kSharedSecretBytes);
  ports.rng.Fill(self);
  AdvertiseKeys entry{ports.signer.public_key(),
                      std::move(statement),
                      seal_key.public_key,
                      mask_key.public_key,
                      {}};
  MUSTER_ASSIGN(entry.signature, ports.signer.Sign(AdvertiseText(hash, entry)));
  return DeviceSession(
      std::move(task), hash, ports, defences,
      {{std::move(seal_key), std::move(mask_key), Secret(std::move(self))}, std::move(entry)});
}

StatusOr<DeviceFacts> DeviceSession::Decide(const DeviceEvent& event, Timestamp now) const {
  if (now >= task_.expiry) return Refused(Violation::kTASK_EXPIRED, "the task has expired");
  return std::visit([&](const auto& s, const auto& e) { return On(s, e); }, state_, event);
}

Status DeviceSession::Handle(const DeviceEvent& event, Timestamp now) {
  MUSTER_ASSIGN(DeviceFacts facts, Decide(event, now));
  for (DeviceFact& fact : facts) Apply(std::move(fact));
  return Ok();
}

// U1.
StatusOr<DeviceFacts> DeviceSession::On(const Advertised& s, const Roster& roster) const {
  MUSTER_ASSIGN(Cohort formed, FormCohort(task_, hash_, roster, ports_.crypto, defences_));
  const auto shared_cohort = std::make_shared<const Cohort>(std::move(formed));
  const Cohort& cohort = *shared_cohort;
  MUSTER_ASSIGN(const Member me, FindOwn(cohort, s.entry, defences_));
  for (Member i = 0; i < cohort.devices(); ++i)
    if (i != me)
      MUSTER_TRY(CheckEntry(cohort.At(i), hash_, ports_.crypto, ports_.check_statement, defences_));
  MUSTER_ASSIGN(Dealing dealing, DealShares(cohort, me, s.secrets, ports_.crypto, ports_.rng));
  MUSTER_ASSIGN(dealing.shares.signature,
                ports_.signer.Sign(ShareText(cohort.context, me, dealing.shares.promise)));
  return One(SharesWereDealt{shared_cohort, me, std::move(dealing)});
}
StatusOr<DeviceFacts> DeviceSession::On(const Dealt& s, const Roster& roster) const {
  return SameAgain(roster == s.cohort->roster);
}

// U2.
StatusOr<DeviceFacts> DeviceSession::On(const Dealt& s, const InboundShares& inbound) const {
  MUSTER_ASSIGN(std::unique_ptr<SharedView> view, Accept(s, inbound));
  MUSTER_ASSIGN(std::vector<MaskSeed> seeds, PairMasks(*s.cohort, view->shared, s.me, s.mask_key,
                                                       inbound.shared, ports_.crypto));
  MUSTER_ASSIGN(MaskSeed self, SelfMask(*s.cohort, s.me, s.self, Sign::kAdd, ports_.crypto));
  seeds.push_back(std::move(self));
  return One(SharesWereHeld{std::move(view), std::move(seeds)});
}
StatusOr<std::unique_ptr<SharedView>> DeviceSession::Accept(const Dealt& s,
                                                            const InboundShares& inbound) const {
  const Cohort& cohort = *s.cohort;
  const MemberSet& shared = inbound.shared;
  MUSTER_TRY(CheckShared(cohort, shared, defences_));
  if (!shared.Contains(s.me))
    return Refused(Violation::kSET_INVALID, "U2 does not hold this device");
  if (defences_.degree_rule && cohort.graph.DegreeIn(s.me, shared) < cohort.parameters.core)
    return Refused(Violation::kDEGREE_TOO_LOW, "fewer than h = {} mask neighbours are in U2",
                   cohort.parameters.core);
  auto view = std::make_unique<SharedView>(
      SharedView{s.cohort, s.me, {shared, inbound.promises, {}}, {}, {}, {}, {}});
  view->received = ports_.crypto.Sha256(Encode(inbound));
  view->shared = defences_.shared_set_binding
                     ? SharedSetHash(cohort.context, shared, inbound.promises, ports_.crypto)
                     : Digest();
  for (std::size_t rank = 0; const Member dealer : shared.Members()) {
    // A dealer that deals badly must not be able to stop the others: it only has no share here.
    auto held = OpenDealt(cohort.context, dealer, s.me, s.dealing.open_keys[dealer],
                          ByteView(inbound.dealt).subspan(rank++ * kDealtBytes, kDealtBytes),
                          ports_.crypto);
    view->held.push_back(held.ok() ? std::optional(*std::move(held)) : std::nullopt);
  }
  view->header = {s.me, view->shared, task_.layout.wire_bytes(), {}};
  MUSTER_ASSIGN(view->header.signature,
                ports_.signer.Sign(MaskedText(cohort.context, view->header)));
  return view;
}
StatusOr<DeviceFacts> DeviceSession::On(const Masking& s, const InboundShares& inbound) const {
  return SameAgain(ports_.crypto.Sha256(Encode(inbound)) == s.view->received);
}
StatusOr<DeviceFacts> DeviceSession::On(const Masked& s, const InboundShares& inbound) const {
  return SameAgain(ports_.crypto.Sha256(Encode(inbound)) == s.view->received);
}
StatusOr<DeviceFacts> DeviceSession::On(const Masking&, const VectorMasked&) const {
  return One(VectorWasMasked{});
}
StatusOr<DeviceFacts> DeviceSession::On(const Masked&, const VectorMasked&) const {
  return DeviceFacts{};
}

// U3.
StatusOr<DeviceFacts> DeviceSession::On(const Masked& s, const AgreementRequest& request) const {
  const SharedView& view = *s.view;
  if (task_.cohort.profile != Profile::kActive) return OutOfStep();
  MUSTER_TRY(CheckSurvivors(*view.cohort, view.inbound.shared, request.survivors, defences_));
  if (!request.survivors.Contains(view.me))
    return Refused(Violation::kSET_INVALID, "U3 does not hold this device");
  Agreement agreement{view.me, {}};
  MUSTER_ASSIGN(agreement.signature, ports_.signer.Sign(AgreementText(
                                         view.cohort->context, view.shared, request.survivors)));
  return One(SurvivorsWereAgreed{request, agreement});
}
StatusOr<DeviceFacts> DeviceSession::On(const Agreed& s, const AgreementRequest& request) const {
  return SameAgain(request == s.request);
}

// The answer.
StatusOr<DeviceFacts> DeviceSession::On(const Masked& s, const UnmaskRequest& request) const {
  return Answer(*s.view, request);
}
StatusOr<DeviceFacts> DeviceSession::On(const Agreed& s, const UnmaskRequest& request) const {
  if (defences_.agreement && request.survivors != s.request.survivors)
    return Refused(Violation::kVIEWS_DIFFER, "not the U3 that this device agreed to");
  return Answer(*s.view, request);
}
StatusOr<DeviceFacts> DeviceSession::On(const Answered& s, const UnmaskRequest& request) const {
  if (s.view != nullptr) return Answer(*s.view, request);
  return SameAgain(ports_.crypto.Sha256(Encode(request)) == s.request);
}
Status DeviceSession::CheckAgreed(const SharedView& view, const UnmaskRequest& request) const {
  if (!defences_.agreement) return Ok();
  const bool active = task_.cohort.profile == Profile::kActive;
  if (!active && request.signers.size() > 0)
    return Refused(Violation::kOUT_OF_STEP, "the curious profile has no agreement");
  if (!active) return Ok();
  if (!request.signers.IsSubsetOf(request.survivors) ||
      request.signers.size() < view.cohort->parameters.threshold ||
      request.signatures.size() != request.survivors.size())
    return Refused(Violation::kAGREEMENT_MISSING, "{} signatures of survivors, t = {} needed",
                   request.signers.size(), view.cohort->parameters.threshold);
  for (std::size_t rank = 0; const Member member : request.survivors.Members())
    MUSTER_TRY(CheckWord(view, request, member, request.signatures[rank++]));
  return Ok();
}
// Who agreed has masked for this U2, since nobody agrees before; of the others their headers say
// so. One who had masked for another U2 might have masked with those alone who vanished.
Status DeviceSession::CheckWord(const SharedView& view, const UnmaskRequest& request, Member of,
                                const Signature& signature) const {
  const Context& context = view.cohort->context;
  const bool agreed = request.signers.Contains(of);
  const Bytes text = agreed ? AgreementText(context, view.shared, request.survivors)
                            : MaskedText(context, {of, view.shared, task_.layout.wire_bytes(), {}});
  if (ports_.crypto.Verify(view.cohort->At(of).identity, text, signature).ok()) return Ok();
  if (agreed)
    return Refused(Violation::kSIGNATURE_INVALID, "member {} did not agree to this U3", of);
  return Refused(Violation::kVIEWS_DIFFER, "member {} did not sign that it masked for the same U2",
                 of);
}
StatusOr<DeviceFacts> DeviceSession::Answer(const SharedView& view,
                                            const UnmaskRequest& request) const {
  const Cohort& cohort = *view.cohort;
  const MemberSet& shared = view.inbound.shared;
  MUSTER_TRY(CheckSurvivors(cohort, shared, request.survivors, defences_));
  if (!request.survivors.Contains(view.me))
    return Refused(Violation::kSET_INVALID, "U3 does not hold this device");
  MUSTER_TRY(CheckAgreed(view, request));
  UnmaskReply reply{view.me, MemberSet(cohort.devices()), {}, {}};
  std::vector<Digest> shown;
  for (std::size_t rank = 0; const Member dealer : shared.Members()) {
    const std::optional<HeldShares>& held = view.held[rank++];
    const bool survived = request.survivors.Contains(dealer);
    if (!held || (!survived && cohort.graph.DegreeIn(dealer, request.survivors) == 0)) continue;
    reply.about.Insert(dealer);
    const SecretKind kind = survived ? SecretKind::kSelf : SecretKind::kMaskKey;
    std::array<std::byte, Share::kBytes> share;
    held->Of(kind).Write(share);
    reply.shares.insert(reply.shares.end(), share.begin(), share.end());
    shown.push_back(ShownHash(held->ToldOf(kind), share, ports_.crypto));
  }
  MUSTER_ASSIGN(reply.signature,
                ports_.signer.Sign(ReplyText(cohort.context, view.shared, request.survivors, reply,
                                             shown, ports_.crypto)));
  return One(SharesWereShown{ports_.crypto.Sha256(Encode(request)), Encode(reply)});
}

template <typename S, typename E>
StatusOr<DeviceFacts> DeviceSession::On(const S&, const E&) const {
  return OutOfStep();
}

void DeviceSession::Apply(DeviceFact fact) {
  std::visit(
      Overloaded{
          [&](SharesWereDealt& f) {
            DealerSecrets& secrets = std::get<Advertised>(state_).secrets;
            Dealt next{std::move(f.cohort), f.me, std::move(secrets.mask_key.secret),
                       std::move(secrets.self), std::move(f.dealing)};
            state_.emplace<Dealt>(std::move(next));
          },
          [&](SharesWereHeld& f) {
            state_.emplace<Masking>(Masking{std::move(f.view), std::move(f.seeds)});
          },
          [&](VectorWasMasked&) {
            Masked next{TakeView()};
            state_.emplace<Masked>(std::move(next));
          },
          [&](SurvivorsWereAgreed& f) {
            Agreed next{TakeView(), std::move(f.request), f.agreement};
            state_.emplace<Agreed>(std::move(next));
          },
          [&](SharesWereShown& f) {
            std::unique_ptr<SharedView> view = TakeView();
            if (defences_.one_answer) view.reset();
            state_.emplace<Answered>(Answered{f.request, std::move(f.reply), std::move(view)});
          },
      },
      fact);
}

std::vector<DeviceEffect> DeviceSession::Pending() const {
  const auto send = [](Bytes message) {
    return std::vector<DeviceEffect>{SendToServer{std::move(message)}};
  };
  return std::visit(
      Overloaded{
          [&](const Advertised& s) { return send(Encode(s.entry)); },
          [&](const Dealt& s) { return send(Encode(s.dealing.shares)); },
          [&](const Masking& s) { return std::vector<DeviceEffect>{MaskVector{s.seeds}}; },
          [&](const Masked& s) {
            return std::vector<DeviceEffect>{UploadMasked{Encode(s.view->header)}};
          },
          [&](const Agreed& s) { return send(Encode(s.agreement)); },
          [&](const Answered& s) { return send(s.reply); },
      },
      state_);
}

const SharedView* DeviceSession::View() const {
  return std::visit(
      [](const auto& s) -> const SharedView* {
        if constexpr (requires { s.view; }) return s.view.get();
        return nullptr;
      },
      state_);
}
std::unique_ptr<SharedView> DeviceSession::TakeView() {
  return std::visit(
      [](auto& s) -> std::unique_ptr<SharedView> {
        if constexpr (requires { s.view; }) return std::move(s.view);
        return nullptr;
      },
      state_);
}

const Cohort* DeviceSession::cohort() const {
  if (const auto* dealt = std::get_if<Dealt>(&state_)) return dealt->cohort.get();
  return View() == nullptr ? nullptr : View()->cohort.get();
}

std::vector<Member> DeviceSession::BadDealers() const {
  std::vector<Member> out;
  if (View() == nullptr) return out;
  for (std::size_t rank = 0; const Member dealer : View()->inbound.shared.Members())
    if (!View()->held[rank++]) out.push_back(dealer);
  return out;
}

}  // namespace muster::aggregation::secagg
