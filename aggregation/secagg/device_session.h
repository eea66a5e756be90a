#pragma once
// A device's side of one secure-aggregation session, as data: it judges what the server sends, says
// what to send back, and holds the secrets that no one else may have. It does no I/O, reads no
// clock and never sees the vector: it gives the masks' seeds, and the shell adds them
// (docs/SECURE_AGGREGATION.md has the sequence).
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "aggregation/secagg/cohort.h"
#include "aggregation/secagg/dealing.h"
#include "aggregation/secagg/mask_seeds.h"

namespace muster::aggregation::secagg {

// The world, borrowed; all of it outlives the session.
struct DevicePorts {
  Crypto& crypto;
  const Signer& signer;  // The identity that `statement` is about.
  SecureRng& rng;
  const StatementCheck& check_statement;
};

// Events: what the server sent, parsed; and that the shell has masked the vector.
struct VectorMasked {};
using DeviceEvent =
    std::variant<Roster, InboundShares, VectorMasked, AgreementRequest, UnmaskRequest>;
// A message of the server, by its first byte; INVALID_ARGUMENT (MALFORMED).
StatusOr<DeviceEvent> ParseDeviceEvent(ByteView message);

// States: each holds only what is true in it, and only the secrets it still needs. None can be
// printed, copied or stored: a device that restarts has vanished from the session.
struct Advertised {
  DealerSecrets secrets;
  AdvertiseKeys entry;
};
struct Dealt {
  std::shared_ptr<const Cohort> cohort;
  Member me;
  Secret mask_key;
  Secret self;
  Dealing dealing;
};
// U2 as this device accepted it. From here on the device's own b and keys are gone.
struct SharedView {
  std::shared_ptr<const Cohort> cohort;
  Member me;
  InboundShares inbound;  // Without what was dealt.
  Digest received;        // SHA-256 of the message, to know a retry.
  Digest shared;          // SharedSetHash
  // By member of U2 (its rank in `inbound.shared`); none where the dealer dealt badly.
  std::vector<std::optional<HeldShares>> held;
  MaskedHeader header;
};
struct Masking {
  std::unique_ptr<SharedView> view;
  std::vector<MaskSeed> seeds;
};
struct Masked {
  std::unique_ptr<SharedView> view;
};
struct Agreed {
  std::unique_ptr<SharedView> view;
  AgreementRequest request;
  Agreement agreement;
};
// One answer, and no shares: giving both secrets of one device is impossible from here.
struct Answered {
  Digest request;
  Bytes reply;
  std::unique_ptr<SharedView> view;  // Null, but with `one_answer` switched off in a test.
};
using DeviceState = std::variant<Advertised, Dealt, Masking, Masked, Agreed, Answered>;

// Facts: what the device decided. They carry secrets and are applied, never stored.
struct SharesWereDealt {
  std::shared_ptr<const Cohort> cohort;
  Member me;
  Dealing dealing;
};
struct SharesWereHeld {
  std::unique_ptr<SharedView> view;
  std::vector<MaskSeed> seeds;
};
struct VectorWasMasked {};
struct SurvivorsWereAgreed {
  AgreementRequest request;
  Agreement agreement;
};
struct SharesWereShown {
  Digest request;
  Bytes reply;
};
using DeviceFact = std::variant<SharesWereDealt, SharesWereHeld, VectorWasMasked,
                                SurvivorsWereAgreed, SharesWereShown>;
using DeviceFacts = std::vector<DeviceFact>;

// Effects: what this device owes; all safe to repeat, until the session expires.
struct SendToServer {
  Bytes message;  // AdvertiseKeys, ShareKeys, Agreement or UnmaskReply.
};
// Add these masks to the quantised vector, then tell VectorMasked.
struct MaskVector {
  std::span<const MaskSeed> seeds;  // The session's.
};
// Send the header, then the masked vector, until the server has both.
struct UploadMasked {
  Bytes header;
};
using DeviceEffect = std::variant<SendToServer, MaskVector, UploadMasked>;

class DeviceSession {
 public:
  // Draws fresh keys and signs them. INVALID_ARGUMENT (BELOW_FLOOR, TASK_EXPIRED) when this device
  // does not take part in such a task.
  static StatusOr<DeviceSession> Start(Task task, const LocalFloor& floor, Bytes statement,
                                       DevicePorts ports, Timestamp now, Defences defences = {});

  // Judges one event; changes nothing. The same message again is no fact and no error: the answer
  // is Pending's, the same bytes. A status with a Violation refuses what the server sent: the
  // device reports it, and goes on only if the server sends what it should have. Cost: O(n)
  // signatures for a roster or an unmask request, O(n) X25519 to deal shares.
  StatusOr<DeviceFacts> Decide(const DeviceEvent& event, Timestamp now) const;
  // Makes one decided fact true. Cannot fail.
  void Apply(DeviceFact fact);
  // Decide, then Apply.
  Status Handle(const DeviceEvent& event, Timestamp now);

  std::vector<DeviceEffect> Pending() const;
  const DeviceState& state() const { return state_; }
  const Task& task() const { return task_; }
  // U1 as this device accepted it; null before that, and after the answer.
  const Cohort* cohort() const;
  // Members of U2 whose shares for this device were bad; the device can report them.
  std::vector<Member> BadDealers() const;

 private:
  DeviceSession(Task task, const Digest& hash, DevicePorts ports, Defences defences,
                Advertised state);
  StatusOr<DeviceFacts> On(const Advertised&, const Roster&) const;
  StatusOr<DeviceFacts> On(const Dealt&, const Roster&) const;
  StatusOr<DeviceFacts> On(const Dealt&, const InboundShares&) const;
  StatusOr<DeviceFacts> On(const Masking&, const InboundShares&) const;
  StatusOr<DeviceFacts> On(const Masked&, const InboundShares&) const;
  StatusOr<DeviceFacts> On(const Masking&, const VectorMasked&) const;
  StatusOr<DeviceFacts> On(const Masked&, const VectorMasked&) const;
  StatusOr<DeviceFacts> On(const Masked&, const AgreementRequest&) const;
  StatusOr<DeviceFacts> On(const Masked&, const UnmaskRequest&) const;
  StatusOr<DeviceFacts> On(const Agreed&, const AgreementRequest&) const;
  StatusOr<DeviceFacts> On(const Agreed&, const UnmaskRequest&) const;
  StatusOr<DeviceFacts> On(const Answered&, const UnmaskRequest&) const;
  template <typename S, typename E>
  StatusOr<DeviceFacts> On(const S&, const E&) const;

  const SharedView* View() const;
  std::unique_ptr<SharedView> TakeView();
  StatusOr<std::unique_ptr<SharedView>> Accept(const Dealt&, const InboundShares&) const;
  Status CheckAgreed(const SharedView&, const UnmaskRequest&) const;
  Status CheckWord(const SharedView&, const UnmaskRequest&, Member of, const Signature&) const;
  StatusOr<DeviceFacts> Answer(const SharedView&, const UnmaskRequest&) const;

  Task task_;
  Digest hash_;
  DevicePorts ports_;
  Defences defences_;
  DeviceState state_;
};  // Used from one thread at a time.

}  // namespace muster::aggregation::secagg
