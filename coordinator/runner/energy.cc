#include "coordinator/runner/energy.h"

#include <algorithm>
#include <map>

#include "coordinator/round/round_facts.h"

namespace muster::coordinator {
namespace {
constexpr double kMsPerHour = 3'600'000;

// Adds up device by device as facts come.
class TaskClock {
 public:
  void Believe(const RoundFact& fact, Timestamp at) {
    std::visit(
        Overloaded{
            [&](const DevicesJoined& f) { joined_.insert(f.devices.begin(), f.devices.end()); },
            [&](const CollectionBegan&) { began_ = at; },
            [&](const UpdatesCounted& f) {
              for (const DeviceId& device : f.devices) End(device, at);
            },
            [&](const DeviceDropped& f) { End(f.device, at); },
            [&](const CollectionClosed&) { EndAll(at); },
            [&](const RoundAbandoned&) { EndAll(at); },
            [](const auto&) {},
        },
        fact);
  }
  Duration total() const { return total_; }

 private:
  static constexpr Duration kMost{(1LL << 53) - 1};

  void End(const DeviceId& device, Timestamp at) {
    if (began_ && joined_.erase(device) != 0)
      total_ = std::min(total_ + std::max(at - *began_, Duration(0)), kMost);
  }
  void EndAll(Timestamp at) {
    for (const DeviceId& device : DeviceSet(joined_)) End(device, at);
  }

  DeviceSet joined_;  // And not ended.
  std::optional<Timestamp> began_;
  Duration total_{0};
};
}  // namespace

StatusOr<Duration> TaskTimeIn(Journal& journal, const RoundKey& key) {
  TaskClock clock;
  MUSTER_TRY(journal.Read(RoundStream(key), 0, [&](const JournalRow& row) -> Status {
    MUSTER_ASSIGN(const Json json, ParseJson(row.fact));
    MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
    MUSTER_ASSIGN(const RoundFact fact, DecodeRoundFact(row.fact));
    clock.Believe(fact, header.at);
    return Ok();
  }));
  return clock.total();
}

std::optional<registry::Energy> EnergyOf(const PlanSpec& plan, const EvaluatedRound& evaluated) {
  if (!plan.energy) return std::nullopt;
  const auto ms = static_cast<double>(evaluated.effort.task_time.count());
  const std::uint32_t rounds = evaluated.effort.rounds;
  return registry::Energy{
      plan.energy->device_watts * ms / kMsPerHour / 1000,
      fmt::format("{} W a device ({}) times {} s between the task and the update, {} round{}",
                  DecimalText(plan.energy->device_watts), plan.energy->source,
                  DecimalText(ms / 1000), rounds, rounds == 1 ? "" : "s")};
}

}  // namespace muster::coordinator
