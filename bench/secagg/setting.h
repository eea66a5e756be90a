#pragma once
// The session that a bench runs.
#include <cstdint>
#include <string>

#include "aggregation/secagg/task.h"
#include "base/rng.h"

namespace muster::bench {

constexpr Timestamp kStart = Timestamp(Duration(1'700'000'000'000));
constexpr Duration kWindow = std::chrono::minutes(1);
constexpr double kClip = 1;
constexpr double kWeight = 1;  // Of each device, and the most allowed.

struct Setting {
  std::string name;
  std::uint32_t devices = 0;
  std::uint64_t dim = 0;
  std::uint32_t vanish = 0;  // After dealing shares.
  aggregation::secagg::CohortRule rule;
  aggregation::secagg::LaneBits bits = aggregation::secagg::LaneBits::k32;
  std::uint32_t measured = 0;  // Devices that check all they are told; the others trust.
};

aggregation::secagg::Task TaskOf(const Setting& setting, SecureRng& rng);

}  // namespace muster::bench
