// muster-edge: the device agent.
#include <absl/synchronization/mutex.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <exception>

#include "client/app/agent.h"
#include "client/app/drift_options.h"
#include "client/app/feedback_options.h"
#include "client/app/quarantine_command.h"
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
    "  muster-edge --config edge.yaml            SIGTERM ends it cleanly; nothing held is lost\n"
    "  muster-edge quarantine list --config edge.yaml    rows that broke their contract\n"
    "  muster-edge drift --help                          whether the data here has changed\n"
    "  muster-edge feedback --help                       say that an alarm was false, or what was "
    "true\n\n"
    "Prints `ready nodes=N` on stdout when all nodes are enrolled or trying; logs go to stderr.\n"
    "Exit codes: 0 ended as asked, 1 failed, or no node may go on, 2 wrong usage.";

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
  std::atomic<bool> ended = false;
  (*agent)->Start(PrintReady, [&ended] {
    ended = true;
    ::kill(::getpid(), SIGTERM);
  });
  int signal = 0;
  if (sigwait(&signals, &signal) != 0) return Fail(Internal("cannot wait for signals"));
  (*log)->Info("stopping", {{"signal", signal}});
  (*agent)->Stop();
  return ended ? kFailed : 0;
}

// `muster-edge quarantine ...`: its options and what runs it.
class QuarantineCommand {
 public:
  explicit QuarantineCommand(CLI::App& app)
      : command_(*app.add_subcommand("quarantine", "Rows of this site that broke their contract")),
        list_(Add("list", "How many, by contract version and rule")),
        show_(Add("show", "The rows, with what is wrong with each")),
        clear_(Add("clear", "Remove them from the quarantine")) {
    command_.require_subcommand(1);
    command_.fallthrough();
    command_.footer(
        "\nA row that breaks its contract is not trained on; it is put aside here, in STATE_DIR/"
        "quarantine,\nup to 16 MiB a contract version, the oldest dropped first. Rules: shape, "
        "type, null, not_finite,\nrange, future. A row comes back after `clear` if it is still in "
        "its source when that is read again.\n\n"
        "Examples:\n  muster-edge quarantine list --config edge.yaml\n"
        "  muster-edge quarantine show turbofan/3 --rule range --config edge.yaml\n"
        "  muster-edge quarantine show turbofan --limit 0 -o json --state-dir muster-edge-state\n"
        "  muster-edge quarantine clear turbofan --config edge.yaml");
    command_.add_option("--state-dir", state_dir_, "The agent's state directory")->type_name("DIR");
    command_.add_option("-o", output_, "table or json")->check(CLI::IsMember({"table", "json"}));
    show_.add_option("--rule", arguments_.rule, "Only rows that break this rule");
    show_.add_option("--field", arguments_.field, "Only rows with a fault in this field");
    show_.add_option("--node", arguments_.node, "Only rows of this node");
    show_.add_option("--limit", arguments_.limit, "The newest so many; 0: all (default 20)");
    clear_.add_flag("--all", arguments_.all, "Of all contracts");
  }

  bool parsed() const { return command_.parsed(); }

  int Run(const std::string& config) {
    if (state_dir_.empty()) {
      if (config.empty()) {
        fmt::print(stderr, "muster-edge: --config FILE or --state-dir DIR is needed\n");
        return kUsage;
      }
      const StatusOr<AgentSettings> settings = LoadSettings(config);
      if (!settings.ok()) return Fail(settings.status());
      state_dir_ = settings->state_dir.string();
    }
    arguments_.json = output_ == "json";
    const auto& run = list_.parsed()   ? ListQuarantine
                      : show_.parsed() ? ShowQuarantine
                                       : ClearQuarantine;
    const StatusOr<std::string> text = run(state_dir_, arguments_);
    if (!text.ok())
      return Fail(text.status()), absl::IsInvalidArgument(text.status()) ? kUsage : kFailed;
    fmt::print("{}", *text);
    return 0;
  }

 private:
  CLI::App& Add(const char* name, const char* about) {
    CLI::App& command = *command_.add_subcommand(name, about);
    command.fallthrough();
    command.add_option("CONTRACT", arguments_.which, "CONTRACT or CONTRACT/VERSION; none: all");
    return command;
  }

  QuarantineArguments arguments_;
  std::string state_dir_;
  std::string output_ = "table";
  CLI::App& command_;
  CLI::App& list_;
  CLI::App& show_;
  CLI::App& clear_;
};

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
  QuarantineCommand quarantine(app);
  DriftOptions drift(app);
  FeedbackOptions feedback(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (sample->parsed()) {
    fmt::print("{}", kSampleConfig);
    return 0;
  }
  if (quarantine.parsed()) return quarantine.Run(config);
  if (config.empty()) {
    fmt::print(stderr, "muster-edge: --config FILE is needed; `muster-edge --help` tells more\n");
    return kUsage;
  }
  if (drift.parsed()) {
    const StatusOr<int> code = drift.Run(config, platform::SystemClock().Now());
    return code.ok() ? *code : Fail(code.status());
  }
  StatusOr<AgentSettings> settings = LoadSettings(config);
  if (!settings.ok()) return Fail(settings.status());
  if (!level.empty()) {
    const StatusOr<LogLevel> parsed = platform::ParseLogLevel(level);
    if (!parsed.ok()) return Fail(parsed.status()), kUsage;
    settings->log.level = *parsed;
  }
  if (feedback.parsed()) {
    NullLogger quiet;
    const Status given = feedback.Run(*settings, quiet);
    if (!given.ok()) return Fail(given), absl::IsInvalidArgument(given) ? kUsage : kFailed;
    return 0;
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
