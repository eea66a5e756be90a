// Foreign texts of sketches: what is taken has just this text, and merges with itself.
#include <cstdlib>

#include "base/bytes.h"
#include "drift/sketches/categories.h"
#include "drift/sketches/ddsketch.h"
#include "drift/sketches/histogram.h"

namespace {
template <typename Sketch>
void Take(std::string_view text) {
  auto sketch = Sketch::Parse(text);
  if (!sketch.ok()) return;
  if (sketch->Encode() != text) std::abort();
  const Sketch before = *sketch;
  // Refused only when it would count too much, and then without change.
  if (!sketch->Merge(before).ok() && *sketch != before) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const std::string_view text = AsText(std::as_bytes(std::span(data, size)));
  Take<drift::Histogram>(text);
  Take<drift::CategoryCounts>(text);
  Take<drift::DdSketch>(text);
  if (const auto sketch = drift::DdSketch::Parse(text); sketch.ok() && sketch->count() > 0)
    for (const double q : {0.0, 0.5, 1.0})
      if (!sketch->Quantile(q).ok()) std::abort();
  return 0;
}
