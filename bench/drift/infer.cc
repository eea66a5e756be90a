#include "bench/drift/infer.h"

#include <absl/synchronization/mutex.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "base/safetensors.h"
#include "base/seeded.h"
#include "bench/require.h"
#include "client/exec/worker_predictor.h"
#include "client/pipeline/file_bytes.h"
#include "client/serving/csv_tail.h"
#include "client/serving/serving_core.h"
#include "platform/dir_files.h"
#include "platform/posix_subprocess.h"
#include "platform/system_clock.h"

namespace muster::bench {
namespace {
namespace fs = std::filesystem;
using Instant = std::chrono::steady_clock::time_point;
constexpr std::size_t kNodes = 20;
constexpr std::size_t kFeatures = 14;
constexpr std::uint32_t kWindow = 30;
constexpr double kRate = 5;                      // Rows a second of each node.
constexpr std::chrono::milliseconds kPoll{100};  // The default of `poll`.
constexpr std::size_t kThreads = 2;

std::chrono::nanoseconds Stopwatch() { return std::chrono::steady_clock::now().time_since_epoch(); }

// When rows were appended, and how long each took.
class Times {
 public:
  void Appended(std::size_t node) {
    absl::MutexLock lock(&mu_);
    appended_[node].push_back(std::chrono::steady_clock::now());
  }
  void Given(std::size_t node, std::uint64_t row) {
    const Instant now = std::chrono::steady_clock::now();
    absl::MutexLock lock(&mu_);
    const auto took = now - appended_[node].at(row - 1);
    took_ms_.push_back(std::chrono::duration<double, std::milli>(took).count());
  }
  std::vector<double> Took() {
    absl::MutexLock lock(&mu_);
    std::sort(took_ms_.begin(), took_ms_.end());
    return took_ms_;
  }

 private:
  absl::Mutex mu_;
  std::vector<std::vector<Instant>> appended_{kNodes};
  std::vector<double> took_ms_;
};

class TimedSink final : public client::PredictionSink {
 public:
  TimedSink(Times& times, std::size_t node) : times_(times), node_(node) {}
  std::string_view name() const override { return "timed"; }
  Status Give(std::string_view line) override {
    times_.Given(node_, Json::parse(line).at("row").get<std::uint64_t>());
    return Ok();
  }

