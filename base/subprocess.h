#pragma once
// A child process that talks in lines over its stdin and stdout. Never a shell: argv goes to exec
// as it is. platform/ implements it on POSIX; tests may script it.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace muster {

struct SubprocessSpec {
  std::vector<std::string> argv;              // argv[0] without '/' is looked up in PATH.
  std::map<std::string, std::string> env;     // Over the parent's environment. No secrets here.
  std::string working_dir;                    // Empty: the parent's.
  std::string stderr_path;                    // Appended to; empty: the parent's stderr.
  std::uint64_t max_address_space_bytes = 0;  // 0: no limit of its own.
  std::uint64_t max_cpu_seconds = 0;          // 0: no limit of its own.
};

// How a child ended: by itself with `code`, or by `signal` when that is not 0.
struct ExitStatus {
  int code = 0;
  int signal = 0;
  bool ok() const { return code == 0 && signal == 0; }
  std::string Text() const {
    return signal != 0 ? fmt::format("ended by signal {}", signal)
                       : fmt::format("exited with code {}", code);
  }
};

// Calls block the caller's thread, at most for `timeout` (measured on a monotonic clock). One
// thread at a time, but for Kill, which any thread may call to end a blocked call. Destroying
// it kills and reaps the child and what it started.
class Subprocess {
 public:
  virtual ~Subprocess() = default;

  // Writes `line` and '\n'. INVALID_ARGUMENT when `line` holds '\n'; UNAVAILABLE when the child
  // closed its stdin or ended; DEADLINE_EXCEEDED when it does not read: part of the line may
  // have gone then, so all that is left is Kill.
  virtual Status WriteLine(std::string_view line, Duration timeout) = 0;
  // The next line of stdout without its '\n'. UNAVAILABLE when stdout ended first (an unfinished
  // last line is an error too); DEADLINE_EXCEEDED when none came in time: what came so far is
  // kept for the next call; RESOURCE_EXHAUSTED when a line is longer than `max_bytes`.
  virtual StatusOr<std::string> ReadLine(Duration timeout, std::size_t max_bytes) = 0;
  // Closes the child's stdin: for well-behaved workers, the request to end.
  virtual void CloseStdin() = 0;
  // Waits for the child's end. DEADLINE_EXCEEDED when it still runs. Idempotent.
  virtual StatusOr<ExitStatus> Wait(Duration timeout) = 0;
  // SIGKILL to the child and its process group. Idempotent; Wait gives the status afterwards.
  virtual void Kill() = 0;
  virtual int pid() const = 0;
};

class SubprocessLauncher {
 public:
  virtual ~SubprocessLauncher() = default;
  // NOT_FOUND when there is no such program, PERMISSION_DENIED when it may not run,
  // INVALID_ARGUMENT on an empty argv or a NUL in a text. The child dies when this process does.
  // Children must be gone before the launcher is. Safe from any thread.
  virtual StatusOr<std::unique_ptr<Subprocess>> Start(const SubprocessSpec& spec) = 0;
};

}  // namespace muster
