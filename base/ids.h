#pragma once
// Names of things, as types. Swapping two of them is a compile error.
#include <cstdint>
#include <string>

#include "base/strong.h"

namespace muster {

// Pseudonym of a device: 32 hex digits, the first half of SHA-256 of its Ed25519 identity key.
using DeviceId = Strong<std::string, struct DeviceIdTag>;
// What the operator calls the device ("engine-017"). Seeds and selection use names.
using DeviceName = Strong<std::string, struct DeviceNameTag>;
using CampaignName = Strong<std::string, struct CampaignNameTag>;
using ModelName = Strong<std::string, struct ModelNameTag>;
using ContractName = Strong<std::string, struct ContractNameTag>;
// Rounds of one campaign count from 1; an abandoned round is run again under the next attempt.
using MonitorName = Strong<std::string, struct MonitorNameTag>;
using TriggerName = Strong<std::string, struct TriggerNameTag>;
using RoundNumber = Strong<std::uint64_t, struct RoundNumberTag>;
using VersionNumber = Strong<std::uint64_t, struct VersionNumberTag>;

struct RoundKey {
  CampaignName campaign;
  RoundNumber round;
  std::uint32_t attempt = 1;
  friend auto operator<=>(const RoundKey&, const RoundKey&) = default;
};

}  // namespace muster
