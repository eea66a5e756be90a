// What detectors do with values that are none, with streams that never change, and with too little.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "drift/detectors/detector.h"
#include "tests/unit/drift_detectors/streams.h"

namespace muster::drift {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMost = std::numeric_limits<double>::max();

TEST(Detector, ValuesThatAreNoneChangeNothingAndAreCounted) {
  for (const DetectorSpec& spec : testing::AllSpecs())
    for (std::uint64_t seed = 200; seed < 205; ++seed) {
      SCOPED_TRACE(fmt::format("{} seed={}", NameOf(spec), seed));
      const auto clean = *MakeDetector(spec);
      const auto disturbed = *MakeDetector(spec);
      std::uint64_t ignored = 0;
      Verdict before;
      for (const double x : testing::Stretches(testing::KindFor(spec), seed)) {
        for (const double none : {kNaN, -kNaN, kInfinity, -kInfinity, kMost, -kMost}) {
          const Verdict verdict = disturbed->Update(none);
          ASSERT_EQ(verdict.change, Change::kIgnored);
          ASSERT_TRUE(std::isfinite(verdict.estimate));
          if (before.change != Change::kDrift) ASSERT_EQ(verdict.width, before.width);
          ASSERT_EQ(disturbed->ignored(), ++ignored);
        }
        before = clean->Update(x);
        ASSERT_EQ(disturbed->Update(x), before);
      }
      EXPECT_EQ(clean->ignored(), 0u);
    }
}

TEST(Detector, BatchesCountWhatTheyIgnore) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    const auto detector = *MakeDetector(spec);
    std::vector<Alarm> alarms;
    detector->Update(std::vector<double>{kNaN, 0, kInfinity, 1, kNaN}, alarms);
    EXPECT_EQ(detector->ignored(), 3u) << NameOf(spec);
    detector->Update({}, alarms);
    EXPECT_EQ(detector->ignored(), 3u);
    EXPECT_EQ(detector->Update(0).width, 3u);
    EXPECT_TRUE(alarms.empty());
  }
}

TEST(Detector, DetectorsOfErrorsIgnoreWhatIsNoRate) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    if (testing::KindFor(spec) != "binary") continue;
    const auto detector = *MakeDetector(spec);
    for (const double none : {-0.1, 1.1, 2.0, -1.0})
      EXPECT_EQ(detector->Update(none).change, Change::kIgnored) << NameOf(spec);
  }
  EXPECT_EQ((*MakeDetector(EddmConfig{}))->Update(0.5).change, Change::kIgnored);
  EXPECT_EQ((*MakeDetector(DdmConfig{}))->Update(0.5).change, Change::kNone);
}

TEST(Detector, StreamsThatNeverChangeNeverAlarm) {
  for (const DetectorSpec& spec : testing::AllSpecs())
    for (const double constant : {0.0, 1.0, -7.5, 0.1, 1e9}) {
      if (testing::KindFor(spec) == "binary" && constant != 0 && constant != 1) continue;
      SCOPED_TRACE(fmt::format("{} {}", NameOf(spec), constant));
      const auto detector = *MakeDetector(spec);
      for (int i = 1; i <= 5000; ++i) {
        const Verdict verdict = detector->Update(constant);
        ASSERT_EQ(verdict.change, Change::kNone) << i;
        ASSERT_TRUE(std::isfinite(verdict.estimate));
      }
    }
}

// The largest values there are, at random: alarms or none, but always a number.
TEST(Detector, ExtremeValuesNeverMakeAnEstimateThatIsNone) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    const auto detector = *MakeDetector(spec);
    for (const double x : testing::Stretches("binary", 300)) {
      const double extreme = testing::KindFor(spec) == "binary" ? x : (2 * x - 1) * kMostMeasurable;
      ASSERT_TRUE(std::isfinite(detector->Update(extreme).estimate)) << NameOf(spec);
    }
  }
}

TEST(Detector, NothingIsSaidBeforeThereIsEnough) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    const auto detector = *MakeDetector(spec);
    for (int i = 0; i < 29; ++i)
      EXPECT_EQ(detector->Update(i % 2).change, Change::kNone) << NameOf(spec) << " " << i;
    EXPECT_EQ(detector->Update(kNaN).width, 29u) << NameOf(spec);
  }
}

TEST(Detector, AResetForgetsAllButWhatWasIgnored) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    SCOPED_TRACE(NameOf(spec));
    const std::vector<double> values = testing::Stretches(testing::KindFor(spec), 400);
    const auto fresh = *MakeDetector(spec);
    const auto used = *MakeDetector(spec);
    for (const double x : values) used->Update(x);
    used->Update(kNaN);
    used->Reset();
    EXPECT_EQ(used->ignored(), 1u);
    for (const double x : values) ASSERT_EQ(used->Update(x), fresh->Update(x));
  }
}

}  // namespace
}  // namespace muster::drift
