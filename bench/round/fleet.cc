#include "bench/round/fleet.h"

#include "bench/require.h"

namespace muster::bench {
Fleet::Fleet(std::vector<Device>& devices, ByteView update, std::function<double()> cpu_seconds)
    : update_(update), cpu_seconds_(std::move(cpu_seconds)) {
  for (Device& device : devices) threads_.emplace_back([this, &device] { Serve(device); });
}

Fleet::~Fleet() { Disband(); }

std::vector<RoundStart> Fleet::Starts() const {
  absl::MutexLock lock(&mu_);
  return starts_;
}

void Fleet::Serve(Device& device) {
  for (;;) {
    const Status took_part = TakePart(device);
    if (over_) return;
    Require(took_part);
  }
}

Status Fleet::TakePart(Device& device) {
  MUSTER_ASSIGN(const v1::Assignment task, device.AwaitTask());
  Mark(task.round().round());
  MUSTER_TRY(Prefixed(device.Download(task.params_digest(), task.params_bytes()), "download"));
  MUSTER_TRY(Prefixed(device.Upload(task.round(), update_), "upload"));
  return Prefixed(device.AwaitCounted(task.round()), "held");
}

void Fleet::Mark(std::uint64_t round) {
  absl::MutexLock lock(&mu_);
  if (starts_.size() < round) starts_.push_back({std::chrono::steady_clock::now(), cpu_seconds_()});
}

}  // namespace muster::bench
