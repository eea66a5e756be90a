// musterd: the coordinator's command line.
#include <absl/synchronization/mutex.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "coordinator/app/data_dir.h"
#include "coordinator/app/fsck.h"
#include "coordinator/app/server.h"
#include "platform/log.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"

namespace muster::coordinator {
namespace {

struct Flags {
  ServerOptions server;
  std::string listen = "127.0.0.1:7443";
  std::string http = "127.0.0.1:7480";
  std::string log_level = "info";
  std::string log_format = "text";
  std::string log_file;
  std::string add_operator;
  std::string mqtt_broker;
  std::string mqtt_version = "5";
  MqttOptions mqtt;
  bool check_config = false;
  bool fsck = false;
};

void Declare(CLI::App& app, Flags& flags) {
  app.add_option("--data-dir", flags.server.data_dir,
                 "Journal, models, CA and operator certificate live here")
      ->capture_default_str();
  app.add_option("--listen", flags.listen, "Where devices and operators connect (gRPC, mTLS)")
      ->capture_default_str();
  app.add_option("--http", flags.http, "Where /metrics, /healthz and /readyz answer")
      ->capture_default_str();
  app.add_option("--authority-key", flags.server.authority_key_file,
                 "File with the enrolment authority's public key (its authority.pub)");
  app.add_option(
         "--roles", flags.server.roles_file,
         "YAML file: which operators hold which role (roles: {reviewer: [ann]}). Without it "
         "every operator holds every role; still nobody approves a version of their own")
      ->type_name("FILE");
  app.add_option("--add-operator", flags.add_operator,
                 "Write a certificate for this operator to DATA_DIR/operators/NAME and exit; the "
                 "owner uses it with muster --data-dir. A musterd may be running meanwhile")
      ->type_name("NAME");
  app.add_option("--trust-domain", flags.server.trust_domain, "SPIFFE trust domain of the CA")
      ->capture_default_str();
  app.add_option("--threads", flags.server.threads, "Worker threads; 0: one for each core")
      ->capture_default_str();
  app.add_option("--upload-memory", flags.server.upload_memory_bytes,
                 "Bytes that uploads in flight may take together; more wait their turn")
      ->capture_default_str();
  app.add_option("--secure-words", flags.server.secure_words,
                 "Words of keystream that the masks of one secure round may cost; about 2e9 take a "
                 "core a second")
      ->capture_default_str();
  app.add_option("--mqtt-broker", flags.mqtt_broker,
                 "Hear devices' telemetry at this broker, too: mqtts://host:8883 (docs/MQTT.md)")
      ->type_name("URL");
  app.add_option("--mqtt-version", flags.mqtt_version, "5 or 3.1.1")->capture_default_str();
  app.add_option("--mqtt-username", flags.mqtt.username, "Whom the broker knows us as");
  app.add_option("--mqtt-password-file", flags.mqtt.password_file,
                 "Its password on the first line; mode 0600, read anew at each connection");
  app.add_option("--mqtt-ca", flags.mqtt.ca_file, "Who signs the broker's certificate (PEM)");
  app.add_option("--mqtt-certificate", flags.mqtt.certificate_file, "Our own certificate (PEM)");
  app.add_option("--mqtt-key", flags.mqtt.key_file, "Its key (PEM)");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error")
      ->capture_default_str();
  app.add_option("--log-format", flags.log_format, "text or json")->capture_default_str();
  app.add_option("--log-file", flags.log_file, "Append to this file instead of stderr");
  app.add_flag("--check-config", flags.check_config, "Read the flags, say what is wrong, and exit");
  app.add_flag("--fsck", flags.fsck,
               "Check the data directory and exit: 0 when it is whole (muster fsck shows it)");
  app.footer(
      "Examples:\n"
      "  muster up                          # musterd and the authority, for a laptop\n"
      "  musterd --data-dir /var/lib/muster --authority-key /etc/muster/authority.pub\n"
      "  musterd --listen 0.0.0.0:7443 --authority-key authority.pub --log-format json\n"
      "  musterd --data-dir /var/lib/muster --add-operator ann");
}

StatusOr<MqttOptions> MqttOf(const Flags& flags) {
  MqttOptions out = flags.mqtt;
  const Status broker = ParseMqttBroker(flags.mqtt_broker, out);
  if (!broker.ok()) return Prefixed(broker, "--mqtt-broker");
  StatusOr<MqttVersion> version = ParseMqttVersion(flags.mqtt_version);
  if (!version.ok()) return Prefixed(version.status(), "--mqtt-version");
  out.version = *version;
  if (!out.tls && !out.password_file.empty() && !out.broker.IsLoopback())
    return InvalidArgument("--mqtt-broker: mqtt:// would show the password to the network");
  return out;
}

StatusOr<std::unique_ptr<Logger>> Configure(Flags& flags, const Clock& clock) {
  MUSTER_ASSIGN(flags.server.listen, Endpoint::Parse(flags.listen));
  MUSTER_ASSIGN(flags.server.http, Endpoint::Parse(flags.http));
  if (!flags.mqtt_broker.empty()) {
    MUSTER_ASSIGN(flags.server.mqtt, MqttOf(flags));
  }
  platform::LogOptions options;
  MUSTER_ASSIGN(options.level, platform::ParseLogLevel(flags.log_level));
  MUSTER_ASSIGN(options.format, platform::ParseLogFormat(flags.log_format));
  options.file = flags.log_file;
  return platform::MakeLogger(options, clock);
}

int Fail(const Status& status) {
  const auto reason = ReasonOf(status);
  std::fprintf(stderr, "musterd: %s%s\n", std::string(MessageOf(status)).c_str(),
               reason ? fmt::format(" ({})", NameOf(*reason)).c_str() : "");
  return 1;
}

// A line for each finding, for `muster fsck`: ok or bad, subject and detail with tabs between.
int Fsck(const ServerOptions& options) {
  const auto whole =
      CheckDataDir(options.data_dir, options.trust_domain, [](const Finding& finding) {
        std::printf("%s\t%s\t%s\n", finding.ok ? "ok" : "bad", finding.subject.c_str(),
                    finding.detail.c_str());
        std::fflush(stdout);
      });
  if (!whole.ok()) return Fail(whole.status());
  return *whole ? 0 : 1;
}

int AddOperatorAndExit(const Flags& flags, const Clock& clock) {
  platform::OpenSslRng rng;
  const auto directory =
      AddOperator(flags.server.data_dir, flags.server.trust_domain, flags.add_operator, clock, rng);
  if (!directory.ok()) return Fail(directory.status());
  std::printf("%s\n", directory->c_str());
  return 0;
}

// A server of a few threads needs no arena for each, which would hold what uploads leave behind;
// and Debian's absl looks for lock cycles at every lock unless told not to. Together a fifth of the
// memory and a twentieth of the CPU of a round (bench/README.md).
void TameTheRuntime() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

int Run(int argc, char** argv) {
  TameTheRuntime();
  CLI::App app(
      "musterd, the Muster coordinator: schedules rounds, sums updates, keeps the record.");
  Flags flags;
  Declare(app, flags);
  CLI11_PARSE(app, argc, argv);

  // Blocked before any thread starts, so that only sigwait() takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // A file-size limit is an error to report, not a death.

  const platform::SystemClock clock;
  const auto log = Configure(flags, clock);
  if (!log.ok()) return Fail(log.status());
  if (const auto roles = ReadRoles(flags.server.roles_file); !roles.ok())
    return Fail(roles.status());
  if (flags.check_config) return 0;
  if (flags.fsck) return Fsck(flags.server);
  if (!flags.add_operator.empty()) return AddOperatorAndExit(flags, clock);
  const auto server = StartServer(flags.server, **log);
  if (!server.ok()) return Fail(server.status());
  std::printf("ready %s http %s\n", (*server)->grpc().Text().c_str(),
              (*server)->http().Text().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*log)->Info("stopping", {{"signal", signal}});
  (*server)->Stop();
  return 0;
}

}  // namespace
}  // namespace muster::coordinator

int main(int argc, char** argv) { return muster::coordinator::Run(argc, argv); }
