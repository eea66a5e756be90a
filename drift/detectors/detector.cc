#include "drift/detectors/detector.h"

#include <type_traits>

#include "drift/detectors/adwin.h"
#include "drift/detectors/config_json.h"
#include "drift/detectors/ddm.h"
#include "drift/detectors/eddm.h"
#include "drift/detectors/hddm_a.h"
#include "drift/detectors/hddm_w.h"
#include "drift/detectors/kswin.h"
#include "drift/detectors/page_hinkley.h"

namespace muster::drift {
namespace {
constexpr std::uint64_t kVersion = 1;
constexpr int kDepth = 5;

struct Tally {
  std::uint64_t ignored = 0;
  std::vector<Alarm>& alarms;
};

template <typename Method>
void Feed(Method& method, std::span<const double> values, Tally& tally) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Change change = method.Update(values[i]).change;
    if (change == Change::kNone) continue;
    if (change == Change::kIgnored)
      ++tally.ignored;
    else
      tally.alarms.push_back({i, change});
  }
}

template <typename Method>
class DetectorOf final : public Detector {
 public:
  template <typename... Args>
  explicit DetectorOf(const typename Method::Config& config, Args&... args)
      : config_(config), method_(config, args...) {}

  DetectorSpec spec() const override { return config_; }
  std::uint64_t ignored() const override { return ignored_; }
  void Reset() override { method_.Reset(); }

  Verdict Update(double value) override {
    const Verdict verdict = method_.Update(value);
    ignored_ += verdict.change == Change::kIgnored;
    return verdict;
  }

  void Update(std::span<const double> values, std::vector<Alarm>& alarms) override {
    Tally tally{0, alarms};
    if constexpr (std::is_trivially_copyable_v<Method>) {
      Method local = method_;  // Lives in registers: no store that the next value waits for.
      Feed(local, values, tally);
      method_ = local;
    } else {
      Feed(method_, values, tally);
    }
    ignored_ += tally.ignored;
  }

  std::string Save() const override {
    const Json json = {{"config", ConfigJson(config_)},
                       {"detector", std::string(config_.kName)},
                       {"ignored", ignored_},
                       {"state", method_.Save()},
                       {"version", kVersion}};
    return CanonicalJson(json).value();  // Counts stay below 2^53, and all text is ours.
  }

  Status Restore(std::string_view text) override {
    MUSTER_ASSIGN(const Json json, ParseState(text));
    std::uint64_t version = 0, ignored = 0;
    FieldReader reader(json, "state");
    reader("version", version);
    reader("ignored", ignored);
    const Json& name = reader.At("detector");
    const Json& config = reader.At("config");
    const Json& state = reader.At("state");
    MUSTER_TRY(reader.Finish());
    if (version != kVersion) return InvalidField("state.version", "{} is not known", version);
    if (ignored > kMostStateCount) return InvalidField("state.ignored", "{} is none", ignored);
    if (name != std::string(config_.kName) || config != ConfigJson(config_))
      return InvalidField("state.config", "is not that of this {}", config_.kName);
    MUSTER_TRY(method_.Restore(state));
    ignored_ = ignored;
    return Ok();
  }

 private:
  static StatusOr<Json> ParseState(std::string_view text) {
    if (text.size() > kMostStateBytes)
      return InvalidField("state", "{} bytes, at most {} are allowed", text.size(),
                          kMostStateBytes);
    auto json = ParseJson(text, kDepth);
    if (!json.ok()) return InvalidField("state", "{}", MessageOf(json.status()));
    return json;
  }

  typename Method::Config config_;
  Method method_;
  std::uint64_t ignored_ = 0;
};

// KSWIN with draws from its own seed.
class SeededKswin {
 public:
  using Config = KswinConfig;
  explicit SeededKswin(const Config& config) : sampler_(config.seed), kswin_(config, sampler_) {}
  SeededKswin(const SeededKswin&) = delete;
  SeededKswin& operator=(const SeededKswin&) = delete;
  Verdict Update(double x) { return kswin_.Update(x); }
  void Reset() { kswin_.Reset(); }
  Json Save() const { return kswin_.Save(); }
  Status Restore(const Json& json) { return kswin_.Restore(json); }

 private:
  SeededSampler sampler_;
  Kswin kswin_;
};

std::unique_ptr<Detector> Make(const AdwinConfig& c) {
  return std::make_unique<DetectorOf<Adwin>>(c);
}
std::unique_ptr<Detector> Make(const DdmConfig& c) { return std::make_unique<DetectorOf<Ddm>>(c); }
std::unique_ptr<Detector> Make(const EddmConfig& c) {
  return std::make_unique<DetectorOf<Eddm>>(c);
}
std::unique_ptr<Detector> Make(const HddmAConfig& c) {
  return std::make_unique<DetectorOf<HddmA>>(c);
}
std::unique_ptr<Detector> Make(const HddmWConfig& c) {
  return std::make_unique<DetectorOf<HddmW>>(c);
}
std::unique_ptr<Detector> Make(const KswinConfig& c) {
  return std::make_unique<DetectorOf<SeededKswin>>(c);
}
std::unique_ptr<Detector> Make(const PageHinkleyConfig& c) {
  return std::make_unique<DetectorOf<PageHinkley>>(c);
}
}  // namespace

StatusOr<std::unique_ptr<Detector>> MakeDetector(const DetectorSpec& spec) {
  MUSTER_TRY(Validate(spec));
  return std::visit([](const auto& config) { return Make(config); }, spec);
}

StatusOr<std::unique_ptr<Detector>> MakeDetector(const DetectorSpec& spec, Sampler& sampler) {
  const auto* kswin = std::get_if<KswinConfig>(&spec);
  if (kswin == nullptr) return MakeDetector(spec);
  MUSTER_TRY(Validate(*kswin));
  return std::unique_ptr<Detector>(std::make_unique<DetectorOf<Kswin>>(*kswin, sampler));
}

}  // namespace muster::drift
