#pragma once
// The coordinator's side of one secure-aggregation session, as data: who is in, which sets were
// fixed, what is to be asked of whom. It holds no vector, no share and no secret, performs no I/O
// and reads no clock; the form is decide, record, believe, act (docs/ARCHITECTURE.md section 4).
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "aggregation/secagg/cohort.h"
#include "aggregation/secagg/graph.h"
#include "aggregation/secagg/unmasking.h"
#include "base/reason.h"

namespace muster::aggregation::secagg {

// Idle windows: so long without progress ends the phase.
struct ServerPlan {
  Task task;
  std::uint32_t goal = 0;  // The roster closes at so many; at most task.layout.devices().
  Duration advertise_window{}, share_window{}, mask_window{}, agree_window{}, unmask_window{};
};

// The world, borrowed; all of it outlives the session.
struct ServerPorts {
  const Crypto& crypto;
  const StatementCheck& check_statement;
};

// States.
struct Advertising {
  std::map<DeviceId, AdvertiseKeys> members;
  Timestamp deadline;
};
struct Sharing {
  std::shared_ptr<const Cohort> cohort;
  std::map<Member, DealerPromise> dealt;
  Timestamp deadline;
};
// Vectors that are in, and those of them that are in the sum.
struct Folding {
  MemberSet folded;
  std::string checkpoint;  // The accumulator file that holds exactly `folded`; empty: none yet.
};
struct Collecting {
  SharedSet shared;
  std::map<Member, Signature> headers;
  DegreeCore core;  // Of those in: what may be folded, since it can no longer be pruned.
  Folding folding;
  Timestamp deadline;
};
struct Agreeing {
  SharedSet shared;
  MemberSet survivors;
  std::vector<Signature> headers;  // By member of U3.
  std::map<Member, Signature> agreed;
  Folding folding;
  Timestamp deadline;
};
struct AwaitingShares {
  SharedSet shared;
  MemberSet survivors;
  UnmaskRequest request;  // The only one that this session can send.
  Folding folding;
  Timestamp deadline;
};
struct Summed {
  std::shared_ptr<const Cohort> cohort;
  MemberSet survivors;
  Digest sum;
};
struct SessionDropped {
  Reason reason{};
  std::string why;
};
using ServerState = std::variant<Advertising, Sharing, Collecting, Agreeing, AwaitingShares, Summed,
                                 SessionDropped>;

// Events. Messages come parsed; the shell has made sure that the caller is who the message says.
// ShareKeys: its bytes are spooled. MaskedHeader: the whole vector behind it is spooled, its length
// and checksum right; a vector that is cut short never becomes an event.
struct VectorsFolded {
  std::vector<Member> members;
  std::string checkpoint;
};
struct Accuse {
  Named named;
};
// Every mask is off and the sum is durable.
struct SumOpened {
  Digest sum;
};
struct SessionTick {
  Timestamp last_progress;  // Volatile progress, such as chunks of a vector, keeps a phase open.
};
// Whoever has not come to the present step will not, or is not worth the wait: the step ends as it
// would at its deadline. Steps that end with a threshold take no notice.
struct StopWaiting {};
struct SessionRestarted {};  // The coordinator was down; that time does not use up a window.
struct CancelSession {
  Reason reason;
  std::string why;
};
using ServerEvent =
    std::variant<AdvertiseKeys, ShareKeys, MaskedHeader, VectorsFolded, Agreement, Accuse,
                 SumOpened, SessionTick, StopWaiting, SessionRestarted, CancelSession>;

// Facts. They are journalled (server_facts.h) and replayed; none holds a secret.
struct SecureSessionOpened {
  Timestamp deadline;
};
struct KeysAdvertised {
  AdvertiseKeys keys;
  Timestamp deadline;
};
struct RosterClosed {
  Timestamp deadline;
};
struct SharesDealt {
  Member member;
  DealerPromise promise;
  Timestamp deadline;
};
struct SharingClosed {
  MemberSet shared;  // U2
  Timestamp deadline;
};
struct VectorReceived {
  Member member;
  Signature header;
  Timestamp deadline;
};
struct VectorsSummed {
  std::vector<Member> members;
  std::string checkpoint;
};
// U3, once: durable before any unmask request leaves.
struct SurvivorsFixed {
  MemberSet survivors;
  Timestamp deadline;
};
struct SurvivorsAgreedBy {
  Member member;
  Signature signature;
};
struct AgreementReached {
  Timestamp deadline;
};
struct MemberNamed {
  Named named;
};
struct SecureSumOpened {
  Digest sum;
};
struct SecureSessionAbandoned {
  Reason reason;
  std::string why;
};
struct WindowExtended {
  Timestamp deadline;
};
using ServerFact =
    std::variant<SecureSessionOpened, KeysAdvertised, RosterClosed, SharesDealt, SharingClosed,
                 VectorReceived, VectorsSummed, SurvivorsFixed, SurvivorsAgreedBy, AgreementReached,
                 MemberNamed, SecureSumOpened, SecureSessionAbandoned, WindowExtended>;
using ServerFacts = std::vector<ServerFact>;

// Effects; all safe to repeat. The messages are the session's (below).
struct InviteDevices {};
struct OfferRoster {
  MemberSet to;  // Who has not dealt.
};
struct OfferShares {
  MemberSet to;  // Who has not sent its vector.
};
// Add these spooled vectors to the accumulator, write a checkpoint, tell VectorsFolded.
struct FoldVectors {
  std::vector<Member> members;
};
struct AskAgreement {
  MemberSet to;
};
// With everything folded: gather replies (Unmasking), take the masks off, tell SumOpened.
struct AskShares {
  MemberSet to;
};
// The session is over: erase spools and, when it was abandoned, accumulators.
struct CleanUp {
  bool abandoned;
};
using ServerEffect = std::variant<InviteDevices, OfferRoster, OfferShares, FoldVectors,
                                  AskAgreement, AskShares, CleanUp>;

class ServerSession {
 public:
  // INVALID_ARGUMENT (FIELD_INVALID) when the task or the goal is infeasible.
  static StatusOr<ServerSession> Make(ServerPlan plan, ServerPorts ports, Defences defences = {});

