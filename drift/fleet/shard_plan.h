#pragma once
// Which devices are summed together in one window. A shard is a group of at least K devices whose
// sum is the finest thing that anybody sees; the shards are also the replicates that the fleet's
// drift test takes its variance from (rao_scott.h), so they must not depend on what devices hold.
// Pure; the key is the operator's, so that no device can choose its shard.
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/secret.h"
#include "base/status.h"

namespace muster::drift {

// Windows of one monitor count up; each has an assignment of its own.
using WindowEpoch = Strong<std::uint64_t, struct WindowEpochTag>;

inline constexpr std::uint32_t kLeastShards = 10;
inline constexpr std::uint32_t kMostLeastDevices = 1'000'000;
inline constexpr std::size_t kMostRoster = std::size_t{1} << 24;
inline constexpr std::size_t kShardKeyBytes = 32;

// The places of the roster's devices in the order of HMAC-SHA256(key, epoch, id) (RFC 2104): what
// shards are dealt from. FIELD_INVALID on another length of key, or a duplicate. Cost: two hashes a
// device, O(D log D).
StatusOr<std::vector<std::size_t>> DealingOrder(const Hasher& hasher, const Secret& key,
                                                WindowEpoch epoch,
                                                std::span<const DeviceId> roster);

// Fixed for a whole window: whoever enrols meanwhile is in no shard until the next one, so that two
// sums of one window never differ by a device. Safe to read from any thread.
class ShardPlan {
 public:
  // Devices in DealingOrder are dealt in turn to floor(D / K) shards. So the D mod K that are left
  // over are spread, every shard has K to 2K - 1 devices, and sizes differ by one at most. The
  // order of the roster does not matter.
  //
  //   roster  1 to kMostRoster distinct devices.
  //   least   K, in 2 .. kMostLeastDevices.
  //   errors  TOO_FEW_DEVICES when that makes fewer than kLeastShards shards; FIELD_INVALID on
  //           another length of key, a duplicate or another K.
  //   cost    two hashes a device, O(D log D).
  static StatusOr<ShardPlan> Make(const Hasher& hasher, const Secret& key, WindowEpoch epoch,
                                  std::span<const DeviceId> roster, std::uint32_t least);

  WindowEpoch epoch() const { return epoch_; }
  std::uint32_t shards() const { return shards_; }
  std::size_t devices() const { return members_.size(); }

  struct Place {
    std::size_t member = 0;   // 0 .. devices() - 1, by ascending id.
    std::uint32_t shard = 0;  // 0 .. shards() - 1.
  };
  // NOT_IN_COHORT for a device that was not on the roster. O(log D).
  StatusOr<Place> PlaceOf(const DeviceId& device) const;

 private:
  ShardPlan() = default;
  WindowEpoch epoch_;
  std::uint32_t shards_ = 0;
  std::vector<std::pair<DeviceId, std::uint32_t>> members_;
};

}  // namespace muster::drift
