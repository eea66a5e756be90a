#pragma once
// A stage's devices, cut into parts whose sums stay apart: shards of a window, slices of an
// evaluation. Written down before the first session is opened, since labels and the fleet may be
// others after a restart, and a device that changed its part would be in two sums.
#include <functional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/secret.h"
#include "coordinator/campaign/spec.h"
#include "coordinator/secure/secure_cohort.h"

namespace muster::coordinator {

struct GroupedParts {
  SecureCohort::Parts parts;
  std::vector<std::vector<std::string>> groups;  // What each part is of, one a part.
};
// Canonical JSON and back: DATA_LOSS when it is none.
StatusOr<Bytes> EncodeParts(const GroupedParts& parts);
StatusOr<GroupedParts> ParseParts(ByteView file);

// What cutting needs to know of a device.
struct PartMember {
  DeviceId id;
  LabelMap labels;
};

// The shards of a window: in each group of the drill-down that may be shown (drift/fleet/
// drill_down.h, by the window's labels), and in what such groups leave of the one around them,
// devices in the order that `seed` and the epoch give are dealt in turn to floor(D / K) shards
// (shard_plan.h). A group is the values of its labels. Fewer than K devices in all are one shard,
// which secure.least judges.
//   errors  those of PlanDrillDown and DealingOrder; of Hkdf.
StatusOr<GroupedParts> CutShards(const WindowSpec& window, std::uint64_t seed,
                                 const std::vector<PartMember>& devices, const Crypto& crypto);

// The slice that a device is in: the first that takes it, or kOtherSlice. Empty: there are none.
std::string SliceOf(const EvaluationSpec& evaluation, const PartMember& device);

// Slice by slice, each in sessions of at most `secure.session` devices. A slice of fewer devices
// than may be summed is in no part, and told to `left_out`: with the sum of all known, any sum that
// held it would single it out.
GroupedParts CutSlices(
    const EvaluationSpec& evaluation, const SecureSpec& secure,
    const std::vector<PartMember>& devices,
    const std::function<void(const std::string& slice, std::size_t devices)>& left_out);

}  // namespace muster::coordinator
