#include "drift/monitors/monitor.h"
#include "drift/monitors/row_monitors.h"
#include "drift/monitors/tracks.h"

namespace muster::drift {
namespace {
// One track and one episode for each field.
template <typename Track>
class PerField final : public Monitor {
 public:
  template <typename Rule>
  static StatusOr<std::unique_ptr<Monitor>> Make(const Rule& rule, const PlannedMonitor& plan) {
    auto out = std::make_unique<PerField>();
    for (const WatchedField& field : plan.fields) {
      MUSTER_ASSIGN(Track track, Track::Make(rule, field));
      out->fields_.push_back(
          {field.index, field.field.name, std::move(track), Episode(Track::kCalmToEnd)});
    }
    return std::unique_ptr<Monitor>(std::move(out));
  }

  void Take(Mark at, std::span<const double> values, Telling& tell) override {
    for (Field& f : fields_) {
      const Judgement judgement = f.track.Take(values[f.index], at, f.episode.active());
      Tell(tell, f.name, f.episode, judgement, at, f.track.threshold(),
           [&] { return f.track.Say(judgement, f.name); });
    }
  }

  Json Save() const override {
    Json out = Json::array();
    for (const Field& f : fields_)
      out.push_back({{"episode", f.episode.Save()}, {"track", f.track.Save()}});
    return out;
  }

  Status Restore(const Json& json) override {
    if (!json.is_array() || json.size() != fields_.size())
      return InvalidField("state.monitors", "is of other fields");
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      FieldReader reader(json[i], "state.field");
      const Json& episode = reader.At("episode");
      const Json& track = reader.At("track");
      MUSTER_TRY(reader.Finish());
      MUSTER_TRY(fields_[i].episode.Restore(episode));
      MUSTER_TRY(fields_[i].track.Restore(track));
    }
    return Ok();
  }

 private:
  struct Field {
    std::size_t index;
    std::string name;
    Track track;
    Episode episode;
  };
  std::vector<Field> fields_;
};

using Made = StatusOr<std::unique_ptr<Monitor>>;

Made Make(const ChangeRule& rule, const PlannedMonitor& plan) {
  return PerField<ChangeTrack>::Make(rule, plan);
}
Made Make(const InputRule& rule, const PlannedMonitor& plan) {
  return std::unique_ptr<Monitor>(std::make_unique<InputMonitor>(rule, plan));
}
Made Make(const StuckRule& rule, const PlannedMonitor& plan) {
  return PerField<StuckTrack>::Make(rule, plan);
}
Made Make(const SpikeRule& rule, const PlannedMonitor& plan) {
  return PerField<SpikeTrack>::Make(rule, plan);
}
Made Make(const DropoutRule& rule, const PlannedMonitor& plan) {
  if (rule.time == Duration(0)) return PerField<DropoutTrack>::Make(rule, plan);
  return std::unique_ptr<Monitor>(std::make_unique<SilenceMonitor>(rule.time, true));
}
Made Make(const RangeRule& rule, const PlannedMonitor& plan) {
  return PerField<RangeTrack>::Make(rule, plan);
}
Made Make(const RateRule& rule, const PlannedMonitor& plan) {
  return PerField<RateTrack>::Make(rule, plan);
}
Made Make(const FreshnessRule& rule, const PlannedMonitor&) {
  return std::unique_ptr<Monitor>(std::make_unique<SilenceMonitor>(rule.time, false));
}

// What every field takes whatever its rule: names, marks, an episode.
constexpr std::uint64_t kOverhead = 64;

std::uint64_t OfDetector(const AdwinConfig& c) { return 128ull * (c.max_buckets + 1); }
std::uint64_t OfDetector(const KswinConfig& c) { return 2ull * c.window_size; }
template <typename Config>
std::uint64_t OfDetector(const Config&) {
  return 0;
}

std::uint64_t Held(const ChangeRule& rule) {
  return std::visit([](const auto& config) { return OfDetector(config); }, rule.detector);
}
std::uint64_t Held(const InputRule& rule) { return rule.window; }
std::uint64_t Held(const SpikeRule& rule) { return 2 * rule.window; }
std::uint64_t Held(const DropoutRule& rule) { return rule.window / 64; }
std::uint64_t Held(const RangeRule& rule) { return rule.window / 64; }
std::uint64_t Held(const StuckRule&) { return 0; }
std::uint64_t Held(const RateRule&) { return 0; }
std::uint64_t Held(const FreshnessRule&) { return 0; }
}  // namespace

StatusOr<std::unique_ptr<Monitor>> MakeMonitor(const PlannedMonitor& plan) {
  return std::visit([&plan](const auto& rule) { return Make(rule, plan); }, plan.spec.rule);
}

std::uint64_t HeldValues(const PlannedMonitor& plan) {
  const std::uint64_t held =
      std::visit([](const auto& rule) { return Held(rule); }, plan.spec.rule);
  return kOverhead + plan.fields.size() * (kOverhead + held);
}

}  // namespace muster::drift
