#pragma once
// A long-lived worker process (`muster-torch worker`): a JSON line a request there, a JSON line an
// answer back. Whatever a request does to the worker, the next one finds another.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/canonical_json.h"
#include "base/subprocess.h"
#include "client/exec/children.h"

namespace muster::client {

struct WorkerConfig {
  std::vector<std::string> command = {"muster-torch", "worker"};
  std::string stderr_path;                    // Empty: this process's stderr.
  std::uint64_t max_address_space_bytes = 0;  // 0: no limit.
  // So long a worker may take until it answers {"hello":true}, so that its start is not taken for a
  // slow request. 0: it is not asked, and the first request waits for it.
  Duration start_limit{};
};

// Used from one thread at a time, but for Stop. Starts the worker with the first request.
class WorkerProcess {
 public:
  // `launcher` must outlive it.
  WorkerProcess(WorkerConfig config, SubprocessLauncher& launcher)
      : config_(std::move(config)), launcher_(launcher) {}
  ~WorkerProcess() { End(); }

  // OK when the worker did what it was asked.
  //   errors  FAILED_PRECONDITION (TASK_FAILED) when it said that it could not, crashed, answered
  //           nonsense or took longer than `limit`: in all cases but the first it is killed;
  //           UNAVAILABLE (TASK_FAILED) when no worker started, or said hello; CANCELLED
  //           (SHUTTING_DOWN) after Stop.
  Status Ask(const Json& request, Duration limit);
  // Kills a worker that runs and lets no other start. Any thread; idempotent.
  void Stop() { children_.Stop(); }

 private:
  Status Ensure();
  Status Greet();
  void End();
  StatusOr<std::string> Exchange(std::string_view request, Duration limit);

  const WorkerConfig config_;
  SubprocessLauncher& launcher_;
  RunningChildren children_;
  std::unique_ptr<Subprocess> worker_;
};

}  // namespace muster::client
