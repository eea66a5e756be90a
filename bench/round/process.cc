#include "bench/round/process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "bench/require.h"

namespace muster::bench {
namespace {
constexpr Duration kStartTimeout{30'000};
constexpr std::size_t kMaxLine = 4096;

std::string ProcFile(int pid, const char* name) {
  std::ifstream file(fmt::format("/proc/{}/{}", pid, name));
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) Require(Internal("cannot read /proc/{}/{}", pid, name));
  return text.str();
}
}  // namespace

ServerProcess::ServerProcess(SubprocessLauncher& launcher, std::vector<std::string> argv,
                             std::string log_path) {
  SubprocessSpec spec;
  spec.argv = std::move(argv);
  spec.stderr_path = std::move(log_path);
  child_ = Require(launcher.Start(spec));
  const std::string line = Require(child_->ReadLine(kStartTimeout, kMaxLine));
  std::istringstream words(line);
  std::string ready, address;
  words >> ready >> address;
  if (ready != "ready") Require(Internal("{} said '{}'", spec.argv[0], line));
  endpoint_ = Require(Endpoint::Parse(address));
}

double ServerProcess::CpuSeconds() const {
  const std::string stat = ProcFile(child_->pid(), "stat");
  // Fields 14 and 15; the second field is the name in brackets and may hold anything.
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double ServerProcess::PeakRssMb() const {
  constexpr std::string_view kKey = "VmHWM:";
  const std::string status = ProcFile(child_->pid(), "status");
  const std::size_t at = status.find(kKey);
  if (at == std::string::npos) Require(Internal("no VmHWM in /proc/{}/status", child_->pid()));
  return std::stod(status.substr(at + kKey.size())) / 1024;
}

}  // namespace muster::bench
