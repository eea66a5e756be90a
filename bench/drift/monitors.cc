#include "bench/drift/monitors.h"

#include <malloc.h>

#include "base/seeded.h"
#include "bench/require.h"
#include "bench/timing.h"
#include "drift/monitors/monitor_set.h"

namespace muster::bench {
namespace {
using namespace drift;
constexpr std::size_t kFields = 50;
constexpr std::size_t kRows = 30'000;
constexpr double kRowsPerSecond = 100;

std::vector<double> Cells(std::size_t rows) {
  SeededRng rng(1);
  std::vector<double> out(rows * kFields);
  for (double& x : out)  // Nearly normal, and never outside its declared range.
    for (int i = 0; i < 4; ++i) x += static_cast<double>(rng.Next() >> 11) * 0x1p-53;
  return out;
}

std::vector<MonitorSpec> Specs() {
  return {{.name = "level", .rule = ChangeRule{.one_false_alarm_in = 10'000'000}},
          {.name = "shape", .rule = InputRule{.rate = 1e-6}},
          {.name = "frozen", .rule = StuckRule{.rows = 50}},
          {.name = "peak", .rule = SpikeRule{.k = 20}},
          {.name = "silent", .rule = DropoutRule{}},
          {.name = "gap", .rule = DropoutRule{.time = Duration(1000)}},
          {.name = "bounds", .rule = RangeRule{}},
          {.name = "speed", .rule = RateRule{.limit = 1000}},
          {.name = "age", .rule = FreshnessRule{.time = Duration(5000)}}};
}

double HeapMegabytes() { return static_cast<double>(mallinfo2().uordblks) / (1 << 20); }
}  // namespace

void BenchMonitors(Report& report) {
  std::vector<MonitoredField> fields;
  for (std::size_t f = 0; f < kFields; ++f) fields.push_back({fmt::format("s{}", f), 0, 4});
  const std::vector<double> cells = Cells(kRows);
  SeededRng rng(2);
  const double before = HeapMegabytes();
  MonitorSet set = Require(MonitorSet::Make(
      Specs(), fields, Require(TrainingReference::Make(fields, Cells(5000), rng)), 1));
  std::vector<Finding> findings;
  Timestamp time = FromUnixMillis(1'760'000'000'000);
  double best = 1e9;
  for (int pass = 0; pass < 3; ++pass)
    best = std::min(best, Seconds([&] {
                      for (std::size_t row = 0; row < kRows; ++row, time += Duration(10)) {
                        const auto values = std::span(cells).subspan(row * kFields, kFields);
                        Require(set.Feed({time, "machine", values}, findings));
                        if (row % 100 == 0) set.Tick(time, findings);
                      }
                    }));
  const double megabytes = HeapMegabytes() - before;
  report.Add({"edge_monitor", "core_share", best / (kRows / kRowsPerSecond),
              fmt::format("50 fields at 100 Hz, 9 monitors, one of each kind; {} findings; {:.0f} "
                          "values/s",
                          findings.size(), kRows * kFields / best),
              0.02, kAtMost});
  report.Add(
      {"edge_monitor", "mb", megabytes, "heap, its reference of 50 fields among it", 16, kAtMost});
}

}  // namespace muster::bench
