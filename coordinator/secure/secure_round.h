#pragma once
// One secure session on a strand of its own: takes devices' messages and masked vectors, says what
// each is to hear next, and ends with a file that holds the sum of the survivors, or with nothing.
// What the session decides is aggregation/secagg's; what is secret exists only while masks come
// off.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/strand.h"
#include "coordinator/secure/desk.h"
#include "coordinator/secure/patience.h"
#include "coordinator/secure/secure_driver.h"
#include "coordinator/secure/secure_sum.h"
#include "coordinator/secure/share_spool.h"
#include "coordinator/secure/sum_form.h"
#include "coordinator/secure/types.h"

namespace muster::coordinator {

struct SecureRoundPorts {
  Journal& journal;
  Files& files;
  Executor& pool;     // Where sessions and tensors are worked on.
  Executor& control;  // Where `events` are told.
  Clock& clock;
  Logger& log;
  const Crypto& crypto;
  const aggregation::secagg::StatementCheck& check_statement;
};

// Methods return at once and may be called from any thread, but Open. Held by shared_ptr: posted
// work keeps it alive. `events` must outlive the control executor.
class SecureRound : public std::enable_shared_from_this<SecureRound> {
 public:
  // Takes up the session where the journal has it, or opens one. Blocks for the journal.
  // INVALID_ARGUMENT (FIELD_INVALID) when the cohort is infeasible.
  static StatusOr<std::shared_ptr<SecureRound>> Open(SessionKey key, const SecureOpening& opening,
                                                     std::set<DeviceId> invited,
                                                     std::shared_ptr<const SumForm> form,
                                                     SecureRoundPorts ports,
                                                     SecureRoundEvents& events);
  // Removes what the sessions of a round may have left of their spools.
  static void Erase(const RoundKey& key, Files& files, Logger& log);

  const SessionKey& key() const { return key_; }
  // secagg::EncodeTask, for the devices' assignments.
  const Bytes& task() const { return task_; }
  std::uint64_t vector_bytes() const { return vector_bytes_; }
  // Whether the session still waits for this device's keys.
  bool Invites(const DeviceId& device) const;

  // This device is known to have failed: no step waits for it.
  void Lost(DeviceId device);

  // One step of a device that is in the round's cohort; answers on the pool. A message that comes
  // late is not read. SECURE_REFUSED: the message is none that this device may send.
  void Exchange(DeviceId device, SecureAsk ask, Done<SecureAnswer> done);
  // A whole masked vector; OK once it is durable, also for a second time. `reservation` gives its
  // memory back. SECURE_REFUSED, ROUND_CLOSED.
  void TakeVector(DeviceId device, Bytes header, Bytes vector, std::shared_ptr<void> reservation,
                  Done<bool> done);

  // Lets time pass; tells the end again. `last_progress`: of uploads under way.
  void Tick(Timestamp last_progress);
  // Ends the session, if it has not ended.
  void Abandon(Reason reason, std::string why);
  // Answers all who wait (shutting down).
  void SendHome();

 private:
  SecureRound(SessionKey key, std::set<DeviceId> invited, std::shared_ptr<const SumForm> form,
              SecureRoundPorts ports, SecureRoundEvents& events);
  void Begin();
  void Erase() const;

  using Then = std::function<void(const Status&)>;  // On the strand.
  // What a device sent, on its way into the journal.
  struct Letter {
    aggregation::secagg::ServerEvent event;
    Caller by;
    std::optional<aggregation::secagg::Member> wrote;  // Whose bytes were written for it.
    Then then;
  };
  void Take(const DeviceId& device, Bytes message, Then then);
  void TakeShares(const DeviceId& device, aggregation::secagg::ShareKeys shares, Bytes message,
                  Then then);
  Status TakeReply(const DeviceId& device, const aggregation::secagg::UnmaskReply& reply);
  void TakeVectorNow(const DeviceId& device, ByteView header, Bytes vector, Then then);
  using Write = std::function<void(std::function<void(Status)> durable)>;
  // Hands the event to the session once `write` has made its bytes durable.
  void Keep(const DeviceId& device, aggregation::secagg::Member member,
            const aggregation::secagg::ServerEvent& event, Write write, Then then);
  Status CheckSender(const DeviceId& device, aggregation::secagg::Member from) const;
  Status CheckSender(const DeviceId& device, const aggregation::secagg::AdvertiseKeys& keys) const;
  Status CheckSender(const DeviceId& device, const aggregation::secagg::Agreement& message) const;

