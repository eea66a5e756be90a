// muster up: a coordinator and an enrolment authority on this machine, as two processes that live
// and end together. Restarts nothing. And `muster authority`, the second of them.
#include <signal.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
namespace fs = std::filesystem;
constexpr Duration kReadyTimeout = std::chrono::seconds(60);
constexpr Duration kStopTimeout = std::chrono::seconds(20);
constexpr Duration kPoll = std::chrono::milliseconds(100);
constexpr std::size_t kMostLine = 64 << 10;

struct Flags {
  AuthorityFlags authority;
  std::string listen = "127.0.0.1:7443", http = "127.0.0.1:7480";
  std::string authority_listen = "127.0.0.1:7444";
  std::string roles;
};

// The last line of a log, where a program that ended says why.
std::string LastLine(const std::string& path) {
  std::ifstream in(path);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return Clean(last);
}

// A child that says "ready ADDRESS …" on its stdout once it serves.
class Program {
 public:
  Program(World& world, std::string name, std::string log)
      : world_(world), name_(std::move(name)), log_(std::move(log)) {}

  // Its address. FAILED_PRECONDITION with its last words when it ends before it serves; CANCELLED
  // when this process is asked to end meanwhile.
  StatusOr<std::string> Start(std::vector<std::string> argv) {
    SubprocessSpec spec;
    spec.argv = std::move(argv);
    spec.stderr_path = log_;
    MUSTER_ASSIGN(child_, world_.launcher.Start(spec));
    for (Duration waited{}; waited < kReadyTimeout; waited += kPoll) {
      if (world_.signals.Received() != 0) return Cancelled("stopped before {} was ready", name_);
      const auto line = child_->ReadLine(kPoll, kMostLine);
      if (line.ok() && line->starts_with("ready ")) {
        const std::string rest = line->substr(6);
        return rest.substr(0, rest.find(' '));
      }
      if (line.status().code() == absl::StatusCode::kUnavailable) return Ended();
    }
    return DeadlineExceeded("{} is not ready after {}; its log is {}", name_, Span(kReadyTimeout),
                            log_);
  }

  // OK while it runs; else how it ended. Waits `kPoll` and reads on, so that it never blocks.
  Status Check() {
    const auto line = child_->ReadLine(kPoll, kMostLine);
    if (line.ok() || line.status().code() == absl::StatusCode::kDeadlineExceeded) return Ok();
    return Ended();
  }

  // Asks it to end, and insists after a while.
  void Stop() {
    if (child_ == nullptr) return;
    world_.signals.Send(child_->pid(), SIGTERM);
    if (child_->Wait(kStopTimeout).ok()) return;
    child_->Kill();
  }

 private:
  Status Ended() {
    const auto status = child_->Wait(kStopTimeout);
    const std::string how = status.ok() ? status->Text() : "closed its output";
    // Who ends by itself says why; who is killed does not.
    const std::string words = status.ok() && status->signal == 0 ? LastLine(log_) : "";
    child_->Kill();
    child_.reset();
    return FailedPrecondition("{} {}{}{}; its log is {}", name_, how, words.empty() ? "" : ": ",
                              words, log_);
  }

  World& world_;
  const std::string name_, log_;
  std::unique_ptr<Subprocess> child_;
};

// Keeps `local` pointed at this data directory, so that the next commands need no flags.
Status PointContext(Shell& shell, const std::string& dir) {
  MUSTER_ASSIGN(v1::Contexts::Context context, ContextOfDataDir(dir));
  context.set_name("local");
  MUSTER_ASSIGN(v1::Contexts contexts, LoadContexts(shell.world));
  PutContext(contexts, context);
  contexts.set_current("local");
  return SaveContexts(shell.world, contexts);
}

std::string Welcome(const std::string& coordinator, const std::string& authority,
                    const std::string& http, const std::string& dir) {
  return fmt::format(
      "coordinator  {}\nauthority    {}\nmetrics      http://{}/metrics\ndata         {}\n\n"
      "Context 'local' points here. In another terminal:\n"
      "  muster apply -f contract.yaml -f model.yaml\n"
      "  muster model create NAME --module net.pt\n"
      "  muster token create --uses 10 --out join.token\n"
      "  muster-edge --config edge.yaml\n"
      "  muster apply -f campaign.yaml && muster watch\n"
      "Ctrl-C stops both.\n",
      coordinator, authority, http, dir);
}

// Until one of them ends (an error) or a signal comes (OK).
Status Supervise(World& world, Program& coordinator, Program& authority) {
  while (world.signals.Received() == 0) {
    MUSTER_TRY(coordinator.Check());
    MUSTER_TRY(authority.Check());
  }
  return Ok();
}

