#include "client/exec/task_dir.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/canonical_json.h"
#include "base/safetensors.h"
#include "client/pipeline/file_bytes.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;
constexpr std::uint64_t kMaxJsonBytes = 64 * 1024;
constexpr std::uint64_t kMaxHeaderBytes = 16 << 20;
constexpr std::size_t kMaxMetrics = 64;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::uint32_t kMaxBatch = 1'000'000;
constexpr std::uint32_t kMaxEpochs = 100'000;
constexpr std::uint64_t kMaxInteger = (1ULL << 53) - 1;

template <typename Enum>
struct Named {
  std::string_view name;
  Enum value;
};
constexpr std::array kKinds = {Named<TaskKind>{"train", TaskKind::kTrain},
                               Named<TaskKind>{"evaluate", TaskKind::kEvaluate}};
constexpr std::array kLosses = {Named<Loss>{"mse", Loss::kMse}, Named<Loss>{"l1", Loss::kL1},
                                Named<Loss>{"huber", Loss::kHuber},
                                Named<Loss>{"cross_entropy", Loss::kCrossEntropy},
                                Named<Loss>{"bce", Loss::kBce}};
constexpr std::array kOptimizers = {Named<OptimizerKind>{"sgd", OptimizerKind::kSgd},
                                    Named<OptimizerKind>{"adam", OptimizerKind::kAdam}};

template <typename... Args>
Status BadField(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kFIELD_INVALID);
}

template <typename Table, typename Enum>
std::string NameIn(const Table& table, Enum value) {
  for (const auto& row : table)
    if (row.value == value) return std::string(row.name);
  return "?";
}
template <typename Enum, std::size_t N>
StatusOr<Enum> ValueIn(const std::array<Named<Enum>, N>& table, const char* field,
                       std::string_view name) {
  for (const Named<Enum>& row : table)
    if (row.name == name) return row.value;
  return BadField("task.json: {}: '{}' is not known", field, OneLine(name, 40));
}

bool IsRate(double value) { return std::isfinite(value) && value >= 0 && value <= 1e6; }

// The bounds that hold on both sides, so that what one side writes the other can read.
Status Check(const Task& t) {
  for (const std::string* name : {&t.campaign, &t.device})
    if (name->size() > kMaxNameBytes) return BadField("task.json: a name is too long");
  if (t.round > kMaxInteger) return BadField("task.json: round: {} is too large", t.round);
  if (t.model.empty() || t.data.empty()) return BadField("task.json: model or data is missing");
  if (t.batch < 1 || t.batch > kMaxBatch)
    return BadField("task.json: batch: {} is not in 1 to {}", t.batch, kMaxBatch);
  if (t.epochs < 1 || t.epochs > kMaxEpochs)
    return BadField("task.json: epochs: {} is not in 1 to {}", t.epochs, kMaxEpochs);
  if (!IsRate(t.optimizer.learning_rate) || !IsRate(t.optimizer.weight_decay) ||
      !IsRate(t.optimizer.momentum))
    return BadField("task.json: optimizer: a rate is not in 0 to 1e6");
  if (!std::isfinite(t.label_scale) || t.label_scale <= 0)
    return BadField("task.json: label_scale: must be positive");
  if (t.metrics.size() > kMaxMetrics) return BadField("task.json: too many metrics");
  return Ok();
}

StatusOr<std::uint64_t> ParseSeed(std::string_view text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size())
    return BadField("task.json: seed is not a natural number below 2^64");
  return seed;
}

Status BadMetrics(std::string_view why) {
  return WithReason(InvalidArgument("{}: {}", kMetricsFile, why), Reason::kUPDATE_BAD_METRICS);
}

Status BadUpdate(Reason reason, std::string_view why) {
  return WithReason(InvalidArgument("{}: {}", kUpdateFile, OneLine(why)), reason);
}

bool IsMetricName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}
}  // namespace

