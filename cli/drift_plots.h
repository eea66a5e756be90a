#pragma once
// The plots of the drift report: inline SVG, coloured by the page's style sheet. Pure. Numbers that
// are not finite are left out, never drawn.
#include <muster/v1/monitor.pb.h>

#include <string>
#include <vector>

namespace muster::cli {

// Something that happened to the whole fleet, as a line through a timeline.
struct TimelineMark {
  enum class Kind { kFiring, kVersion };
  Kind kind;
  std::int64_t at_unix_ms;
  std::string label;  // "firing 3", "v5"; foreign text.
};

using Windows = std::vector<const v1::WindowView*>;  // Oldest first, no reference.

// Then (grey) and now (outlined) over the bins of one feature; empty when the view has no bins, or
// other ones then than now.
std::string DistributionPlot(const v1::FeatureView& feature);

// A row a feature: how surprising each window was, -log10 p from 0 to 8, with the level that it was
// judged at as a line and a triangle where it drifted.
std::string EvidenceTimeline(const Windows& windows, const std::vector<std::string>& features,
                             const std::vector<TimelineMark>& marks);

// Error, expected error and the root of the squared error over time; empty when no window has any.
std::string ErrorTimeline(const Windows& windows, const std::vector<TimelineMark>& marks);

// Horizontal bars of the distances of the features in `window`, the longest first, the prediction's
// own above them; beside each how it came and went with the prediction's over all `windows`. Empty
// when none was tested.
std::string DistanceBars(const Windows& windows, const v1::WindowView& window);

// "0.002", "1.2e-05"; "< 1e-12" below that.
std::string PText(double p);

}  // namespace muster::cli
