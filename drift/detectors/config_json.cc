#include "drift/detectors/config_json.h"

#include <concepts>
#include <type_traits>

#include "drift/detectors/fields.h"

namespace muster::drift {
namespace {
template <typename C, typename V>
concept VisitsAs = std::same_as<std::remove_const_t<C>, V>;

void Fields(VisitsAs<AdwinConfig> auto& c, auto& visit) {
  visit("delta", c.delta);
  visit("clock", c.clock);
  visit("max_buckets", c.max_buckets);
  visit("min_window_length", c.min_window_length);
  visit("grace_period", c.grace_period);
}

void Fields(VisitsAs<DdmConfig> auto& c, auto& visit) {
  visit("warm_start", c.warm_start);
  visit("warning_threshold", c.warning_threshold);
  visit("drift_threshold", c.drift_threshold);
}

void Fields(VisitsAs<EddmConfig> auto& c, auto& visit) {
  visit("warm_start", c.warm_start);
  visit("alpha", c.alpha);
  visit("beta", c.beta);
}

void Fields(VisitsAs<HddmAConfig> auto& c, auto& visit) {
  visit("drift_confidence", c.drift_confidence);
  visit("warning_confidence", c.warning_confidence);
  visit("two_sided_test", c.two_sided_test);
}

void Fields(VisitsAs<HddmWConfig> auto& c, auto& visit) {
  visit("drift_confidence", c.drift_confidence);
  visit("warning_confidence", c.warning_confidence);
  visit("lambda_val", c.lambda_val);
  visit("two_sided_test", c.two_sided_test);
}

void Fields(VisitsAs<KswinConfig> auto& c, auto& visit) {
  visit("alpha", c.alpha);
  visit("window_size", c.window_size);
  visit("stat_size", c.stat_size);
  visit("seed", c.seed);
}

void Fields(VisitsAs<PageHinkleyConfig> auto& c, auto& visit) {
  visit("min_instances", c.min_instances);
  visit("delta", c.delta);
  visit("threshold", c.threshold);
  visit("alpha", c.alpha);
  visit("mode", c.mode);
}
}  // namespace

Json ConfigJson(const DetectorSpec& spec) {
  FieldWriter writer;
  std::visit([&writer](const auto& config) { Fields(config, writer); }, spec);
  return std::move(writer).Take();
}

StatusOr<DetectorSpec> ReadSpec(std::string_view name, const Json& config, std::string_view path) {
  MUSTER_ASSIGN(DetectorSpec spec, DefaultSpec(name));
  FieldReader reader(config, std::string(path));
  std::visit([&reader](auto& c) { Fields(c, reader); }, spec);
  MUSTER_TRY(reader.Finish());
  if (const Status status = Validate(spec); !status.ok())
    return WithField(Prefixed(status, path), fmt::format("{}.{}", path, FieldOf(status)));
  return spec;
}

}  // namespace muster::drift