StatusOr<std::string> EncodeTask(const Task& t) {
  MUSTER_TRY(Check(t));
  Json json = {{"kind", NameIn(kKinds, t.kind)},
               {"campaign", t.campaign},
               {"round", t.round},
               {"device", t.device},
               {"seed", fmt::format("{}", t.seed)},
               {"model", t.model},
               {"data", t.data},
               {"loss", NameIn(kLosses, t.loss)},
               {"optimizer",
                {{"name", NameIn(kOptimizers, t.optimizer.kind)},
                 {"learning_rate", DecimalText(t.optimizer.learning_rate)},
                 {"momentum", DecimalText(t.optimizer.momentum)},
                 {"weight_decay", DecimalText(t.optimizer.weight_decay)}}},
               {"batch", t.batch},
               {"epochs", t.epochs},
               {"metrics", t.metrics},
               {"label_scale", DecimalText(t.label_scale)}};
  if (!t.module.empty()) json["module"] = t.module;
  return CanonicalJson(json);
}

StatusOr<Task> DecodeTask(std::string_view text) {
  const StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return WithReason(Prefixed(json.status(), kTaskFile), Reason::kFIELD_INVALID);
  JsonReader reader(*json);
  Task t;
  const std::string kind = reader.Text("kind"), loss = reader.Text("loss");
  const std::string seed = reader.Text("seed");
  t.campaign = reader.Text("campaign");
  t.round = reader.Unsigned("round");
  t.device = reader.Text("device");
  t.model = reader.Text("model");
  if (reader.Has("module")) t.module = reader.Text("module");
  t.data = reader.Text("data");
  const std::uint64_t batch = reader.Unsigned("batch"), epochs = reader.Unsigned("epochs");
  t.batch = static_cast<std::uint32_t>(std::min<std::uint64_t>(batch, UINT32_MAX));
  t.epochs = static_cast<std::uint32_t>(std::min<std::uint64_t>(epochs, UINT32_MAX));
  t.metrics = reader.Texts("metrics");
  if (reader.Has("label_scale")) t.label_scale = reader.Decimal("label_scale");
  JsonReader optimizer(reader.At("optimizer"));
  const std::string name = optimizer.Text("name");
  t.optimizer.learning_rate = optimizer.Decimal("learning_rate");
  t.optimizer.momentum = optimizer.Decimal("momentum");
  t.optimizer.weight_decay = optimizer.Decimal("weight_decay");
  for (const Status& status : {reader.status(), optimizer.status()})
    if (!status.ok()) return WithReason(Prefixed(status, kTaskFile), Reason::kFIELD_INVALID);
  MUSTER_ASSIGN(t.kind, ValueIn(kKinds, "kind", kind));
  MUSTER_ASSIGN(t.loss, ValueIn(kLosses, "loss", loss));
  MUSTER_ASSIGN(t.optimizer.kind, ValueIn(kOptimizers, "optimizer.name", name));
  MUSTER_ASSIGN(t.seed, ParseSeed(seed));
  MUSTER_TRY(Check(t));
  return t;
}

Status WriteTask(const TaskDir& dir) {
  MUSTER_ASSIGN(const std::string json, EncodeTask(dir.task));
  std::error_code error;
  fs::create_directories(dir.path, error);
  if (error) return Unavailable("{}: {}", dir.path.string(), error.message());
  // A result that an earlier task left must not pass for this one's.
  for (const char* stale : {kUpdateFile, kMetricsFile}) {
    fs::remove_all(dir.path / stale, error);
    if (error) return Unavailable("{}: {}", (dir.path / stale).string(), error.message());
  }
  const std::array parts = {AsBytes(json)};
  return WriteFileBytes(dir.path / kTaskFile, parts);
}

StatusOr<Task> ReadTask(const fs::path& path) {
  MUSTER_ASSIGN(const Bytes json, ReadFileBytes(path / kTaskFile, kMaxJsonBytes));
  return DecodeTask(AsText(json));
}

fs::path Resolve(const fs::path& dir, const std::string& named) { return dir / named; }

StatusOr<std::string> EncodeMetrics(const TaskMetrics& m) {
  Json metrics = Json::object();
  for (const auto& item : m.metrics) metrics[item.first] = DecimalText(item.second);
  return CanonicalJson(
      {{"examples", m.examples}, {"loss", DecimalText(m.loss)}, {"metrics", metrics}});
}

