#include "drift/detectors/configs.h"

#include <optional>
#include <utility>

namespace muster::drift {
namespace {
constexpr std::uint32_t kMostCount = 1'000'000'000;
constexpr std::uint32_t kMostBuckets = 64;
constexpr std::uint32_t kMostWindow = 10'000;  // Exact p-values, and a state that stays small.
constexpr double kMostThreshold = 1e12;

Status CheckCount(std::string_view field, std::uint32_t value, std::uint32_t least,
                  std::uint32_t most) {
  if (value >= least && value <= most) return Ok();
  return InvalidField(field, "{} is not in {}..{}", value, least, most);
}

// NaN is in no range.
Status CheckOpen(std::string_view field, double value, double least, double most) {
  if (value > least && value < most) return Ok();
  return InvalidField(field, "{} is not in ({}, {})", value, least, most);
}

Status CheckClosed(std::string_view field, double value, double least, double most) {
  if (value >= least && value <= most) return Ok();
  return InvalidField(field, "{} is not in [{}, {}]", value, least, most);
}

Status CheckConfidences(double drift, double warning) {
  MUSTER_TRY(CheckOpen("drift_confidence", drift, 0, 1));
  MUSTER_TRY(CheckOpen("warning_confidence", warning, 0, 1));
  if (warning < drift)
    return InvalidField("warning_confidence", "{} is below drift_confidence {}", warning, drift);
  return Ok();
}

template <std::size_t... I>
std::optional<DetectorSpec> Named(std::string_view name, std::index_sequence<I...>) {
  std::optional<DetectorSpec> found;
  const auto consider = [&](auto config) {
    if (decltype(config)::kName == name) found = config;
  };
  (consider(std::variant_alternative_t<I, DetectorSpec>{}), ...);
  return found;
}
}  // namespace

Status Validate(const AdwinConfig& c) {
  MUSTER_TRY(CheckOpen("delta", c.delta, 0, 1));
  MUSTER_TRY(CheckCount("clock", c.clock, 1, kMostCount));
  MUSTER_TRY(CheckCount("max_buckets", c.max_buckets, 2, kMostBuckets));
  MUSTER_TRY(CheckCount("min_window_length", c.min_window_length, 1, kMostCount));
  return CheckCount("grace_period", c.grace_period, 1, kMostCount);
}

Status Validate(const DdmConfig& c) {
  MUSTER_TRY(CheckCount("warm_start", c.warm_start, 1, kMostCount));
  MUSTER_TRY(CheckOpen("drift_threshold", c.drift_threshold, 0, kMostThreshold));
  MUSTER_TRY(CheckOpen("warning_threshold", c.warning_threshold, 0, kMostThreshold));
  if (c.warning_threshold > c.drift_threshold)
    return InvalidField("warning_threshold", "{} is above drift_threshold {}", c.warning_threshold,
                        c.drift_threshold);
  return Ok();
}

Status Validate(const EddmConfig& c) {
  MUSTER_TRY(CheckCount("warm_start", c.warm_start, 1, kMostCount));
  MUSTER_TRY(CheckOpen("alpha", c.alpha, 0, 1));
  MUSTER_TRY(CheckOpen("beta", c.beta, 0, 1));
  if (c.alpha < c.beta) return InvalidField("alpha", "{} is below beta {}", c.alpha, c.beta);
  return Ok();
}

Status Validate(const HddmAConfig& c) {
  return CheckConfidences(c.drift_confidence, c.warning_confidence);
}

Status Validate(const HddmWConfig& c) {
  MUSTER_TRY(CheckConfidences(c.drift_confidence, c.warning_confidence));
  return CheckOpen("lambda_val", c.lambda_val, 0, 1);
}

Status Validate(const KswinConfig& c) {
  MUSTER_TRY(CheckOpen("alpha", c.alpha, 0, 1));
  MUSTER_TRY(CheckCount("window_size", c.window_size, 2, kMostWindow));
  MUSTER_TRY(CheckCount("stat_size", c.stat_size, 1, c.window_size / 2));  // Drawn from the rest.
  if (c.seed >> 53 != 0) return InvalidField("seed", "{} is not below 2^53", c.seed);
  return Ok();
}

Status Validate(const PageHinkleyConfig& c) {
  MUSTER_TRY(CheckCount("min_instances", c.min_instances, 1, kMostCount));
  MUSTER_TRY(CheckClosed("delta", c.delta, 0, kMostThreshold));
  MUSTER_TRY(CheckOpen("threshold", c.threshold, 0, kMostThreshold));
  if (c.alpha == 1) return Ok();
  return CheckOpen("alpha", c.alpha, 0, 1);
}

Status Validate(const DetectorSpec& spec) {
  return std::visit([](const auto& config) { return Validate(config); }, spec);
}

std::string_view NameOf(const DetectorSpec& spec) {
  return std::visit([](const auto& config) { return config.kName; }, spec);
}

StatusOr<DetectorSpec> DefaultSpec(std::string_view name) {
  const auto found = Named(name, std::make_index_sequence<std::variant_size_v<DetectorSpec>>());
  if (found) return *found;
  return InvalidField("detector", "there is none named '{}'", name.substr(0, 40));
}

std::string_view NameOf(Side side) {
  switch (side) {
    case Side::kUp: return "up";
    case Side::kDown: return "down";
    case Side::kBoth: return "both";
  }
  return "";
}

}  // namespace muster::drift
