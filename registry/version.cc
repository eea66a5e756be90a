#include "registry/version.h"

#include <algorithm>
#include <cmath>

#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMaxMetrics = 64;
constexpr std::size_t kMaxSlices = 256;
constexpr std::size_t kLongestSource = 256;
constexpr std::uint64_t kMostExamples = 1ULL << 53;

Status CheckMetrics(const Metrics& metrics, const std::string& path) {
  if (metrics.size() > kMaxMetrics)
    return InvalidField(path, "{} metrics are more than {}", metrics.size(), kMaxMetrics);
  for (const auto& [name, value] : metrics) {
    MUSTER_TRY(CheckName(name, path));
    if (!std::isfinite(value)) return InvalidField(path + "." + name, "is not finite");
  }
  return Ok();
}

Status CheckSpread(const std::string& name, const Spread& spread, const Metrics& metrics) {
  const std::string path = "metrics." + name;
  if (!metrics.contains(name)) return InvalidField(path, "has a spread and no value");
  if (spread.standard_error &&
      !(*spread.standard_error >= 0 && std::isfinite(*spread.standard_error)))
    return InvalidField(path + ".standard_error", "{} is not 0 or more", *spread.standard_error);
  if (spread.count >= kMostExamples)
    return InvalidField(path + ".count", "{} is not below 2^53", spread.count);
  return Ok();
}
}  // namespace

Status Validate(const Measurements& measured) {
  MUSTER_TRY(CheckMetrics(measured.metrics, "metrics"));
  for (const auto& [name, spread] : measured.spreads)
    MUSTER_TRY(CheckSpread(name, spread, measured.metrics));
  if (measured.slices.size() > kMaxSlices)
    return InvalidField("slices", "{} slices are more than {}", measured.slices.size(), kMaxSlices);
  for (const auto& [name, metrics] : measured.slices) {
    MUSTER_TRY(CheckName(name, "slices"));
    MUSTER_TRY(CheckMetrics(metrics, "slices." + name));
  }
  if (!measured.energy) return Ok();
  if (!(measured.energy->kwh >= 0 && std::isfinite(measured.energy->kwh)))
    return InvalidField("energy.kwh", "{} is not 0 or more", measured.energy->kwh);
  if (measured.energy->source.empty() || measured.energy->source.size() > kLongestSource)
    return InvalidField("energy.source", "is not 1 to {} bytes that say where the estimate is from",
                        kLongestSource);
  return Ok();
}

const Baseline* BaselineAgainst(const ModelVersion& version, const ModelVersion& rival) {
  if (!version.lineage || !version.lineage->baseline) return nullptr;
  const Baseline& baseline = *version.lineage->baseline;
  const std::uint32_t most = std::max(baseline.devices, version.lineage->evaluation_devices);
  const bool paired = baseline.both > 0 && baseline.both >= most - most / 2;
  return paired && baseline.version == rival.version ? &baseline : nullptr;
}

bool IsAuthor(const ModelVersion& version, std::string_view who) {
  return version.created_by == who || (version.lineage && version.lineage->applied_by == who);
}

}  // namespace muster::registry
