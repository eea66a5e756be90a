#pragma once
// A secure round in one thread: real device halves over a line that a test can make bad, and a
// coordinator that runs a real server session over them.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/server_session.h"
#include "base/seeded.h"
#include "client/secure/secure_upload.h"
#include "platform/sha256.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/client_session/sim_executor.h"

namespace muster::testing {
namespace secagg = aggregation::secagg;

constexpr Timestamp kRoundStart = Timestamp(Duration(1'700'000'000'000));
constexpr Duration kSecureWindow = std::chrono::seconds(60);

// What the authority says in these tests: the identity itself.
inline Bytes TestStatement(const SigningPublic& identity) {
  return {identity.begin(), identity.end()};
}
inline secagg::StatementCheck TestCheck() {
  return [](const IdentityKey& identity, ByteView statement) {
    return std::ranges::equal(identity, statement) ? Ok() : Unauthenticated("not its statement");
  };
}

// A campaign's round as an assignment with its task: to train,
client::Assignment SecureAssignment(std::uint32_t devices, std::uint64_t dim,
                                    std::uint32_t dropout_ppm = 0);
// or to give sums: kEvaluate or kStatistics.
client::Assignment SumsAssignment(client::TaskKind kind, std::uint32_t devices);
secagg::Task TaskIn(const client::Assignment& assignment);

// The coordinator's half.
class SecureServer {
 public:
  SecureServer(const secagg::Task& task, Crypto& crypto, ManualClock& clock, SimExecutor& executor);

  void Poll(std::size_t device, const client::SecureAsk& ask,
            const client::CoordinatorLink::Callback<client::SecureAnswer>& done);
  Status Receive(const client::UpdateUpload& upload, std::uint64_t bytes);
  std::uint64_t Offset(std::size_t device) const;

  // What a device is sent on its way to it; a test may have the server lie.
  std::function<Bytes(std::size_t device, Bytes message)> tamper = [](std::size_t, Bytes message) {
    return message;
  };
  std::set<std::size_t> offline;  // Devices whose calls never arrive.
  // Devices whose first vector is acknowledged and then lost, as by a restart: their next call
  // fails.
  std::set<std::size_t> forgets;
  std::set<std::size_t> fails_next;
  // Of each call (by device, kind and content) the first answer is lost, with what it did done.
  bool lose_first_answers = false;
  std::size_t answers_lost() const { return lost_.size(); }
  bool Loses(std::size_t device, std::string_view kind, ByteView content);

  template <typename S>
  const S* In() const {
    return std::get_if<S>(&session_.state());
  }
  // By segment, once the session is Summed.
  std::vector<std::vector<std::int32_t>> sums;
  std::map<std::size_t, Bytes> stored;  // Masked vectors, by device; may be in part.
  std::map<std::size_t, client::UpdateUpload> uploads;
  std::set<client::TaskKind> kinds;  // Of the sessions that devices asked for.

 private:
  Status Tell(const secagg::ServerEvent& event);
  Status Take(std::size_t device, const Bytes& message);
  StatusOr<Bytes> NextFor(std::size_t device);
  void Wait(std::size_t device, const client::SecureAsk& ask, Timestamp until,
            const client::CoordinatorLink::Callback<client::SecureAnswer>& done);
  void Fold();
  void TryOpen();
  std::optional<secagg::Member> MemberOf(std::size_t device) const;
  secagg::SpooledShares Spool() const;

  Crypto& crypto_;
  ManualClock& clock_;
  SimExecutor& executor_;
  secagg::StatementCheck check_ = TestCheck();
  secagg::ServerSession session_;
  std::map<std::size_t, SigningPublic> identities_;
  std::set<std::pair<std::size_t, Digest>> taken_;
  std::map<secagg::Member, Bytes> spooled_;
  std::map<secagg::Member, Bytes> vectors_;
  std::optional<secagg::LaneVector> sum_;
  std::optional<secagg::Unmasking> unmasking_;
  std::set<std::string> lost_;
};

struct SecureDevice {
  SecureDevice(SymbolicCrypto& crypto, std::size_t index);
  // What its quantised vector must be: the same draws again.
  secagg::LaneVector Expected(const secagg::Task& task, const Crypto& crypto) const;

  const std::size_t index;
  client::SecureInput input;
  std::optional<client::SecureStep> silent_at;
  client::SecureUpdate& update() { return std::get<client::SecureUpdate>(input); }
  SeededSecureRng rng;
  std::shared_ptr<const client::SecureIdentity> identity;
  MemoryFiles files;
  std::shared_ptr<client::SecureUpload> upload;
  std::optional<StatusOr<std::string>> ended;
};

class SecureRoom {
 public:
  explicit SecureRoom(std::uint32_t devices, std::uint64_t dim = 20, std::uint32_t dropout_ppm = 0);
  // Of sums; each integer drawn up to its most.
  SecureRoom(client::TaskKind kind, std::uint32_t devices);
  ~SecureRoom();
  void Start(std::size_t device);
  void StartAll();
  void RunFor(Duration d) { executor.RunFor(d); }
  client::Question Question(std::size_t device) const;
  client::ContributionLedger Ledger(std::size_t device);
  // The sum of what these devices gave, by segment.
  std::vector<std::vector<std::int32_t>> PlainSum(const std::vector<std::size_t>& of) const;

  ManualClock clock{kRoundStart};
  SimExecutor executor{clock};
  SeededRng jitter{1};
  NullLogger log;
  platform::OpenSslHasher hasher;
  SymbolicCrypto crypto{hasher};
  client::Assignment assignment;
  secagg::Task task;
  MemoryFiles budget_files;
  client::ByteBudget budget{budget_files, clock, 0};
  SecureServer server;
  std::vector<std::unique_ptr<SecureDevice>> devices;

 private:
  explicit SecureRoom(const client::Assignment& assignment);
};

}  // namespace muster::testing