 private:
  Times& times_;
  const std::size_t node_;
};

void MakeModel(const fs::path& dir, const std::string& torch, SubprocessLauncher& launcher) {
  const std::string module = (dir / "net.pt").string();
  auto child = launcher.Start(
      {.argv = {torch, "make", "--network", "mlp:420-64-32-1", "--seed", "1", "--out", module},
       .env = {},
       .working_dir = {},
       .stderr_path = (dir / "make.log").string()});
  Require(child.status());
  const auto ended = (*child)->Wait(std::chrono::minutes(2));
  Require(ended.status());
  auto layout = Layout::Make({{"fc1.bias", DType::kF32, {64}},
                              {"fc1.weight", DType::kF32, {64, 420}},
                              {"fc2.bias", DType::kF32, {32}},
                              {"fc2.weight", DType::kF32, {32, 64}},
                              {"fc3.bias", DType::kF32, {1}},
                              {"fc3.weight", DType::kF32, {1, 32}}});
  Require(layout.status());
  Params params{*layout, std::vector<float>(layout->size(), 0.01F)};
  const Bytes file = SerializeParams(params.View());
  const std::array parts = {ByteView(file)};
  Require(client::WriteFileBytes(dir / "params", parts));
}

client::ServingOffer SomeOffer() {
  client::ServingOffer out;
  out.model = ModelName("rul");
  out.alias = "champion";
  out.version = VersionNumber(1);
  std::array<std::byte, 32> one{};
  one[0] = std::byte{1};
  out.params = {Digest(one), 1};
  out.module = client::Artefact{Digest(), 1};
  out.contract = {"engine", 1, {}};
  for (std::size_t f = 0; f < kFeatures; ++f) {
    out.features.push_back(fmt::format("s{}", f));
    out.contract.fields.push_back({out.features.back(), 0, 1, ""});
  }
  out.contract.fields.push_back({"rul", 0, 500, ""});
  out.window = {kWindow, 1};
  out.label = {"rul", 125.0, 125, false};
  out.monitors =
      R"({"monitors":[{"kind":"input","name":"m.shape","window":100},)"
      R"({"kind":"change","name":"m.level"},{"kind":"spike","name":"m.spike"},)"
      R"({"kind":"stuck","name":"m.stuck","rows":30},{"kind":"range","name":"m.range"}]})";
  return out;
}

std::string SomeRow(SeededRng& rng) {
  std::string out;
  for (std::size_t f = 0; f < kFeatures; ++f)
    out += fmt::format("{:.4f},", static_cast<double>(rng.Below(10'000)) / 10'000);
  return out + "\n";
}

std::string Header() {
  std::string out;
  for (std::size_t f = 0; f < kFeatures; ++f) out += fmt::format("s{},", f);
  return out + "rul\n";
}
}  // namespace

void BenchInfer(Report& report, const std::string& torch, double seconds) {
  const fs::path dir = fs::temp_directory_path() / fmt::format("muster-infer-{}", ::getpid());
  fs::create_directories(dir);
  {
    platform::PosixLauncher launcher;
    platform::SystemClock clock;
    NullLogger log;
    MakeModel(dir, torch, launcher);
    auto files = platform::DirFiles::Open((dir / "state").string());
    Require(files.status());
    client::WorkerPredictor predictor(
        {.command = {torch, "worker"}, .stderr_path = (dir / "worker.log").string()},
        dir / "scratch", launcher);
    Times times;
    std::vector<std::unique_ptr<client::ServingCore>> cores;
    SeededRng rng(1);
    const client::ServingOffer offer = SomeOffer();
    for (std::size_t n = 0; n < kNodes; ++n) {
      const fs::path rows = dir / fmt::format("rows-{}.csv", n);
      std::ofstream(rows) << Header();
      for (int i = 0; i < 500; ++i) std::ofstream(rows, std::ios::app) << SomeRow(rng);
      client::ServingConfig config;
      config.node = DeviceName(fmt::format("node-{}", n));
      config.model = offer.model;
      config.blob_path = [dir](const Digest& digest) {
        return dir / (digest == Digest() ? "net.pt" : "params");
      };
      config.decode = [&offer](ByteView) { return offer; };
      std::vector<std::unique_ptr<client::PredictionSink>> sinks;
      sinks.push_back(std::make_unique<TimedSink>(times, n));
      cores.push_back(std::make_unique<client::ServingCore>(
          std::move(config),
          client::ServingWorld{clock, Stopwatch, **files, predictor, nullptr, log},
          std::make_unique<client::CsvTail>(rows), std::move(sinks)));
      Require(cores.back()->Install(offer));
    }
    std::atomic<bool> over = false;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        while (!over) {
          for (std::size_t n = t; n < kNodes; n += kThreads) Require(cores[n]->Step().status());
          std::this_thread::sleep_for(kPoll);
        }
      });
    std::vector<std::ofstream> out;
    for (std::size_t n = 0; n < kNodes; ++n)
      out.emplace_back(dir / fmt::format("rows-{}.csv", n), std::ios::app);
    const Instant begun = std::chrono::steady_clock::now();
    const auto gap = std::chrono::duration<double>(1 / (kRate * kNodes));
    const auto total = static_cast<std::size_t>(seconds * kRate * kNodes);
    for (std::size_t i = 0; i < total; ++i) {
      std::this_thread::sleep_until(
          begun + std::chrono::duration_cast<Instant::duration>(gap * static_cast<double>(i)));
      const std::string row = SomeRow(rng);
      times.Appended(i % kNodes);
      out[i % kNodes] << row << std::flush;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
    over = true;
    for (std::thread& thread : threads) thread.join();
    const std::vector<double> took = times.Took();
    if (took.size() != total) Require(Internal("{} of {} rows came out", took.size(), total));
    report.Add({"edge_infer", "p99_ms", took[took.size() * 99 / 100],
                fmt::format("p50 {:.1f} ms, {} rows of {} nodes, looked for every {} ms",
                            took[took.size() / 2], total, kNodes, kPoll.count()),
                200, kAtMost});
  }
  fs::remove_all(dir);
}

}  // namespace muster::bench
