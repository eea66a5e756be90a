#pragma once
// A server as a child process, and what it has used so far. The child is killed with its owner.
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/subprocess.h"

namespace muster::bench {

class ServerProcess {
 public:
  // Starts `argv` and waits for its line "ready HOST:PORT...". Its stderr goes to `log_path`.
  ServerProcess(SubprocessLauncher& launcher, std::vector<std::string> argv, std::string log_path);

  const Endpoint& endpoint() const { return endpoint_; }
  double CpuSeconds() const;  // User and system, of all its threads, from /proc/PID/stat.
  double PeakRssMb() const;   // VmHWM of /proc/PID/status, in MB of 2^20 bytes.

 private:
  std::unique_ptr<Subprocess> child_;
  Endpoint endpoint_;
};

}  // namespace muster::bench
