#pragma once
// Fork and exec, apart from what is done with the child afterwards. Internal to posix_subprocess.
#include <sys/types.h>

#include "base/subprocess.h"
#include "platform/posix_file.h"

namespace muster::platform {

// A running child and our ends of its pipes, which do not block.
struct SpawnedChild {
  pid_t pid = -1;
  Fd pidfd;  // Readable once the child has ended.
  Fd to;     // Its stdin.
  Fd from;   // Its stdout.
};

// Errors as SubprocessLauncher::Start says; on an error no child is left. The child dies with the
// calling thread.
StatusOr<SpawnedChild> SpawnChild(const SubprocessSpec& spec);

}  // namespace muster::platform
