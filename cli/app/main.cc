// muster: the command line.
#include <signal.h>

#include <optional>
#include <thread>

#include "authority/app/run.h"
#include "cli/app/machine.h"
#include "cli/root.h"
#include "platform/log.h"
#include "platform/openssl_crypto.h"
#include "platform/posix_subprocess.h"
#include "platform/sha256.h"
#include "platform/system_clock.h"

namespace {
using namespace muster;

// The launcher has a thread of its own, and the authority must block signals before any thread
// starts: so there is none until a child is wanted.
class LazyLauncher final : public SubprocessLauncher {
 public:
  StatusOr<std::unique_ptr<Subprocess>> Start(const SubprocessSpec& spec) override {
    if (!launcher_) launcher_.emplace();
    return launcher_->Start(spec);
  }

 private:
  std::optional<platform::PosixLauncher> launcher_;
};

StatusOr<int> RunAuthority(const cli::AuthorityFlags& flags, const Clock& clock) {
  authority::AuthorityOptions options;
  options.dir = flags.data_dir;
  options.coordinator_ca_file = flags.coordinator_ca;
  MUSTER_ASSIGN(options.listen, Endpoint::Parse(flags.listen));
  MUSTER_ASSIGN(options.coordinator, Endpoint::Parse(flags.coordinator));
  if (!flags.advertise.empty()) {
    MUSTER_ASSIGN(options.advertise, Endpoint::Parse(flags.advertise));
  }
  platform::LogOptions log;
  MUSTER_ASSIGN(log.level, platform::ParseLogLevel(flags.log_level));
  MUSTER_ASSIGN(log.format, platform::ParseLogFormat(flags.log_format));
  MUSTER_ASSIGN(const std::unique_ptr<Logger> logger, platform::MakeLogger(log, clock));
  return authority::RunAuthority(options, *logger);
}
}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);  // A closed pipe is an error to report, not a death.
  cli::Terminal terminal;
  cli::RealDisk disk;
  cli::RealSignals signals;
  const platform::SystemClock clock;
  const platform::OpenSslHasher hasher;
  const platform::OpenSslCrypto crypto;
  LazyLauncher launcher;
  cli::World world{
      .screen = terminal,
      .disk = disk,
      .signals = signals,
      .clock = clock,
      .hasher = hasher,
      .crypto = crypto,
      .launcher = launcher,
      .connect = rpc::MakeChannel,
      .sleep = [](Duration d) { std::this_thread::sleep_for(d); },
      .contexts_file = cli::ContextsFile(),
      .program_dir = cli::ProgramDir(),
      .read_stdin = cli::ReadStdin,
      .run_authority = [&](const cli::AuthorityFlags& flags) { return RunAuthority(flags, clock); },
  };
  const int code = cli::RunMuster({argv + 1, argv + argc}, world);
  return code == 0 && !terminal.Flush() ? 1 : code;
}
