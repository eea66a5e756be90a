#pragma once
// Monitors that look at more than one value at a time: windows of all fields, and rows that do not
// come. Internal to this folder.
#include <string>
#include <vector>

#include "drift/monitors/monitor.h"

namespace muster::drift {

// `input`. statistic: the KS distance or PSI; threshold: the rate that p is held against.
// A window costs a sort of the reference's sample a field; by KS with fewer than 245 rows, where
// its p-values are exact, a million steps a field.
class InputMonitor final : public Monitor {
 public:
  InputMonitor(const InputRule& rule, const PlannedMonitor& plan);
  void Take(Mark at, std::span<const double> values, Telling& tell) override;
  Json Save() const override;
  Status Restore(const Json& json) override;

 private:
  struct Field {
    std::vector<double> window;
    Episode episode;
  };
  void Judge(Mark at, Telling& tell);
  Judgement Test(std::size_t field) const;
  InputRule rule_;
  const PlannedMonitor& plan_;
  std::vector<Field> fields_;
  std::uint32_t rows_ = 0;  // In the window.
  Mark first_;
};

// `freshness`, and `dropout` with a time. statistic: seconds.
class SilenceMonitor final : public Monitor {
 public:
  // With `between_rows`, what passed between two rows counts too.
  SilenceMonitor(Duration most, bool between_rows) : most_(most), between_rows_(between_rows) {}
  void Take(Mark at, std::span<const double> values, Telling& tell) override;
  void Tick(Timestamp now, Mark newest, Telling& tell) override;
  Json Save() const override;
  Status Restore(const Json& json) override;

 private:
  void Report(Duration silence, Mark since, Mark at, Telling& tell);
  Duration most_;
  bool between_rows_;
  std::optional<Mark> last_;  // The newest row with a time.
  Episode episode_;
};

}  // namespace muster::drift
