#include "client/torch/commands.h"

#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

#include "base/canonical_json.h"
#include "base/safetensors.h"
#include "client/pipeline/file_bytes.h"
#include "client/torch/fit.h"
#include "client/torch/network.h"
#include "client/torch/runtime.h"
#include "client/torch/worker.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;
constexpr std::uint64_t kMaxModelBytes = 16ULL << 30;

// Flags that commands share.
struct Flags {
  std::string network, module, params, out, output = "text", loss = "mse", optimizer = "adam";
  std::vector<std::string> data, validation;
  std::uint64_t seed = 1;
  double learning_rate = 1e-3, label_scale = 1, momentum = 0, weight_decay = 0;
  std::uint32_t batch = 128, epochs = 30;
  bool each = false;
};

const std::map<std::string, Loss> kLosses = {{"mse", Loss::kMse},
                                             {"l1", Loss::kL1},
                                             {"huber", Loss::kHuber},
                                             {"cross_entropy", Loss::kCrossEntropy},
                                             {"bce", Loss::kBce}};

std::vector<std::string> NamesOf(const std::map<std::string, Loss>& losses) {
  std::vector<std::string> out;
  for (const auto& item : losses) out.push_back(item.first);
  return out;
}

Status Print(const Json& json) {
  MUSTER_ASSIGN(const std::string text, CanonicalJson(json));
  fmt::print("{}\n", text);
  return Ok();
}

Status WriteParams(const ScriptModule& module, const std::string& path) {
  MUSTER_ASSIGN(const Params params, module.Export());
  const Bytes file = SerializeParams(params.View());
  const std::array parts = {ByteView(file)};
  return WriteFileBytes(path, parts);
}

StatusOr<std::vector<Dataset>> ReadAll(const std::vector<std::string>& paths) {
  std::vector<Dataset> out;
  for (const std::string& path : paths) {
    MUSTER_ASSIGN(Dataset set, ReadDataset(path));
    out.push_back(std::move(set));
  }
  return out;
}

// The module, with the parameters of a safetensors file when one is named.
StatusOr<ScriptModule> LoadModule(const Flags& f) {
  MUSTER_ASSIGN(ScriptModule module, ScriptModule::Load(f.module));
  if (f.params.empty()) return module;
  MUSTER_ASSIGN(const Bytes file, ReadFileBytes(f.params, kMaxModelBytes));
  MUSTER_ASSIGN(const Params params, ParseParams(file));
  return module.CopyWith(params.View());
}

Status Worker() {
  const int answers = TakeStdout();
  if (answers < 0) return Internal("stdout cannot be duplicated");
  std::ios::sync_with_stdio(false);
  return ServeTasks(std::cin, answers);
}

Status Make(const Flags& f) {
  MUSTER_ASSIGN(ScriptModule module, MakeNetwork(f.network, f.seed));
  if (!f.params.empty()) MUSTER_TRY(WriteParams(module, f.params));
  return SaveModule(module, f.out);
}

Status Inspect(const Flags& f) {
  MUSTER_ASSIGN(const ScriptModule module, ScriptModule::Load(f.module));
  if (!f.params.empty()) MUSTER_TRY(WriteParams(module, f.params));
  Json parameters = Json::array(), buffers = Json::array();
  const auto& tensors = module.layout().tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    parameters.push_back(
        {{"name", tensors[i].name}, {"shape", tensors[i].shape}, {"frozen", module.frozen(i)}});
  for (const BufferSpec& b : module.Buffers())
    buffers.push_back({{"name", b.name}, {"dtype", b.dtype}, {"shape", b.shape}});
  if (f.output == "json")
    return Print(
        {{"parameters", parameters}, {"buffers", buffers}, {"count", module.layout().size()}});
  for (const Json& p : parameters)
    fmt::print("{:<40} {:<20} {}\n", p["name"].get<std::string>(), p["shape"].dump(),
               p["frozen"].get<bool>() ? "frozen" : "trainable");
  for (const Json& b : buffers)
    fmt::print("{:<40} {:<20} buffer, {}\n", b["name"].get<std::string>(), b["shape"].dump(),
               b["dtype"].get<std::string>());
  fmt::print("{} parameters\n", module.layout().size());
  return Ok();
}

Status Evaluate(const Flags& f) {
  MUSTER_ASSIGN(ScriptModule module, LoadModule(f));
  MUSTER_ASSIGN(const std::vector<Dataset> parts, ReadAll(f.data));
  MUSTER_ASSIGN(const Dataset data, Concatenated(parts));
  MUSTER_ASSIGN(const TaskMetrics m,
                EvaluateModule(module, data, kLosses.at(f.loss), f.label_scale));
  Json metrics = Json::object();
  for (const auto& item : m.metrics) metrics[item.first] = DecimalText(item.second);
  Json out = {{"examples", m.examples}, {"loss", DecimalText(m.loss)}, {"metrics", metrics}};
  if (const auto sse = m.metrics.find("sse"); sse != m.metrics.end())
    out["rmse"] = DecimalText(std::sqrt(sse->second / static_cast<double>(m.examples)));
  return Print(out);
}

