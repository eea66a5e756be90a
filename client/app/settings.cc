#include "client/app/settings.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "base/statement.h"
#include "base/time_text.h"
#include "client/app/mqtt_settings.h"
#include "client/pipeline/quarantine.h"
#include "client/telemetry/spool.h"
#include "config/load.h"
#include "config/plain.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {
constexpr int kMaxNodes = 1000;
constexpr double kMaxWatts = 1e6;
constexpr std::uint32_t kMaxParallelTasks = 64;
constexpr char kDefaultStateDir[] = "muster-edge-state";
constexpr char kDefaultLocalHttp[] = "127.0.0.1:0";

fs::path Absolute(const fs::path& folder, const std::string& path) {
  return (folder / path).lexically_normal();
}

// What another check found, said of the field at `path`.
Status At(std::string_view path, const Status& status) {
  if (status.ok()) return status;
  return WithField(Prefixed(status, path), path);
}

// What a machine is called that its owner did not classify.
std::string ThisHardware() {
#if defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "unknown";
#endif
}

// As `muster model certify --hardware` takes it.
bool IsHardware(std::string_view name) {
  constexpr std::size_t kLongest = 63;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return name.size() <= kLongest && letter(name.front()) && std::ranges::all_of(name, [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

// Leaves `out` as it is when there is no text.
Status ReadDuration(const std::string& text, const std::string& path, Duration& out) {
  if (text.empty()) return Ok();
  const StatusOr<Duration> time = ParseDuration(text);
  if (!time.ok() || *time <= Duration(0))
    return InvalidField(path, "'{}' is not a time such as 10m", text);
  out = *time;
  return Ok();
}

// A command's words as they are, but those that name a file beside the settings.
template <typename Words>
std::vector<std::string> CommandFrom(const Words& words, const fs::path& folder) {
  std::vector<std::string> command;
  for (const std::string& word : words) {
    std::error_code error;
    const fs::path beside = Absolute(folder, word);
    command.push_back(fs::is_regular_file(beside, error) ? beside.string() : word);
  }
  return command;
}

Status ReadTrain(const v1::AgentConfig::Train& train, const std::string& path,
                 const fs::path& folder, NodeSettings& out) {
  if (train.has_exec()) {
    if (train.exec().command().empty() || train.exec().command(0).empty())
      return InvalidField(path + ".exec.command", "is empty");
    out.exec = CommandFrom(train.exec().command(), folder);
  } else if (!train.has_torchscript()) {
    return InvalidField(path, "a trainer is missing: torchscript or exec");
  }
  if (train.windows() == "all")
    out.evaluate = EvaluateWindows::kAll;
  else if (!train.windows().empty() && train.windows() != "last")
    return InvalidField(path + ".windows", "'{}' is neither last nor all", train.windows());
  return ReadDuration(train.time_limit(), path + ".time_limit", out.time_limit);
}

StatusOr<SinkSettings> SinkFrom(const v1::AgentConfig::Sink& sink, const std::string& path,
                                const fs::path& folder) {
  if (sink.has_file()) {
    if (sink.file().path().empty()) return InvalidField(path + ".file.path", "is missing");
    return SinkSettings{
        FileSinkSettings{Absolute(folder, sink.file().path()), sink.file().most_bytes()}};
  }
  if (sink.has_exec()) {
    if (sink.exec().command().empty() || sink.exec().command(0).empty())
      return InvalidField(path + ".exec.command", "is empty");
    ExecSinkSettings out{CommandFrom(sink.exec().command(), folder), std::chrono::seconds(5)};
    MUSTER_TRY(ReadDuration(sink.exec().time_limit(), path + ".exec.time_limit", out.time_limit));
    return SinkSettings{std::move(out)};
  }
  if (!sink.has_mqtt()) return InvalidField(path, "a sink is missing: file, exec or mqtt");
  constexpr std::uint32_t kMostQos = 1;
  MUSTER_TRY(At(path + ".mqtt.topic", CheckMqttTopic(sink.mqtt().topic())));
  if (sink.mqtt().qos() > kMostQos) return InvalidField(path + ".mqtt.qos", "is neither 0 nor 1");
  return SinkSettings{
      MqttSinkSettings{sink.mqtt().topic(), sink.mqtt().qos() == 0 ? 1U : sink.mqtt().qos()}};
}

StatusOr<std::vector<drift::MonitorSpec>> LoadRules(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("{}: cannot be read", path);
  std::ostringstream text;
  text << in.rdbuf();
  MUSTER_ASSIGN(const config::Plain plain, config::ParsePlain(std::move(text).str(), path));
  StatusOr<std::vector<drift::MonitorSpec>> specs = drift::ReadMonitors(plain.json);
  if (!specs.ok()) return config::Located(specs.status(), plain.source);
  return specs;
}

StatusOr<ServeSettings> ServeFrom(const v1::AgentConfig::Serve& serve, const std::string& path,
                                  const fs::path& folder) {
  ServeSettings out;
  if (serve.model().empty()) return InvalidField(path + ".model", "is missing");
  out.model = ModelName(serve.model());
  if (!serve.alias().empty()) out.alias = serve.alias();
  // Names are made as those of contracts are; the coordinator would hear nothing else from it.
  if (!QuarantineFile({serve.model(), 1}).ok())
    return InvalidField(path + ".model", "is no name of a model");
  if (!QuarantineFile({out.alias, 1}).ok())
    return InvalidField(path + ".alias", "is no name of an alias");
  for (int i = 0; i < serve.sinks_size(); ++i) {
    MUSTER_ASSIGN(out.sinks.emplace_back(),
                  SinkFrom(serve.sinks(i), fmt::format("{}.sinks[{}]", path, i), folder));
  }
  MUSTER_TRY(ReadDuration(serve.poll(), path + ".poll", out.poll));
  out.device_watts = serve.device_watts();
  if (!(out.device_watts >= 0 && out.device_watts <= kMaxWatts))  // NaN falls here too.
    return InvalidField(path + ".device_watts", "{} is not in 0 to {:g}", out.device_watts,
                        kMaxWatts);
  out.from_beginning = serve.from_beginning();
  if (serve.monitors_file().empty()) return out;
  MUSTER_ASSIGN(out.rules, LoadRules(Absolute(folder, serve.monitors_file()).string()));
  return out;
}

Status ReadIngest(const v1::AgentConfig::Ingest& ingest, const std::string& path,
                  const fs::path& folder, NodeSettings& out) {
  if (ingest.has_mqtt()) {
    MUSTER_ASSIGN(out.mqtt, MqttSourceFrom(ingest.mqtt(), path + ".mqtt"));
    return Ok();
  }
  const v1::AgentConfig::Csv& csv = ingest.csv();
  if (csv.path().empty()) return InvalidField(path + ".csv.path", "is missing");
  out.csv = Absolute(folder, csv.path());
  out.columns = {csv.columns().begin(), csv.columns().end()};
  return Ok();
}

StatusOr<NodeSettings> NodeFrom(const v1::AgentConfig::Node& node, const std::string& path,
                                const fs::path& folder) {
  NodeSettings out;
  MUSTER_TRY(At(path + ".name", CheckDeviceName(node.name())));
  out.name = DeviceName(node.name());
  out.labels = {node.labels().begin(), node.labels().end()};
  MUSTER_TRY(At(path + ".labels", CheckLabels(out.labels)));
  MUSTER_TRY(ReadIngest(node.pipeline().ingest(), path + ".pipeline.ingest", folder, out));
  MUSTER_TRY(ReadTrain(node.pipeline().train(), path + ".pipeline.train", folder, out));
  if (!node.pipeline().has_serve()) return out;
  if (!out.exec.empty())
    return InvalidField(path + ".pipeline.serve",
                        "a model is served with torchscript; this node's trainer is exec");
  MUSTER_ASSIGN(out.serve, ServeFrom(node.pipeline().serve(), path + ".pipeline.serve", folder));
  return out;
}

StatusOr<Produced> ProducedFrom(const v1::AgentConfig::Produces& produces,
                                const std::string& path) {
  const StatusOr<std::string> file = QuarantineFile({produces.contract(), 1});
  if (produces.contract().empty()) return InvalidField(path + ".contract", "is missing");
  if (!file.ok()) return InvalidField(path + ".contract", "is no name of a contract");
  if (produces.version() == 0)
    return InvalidField(path + ".version", "is missing: contracts' versions begin at 1");
  return Produced{produces.contract(), produces.version()};
}

StatusOr<std::uint32_t> PpmOf(std::string_view path, double fraction) {
  if (!(fraction >= 0 && fraction <= 1))  // NaN falls here too.
    return InvalidField(path, "{} is no fraction of 0 to 1", fraction);
  return static_cast<std::uint32_t>(std::lround(fraction * 1e6));
}

Status ReadSecure(const v1::LocalPolicy::Secure& secure, PolicyRules& out) {
  out.secure_required = secure.required();
  if (secure.least() > 0) out.floor.least = secure.least();
  if (secure.has_corrupt()) {
    MUSTER_ASSIGN(out.floor.corrupt_ppm, PpmOf("secure.corrupt", secure.corrupt()));
  }
  if (secure.has_dropout()) {
    MUSTER_ASSIGN(out.floor.dropout_ppm, PpmOf("secure.dropout", secure.dropout()));
  }
  out.floor.allow_curious = secure.curious();
  return Ok();
}

StatusOr<LocalPolicy> PolicyFrom(const v1::LocalPolicy& policy) {
  PolicyRules rules;
  rules.campaigns.assign(policy.campaigns().begin(), policy.campaigns().end());
  for (int i = 0; i < policy.hours_size(); ++i) {
    const std::string path = fmt::format("hours[{}]", i);
    const StatusOr<TimeOfDay> from = ParseTimeOfDay(policy.hours(i).from());
    if (!from.ok()) return InvalidField(path + ".from", "{}", MessageOf(from.status()));
    const StatusOr<TimeOfDay> to = ParseTimeOfDay(policy.hours(i).to());
    if (!to.ok()) return InvalidField(path + ".to", "{}", MessageOf(to.status()));
    rules.hours.push_back({*from, *to});
  }
  rules.least_cohort = policy.least_cohort();
  rules.bytes_a_day = policy.bytes_a_day();
  rules.statistics = !policy.has_statistics() || policy.statistics();
  MUSTER_TRY(ReadSecure(policy.secure(), rules));
  return LocalPolicy::Make(std::move(rules));
}

StatusOr<platform::LogOptions> LogFrom(const v1::AgentConfig::Log& log) {
  platform::LogOptions out;
  if (!log.level().empty()) {
    const StatusOr<LogLevel> level = platform::ParseLogLevel(log.level());
    if (!level.ok()) return At("log.level", level.status());
    out.level = *level;
  }
  if (!log.format().empty()) {
    const StatusOr<platform::LogFormat> format = platform::ParseLogFormat(log.format());
    if (!format.ok()) return At("log.format", format.status());
    out.format = *format;
  }
  return out;
}
StatusOr<TelemetrySettings> TelemetryFrom(const v1::AgentConfig::Telemetry& telemetry,
                                          std::size_t nodes) {
  TelemetrySettings out;
  if (telemetry.most_bytes() > 0) out.most_bytes = telemetry.most_bytes();
  if (out.most_bytes / nodes < kLeastSpoolBytes)
    return InvalidField("telemetry.most_bytes", "{} are less than {} for each of {} nodes",
                        out.most_bytes, kLeastSpoolBytes, nodes);
  out.mqtt = telemetry.transport() == "mqtt";
  if (!telemetry.transport().empty() && telemetry.transport() != "grpc" && !out.mqtt)
    return InvalidField("telemetry.transport", "'{}' is neither grpc nor mqtt",
                        telemetry.transport());
  if (telemetry.local_http() == "off") return out;
  const StatusOr<Endpoint> endpoint =
      Endpoint::Parse(telemetry.local_http().empty() ? kDefaultLocalHttp : telemetry.local_http());
  if (!endpoint.ok())
    return InvalidField("telemetry.local_http", "{}", MessageOf(endpoint.status()));
  if (!endpoint->IsLoopback())
    return InvalidField("telemetry.local_http",
                        "'{}' is no address of loopback: whoever reaches it "
                        "could say what was true",
                        endpoint->host);
  out.local_http = *endpoint;
  return out;
}
}  // namespace

StatusOr<AgentSettings> MakeSettings(const v1::AgentConfig& config, const fs::path& folder) {
  AgentSettings out;
  out.state_dir =
      Absolute(folder, config.state_dir().empty() ? kDefaultStateDir : config.state_dir());
  if (!config.join_file().empty()) out.join_file = Absolute(folder, config.join_file());
  if (config.nodes().empty()) return InvalidField("nodes", "at least one is needed");
  if (config.nodes_size() > kMaxNodes) return InvalidField("nodes", "more than {}", kMaxNodes);
  if (config.has_mqtt()) {
    MUSTER_ASSIGN(out.mqtt, MqttFrom(config.mqtt(), folder));
  }
  std::set<DeviceName> names;
  for (int i = 0; i < config.nodes_size(); ++i) {
    const std::string path = fmt::format("nodes[{}]", i);
    MUSTER_ASSIGN(NodeSettings node, NodeFrom(config.nodes(i), path, folder));
    const bool own = config.nodes(i).has_produces();
    if (own || config.has_produces()) {
      MUSTER_ASSIGN(node.produces,
                    ProducedFrom(own ? config.nodes(i).produces() : config.produces(),
                                 own ? path + ".produces" : "produces"));
    }
    if (node.mqtt && !out.mqtt)
      return InvalidField("mqtt.broker", "is missing: node '{}' reads from it", node.name.value());
    if (node.mqtt) node.csv = out.state_dir / "nodes" / node.name.value() / "rows.csv";
    if (!names.insert(node.name).second)
      return InvalidField(path + ".name", "'{}' stands twice", node.name.value());
    out.nodes.push_back(std::move(node));
  }
  if (config.has_policy() && !config.policy_file().empty())
    return InvalidField("policy_file", "stands beside `policy`: keep one of the two");
  if (!config.policy_file().empty()) out.policy_file = Absolute(folder, config.policy_file());
  StatusOr<LocalPolicy> policy = PolicyFrom(config.policy());
  if (!policy.ok())
    return WithField(policy.status(), fmt::format("policy.{}", FieldOf(policy.status())));
  out.policy = *std::move(policy);
  if (!config.torch().worker().empty())
    out.torch_worker = Absolute(folder, config.torch().worker()).string();
  MUSTER_ASSIGN(out.log, LogFrom(config.log()));
  if (config.parallel_tasks() > kMaxParallelTasks)
    return InvalidField("parallel_tasks", "more than {}", kMaxParallelTasks);
  out.parallel_tasks = std::max(config.parallel_tasks(), 1U);
  out.hardware = config.hardware().empty() ? ThisHardware() : config.hardware();
  if (!IsHardware(out.hardware))
    return InvalidField("hardware", "'{}' is not a letter followed by letters, digits, _ . and -",
                        out.hardware);
  MUSTER_TRY(ReadDuration(config.telemetry().every(), "telemetry.every", out.summary_every));
  MUSTER_ASSIGN(out.telemetry, TelemetryFrom(config.telemetry(), out.nodes.size()));
  if (out.telemetry.mqtt && !out.mqtt)
    return InvalidField("mqtt.broker", "is missing: telemetry.transport is mqtt");
  out.telemetry.mqtt_feedback = config.mqtt().feedback();
  out.vanish = config.drill().vanish();
  if (!(out.vanish >= 0 && out.vanish <= 1))  // NaN falls here too.
    return InvalidField("drill.vanish", "{} is no fraction of 0 to 1", out.vanish);
  return out;
}

StatusOr<LocalPolicy> LoadPolicy(const fs::path& file) {
  MUSTER_ASSIGN(const config::Loaded<v1::LocalPolicy> loaded,
                config::LoadMessage<v1::LocalPolicy>(file.string()));
  StatusOr<LocalPolicy> policy = PolicyFrom(loaded.message);
  if (!policy.ok()) return config::Located(policy.status(), loaded.source);
  return policy;
}

StatusOr<AgentSettings> LoadSettings(const fs::path& file) {
  MUSTER_ASSIGN(const config::Loaded<v1::AgentConfig> loaded,
                config::LoadMessage<v1::AgentConfig>(file.string()));
  std::error_code error;
  const fs::path folder = fs::absolute(file, error).parent_path();
  if (error) return Unavailable("{}: {}", file.string(), error.message());
  StatusOr<AgentSettings> settings = MakeSettings(loaded.message, folder);
  if (!settings.ok()) return config::Located(settings.status(), loaded.source);
  if (!settings->policy_file.empty()) {
    MUSTER_ASSIGN(settings->policy, LoadPolicy(settings->policy_file));
  }
  return settings;
}

}  // namespace muster::client
