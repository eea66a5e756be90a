#pragma once
// The waiting room of one secure session: devices whose next message is not there yet.
#include <functional>
#include <map>
#include <optional>

#include "coordinator/checkin/types.h"
#include "coordinator/secure/types.h"

namespace muster::coordinator {

// Used on the session's strand only. A device has one call waiting: a newer one sends the older
// home, so it holds as many calls as the round has devices at most.
class SecureDesk {
 public:
  // Answers a device now, or lets it wait.
  using Answer = std::function<std::optional<SecureAnswer>(const DeviceId&, const SecureAsk&)>;

  SecureDesk(Clock& clock, Answer answer) : clock_(clock), answer_(std::move(answer)) {}

  // Answers at once, or parks the call until WakeAll or the end of its hold.
  void Wait(const DeviceId& device, SecureAsk ask, Done<SecureAnswer> done);
  void WakeAll();
  // Sends home those whose hold is over.
  void Expire();
  // Sends everybody home.
  void Close();

 private:
  struct Parked {
    SecureAsk ask;
    Done<SecureAnswer> done;
    Timestamp until;
  };
  Clock& clock_;
  Answer answer_;
  std::map<DeviceId, Parked> parked_;
};

}  // namespace muster::coordinator