StatusOr<TaskMetrics> DecodeMetrics(std::string_view text, std::uint64_t max_examples) {
  const StatusOr<Json> json = ParseJson(text, 4);
  if (!json.ok()) return BadMetrics("not valid JSON");
  JsonReader reader(*json);
  TaskMetrics out;
  out.examples = reader.Unsigned("examples");
  out.loss = reader.Decimal("loss");
  const Json& metrics = reader.At("metrics");
  if (!reader.status().ok()) return BadMetrics(OneLine(MessageOf(reader.status()), 80));
  if (out.examples < 1 || out.examples > max_examples)
    return BadMetrics(fmt::format("{} examples, of {} in the data", out.examples, max_examples));
  if (!metrics.is_object() || metrics.size() > kMaxMetrics)
    return BadMetrics(fmt::format("'metrics' is not an object of at most {}", kMaxMetrics));
  for (const auto& item : metrics.get_ref<const Json::object_t&>()) {
    if (!IsMetricName(item.first)) return BadMetrics("a metric's name is not fit to print");
    const StatusOr<double> value = item.second.is_string()
                                       ? ParseDecimal(item.second.get_ref<const std::string&>())
                                       : StatusOr<double>(InvalidArgument("not text"));
    if (!value.ok())
      return BadMetrics(fmt::format("'{}' is not a finite decimal string", item.first));
    out.metrics[item.first] = *value;
  }
  return out;
}

StatusOr<Params> DecodeUpdate(ByteView file, const Layout& layout) {
  const StatusOr<SafetensorsView> view = ParseSafetensors(file);
  if (!view.ok()) return BadUpdate(Reason::kUPDATE_UNREADABLE, MessageOf(view.status()));
  std::vector<TensorSpec> specs;
  for (const TensorView& tensor : view->tensors) {
    if (tensor.spec.dtype != DType::kF32)
      return BadUpdate(Reason::kUPDATE_WRONG_DTYPE,
                       fmt::format("tensor '{}' is {}; F32 is expected", tensor.spec.name,
                                   NameOf(tensor.spec.dtype)));
    specs.push_back(tensor.spec);
  }
  const StatusOr<Layout> found = Layout::Make(std::move(specs));
  if (!found.ok()) return BadUpdate(Reason::kUPDATE_WRONG_LAYOUT, MessageOf(found.status()));
  if (const Status same = layout.CheckSame(*found); !same.ok())
    return BadUpdate(Reason::kUPDATE_WRONG_LAYOUT, MessageOf(same));
  Params out{layout, std::vector<float>(layout.size())};
  for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
    const TensorSpec& spec = layout.tensors()[i];
    const std::span<float> to = std::span(out.values).subspan(layout.offset(i), layout.count(i));
    std::memcpy(to.data(), view->Find(spec.name)->bytes.data(), to.size_bytes());
    if (!std::all_of(to.begin(), to.end(), [](float v) { return std::isfinite(v); }))
      return BadUpdate(Reason::kUPDATE_NON_FINITE,
                       fmt::format("tensor '{}' has a value that is not finite", spec.name));
  }
  return out;
}

StatusOr<TrainResult> ReadResult(const TaskDir& dir) {
  const StatusOr<Bytes> json = ReadFileBytes(dir.path / kMetricsFile, kMaxJsonBytes);
  if (!json.ok()) return BadMetrics(MessageOf(json.status()));
  MUSTER_ASSIGN(TaskMetrics metrics, DecodeMetrics(AsText(*json), dir.examples));
  TrainResult out{.examples = metrics.examples,
                  .loss = metrics.loss,
                  .metrics = std::move(metrics.metrics),
                  .update = std::nullopt};
  if (dir.task.kind == TaskKind::kEvaluate) return out;
  const std::uint64_t largest = dir.layout.size() * sizeof(float) + kMaxHeaderBytes;
  const StatusOr<Bytes> file = ReadFileBytes(dir.path / kUpdateFile, largest);
  if (!file.ok()) return BadUpdate(Reason::kUPDATE_UNREADABLE, MessageOf(file.status()));
  MUSTER_ASSIGN(out.update, DecodeUpdate(*file, dir.layout));
  return out;
}

}  // namespace muster::client
