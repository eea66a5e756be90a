#pragma once
// Devices that take part in every round of a campaign, one thread each: check in, download, upload
// a prepared update, wait until it is counted. They train nothing, so what a round takes is the
// coordinator's time and theirs on the wire.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "bench/round/device.h"

namespace muster::bench {

// When the first device got its task of a round, and the server's CPU time then. From one round's
// to the next's lies all that a round costs, closing and opening included.
struct RoundStart {
  std::chrono::steady_clock::time_point at;
  double server_cpu_seconds = 0;
};

class Fleet {
 public:
  // `cpu_seconds` reads the server's clock. `update` outlives the fleet.
  Fleet(std::vector<Device>& devices, ByteView update, std::function<double()> cpu_seconds);
  ~Fleet();  // Disband().

  // Call before the server is taken away: what fails from then on is no error. The threads end when
  // their calls do.
  void Disband() { over_ = true; }
  // Of the rounds that have begun, in their order.
  std::vector<RoundStart> Starts() const;

 private:
  void Serve(Device& device);
  // One round of `device`. Errors end the thread.
  Status TakePart(Device& device);
  void Mark(std::uint64_t round);

  const ByteView update_;
  const std::function<double()> cpu_seconds_;
  std::atomic<bool> over_ = false;
  mutable absl::Mutex mu_;
  std::vector<RoundStart> starts_ ABSL_GUARDED_BY(mu_);
  std::vector<std::jthread> threads_;
};

}  // namespace muster::bench
