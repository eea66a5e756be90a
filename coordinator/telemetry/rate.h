#pragma once
// How much telemetry a device may bring, so that one of them cannot keep the others waiting: token
// buckets, one a device for all records and one for its alarms. Pure but for its memory.
#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/ids.h"

namespace muster::coordinator {

struct TelemetryRates {
  double records_a_minute = 2000;
  double alarms_a_minute = 200;
};

// Holds at most a minute's worth; begins full.
class TokenBucket {
 public:
  TokenBucket(double a_minute, Timestamp now) : most_(a_minute), left_(a_minute), at_(now) {}
  void Fill(Timestamp now) {
    if (now <= at_) return;  // A clock that goes backwards gives nothing.
    constexpr double kMinute = 60'000;
    left_ = std::min(most_, left_ + most_ * static_cast<double>((now - at_).count()) / kMinute);
    at_ = now;
  }
  bool has_one() const { return left_ >= 1; }
  void Take() { left_ -= 1; }

 private:
  double most_;
  double left_;
  Timestamp at_;
};

struct DeviceRate {
  TokenBucket records;
  TokenBucket alarms;
};

}  // namespace muster::coordinator
