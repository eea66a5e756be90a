#pragma once
// One window over the fleet, as a monitor remembers it: what was summed, and what the test said.
// Values only; judge.h makes them.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "coordinator/selection/selection.h"

namespace muster::coordinator {

inline constexpr std::size_t kMostGroups = 64;

// Parts of a million, so that facts hold them as integers: below, bins, above, without a value.
using Proportions = std::vector<std::uint32_t>;

struct WindowFeature {
  std::string name;
  double p = 1;  // Adjusted over all features; 1 when it was not tested.
  bool drifted = false;
  double psi = 0;
  double distance = 0;
  std::string why;  // Why it was not tested.
  // The epoch of the window whose predictions these are held against; 0: the reference's.
  std::uint64_t baseline = 0;
  double lo = 0;  // What the bins cover.
  double hi = 0;
  Proportions now;
  Proportions before;
  friend bool operator==(const WindowFeature&, const WindowFeature&) = default;
};
struct WindowMeasure {
  std::string name;
  double mean = 0;
  std::uint64_t count = 0;
  friend bool operator==(const WindowMeasure&, const WindowMeasure&) = default;
};
// Of a drill-down: for people to look at, they raise no alarm. Without proportions.
struct WindowGroup {
  LabelMap labels;
  std::uint32_t devices = 0;
  std::vector<WindowFeature> features;
  friend bool operator==(const WindowGroup&, const WindowGroup&) = default;
};

// What became of one that was opened.
struct WindowOutcome {
  bool judged = false;
  std::string why;  // Why it was not.
  bool drifted = false;
  double level = 0;  // That it was judged at.
  std::uint32_t devices = 0;
  std::uint32_t shards = 0;
  std::uint64_t rows = 0;
  std::vector<WindowFeature> features;
  std::vector<WindowMeasure> measures;
  std::vector<WindowGroup> groups;
  friend bool operator==(const WindowOutcome&, const WindowOutcome&) = default;
};

struct Window {
  std::uint64_t epoch = 0;
  CampaignName campaign;
  VersionNumber version;
  bool reference = false;
  std::uint64_t seed = 0;  // Of its campaign.
  Timestamp begun;
  Timestamp ended;
  std::uint64_t seq = 0;  // Of the fact that ended it.
  WindowOutcome outcome;
  friend bool operator==(const Window&, const Window&) = default;
};

Json ToJson(const WindowOutcome& outcome);
StatusOr<WindowOutcome> WindowOutcomeFrom(const Json& json);

}  // namespace muster::coordinator
