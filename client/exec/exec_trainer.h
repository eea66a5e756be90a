#pragma once
// Trains by running a command of the operator's choice, in any language: the task directory is its
// last argument, files are the whole contract. Never a shell, never more time than it was given.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "client/exec/children.h"
#include "client/trainer.h"

namespace muster::client {

struct ExecConfig {
  std::vector<std::string> command;  // argv; the task directory is added at the end.
  std::map<std::string, std::string> env;
  std::uint64_t max_address_space_bytes = 0;  // 0: no limit.
};

// Several threads may run tasks at once, each in its own process.
class ExecTrainer final : public Trainer {
 public:
  // `launcher` must outlive it.
  ExecTrainer(ExecConfig config, SubprocessLauncher& launcher)
      : config_(std::move(config)), launcher_(launcher) {}

  // Beside the port's errors: TASK_FAILED carries the exit status and the end of stderr, which is
  // kept in stderr.log in the task directory. Lines on stdout are read and dropped.
  StatusOr<TrainResult> Run(const TaskDir& dir, Duration limit) override;
  void Stop() override { children_.Stop(); }

 private:
  Status RunCommand(const TaskDir& dir, Duration limit);

  const ExecConfig config_;
  SubprocessLauncher& launcher_;
  RunningChildren children_;
};

}  // namespace muster::client
