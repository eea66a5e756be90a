#pragma once
// A device's line to the simulated coordinator: delays, drops, repeats and breaks, by the seed.
#include "client/link.h"
#include "coordinator/runner/coordinator.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/wiretap.h"

namespace muster::sim {

struct Weather {
  std::uint64_t lose_percent = 0;    // Of calls, on the way there or back.
  std::uint64_t repeat_percent = 0;  // Of calls that the coordinator gets twice.
  std::uint64_t break_percent = 0;   // Of uploads and downloads, at each piece.
  std::int64_t delay_ms = 20;        // At most, each way.
};

// Who serves now: both null while the coordinator is down.
struct Server {
  coordinator::Coordinator* coordinator = nullptr;
  Blobs* blobs = nullptr;
  Process* process = nullptr;
};

std::shared_ptr<client::CoordinatorLink> MakeLink(DeviceId device, Scheduler& scheduler,
                                                  const Server& server, Process& agent,
                                                  const Weather& weather, Wiretap& wiretap);

}  // namespace muster::sim