// Both, in the order they need each other: the coordinator wants the authority's public key, and
// the authority wants the coordinator's CA only once it makes a token.
Status RunBoth(Shell& shell, const Flags& flags, const std::string& dir, Program& coordinator,
               Program& authority) {
  World& world = shell.world;
  const std::string home = dir + "/coordinator", office = dir + "/authority";
  MUSTER_ASSIGN(const std::string authority_address,
                authority.Start({world.program_dir + "/muster", "authority", "--dir", office,
                                 "--listen", flags.authority_listen, "--coordinator", flags.listen,
                                 "--coordinator-ca", home + "/operator/ca.pem"}));
  std::vector<std::string> musterd{world.program_dir + "/musterd",
                                   "--data-dir",
                                   home,
                                   "--listen",
                                   flags.listen,
                                   "--http",
                                   flags.http,
                                   "--authority-key",
                                   office + "/authority.pub"};
  if (!flags.roles.empty()) musterd.insert(musterd.end(), {"--roles", flags.roles});
  MUSTER_ASSIGN(const std::string address, coordinator.Start(std::move(musterd)));
  MUSTER_TRY(PointContext(shell, dir));
  world.screen.Out(Welcome(address, authority_address, flags.http, dir));
  return Supervise(world, coordinator, authority);
}

// Certificates and join tokens carry the address, so it must be one that others can use.
Status CheckReachable(std::string_view flag, const std::string& address) {
  MUSTER_ASSIGN(const Endpoint endpoint, Endpoint::Parse(address));
  if (endpoint.port != 0 && endpoint.host != "0.0.0.0" && endpoint.host != "::") return Ok();
  return InvalidArgument(
      "{} {}: name the address and the port that devices will use; certificates "
      "and join tokens carry it",
      flag, address);
}

Status Up(Shell& shell, const Flags& flags) {
  World& world = shell.world;
  MUSTER_TRY(CheckReachable("--listen", flags.listen));
  MUSTER_TRY(CheckReachable("--authority-listen", flags.authority_listen));
  std::error_code error;
  const fs::path dir =
      fs::absolute(shell.target.data_dir.empty() ? "./muster-data" : shell.target.data_dir, error);
  fs::create_directories(dir, error);
  if (error) return FailedPrecondition("{}: {}", dir.string(), error.message());
  world.signals.Catch();
  Program authority(world, "muster authority", dir / "authority.log");
  Program coordinator(world, "musterd", dir / "musterd.log");
  const Status ended = RunBoth(shell, flags, dir.lexically_normal(), coordinator, authority);
  world.screen.Err("stopping …\n");
  coordinator.Stop();
  authority.Stop();
  return ended;
}

}  // namespace

void AddUp(CLI::App& app, Shell& shell) {
  auto flags = std::make_shared<Flags>();
  const auto address = [](CLI::App* command, const char* name, std::string& value,
                          const char* help) {
    command->add_option(name, value, help)->type_name("HOST:PORT")->capture_default_str();
  };
  CLI::App* up = app.add_subcommand("up", "Run a coordinator and an authority on this machine");
  address(up, "--listen", flags->listen, "Of the coordinator, for devices and operators");
  address(up, "--http", flags->http, "Of its /metrics, /healthz and /readyz");
  address(up, "--authority-listen", flags->authority_listen, "Of the enrolment authority");
  up->add_option("--roles", flags->roles, "Which operators hold which role: see musterd --help")
      ->type_name("FILE");
  up->footer(
      "\nKeeps everything under ./muster-data, or --data-dir. Starts musterd and 'muster "
      "authority', which\nend together, and points the context 'local' at them.\n\nExamples:\n"
      "  muster up\n  muster up --data-dir /srv/muster --listen 10.0.0.5:7443 "
      "--authority-listen 10.0.0.5:7444");
  shell.On(up, [&shell, flags] { return Up(shell, *flags); });

  CLI::App* authority = app.add_subcommand("authority", "Run the enrolment authority");
  flags->authority.data_dir = "./muster-authority";
  flags->authority.listen = "127.0.0.1:7444";
  flags->authority.coordinator = "127.0.0.1:7443";
  address(authority, "--listen", flags->authority.listen, "Where it serves");
  address(authority, "--coordinator", flags->authority.coordinator,
          "The coordinator's address, as devices reach it");
  authority
      ->add_option("--coordinator-ca", flags->authority.coordinator_ca,
                   "PEM of the coordinator's CA (DIR/operator/ca.pem); goes into join tokens")
      ->type_name("FILE");
  authority->add_option("--dir", flags->authority.data_dir, "Its directory")
      ->type_name("DIR")
      ->capture_default_str();
  authority
      ->add_option("--advertise", flags->authority.advertise,
                   "How devices reach it, when that is not where it listens")
      ->type_name("HOST:PORT");
  authority->add_option("--log-level", flags->authority.log_level, "debug, info, warn or error")
      ->capture_default_str();
  authority->add_option("--log-format", flags->authority.log_format, "text or json")
      ->capture_default_str();
  authority->footer(
      "\nDecides who may join, and keeps its keys apart from the coordinator's, best on "
      "another machine.\n\nExamples:\n  muster authority --dir /var/lib/muster-authority "
      "--listen ca.plant:7444 \\\n    --coordinator hub.plant:7443 --coordinator-ca "
      "hub-ca.pem");
  shell.On(authority, [&shell, flags]() -> Status {
    MUSTER_ASSIGN(shell.exit_code, shell.world.run_authority(flags->authority));
    return Ok();
  });
}

}  // namespace muster::cli