  ServerFacts Open(Timestamp now) const;
  // Judges one event; changes nothing. A status with a Violation refuses the message; the session
  // goes on without it. ROUND_CLOSED when the phase is over: late vectors are dropped unread.
  StatusOr<ServerFacts> Decide(const ServerEvent& event, Timestamp now) const;
  // Makes one decided fact true. Cannot fail.
  void Apply(const ServerFact& fact);
  std::vector<ServerEffect> Pending() const;

  const ServerState& state() const { return state_; }
  const ServerPlan& plan() const { return plan_; }
  const Digest& task_hash() const { return hash_; }
  bool IsOver() const;
  // U1, once it is closed and while the session lasts; else null.
  const Cohort* cohort() const;
  // Those who lied, and in what.
  const std::map<Member, Violation>& named() const { return named_; }

  // Messages of the state's phase; FAILED_PRECONDITION (OUT_OF_STEP) in another.
  StatusOr<Bytes> RosterMessage() const;
  StatusOr<Bytes> SharesMessage(Member to, const SpooledShares& spooled) const;
  StatusOr<Bytes> AgreementMessage() const;
  StatusOr<Bytes> UnmaskMessage() const;
  // An empty Unmasking for this session's only unmask request; OUT_OF_STEP before that. Reads what
  // was dealt as Unmasking::Begin does.
  StatusOr<Unmasking> BeginUnmasking(const SpooledShares& spooled) const;

 private:
  ServerSession(ServerPlan plan, const Digest& hash, ServerPorts ports, Defences defences);
  StatusOr<ServerFacts> On(const Advertising&, const AdvertiseKeys&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Advertising&, const SessionTick&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Advertising&, const StopWaiting&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Sharing&, const ShareKeys&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Sharing&, const SessionTick&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Sharing&, const StopWaiting&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Collecting&, const MaskedHeader&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Collecting&, const SessionTick&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Collecting&, const StopWaiting&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Agreeing&, const Agreement&, Timestamp now) const;
  StatusOr<ServerFacts> On(const Agreeing&, const SessionTick&, Timestamp now) const;
  StatusOr<ServerFacts> On(const AwaitingShares&, const SumOpened&, Timestamp now) const;
  StatusOr<ServerFacts> On(const AwaitingShares&, const SessionTick&, Timestamp now) const;
  template <typename S>
  StatusOr<ServerFacts> On(const S&, const VectorsFolded&, Timestamp now) const;
  template <typename S>
  StatusOr<ServerFacts> On(const S&, const Accuse&, Timestamp now) const;
  template <typename S>
  StatusOr<ServerFacts> On(const S&, const SessionTick&, Timestamp now) const;
  template <typename S>
  StatusOr<ServerFacts> On(const S&, const StopWaiting&, Timestamp now) const;
  template <typename S>
  StatusOr<ServerFacts> On(const S&, const SessionRestarted&, Timestamp now) const;
  template <typename S>
  StatusOr<ServerFacts> On(const S&, const CancelSession&, Timestamp now) const;
  template <typename S, typename E>
  StatusOr<ServerFacts> On(const S&, const E&, Timestamp now) const;

  // How a phase ends with these members: in the next one, or abandoned.
  ServerFact CloseAdvertising(std::size_t members, Timestamp now) const;
  ServerFact CloseSharing(const Sharing&, const MemberSet& dealt, Timestamp now) const;
  ServerFacts CloseCollecting(const Collecting&, const MemberSet& core, Timestamp now) const;

  void FormRoster(const RosterClosed& fact);
  void FixShared(const SharingClosed& fact);
  void FixSurvivors(const SurvivorsFixed& fact);
  void FixRequest(const AgreementReached& fact);

  ServerPlan plan_;
  Digest hash_;
  ServerPorts ports_;
  Defences defences_;
  ServerState state_;
  std::map<Member, Violation> named_;
};  // Used from one executor strand at a time.

}  // namespace muster::aggregation::secagg
