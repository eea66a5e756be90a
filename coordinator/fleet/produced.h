#pragma once
// What devices say their rows are made under, and whether a model can read that.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <string>

#include "base/ids.h"
#include "base/status.h"
#include "registry/registry.h"

namespace muster::coordinator {

// A contract version that a device says it produces.
struct Produced {
  ContractName contract;
  VersionNumber version;
  friend auto operator<=>(const Produced&, const Produced&) = default;
};

// Judges by what the registry knows. Safe from any thread.
class ContractAdmission {
 public:
  explicit ContractAdmission(const registry::Registry& registry) : registry_(registry) {}

  // OK when a reader of `use` can read what is produced under `produced`.
  //   errors  FAILED_PRECONDITION (CONTRACT_INCOMPATIBLE) with the paths; the same when the
  //           registry has no such version; those of the registry when it lacks the reader's.
  //   cost    O(fields) once a pair; versions do not change, so verdicts are remembered.
  Status Check(const Produced& produced, const registry::ContractUse& use);

 private:
  Status Judge(const Produced& produced, const registry::ContractUse& use) const;

  const registry::Registry& registry_;
  absl::Mutex mu_;
  std::map<std::pair<Produced, std::string>, Status> verdicts_ ABSL_GUARDED_BY(mu_);
};

// What each device said last. Safe from any thread.
class ProducedBook {
 public:
  void Put(const DeviceId& device, const std::optional<Produced>& produced) {
    absl::MutexLock lock(&mu_);
    if (produced)
      by_device_.insert_or_assign(device, *produced);
    else
      by_device_.erase(device);
  }
  std::optional<Produced> Find(const DeviceId& device) const {
    absl::MutexLock lock(&mu_);
    const auto it = by_device_.find(device);
    return it == by_device_.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  mutable absl::Mutex mu_;
  std::map<DeviceId, Produced> by_device_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::coordinator
