#pragma once
// What each detector can be told, with the names and defaults of river (riverml.xyz 0.26), so that
// settings that work there can be brought along.
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/status.h"

namespace muster::drift {

struct AdwinConfig {
  static constexpr std::string_view kName = "adwin";
  double delta = 0.002;                 // Chance of a false cut at one check.
  std::uint32_t clock = 32;             // Values between checks.
  std::uint32_t max_buckets = 5;        // Of each size, before two are merged.
  std::uint32_t min_window_length = 5;  // Of each part of the window, values.
  std::uint32_t grace_period = 10;      // No check in a window of fewer values.
  friend bool operator==(const AdwinConfig&, const AdwinConfig&) = default;
};

struct DdmConfig {
  static constexpr std::string_view kName = "ddm";
  std::uint32_t warm_start = 30;   // Values.
  double warning_threshold = 2.0;  // Standard deviations above the least error rate.
  double drift_threshold = 3.0;
  friend bool operator==(const DdmConfig&, const DdmConfig&) = default;
};

struct EddmConfig {
  static constexpr std::string_view kName = "eddm";
  std::uint32_t warm_start = 30;  // Errors.
  double alpha = 0.95;            // Warns below this share of the greatest distance.
  double beta = 0.9;              // Drift below this one; at most alpha.
  friend bool operator==(const EddmConfig&, const EddmConfig&) = default;
};

struct HddmAConfig {
  static constexpr std::string_view kName = "hddm_a";
  double drift_confidence = 0.001;  // Chance of a false alarm at one value.
  double warning_confidence = 0.005;
  bool two_sided_test = false;  // Else only a rise counts.
  friend bool operator==(const HddmAConfig&, const HddmAConfig&) = default;
};

struct HddmWConfig {
  static constexpr std::string_view kName = "hddm_w";
  double drift_confidence = 0.001;  // As above.
  double warning_confidence = 0.005;
  double lambda_val = 0.05;  // Weight of the newest value.
  bool two_sided_test = false;
  friend bool operator==(const HddmWConfig&, const HddmWConfig&) = default;
};

struct KswinConfig {
  static constexpr std::string_view kName = "kswin";
  double alpha = 0.005;             // Level of each test.
  std::uint32_t window_size = 100;  // Values held.
  std::uint32_t stat_size = 30;     // Of them the newest, and as many drawn from the others.
  std::uint64_t seed = 0;           // Of the draws.
  friend bool operator==(const KswinConfig&, const KswinConfig&) = default;
};

enum class Side : std::uint8_t { kUp, kDown, kBoth };

struct PageHinkleyConfig {
  static constexpr std::string_view kName = "page_hinkley";
  std::uint32_t min_instances = 30;  // No alarm before.
  double delta = 0.005;     // Changes of the mean up to this are let pass; units of values.
  double threshold = 50.0;  // lambda, in units of values.
  double alpha = 0.9999;    // Share of the sums kept at each value.
  Side mode = Side::kBoth;
  friend bool operator==(const PageHinkleyConfig&, const PageHinkleyConfig&) = default;
};

// A monitor's detector, as declared.
using DetectorSpec = std::variant<AdwinConfig, DdmConfig, EddmConfig, HddmAConfig, HddmWConfig,
                                  KswinConfig, PageHinkleyConfig>;

// FIELD_INVALID at the field's name when a detector could not work with it.
Status Validate(const AdwinConfig& config);
Status Validate(const DdmConfig& config);
Status Validate(const EddmConfig& config);
Status Validate(const HddmAConfig& config);
Status Validate(const HddmWConfig& config);
Status Validate(const KswinConfig& config);
Status Validate(const PageHinkleyConfig& config);
Status Validate(const DetectorSpec& spec);

// "adwin", and back to the defaults; FIELD_INVALID when there is no such detector.
std::string_view NameOf(const DetectorSpec& spec);
StatusOr<DetectorSpec> DefaultSpec(std::string_view name);

std::string_view NameOf(Side side);  // "up", "down", "both"

}  // namespace muster::drift
