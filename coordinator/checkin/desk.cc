#include "coordinator/checkin/desk.h"

#include <algorithm>
#include <utility>

namespace muster::coordinator {
namespace {
constexpr Duration kMaxHold{60'000};
constexpr std::uint64_t kComeBackMs = 1'000;
}  // namespace

CheckInDesk::CheckInDesk(Clock& clock, Rng& jitter, Answer answer)
    : clock_(clock), jitter_(jitter), answer_(std::move(answer)) {}

CheckInReply CheckInDesk::ComeBack() {
  CheckInReply reply;
  reply.next = Duration(static_cast<std::int64_t>(jitter_.Below(kComeBackMs)));
  return reply;
}

void CheckInDesk::CheckIn(const DeviceId& device, CheckInRequest request, Done<CheckInReply> done) {
  const Timestamp until = clock_.Now() + std::min(request.hold, kMaxHold);
  Parked mine{std::move(request), std::move(done), until};
  const auto it = parked_.find(device);
  if (it == parked_.end()) {
    parked_.emplace(device, std::move(mine));
  } else {
    std::swap(it->second, mine);
    mine.done(ComeBack());
  }
  if (!TryAnswer(device) && until <= clock_.Now()) Expire();
}

bool CheckInDesk::TryAnswer(const DeviceId& device) {
  const auto it = parked_.find(device);
  if (it == parked_.end()) return false;
  auto reply = answer_(device, it->second.request);
  if (!reply) return false;
  const Done<CheckInReply> done = std::move(it->second.done);
  parked_.erase(device);
  done(*std::move(reply));
  return true;
}

void CheckInDesk::Wake(const std::vector<DeviceId>& devices) {
  for (const DeviceId& device : devices) TryAnswer(device);
}

void CheckInDesk::WakeAll() { Wake(Waiting()); }

void CheckInDesk::Expire() {
  const Timestamp now = clock_.Now();
  for (const DeviceId& device : Waiting()) {
    const auto it = parked_.find(device);
    if (it == parked_.end() || it->second.until > now) continue;
    const Parked mine = std::move(it->second);
    parked_.erase(it);
    CheckInReply reply = ComeBack();
    if (mine.request.held) reply.held = HeldState::kWait;
    mine.done(std::move(reply));
  }
}

void CheckInDesk::Close() {
  for (auto& [device, mine] : std::exchange(parked_, {})) mine.done(ComeBack());
}

std::vector<DeviceId> CheckInDesk::Waiting() const {
  std::vector<DeviceId> out;
  out.reserve(parked_.size());
  for (const auto& [device, parked] : parked_) out.push_back(device);
  return out;
}

}  // namespace muster::coordinator
