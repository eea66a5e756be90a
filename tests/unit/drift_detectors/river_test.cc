// Every alarm where river 0.26.1 has it: its documented examples, and streams of which
// data/make_golden.py asked it.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "drift/detectors/config_json.h"
#include "drift/detectors/detector.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_detectors/python_random.h"
#include "tests/unit/drift_detectors/streams.h"

namespace muster::drift {
namespace {
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::NumpyStream;
using testing::PythonSampler;
using testing::StreamA;
using testing::StreamB;
using Indices = std::vector<std::uint64_t>;

std::vector<Alarm> AlarmsOf(const DetectorSpec& spec, const std::vector<double>& values) {
  const auto* kswin = std::get_if<KswinConfig>(&spec);
  PythonSampler sampler(kswin == nullptr ? 0 : kswin->seed);
  std::vector<Alarm> alarms;
  (*MakeDetector(spec, sampler))->Update(values, alarms);
  return alarms;
}

Indices Only(const std::vector<Alarm>& alarms, Change change) {
  Indices out;
  for (const Alarm& alarm : alarms)
    if (alarm.change == change) out.push_back(alarm.index);
  return out;
}

Indices DriftsOf(const DetectorSpec& spec, const std::vector<double>& values) {
  return Only(AlarmsOf(spec, values), Change::kDrift);
}

// As river's examples print them: drifts, and of warnings the first before each drift.
std::vector<std::string> PrintedOf(const DetectorSpec& spec, const std::vector<double>& values) {
  std::vector<std::string> out;
  bool warned = false;
  for (const Alarm& alarm : AlarmsOf(spec, values)) {
    const bool drift = alarm.change == Change::kDrift;
    if (drift || !warned)
      out.push_back(fmt::format("{} {}", drift ? "drift" : "warn", alarm.index));
    warned = !drift;
  }
  return out;
}

TEST(River, ExamplesOfValuesAlarmWhereItsManualSays) {
  EXPECT_THAT(DriftsOf(AdwinConfig{}, StreamA()), ElementsAre(1023));
  EXPECT_THAT(DriftsOf(PageHinkleyConfig{}, StreamA()), ElementsAre(1006));
  const KswinConfig kswin{.alpha = 0.0001, .seed = 42};
  EXPECT_THAT(DriftsOf(kswin, StreamA()), ElementsAre(1016));
}

TEST(River, ExamplesOfErrorsAlarmWhereItsManualSays) {
  EXPECT_THAT(PrintedOf(DdmConfig{}, StreamB()),
              ElementsAre("warn 1084", "drift 1334", "warn 1492"));
  const EddmConfig eddm{.alpha = 0.8, .beta = 0.75};
  EXPECT_THAT(PrintedOf(eddm, StreamB()), ElementsAre("warn 1059", "drift 1278"));
  EXPECT_THAT(PrintedOf(HddmAConfig{}, StreamB()), ElementsAre("warn 451", "drift 1206"));
  EXPECT_THAT(PrintedOf(HddmWConfig{}, StreamB()), ElementsAre("warn 451", "drift 1077"));
}

// Older versions of river said 1055, and before that 1055, 1087 and 1215; StreamA does not tell
// them apart.
TEST(River, TheNumpyStreamTellsTheAdwinOfToday) {
  EXPECT_EQ(NumpyStream().size(), 2000u);
  EXPECT_THAT(DriftsOf(AdwinConfig{}, NumpyStream()), ElementsAre(1023));
}

TEST(River, TheNumpyStreamTellsBothSidesOfPageHinkleyApart) {
  EXPECT_THAT(DriftsOf(PageHinkleyConfig{}, NumpyStream()), ElementsAre(1009, 1771));
  EXPECT_THAT(DriftsOf(PageHinkleyConfig{.mode = Side::kUp}, NumpyStream()), ElementsAre(1009));
  EXPECT_THAT(DriftsOf(PageHinkleyConfig{.mode = Side::kDown}, NumpyStream()), IsEmpty());
}

// Where the window is two samples, the draw is all of the older one. At alpha .9999 all of these
// are rare enough; river alarms where the distance is above a tenth, and not where it is one.
TEST(River, KswinLetsADistanceOfATenthPass) {
  for (const std::uint32_t n : {20u, 30u, 50u, 70u, 90u, 110u, 300u, 1000u})
    for (const std::uint32_t more : {0u, 1u}) {
      SCOPED_TRACE(fmt::format("{} {}", n, more));
      std::vector<double> values(2 * n);
      for (std::uint32_t i = 0; i < n; ++i) {
        values[i] = i;
        values[n + i] = i + n / 10 + more - 0.5;
      }
      const KswinConfig config{.alpha = 0.9999, .window_size = 2 * n, .stat_size = n};
      EXPECT_EQ(DriftsOf(config, values), more == 0 ? Indices{} : Indices{2 * n - 1});
    }
}

struct GoldenCase {
  DetectorSpec spec;
  std::vector<double> values;
  Indices drifts;
  Indices warnings;
  std::optional<double> estimate;
};

Indices ParseRanges(const std::string& text) {
  Indices out;
  std::istringstream in(text);
  for (std::string range; std::getline(in, range, ',');) {
    const std::size_t dash = range.find('-');
    const std::uint64_t first = std::stoull(range);
    const std::uint64_t last = dash == range.npos ? first : std::stoull(range.substr(dash + 1));
    for (std::uint64_t i = first; i <= last; ++i) out.push_back(i);
  }
  return out;
}

GoldenCase ParseCase(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
  GoldenCase out;
  Json config = *ParseJson(cells.at(1));
  // river's other parameters are ours too; what it leaves out has its default.
  const DetectorSpec defaults = *DefaultSpec(cells[0]);
  const Json all = ConfigJson(defaults);
  for (const auto& item : all.items())
    if (!config.contains(item.key())) config[item.key()] = item.value();
  out.spec = *ReadSpec(cells[0], config, "config");
  out.values = testing::Stretches(cells.at(2), std::stoull(cells.at(3)));
  out.drifts = ParseRanges(cells.at(4));
  out.warnings = ParseRanges(cells.at(5));
  if (cells.at(6) != "-") out.estimate = *ParseDecimal(cells[6]);
  return out;
}

TEST(River, RandomStreamsAlarmAtTheSameValues) {
  std::istringstream golden(testing::ReadData("golden.txt"));
  std::size_t cases = 0;
  for (std::string line; std::getline(golden, line); ++cases) {
    SCOPED_TRACE(line.substr(0, 160));
    const GoldenCase c = ParseCase(line);
    const std::vector<Alarm> alarms = AlarmsOf(c.spec, c.values);
    EXPECT_EQ(Only(alarms, Change::kDrift), c.drifts);
    EXPECT_EQ(Only(alarms, Change::kWarning), c.warnings);
  }
  EXPECT_EQ(cases, 252u);
}

// To the last bit: the arithmetic is the same, not only its outcome.
TEST(River, EstimatesAfterRandomStreamsAreTheSameNumbers) {
  std::istringstream golden(testing::ReadData("golden.txt"));
  std::size_t compared = 0;
  for (std::string line; std::getline(golden, line);) {
    SCOPED_TRACE(line.substr(0, 160));
    const GoldenCase c = ParseCase(line);
    if (!c.estimate) continue;
    const auto detector = *MakeDetector(c.spec);
    Verdict last;
    for (const double x : c.values) last = detector->Update(x);
    EXPECT_EQ(last.estimate, *c.estimate);
    ++compared;
  }
  EXPECT_EQ(compared, 216u);
}

TEST(River, BatchesOfAnySizeAlarmAsSingleValuesDo) {
  for (const DetectorSpec& spec : testing::AllSpecs())
    for (std::uint64_t seed = 100; seed < 106; ++seed) {
      SCOPED_TRACE(fmt::format("{} seed={}", NameOf(spec), seed));
      const std::vector<double> values = testing::Stretches(testing::KindFor(spec), seed);
      const auto one = *MakeDetector(spec);
      const auto many = *MakeDetector(spec);
      std::vector<Alarm> singly, batched;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (const Change c = one->Update(values[i]).change; c != Change::kNone)
          singly.push_back({i, c});
      testing::PythonRandom random(seed);
      for (std::size_t at = 0; at < values.size();) {
        const std::size_t size = std::min<std::size_t>(random.Below(70), values.size() - at);
        std::vector<Alarm> alarms;
        many->Update(std::span(values).subspan(at, size), alarms);
        for (const Alarm& alarm : alarms) batched.push_back({at + alarm.index, alarm.change});
        at += size;
      }
      EXPECT_EQ(batched, singly);
    }
}

}  // namespace
}  // namespace muster::drift
