#pragma once
// A whole secure sum in one thread: devices, an honest coordinator that journals its facts, and
// steps that a test takes one by one, with whom it likes missing or lying.
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregation/secagg/device_session.h"
#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/server_session.h"
#include "aggregation/secagg/unmasking.h"
#include "base/seeded.h"
#include "tests/support/symbolic_crypto.h"

namespace muster::aggregation::secagg {

// How often a random test tries: so many in the suite, so many under ./dev soak.
inline std::uint64_t Cases(std::uint64_t in_suite, std::uint64_t in_soak) {
  return std::getenv("MUSTER_SOAK") != nullptr ? in_soak : in_suite;
}

constexpr Timestamp kStart = Timestamp(Duration(1'700'000'000'000));
constexpr Duration kWindow = std::chrono::minutes(1);

// What the authority says in these tests: its name for the identity, which nobody else knows.
Bytes StatementOf(const SigningPublic& identity);
StatementCheck TestAuthority();

struct RoomOptions {
  std::uint64_t seed = 1;
  std::uint32_t devices = 5;
  CohortRule rule{.least = 3, .privacy_bits = 20};
  LocalFloor floor{.privacy_bits = 20, .complete_up_to = 0, .allow_curious = true};
  std::vector<Segment> segments{{"update", 7, LaneBits::k16, 100}, {"weight", 1, LaneBits::k32, 9}};
  Defences defences;
};
Task TaskOf(const RoomOptions& options);

// One device with its vector.
class TestDevice {
 public:
  TestDevice(Crypto& crypto, std::unique_ptr<Signer> signer, const Task& task, std::uint64_t seed);

  Status Start(const Task& task, const RoomOptions& options);
  Status Receive(ByteView message, Timestamp now = kStart);
  // The message that it owes now; empty when it owes none.
  Bytes Owed() const;
  // Masks its vector as asked; the wire form. Remembers which masks it used.
  Bytes Mask();

  const SigningPublic& identity() const { return signer->public_key(); }
  DeviceSession& session() { return *session_; }
  bool started() const { return session_.has_value(); }

  struct UsedMask {
    Bytes seed;
    Sign sign;
    std::optional<AgreementPublic> partner;  // Its mask key; none: the device's own mask.
  };
  std::unique_ptr<Signer> signer;
  std::vector<std::vector<std::int32_t>> values;  // By segment.
  std::vector<UsedMask> masks;
  Bytes wire;

 private:
  Crypto& crypto_;
  testing::SeededSecureRng rng_;
  StatementCheck check_ = TestAuthority();
  std::optional<DeviceSession> session_;
};

class Room {
 public:
  using Alive = std::function<bool(std::size_t device)>;
  static bool Everybody(std::size_t) { return true; }

  explicit Room(const RoomOptions& options);
  // With another crypto port, and devices of its own making.
  using SignerOf = std::function<std::unique_ptr<Signer>(std::uint64_t seed)>;
  Room(const RoomOptions& options, std::unique_ptr<Crypto> crypto, const SignerOf& signer_of);

  // The honest steps; each brings the server to its next phase or ends the session.
  void Advertise(const Alive& alive = Everybody);
  void Deal(const Alive& alive = Everybody);
  void SendVectors(const Alive& alive = Everybody);
  void Agree(const Alive& alive = Everybody);
  // nullopt when the session did not get there; else the sums, by segment.
  std::optional<std::vector<std::vector<std::int32_t>>> Unmask(const Alive& alive = Everybody);

  // What a device sends on its way to the coordinator; a test may have it lie.
  std::function<Bytes(std::size_t device, Bytes message)> tamper = [](std::size_t, Bytes message) {
    return message;
  };
  struct Refusal {
    std::size_t device;
    Status status;
  };
  std::vector<Refusal> refusals;  // Of the coordinator.

  // Decides, journals and applies; the refusal, if any.
  Status Tell(const ServerEvent& event);
  // A coordinator that lost its memory and reads its journal.
  void Restart();
  void PassDeadline();
  void Fold();
  Bytes SharesFor(Member member);
  // What dealers sent, as the coordinator spooled it.
  SpooledShares Spool() const;
  // Parses what `device` owes and tells the coordinator; whether it was taken.
  template <typename Parse>
  bool Deliver(std::size_t device, const Parse& parse) {
    transcript.push_back(tamper(device, devices[device].Owed()));
    const auto message = parse(transcript.back());
    const Status status = message.ok() ? Tell(*message) : message.status();
    if (!status.ok()) refusals.push_back({device, status});
    return status.ok();
  }

  std::optional<Member> MemberOf(std::size_t device) const;
  std::size_t DeviceOf(Member member) const;
  const Cohort& cohort() const { return *server->cohort(); }
  template <typename S>
  const S* In() const {
    return std::get_if<S>(&server->state());
  }
  std::vector<std::vector<std::int32_t>> PlainSum(const MemberSet& of) const;

  RoomOptions options;
  std::unique_ptr<Crypto> crypto;
  Task task;
  std::vector<TestDevice> devices;
  StatementCheck check = TestAuthority();
  std::optional<ServerSession> server;
  std::vector<std::string> journal;
  std::map<Member, Bytes> spooled;
  std::map<Member, Bytes> vectors;
  std::optional<LaneVector> sum;
  std::vector<Named> named;
  std::vector<Bytes> transcript;  // Every message, in order.
  Timestamp now = kStart;
};

}  // namespace muster::aggregation::secagg
