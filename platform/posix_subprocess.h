#pragma once
// Child processes by fork and exec. A child gets a process group of its own, dies with this
// process, and inherits stdin, stdout and stderr only.
#include <memory>

#include "base/subprocess.h"

namespace muster::platform {

// Linux ends a child when the *thread* that forked it ends (PR_SET_PDEATHSIG), so a thread of the
// launcher's own forks them all; it lives until the launcher and its children are gone. SIGCHLD
// must not be ignored in this process, or exit codes are lost. Safe from any thread.
class PosixLauncher final : public SubprocessLauncher {
 public:
  PosixLauncher();
  ~PosixLauncher() override;
  // A relative program path is looked up from the child's working directory.
  StatusOr<std::unique_ptr<Subprocess>> Start(const SubprocessSpec& spec) override;

  class ForkThread;

 private:
  const std::shared_ptr<ForkThread> thread_;
};

}  // namespace muster::platform