Status RunFit(const Flags& f) {
  const auto began = std::chrono::steady_clock::now();
  MUSTER_ASSIGN(const ScriptModule start, LoadModule(f));
  MUSTER_ASSIGN(std::vector<Dataset> data, ReadAll(f.data));
  if (!f.each) {
    MUSTER_ASSIGN(Dataset together, Concatenated(data));
    data.assign(1, std::move(together));
  }
  MUSTER_ASSIGN(const std::vector<Dataset> held_out, ReadAll(f.validation));
  MUSTER_ASSIGN(const Dataset validation, Concatenated(held_out));
  const FitPlan plan{.training = {.loss = kLosses.at(f.loss),
                                  .optimizer = {.kind = f.optimizer == "adam" ? OptimizerKind::kAdam
                                                                              : OptimizerKind::kSgd,
                                                .learning_rate = f.learning_rate,
                                                .momentum = f.momentum,
                                                .weight_decay = f.weight_decay},
                                  .batch = f.batch,
                                  .epochs = f.epochs,
                                  .seed = f.seed},
                     .label_scale = f.label_scale};
  MUSTER_ASSIGN(const FitReport report, Fit(start, data, validation, plan));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return Print({{"setting", f.each ? "each" : "together"},
                {"models", report.models},
                {"examples", report.examples},
                {"validation_examples", validation.examples},
                {"loss", DecimalText(report.loss)},
                {"rmse", DecimalText(report.rmse)},
                {"rmse_least", DecimalText(report.rmse_least)},
                {"rmse_most", DecimalText(report.rmse_most)},
                {"seconds", fmt::format("{:.3f}", took.count())}});
}

void AddEvaluateFlags(CLI::App& command, Flags& f) {
  command.add_option("--module", f.module, "TorchScript module")->required();
  command.add_option("--params", f.params, "Parameters to put in it (safetensors)");
  command.add_option("--data", f.data, "Examples: safetensors with x and y")->required();
  command.add_option("--loss", f.loss)->check(CLI::IsMember(NamesOf(kLosses)));
  command.add_option("--label-scale", f.label_scale, "Report errors in label times this")
      ->check(CLI::PositiveNumber);
}

void AddFitFlags(CLI::App& command, Flags& f) {
  AddEvaluateFlags(command, f);
  command.add_option("--validation", f.validation, "Examples to test on")->required();
  command.add_option("--optimizer", f.optimizer)->check(CLI::IsMember({"adam", "sgd"}));
  command.add_option("--learning-rate", f.learning_rate)->check(CLI::NonNegativeNumber);
  command.add_option("--momentum", f.momentum)->check(CLI::NonNegativeNumber);
  command.add_option("--weight-decay", f.weight_decay)->check(CLI::NonNegativeNumber);
  command.add_option("--batch", f.batch)->check(CLI::PositiveNumber);
  command.add_option("--epochs", f.epochs)->check(CLI::PositiveNumber);
  command.add_option("--seed", f.seed);
  command.add_flag("--each", f.each, "One model per data file; reports the mean of their RMSEs");
}
}  // namespace

void AddCommands(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<Flags>();
  Flags& f = *flags;
  const auto add = [&](const char* name, const char* help, Status (*run)(const Flags&)) {
    CLI::App* const command = app.add_subcommand(name, help);
    command->callback([&chosen, flags, run] { chosen = [flags, run] { return run(*flags); }; });
    return command;
  };
  add("worker", "Answer tasks on stdin, one JSON line each", [](const Flags&) { return Worker(); });

  CLI::App* const make = add("make", "Make a module", Make);
  make->add_option("--network", f.network, "mlp:420-64-32-1 or linear:14")->required();
  make->add_option("--seed", f.seed, "Of the initial values");
  make->add_option("--out", f.out, "Module file to write")->required();
  make->add_option("--params", f.params, "Also write the parameters (safetensors)");

  CLI::App* const inspect = add("inspect", "Show a module's parameters and buffers", Inspect);
  inspect->add_option("module", f.module, "TorchScript module")->required();
  inspect->add_option("-o,--output", f.output)->check(CLI::IsMember({"text", "json"}));
  inspect->add_option("--params", f.params, "Also write the parameters (safetensors)");

  AddEvaluateFlags(*add("evaluate", "Test a module on examples", Evaluate), f);
  AddFitFlags(*add("fit", "Train without a federation, for comparison", RunFit), f);
}

}  // namespace muster::client
