#pragma once
// What devices say and are told in a secure round, and what the control strand hears of it.
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/reason.h"
#include "coordinator/round/task_kind.h"

namespace muster::coordinator {

// One secure session: a round has one for what its devices train and one for what they evaluate,
// and each in several parts when there are more devices than one session takes.
struct SessionKey {
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;
  std::uint32_t part = 0;
  friend bool operator==(const SessionKey&, const SessionKey&) = default;
};

// One step of a device: its next message, if it has one, and which of ours it has handled.
struct SecureAsk {
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;
  Bytes message;    // AdvertiseKeys, ShareKeys, Agreement or UnmaskReply; empty: only waiting.
  Digest seen;      // Of the last message of the session that it handled; zero: none.
  Duration hold{};  // How long it is willing to wait.
};
struct SecureAnswer {
  Bytes message;      // Roster, InboundShares, AgreementRequest or UnmaskRequest; empty: none yet.
  bool over = false;  // The session is done with this device.
  std::string why;    // A reason code when its vector is not in the sum.
  friend bool operator==(const SecureAnswer&, const SecureAnswer&) = default;
};

// Told on the control strand. Those about the end are told again until the round has moved on.
class SecureRoundEvents {
 public:
  virtual ~SecureRoundEvents() = default;
  virtual void OnSecureVector(const SessionKey&, const DeviceId& device) = 0;
  virtual void OnSecureLiar(const SessionKey&, const DeviceId& device, std::string violation) = 0;
  // `file` holds exactly the survivors' sum, in the session's SumForm.
  virtual void OnSecureSum(const SessionKey&, std::vector<DeviceId> survivors,
                           std::string file) = 0;
  virtual void OnSecureAbandoned(const SessionKey&, Reason reason, std::string why) = 0;
};

}  // namespace muster::coordinator
