#pragma once
// One process at a time per data directory, by flock(2) on DIR/LOCK. The kernel drops the lock
// with the process, so there is no stale lock to clean up; the file itself is never removed.
#include <memory>
#include <string>

#include "platform/posix_file.h"

namespace muster::platform {

class DirLock {
 public:
  // Makes `directory` when it is missing and takes its lock, without waiting.
  // FAILED_PRECONDITION (DATA_DIR_IN_USE), naming the directory and the holder's pid, when
  // somebody has it; READ_ONLY when LOCK cannot be written.
  static StatusOr<std::unique_ptr<DirLock>> Acquire(const std::string& directory);

 private:
  explicit DirLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;  // Closing it gives the lock back.
};

}  // namespace muster::platform
