#pragma once
// One node's serving over a simulated machine: its disk outlives it, nothing else does. The stream
// is a real file, the model a function.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/serving/csv_tail.h"
#include "client/serving/serving_core.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::testing {

// Predicts by the version whose parameters' path is "params-<version>".
class FakePredictor final : public client::Predictor {
 public:
  using Model = std::function<StatusOr<float>(std::span<const float> x)>;
  StatusOr<std::vector<float>> Predict(const client::ModelFiles& files, std::span<const float> x,
                                       std::size_t width, Duration) override {
    ++calls;
    const Model& model = models.at(files.params.filename().string());
    std::vector<float> out;
    for (std::size_t at = 0; at < x.size(); at += width) {
      MUSTER_ASSIGN(out.emplace_back(), model(x.subspan(at, width)));
    }
    return out;
  }
  void Stop() override {}
  std::map<std::string, Model> models;
  int calls = 0;
};

class KeptSink final : public client::PredictionSink {
 public:
  struct Script {
    std::vector<Json> lines;
    bool fails = false;
  };
  explicit KeptSink(Script& script) : script_(script) {}
  std::string_view name() const override { return "kept"; }
  Status Give(std::string_view line) override {
    if (script_.fails) return WithReason(Unavailable("full"), Reason::kSINK_FAILED);
    script_.lines.push_back(Json::parse(line));
    return Ok();
  }

 private:
  Script& script_;
};

class KeptTelemetry final : public client::TelemetrySink {
 public:
  Status Add(const client::TelemetryEvent& event) override {
    MUSTER_TRY(refusal);
    events.push_back(event);
    ++next[ClassOf(event)];
    return Ok();
  }
  std::uint64_t NextSequence(client::TelemetryClass cls) const override {
    const auto it = next.find(cls);
    return 1 + (it == next.end() ? 0 : it->second);
  }
  template <typename T>
  std::vector<T> Of() const {
    std::vector<T> out;
    for (const client::TelemetryEvent& event : events)
      if (const T* what = std::get_if<T>(&event.what)) out.push_back(*what);
    return out;
  }
  std::vector<client::TelemetryEvent> events;
  std::map<client::TelemetryClass, std::uint64_t> next;  // Less 1.
  Status refusal = Ok();
};

class ServingHarness {
 public:
  ServingHarness() {
    rows("t,y\n");
    Model(1, [](std::span<const float> x) { return x.back(); });
    Boot();
  }

  // A version whose module gives `model`.
  void Model(std::uint64_t version, FakePredictor::Model model) {
    const std::string name = "params-" + std::to_string(version);
    std::ofstream(dir / name) << name;
    std::ofstream(dir / "module") << "module";
    predictor.models[name] = std::move(model);
  }
  client::ServingOffer Offer(std::uint64_t version) const {
    client::ServingOffer out;
    out.model = ModelName("m");
    out.alias = "champion";
    out.version = VersionNumber(version);
    std::array<std::byte, 32> digest{};
    digest[0] = static_cast<std::byte>(version);
    out.params = {Digest(digest), 10};
    out.module = client::Artefact{Digest(), 10};
    if (const auto it = real.find(version); it != real.end()) out.params = it->second;
    if (const auto it = real.find(0); it != real.end()) out.module = it->second;
    // As wide as the unit of the label, so that a prediction is the feature itself.
    out.contract = {"k", 1, {{"t", -100, 100, ""}, {"y", -1000, 1000, ""}}};
    out.features = {"t"};
    out.window = {window, 1};
    out.label = {"y", std::nullopt, 100, false};
    out.monitors = monitors;
    out.monitors_digest = monitors.empty() ? "" : "digest-of-" + std::to_string(monitors.size());
    const std::string text = std::to_string(version) + " " + monitors;
    const ByteView wire = AsBytes(text);
    out.wire.assign(wire.begin(), wire.end());
    return out;
  }
  StatusOr<client::ServingOffer> Decode(ByteView wire) {
    const std::string text(AsText(wire));
    const std::size_t space = text.find(' ');
    const std::string before = std::exchange(monitors, text.substr(space + 1));
    client::ServingOffer out = Offer(std::stoul(text));
    monitors = before;
    return out;
  }

  // A process starts on the machine's disk.
  void Boot() {
    core.reset();
    files = std::make_unique<MemoryFiles>(disk, fault);
    client::ServingConfig config;
    config.node = DeviceName("engine-1");
    config.model = ModelName("m");
    config.from_beginning = from_beginning;
    config.device_watts = 10;
    config.own_rules = own_rules;
    config.summary_every = summary_every;
    config.blob_path = [this](const Digest& digest) {
      for (const auto& [version, artefact] : real)
        if (artefact.digest == digest)
          return dir / (version == 0 ? "module" : "params-" + std::to_string(version));
      const auto version = std::to_integer<int>(digest.bytes()[0]);
      return version == 0 ? dir / "module" : dir / ("params-" + std::to_string(version));
    };
    config.decode = [this](ByteView wire) { return Decode(wire); };
    std::vector<std::unique_ptr<client::PredictionSink>> sinks;
    sinks.push_back(std::make_unique<KeptSink>(sink));
    core = std::make_unique<client::ServingCore>(
        std::move(config),
        client::ServingWorld{clock, [this] { return std::chrono::nanoseconds(ticks += 1'000'000); },
                             *files, predictor, &telemetry, log},
        std::make_unique<client::CsvTail>(dir / "rows.csv"), std::move(sinks));
    core->Load();
  }

  void rows(const std::string& text) { std::ofstream(dir / "rows.csv") << text; }
  void Append(const std::string& text) { std::ofstream(dir / "rows.csv", std::ios::app) << text; }
  void Step() {
    while (true) {
      const auto rows = core->Step();
      ASSERT_THAT(rows, IsOk());
      if (*rows == 0) return;
    }
  }
  std::vector<double> Predictions() const {
    std::vector<double> out;
    for (const Json& line : sink.lines) out.push_back(line.at("prediction").get<double>());
    return out;
  }
  std::uint64_t Version() const { return core->State().version.value(); }
  // The kept rows of all time, by their feature.
  std::vector<double> Kept(std::uint64_t version = 1) const {
    const std::vector<std::string> fields = {"t"};
    return core->rows()
        ->Newest(ModelName("m"), VersionNumber(version), "w", fields, 1'000'000)
        ->cells;
  }

  TempDir dir_;
  std::filesystem::path dir{dir_.path()};
  ManualClock clock{FromUnixMillis(1'800'000'000'000)};
  std::int64_t ticks = 0;
  std::shared_ptr<MemoryFiles::Disk> disk = MemoryFiles::NewDisk();
  FaultHook fault;
  FakePredictor predictor;
  KeptSink::Script sink;
  KeptTelemetry telemetry;
  NullLogger log;
  std::map<std::uint64_t, client::Artefact> real;  // Of versions that are fetched; 0: the module.
  std::string monitors;
  std::vector<drift::MonitorSpec> own_rules;
  std::uint32_t window = 1;
  bool from_beginning = false;
  Duration summary_every = std::chrono::minutes(1);
  std::unique_ptr<MemoryFiles> files;
  std::unique_ptr<client::ServingCore> core;
};

}  // namespace muster::testing
