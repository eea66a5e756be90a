#pragma once
#include <chrono>
#include <cstdint>

namespace muster {

using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

// What time it is, as far as this process is concerned. Simulation moves it by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  Timestamp Now() const override { return now_; }
  void Advance(Duration d) { now_ += d; }

 private:
  Timestamp now_;
};

inline std::int64_t UnixMillis(Timestamp t) { return t.time_since_epoch().count(); }
inline Timestamp FromUnixMillis(std::int64_t ms) { return Timestamp(Duration(ms)); }

}  // namespace muster
