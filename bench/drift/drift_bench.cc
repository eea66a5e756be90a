// Values a second through each change detector, on one core, in batches of what a device buffers;
// the best of several passes, since other programs only ever slow one down.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "base/seeded.h"
#include "bench/drift/fleet.h"
#include "bench/drift/infer.h"
#include "bench/drift/monitors.h"
#include "bench/report.h"
#include "bench/require.h"
#include "bench/timing.h"
#include "drift/detectors/detector.h"

namespace muster::bench {
namespace {
using drift::DetectorSpec;
constexpr std::size_t kBatch = 1024;
constexpr int kPasses = 9;

double BestOf(const std::function<void()>& work) {
  double best = Seconds(work);
  for (int pass = 1; pass < kPasses; ++pass) best = std::min(best, Seconds(work));
  return best;
}

// Of a steady stream: what a detector sees nearly always.
std::vector<double> Errors(std::size_t count) {
  SeededRng rng(1);
  std::vector<double> out(count);
  for (double& x : out) x = rng.Below(10) == 0 ? 1 : 0;
  return out;
}

std::vector<double> Values(std::size_t count) {
  SeededRng rng(2);
  std::vector<double> out(count);
  for (double& x : out) x = static_cast<double>(rng.Next() >> 11) * 0x1p-53;
  return out;
}

struct Case {
  DetectorSpec spec;
  std::size_t values;
  double budget;
};

void Measure(Report& report, const Case& c) {
  const std::string name(drift::NameOf(c.spec));
  const bool of_errors = name.find("ddm") != name.npos;
  const std::vector<double> values = of_errors ? Errors(c.values) : Values(c.values);
  auto detector = drift::MakeDetector(c.spec);
  Require(detector.status());
  std::vector<drift::Alarm> alarms;
  const double seconds = BestOf([&] {
    for (std::size_t at = 0; at < values.size(); at += kBatch)
      (*detector)->Update(std::span(values).subspan(at, kBatch), alarms);
  });
  if ((*detector)->ignored() != 0) Require(Internal("{} took no notice of values", name));
  double sum = 0;
  const double sum_seconds =
      BestOf([&] { sum = std::accumulate(values.begin(), values.end(), 0.0); });
  asm volatile("" : : "r"(&sum) : "memory");  // The sum is wanted, reader or none.
  const double count = static_cast<double>(c.values);
  report.Add({name, "values_per_s", count / seconds,
              fmt::format("a sum of doubles {:.0f} M/s; {} alarms", count / sum_seconds / 1e6,
                          alarms.size()),
              c.budget, kAtLeast});
}

int Main(int argc, char** argv) {
  Report report(argc, argv);
  constexpr std::size_t kMany = std::size_t{1} << 22;
  constexpr std::size_t kFewer = std::size_t{1} << 19;
  const Case cases[] = {
      {drift::PageHinkleyConfig{}, kMany, 50e6},
      {drift::DdmConfig{}, kMany, 50e6},
      {drift::EddmConfig{}, kMany, 50e6},
      {drift::HddmAConfig{}, kMany, 20e6},
      {drift::HddmWConfig{}, kMany, 20e6},
      {drift::AdwinConfig{}, kMany, 5e6},
      {drift::KswinConfig{.alpha = 1e-6}, kFewer, 1e6},
  };
  for (const Case& c : cases) Measure(report, c);
  BenchMonitors(report);
  BenchFleet(report);
  // Beside this program's folder, as the build lays them out.
  const auto torch = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() /
                     "bin/muster-torch";
  if (std::filesystem::exists(torch))
    BenchInfer(report, torch.string(), std::stod(report.Option("--seconds", "20")));
  else
    std::fprintf(stderr, "edge_infer is left out: there is no %s\n", torch.c_str());
  return report.Finish();
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
