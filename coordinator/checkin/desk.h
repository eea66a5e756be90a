#pragma once
// The waiting room of the long poll: devices that checked in and have nothing to do yet.
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "coordinator/checkin/types.h"

namespace muster::coordinator {

// Used on the control strand only.
class CheckInDesk {
 public:
  // Answers a device now, or returns nullopt to let it wait.
  using Answer = std::function<std::optional<CheckInReply>(const DeviceId&, const CheckInRequest&)>;

  CheckInDesk(Clock& clock, Rng& jitter, Answer answer);

  // Answers at once, or parks the call until Wake or the end of its hold. A device has one call
  // waiting: a newer one sends the older home.
  void CheckIn(const DeviceId& device, CheckInRequest request, Done<CheckInReply> done);
  // Looks again at these devices, or at all.
  void Wake(const std::vector<DeviceId>& devices);
  void WakeAll();
  // Sends home those whose hold is over.
  void Expire();
  // Sends everybody home (shutting down).
  void Close();

  std::vector<DeviceId> Waiting() const;
  bool IsWaiting(const DeviceId& device) const { return parked_.contains(device); }
  std::size_t size() const { return parked_.size(); }

 private:
  struct Parked {
    CheckInRequest request;
    Done<CheckInReply> done;
    Timestamp until;
  };
  bool TryAnswer(const DeviceId& device);
  // When to come back: within a second, jittered, so that a fleet does not return in step.
  CheckInReply ComeBack();

  Clock& clock_;
  Rng& jitter_;
  Answer answer_;
  std::map<DeviceId, Parked> parked_;
};

}  // namespace muster::coordinator
