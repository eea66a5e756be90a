#pragma once
// Kolmogorov-Smirnov windowing: do the newest values come from where those before them came from?
#include <cstdint>
#include <vector>

#include "drift/detectors/configs.h"
#include "drift/detectors/fields.h"
#include "drift/detectors/sampler.h"
#include "drift/detectors/verdict.h"

namespace muster::drift {

// Raab, Heusinger and Schleif, "Reactive soft prototype computing for concept drift streams",
// Neurocomputing 416 (2020), section 3: in a full window the newest stat_size values against as
// many drawn from the others; a drift when the exact p-value is at most alpha, and the distance
// above 0.1.
//
//   values    any finite number of at most kMostMeasurable.
//   estimate  the distance D of the last test, in [0, 1]; width: values in the window.
//   reset     to nothing, draws included, after a drift. There are no warnings.
//   cost      O(window_size) memory and time: the window is kept in order, not sorted.
class Kswin {  // Used from one thread.
 public:
  using Config = KswinConfig;
  // `sampler` outlives this.
  Kswin(const Config& config, Sampler& sampler);
  Verdict Update(double x);
  void Reset();
  Json Save() const;
  // FIELD_INVALID, and nothing has changed, on what Save cannot have written.
  Status Restore(const Json& json);

 private:
  // A value of the window, and the place that it has in the ring.
  struct Entry {
    double value;
    std::uint32_t slot;
  };
  void Push(double x);
  // Of the value that came `age` places after the oldest, in a full window.
  std::uint32_t SlotAt(std::uint32_t age) const;
  bool Differs();
  // The largest difference of the counts up to a value, of the newest and the drawn.
  std::uint32_t Steps() const;

  Config config_;
  Sampler& sampler_;
  std::uint32_t critical_steps_;
  std::vector<double> ring_;          // By slot.
  std::vector<Entry> order_;          // By value.
  std::vector<std::int8_t> side_;     // By slot: 1 newest, -1 drawn, 0 neither.
  std::vector<std::uint32_t> drawn_;  // Ages, of the draw at hand.
  std::uint32_t next_slot_ = 0;
  std::uint64_t draws_ = 0;  // Since the last reset.
  double distance_ = 0;
};

}  // namespace muster::drift
