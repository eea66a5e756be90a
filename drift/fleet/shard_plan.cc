#include "drift/fleet/shard_plan.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace muster::drift {
namespace {
constexpr std::size_t kBlockBytes = 64;  // SHA-256's.
constexpr std::string_view kUse = "muster/drift/shard/1";

// HMAC-SHA256 under one key of at most a block. What holds the padded key is wiped.
class KeyedHash {
 public:
  KeyedHash(const Hasher& hasher, const Secret& key) : hasher_(hasher), key_(key) {}

  Digest Of(ByteView message) const {
    const Digest inner = hasher_.Sha256(Padded(std::byte{0x36}, message).Reveal());
    return hasher_.Sha256(Padded(std::byte{0x5c}, inner.bytes()).Reveal());
  }

 private:
  Secret Padded(std::byte pad, ByteView message) const {
    Bytes out(kBlockBytes, pad);
    out.reserve(kBlockBytes + message.size());
    for (std::size_t i = 0; i < key_.Reveal().size(); ++i) out[i] ^= key_.Reveal()[i];
    out.insert(out.end(), message.begin(), message.end());
    return Secret(std::move(out));
  }
  const Hasher& hasher_;
  const Secret& key_;
};

Bytes MessageOf(WindowEpoch epoch, const DeviceId& device) {
  Bytes out(AsBytes(kUse).begin(), AsBytes(kUse).end());
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(epoch.value() >> shift));
  out.insert(out.end(), AsBytes(device.value()).begin(), AsBytes(device.value()).end());
  return out;
}

Status CheckRoster(std::size_t devices, std::uint32_t least) {
  if (least < 2 || least > kMostLeastDevices)
    return InvalidField("least", "{} is not in 2..{}", least, kMostLeastDevices);
  if (devices > kMostRoster)
    return InvalidField("roster", "{} devices, at most {} are allowed", devices, kMostRoster);
  if (devices / least < kLeastShards)
    return WithReason(FailedPrecondition("{} devices are fewer than {} shards of {}", devices,
                                         kLeastShards, least),
                      Reason::kTOO_FEW_DEVICES);
  return Ok();
}
}  // namespace

StatusOr<std::vector<std::size_t>> DealingOrder(const Hasher& hasher, const Secret& key,
                                                WindowEpoch epoch,
                                                std::span<const DeviceId> roster) {
  if (key.Reveal().size() != kShardKeyBytes)
    return InvalidField("key", "has {} bytes, not {}", key.Reveal().size(), kShardKeyBytes);
  const KeyedHash hash(hasher, key);
  std::vector<std::pair<Digest, std::size_t>> hashes;
  hashes.reserve(roster.size());
  for (std::size_t i = 0; i < roster.size(); ++i)
    hashes.emplace_back(hash.Of(MessageOf(epoch, roster[i])), i);
  std::ranges::sort(hashes);
  // Of equal ids, and of none else, the hashes are equal too.
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::ranges::adjacent_find(hashes, same) != hashes.end())
    return InvalidField("roster", "a device comes twice");
  std::vector<std::size_t> order;
  order.reserve(roster.size());
  for (const auto& [digest, place] : hashes) order.push_back(place);
  return order;
}

StatusOr<ShardPlan> ShardPlan::Make(const Hasher& hasher, const Secret& key, WindowEpoch epoch,
                                    std::span<const DeviceId> roster, std::uint32_t least) {
  MUSTER_TRY(CheckRoster(roster.size(), least));
  MUSTER_ASSIGN(const std::vector<std::size_t> order, DealingOrder(hasher, key, epoch, roster));
  ShardPlan out;
  out.epoch_ = epoch;
  out.shards_ = static_cast<std::uint32_t>(roster.size() / least);
  for (const DeviceId& device : roster) out.members_.emplace_back(device, 0);
  for (std::size_t i = 0; i < order.size(); ++i)
    out.members_[order[i]].second = static_cast<std::uint32_t>(i % out.shards_);
  std::ranges::sort(out.members_);
  return out;
}

StatusOr<ShardPlan::Place> ShardPlan::PlaceOf(const DeviceId& device) const {
  const auto at = std::ranges::lower_bound(
      members_, device, {}, [](const auto& m) -> const auto& { return m.first; });
  if (at == members_.end() || at->first != device)
    return WithReason(
        NotFound("{} is in no shard of window {}", device.value().substr(0, 32), epoch_.value()),
        Reason::kNOT_IN_COHORT);
  return Place{static_cast<std::size_t>(at - members_.begin()), at->second};
}

}  // namespace muster::drift
