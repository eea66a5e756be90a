// muster-edge: the device agent.
#include <absl/synchronization/mutex.h>
#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "client/app/agent.h"
#include "client/app/sample_config.h"

namespace muster::client {
namespace {
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr char kAbout[] =
    "muster-edge: trains on this site's data and keeps them here.\n\n"
    "Hosts the nodes that its YAML file names: each enrols once with the join file, then checks "
    "in\n"
    "with the coordinator for ever, trains when asked and allowed, and sends updates, never rows.";
constexpr char kMore[] =
    "First steps:\n"
    "  muster token create --out site.join       on the coordinator's machine; copy the file here\n"
    "  muster-edge sample-config > edge.yaml     then put your own paths in\n"
    "  muster-edge --config edge.yaml --check-config\n"
    "  muster-edge --config edge.yaml            SIGTERM ends it cleanly; nothing held is lost\n\n"
    "Prints `ready nodes=N` on stdout when all nodes are enrolled or trying; logs go to stderr.\n"
    "Exit codes: 0 ended as asked, 1 failed, 2 wrong usage.";

int Fail(const Status& status) {
  const std::string reason =
      ReasonOf(status) ? fmt::format(" ({})", NameOf(*ReasonOf(status))) : "";
  fmt::print(stderr, "muster-edge: {}{}\n", MessageOf(status), reason);
  return kFailed;
}

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void PrintReady(std::size_t nodes) {
  fmt::print("ready nodes={}\n", nodes);
  std::fflush(stdout);
}

int Serve(const AgentSettings& settings) {
  // Debian's absl looks for lock cycles at every lock unless told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // Blocked before the first thread is made, so that all inherit it and only sigwait sees them.
  const sigset_t signals = EndSignals();
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0)
    return Fail(Internal("cannot block signals"));
  const platform::SystemClock clock;
  const StatusOr<std::unique_ptr<Logger>> log = platform::MakeLogger(settings.log, clock);
  if (!log.ok()) return Fail(log.status());
  const StatusOr<std::unique_ptr<Agent>> agent = Agent::Make(settings, **log);
  if (!agent.ok()) return Fail(agent.status());
  (*agent)->Start(PrintReady);
  int signal = 0;
  if (sigwait(&signals, &signal) != 0) return Fail(Internal("cannot wait for signals"));
  (*log)->Info("stopping", {{"signal", signal}});
  (*agent)->Stop();
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app(kAbout, "muster-edge");
  app.footer(kMore);
  std::string config, level;
  bool check = false;
  app.add_option("--config", config, "The agent's YAML file")->type_name("FILE");
  app.add_flag("--check-config", check, "Check the file, say what is wrong where, and exit");
  app.add_option("--log-level", level, "debug, info, warn or error; outranks the file");
  const CLI::App* const sample =
      app.add_subcommand("sample-config", "Print a commented sample of the YAML file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (sample->parsed()) {
    fmt::print("{}", kSampleConfig);
    return 0;
  }
  if (config.empty()) {
    fmt::print(stderr, "muster-edge: --config FILE is needed; `muster-edge --help` tells more\n");
    return kUsage;
  }
  StatusOr<AgentSettings> settings = LoadSettings(config);
  if (!settings.ok()) return Fail(settings.status());
  if (!level.empty()) {
    const StatusOr<LogLevel> parsed = platform::ParseLogLevel(level);
    if (!parsed.ok()) return Fail(parsed.status()), kUsage;
    settings->log.level = *parsed;
  }
  if (check) {
    fmt::print("{}: ok, {} nodes\n", config, settings->nodes.size());
    return 0;
  }
  return Serve(*settings);
}

}  // namespace
}  // namespace muster::client

int main(int argc, char** argv) {
  try {
    return muster::client::Main(argc, argv);
  } catch (const std::exception& error) {  // Libraries may throw; our code does not.
    std::fprintf(stderr, "muster-edge: %s\n", error.what());
    return 1;
  }
}