  // Hands the letter to the session soon, together with those that come until then.
  void Enqueue(Letter letter);
  void OpenInbox();
  void ActThen(const Then& then, const Status& status);
  void Announce(const aggregation::secagg::ServerFacts& facts);
  // Hands an event to the session; whether facts came of it.
  StatusOr<bool> Handle(const aggregation::secagg::ServerEvent& event, const Caller& by);
  // Performs what the session is owed.
  void Act();
  void TickNow(Timestamp last_progress);
  // Ends the step when those who are missing are lost, or few and late.
  void ConsiderWaiting();
  std::optional<std::size_t> Missing() const;
  bool IsMissing(const DeviceId& device) const;
  std::size_t Came() const;
  bool MayLose(std::size_t devices) const;
  void Fold();
  Status FoldOnce(const std::vector<aggregation::secagg::Member>& members);
  void NameLiars(const std::vector<aggregation::secagg::Named>& named);
  void Unmask();
  Status UnmaskNow(const aggregation::secagg::AwaitingShares& state);
  void TakeOff(StatusOr<std::vector<aggregation::secagg::MaskSeed>> seeds);
  void Opened(const Status& unmasked);
  Status FinishSum(const Status& unmasked);
  std::string SumName() const;
  void TellEnd();

  std::optional<SecureAnswer> NextFor(const DeviceId& device, const SecureAsk& ask);
  std::optional<SecureAnswer> NextShares(const aggregation::secagg::Collecting& state,
                                         aggregation::secagg::Member member, const SecureAsk& ask);
  // What every member is told in this step.
  using MakeCommon = StatusOr<Bytes> (aggregation::secagg::ServerSession::*)() const;
  std::optional<SecureAnswer> NextCommon(MakeCommon make, const SecureAsk& ask);
  std::nullopt_t NotMade(const Status& error) const;  // Logs it.
  std::optional<aggregation::secagg::Member> MemberOf(const DeviceId& device) const;
  const aggregation::secagg::ServerSession& session() const { return driver_.session(); }
  template <typename S>
  const S* In() const {
    return std::get_if<S>(&session().state());
  }
  void Publish();
  void Tell(std::function<void()> news);

  const SessionKey key_;
  const std::set<DeviceId> invited_;
  const std::shared_ptr<const SumForm> form_;
  SecureRoundPorts ports_;
  SecureRoundEvents& events_;
  Strand strand_;
  Bytes task_;
  std::uint64_t vector_bytes_ = 0;
  std::atomic<bool> ticking_ = false;  // A tick is on its way.
  mutable absl::Mutex mu_;
  bool inviting_ ABSL_GUARDED_BY(mu_) = false;
  std::set<DeviceId> advertised_ ABSL_GUARDED_BY(mu_);

  // On strand_ alone, once Open has returned:
  SecureDriver driver_;
  SecureDesk desk_;
  std::unique_ptr<Spool> spool_;  // What devices dealt, and their masked vectors.
  std::optional<ShareSpool> shares_;
  std::optional<SecureSum> sum_;
  std::map<DeviceId, aggregation::secagg::Member> members_;  // Once the roster is closed.
  struct Common {
    std::size_t step;
    Bytes message;
    Digest digest;
  };
  std::optional<Common> common_;        // Made once a step: all who wait are asked about it often.
  std::map<DeviceId, Digest> offered_;  // Shares that devices were told.
  std::optional<aggregation::secagg::Unmasking> unmasking_;
  std::vector<Letter> inbox_;
  // What these sent is on its way to a file or in the inbox.
  std::set<aggregation::secagg::Member> writing_;
  std::set<DeviceId> lost_;
  Patience patience_;
  std::optional<std::size_t> recovered_in_;  // The step in which a restart found the session.
  Timestamp look_again_;                     // A look at the step's patience is due then.
  bool opening_ = false;                     // Masks are coming off on the pool.
  bool cleaned_ = false;
};

}  // namespace muster::coordinator
