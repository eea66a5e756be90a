#include "coordinator/secure/desk.h"

#include <algorithm>
#include <utility>

namespace muster::coordinator {
namespace {
constexpr Duration kMostHold{60'000};
}

void SecureDesk::Wait(const DeviceId& device, SecureAsk ask, Done<SecureAnswer> done) {
  if (const auto older = parked_.extract(device)) older.mapped().done(SecureAnswer{});
  if (auto answer = answer_(device, ask)) return done(*std::move(answer));
  const Timestamp now = clock_.Now();
  const Timestamp until = now + std::min(ask.hold, kMostHold);
  if (until <= now) return done(SecureAnswer{});
  parked_.emplace(device, Parked{std::move(ask), std::move(done), until});
}

void SecureDesk::WakeAll() {
  for (auto it = parked_.begin(); it != parked_.end();) {
    auto answer = answer_(it->first, it->second.ask);
    if (!answer) {
      ++it;
      continue;
    }
    const Done<SecureAnswer> done = std::move(it->second.done);
    it = parked_.erase(it);
    done(*std::move(answer));
  }
}

void SecureDesk::Expire() {
  const Timestamp now = clock_.Now();
  for (auto it = parked_.begin(); it != parked_.end();) {
    if (it->second.until > now) {
      ++it;
      continue;
    }
    const Done<SecureAnswer> done = std::move(it->second.done);
    it = parked_.erase(it);
    done(SecureAnswer{});
  }
}

void SecureDesk::Close() {
  for (auto& [device, mine] : std::exchange(parked_, {})) mine.done(SecureAnswer{});
}

}  // namespace muster::coordinator
