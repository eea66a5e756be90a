#include "client/exec/worker_predictor.h"

#include "client/exec/predict_files.h"

namespace muster::client {
namespace {
// libtorch is large, and a device's flash may be slow.
constexpr Duration kStart = std::chrono::minutes(1);

WorkerConfig Greeted(WorkerConfig config) {
  if (config.start_limit == Duration(0)) config.start_limit = kStart;
  return config;
}
}  // namespace

WorkerPredictor::WorkerPredictor(WorkerConfig config, std::filesystem::path scratch,
                                 SubprocessLauncher& launcher)
    : scratch_(std::move(scratch)), worker_(Greeted(std::move(config)), launcher) {}

StatusOr<std::vector<float>> WorkerPredictor::Predict(const ModelFiles& model,
                                                      std::span<const float> x, std::size_t width,
                                                      Duration limit) {
  if (width == 0 || x.empty() || x.size() % width != 0)
    return Internal("{} values are no examples of {}", x.size(), width);
  absl::MutexLock lock(&mu_);
  std::error_code ignored;
  std::filesystem::create_directories(scratch_, ignored);  // A failure shows at the first file.
  const std::filesystem::path data = scratch_ / "x.safetensors", out = scratch_ / "y.safetensors";
  std::filesystem::remove(out, ignored);  // An earlier answer must not pass for this one's.
  if (const Status written = WriteExamples(x, width, data); !written.ok())
    return Unavailable("{}", MessageOf(written));
  MUSTER_TRY(worker_.Ask({{"predict",
                           {{"data", std::filesystem::absolute(data).string()},
                            {"model", std::filesystem::absolute(model.params).string()},
                            {"module", std::filesystem::absolute(model.module).string()},
                            {"out", std::filesystem::absolute(out).string()}}}},
                         limit));
  return ReadOutputs(out, x.size() / width);
}

}  // namespace muster::client
