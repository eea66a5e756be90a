#include "coordinator/secure/grouped_parts.h"

#include <algorithm>
#include <map>

#include "base/canonical_json.h"
#include "drift/fleet/drill_down.h"
#include "drift/fleet/shard_plan.h"

namespace muster::coordinator {
namespace {
constexpr std::string_view kUse = "muster/window/shards/1";

StatusOr<Secret> KeyOf(std::uint64_t seed, const Crypto& crypto) {
  return crypto.Hkdf(Secret::FromText(std::to_string(seed)), {}, AsBytes(kUse),
                     drift::kShardKeyBytes);
}

// The values of `drill`, as far as the device has them and they can be shown.
std::vector<std::string> PathOf(const std::vector<std::string>& drill, const LabelMap& labels) {
  std::vector<std::string> out;
  for (const std::string& label : drill) {
    const auto value = labels.find(label);
    if (value == labels.end() || value->second.empty() ||
        value->second.size() > drift::kMostLabelBytes)
      break;
    out.push_back(value->second);
  }
  return out;
}

// Of each device the deepest group that may be shown. Fewer than K devices are all of the root.
StatusOr<std::map<std::vector<std::string>, std::vector<DeviceId>>> GroupsOf(
    const WindowSpec& window, const std::vector<PartMember>& devices) {
  std::vector<std::vector<std::string>> paths, group(devices.size());
  for (const PartMember& device : devices) paths.push_back(PathOf(window.drill, device.labels));
  if (devices.size() >= window.shard) {
    MUSTER_ASSIGN(const std::vector<drift::DrillNode> nodes,
                  drift::PlanDrillDown(paths, window.shard));
    for (const drift::DrillNode& node : nodes)  // Parents first.
      for (const std::uint32_t device : node.devices) group[device] = node.path;
  }
  std::map<std::vector<std::string>, std::vector<DeviceId>> out;
  for (std::size_t i = 0; i < devices.size(); ++i) out[group[i]].push_back(devices[i].id);
  return out;
}
}  // namespace

StatusOr<Bytes> EncodeParts(const GroupedParts& parts) {
  Json list = Json::array();
  for (std::size_t i = 0; i < parts.parts.size(); ++i) {
    Json devices = Json::array();
    for (const DeviceId& device : parts.parts[i]) devices.push_back(device.value());
    list.push_back({{"group", parts.groups[i]}, {"devices", std::move(devices)}});
  }
  MUSTER_ASSIGN(const std::string text, CanonicalJson({{"parts", std::move(list)}}));
  const ByteView bytes = AsBytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

StatusOr<GroupedParts> ParseParts(ByteView file) {
  const StatusOr<Json> json = ParseJson(AsText(file));
  if (!json.ok()) return DataLoss("parts are no JSON: {}", MessageOf(json.status()));
  JsonReader reader(*json);
  GroupedParts out;
  for (const Json& item : reader.At("parts")) {
    JsonReader r(item);
    out.groups.push_back(r.Texts("group"));
    std::set<DeviceId>& part = out.parts.emplace_back();
    for (const std::string& device : r.Texts("devices")) part.emplace(device);
    if (!r.status().ok()) return DataLoss("{}", MessageOf(r.status()));
  }
  if (!reader.status().ok()) return DataLoss("{}", MessageOf(reader.status()));
  return out;
}

StatusOr<GroupedParts> CutShards(const WindowSpec& window, std::uint64_t seed,
                                 const std::vector<PartMember>& devices, const Crypto& crypto) {
  MUSTER_ASSIGN(const auto groups, GroupsOf(window, devices));
  MUSTER_ASSIGN(const Secret key, KeyOf(seed, crypto));
  GroupedParts out;
  for (const auto& [group, members] : groups) {
    MUSTER_ASSIGN(const std::vector<std::size_t> order,
                  drift::DealingOrder(crypto, key, drift::WindowEpoch(window.epoch), members));
    const std::size_t shards = std::max<std::size_t>(1, members.size() / window.shard);
    const std::size_t first = out.parts.size();
    out.parts.resize(first + shards);
    out.groups.resize(first + shards, group);
    for (std::size_t i = 0; i < order.size(); ++i)
      out.parts[first + i % shards].insert(members[order[i]]);
  }
  return out;
}

std::string SliceOf(const EvaluationSpec& evaluation, const PartMember& device) {
  if (evaluation.slices.empty()) return {};
  for (const SliceSpec& slice : evaluation.slices)
    if (Matches(device.labels, slice.labels) &&
        (slice.devices.empty() || slice.devices.contains(device.id)))
      return slice.name;
  return std::string(kOtherSlice);
}

GroupedParts CutSlices(
    const EvaluationSpec& evaluation, const SecureSpec& secure,
    const std::vector<PartMember>& devices,
    const std::function<void(const std::string& slice, std::size_t devices)>& left_out) {
  std::map<std::string, std::vector<DeviceId>> slices;
  for (const PartMember& device : devices) slices[SliceOf(evaluation, device)].push_back(device.id);
  GroupedParts out;
  for (const auto& [slice, members] : slices) {
    if (members.size() < secure.least) {
      left_out(slice, members.size());
      continue;
    }
    for (std::set<DeviceId>& part : CutCohort(members, secure.session)) {
      out.parts.push_back(std::move(part));
      out.groups.push_back({slice});
    }
  }
  return out;
}

}  // namespace muster::coordinator
