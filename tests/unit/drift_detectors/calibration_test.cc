#include "drift/detectors/calibration.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "base/seeded.h"
#include "drift/detectors/config_json.h"
#include "drift/detectors/detector.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_detectors/streams.h"

namespace muster::drift {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
constexpr std::uint64_t kStreams = 300;
constexpr std::uint64_t kNever = 1'000'000'000;

double Uniform(SeededRng& rng) { return static_cast<double>(rng.Next() >> 11) * 0x1p-53; }

Reference ErrorsAt(double rate, std::uint64_t seed = 1) {
  SeededRng rng(seed);
  std::vector<double> values(2000);
  for (double& x : values) x = Uniform(rng) < rate ? 1 : 0;
  return *Reference::Make(values);
}

// About normal, with mean 10 and deviation 1.
Reference Readings(std::uint64_t seed = 1) {
  SeededRng rng(seed);
  std::vector<double> values(2000, 4);
  for (double& x : values)
    for (int i = 0; i < 12; ++i) x += Uniform(rng);
  return *Reference::Make(values);
}

std::uint64_t AlarmsIn(const DetectorSpec& spec, const Reference& reference, const Trial& trial,
                       std::uint64_t seed) {
  SeededRng rng(seed);
  return *CountFalseAlarms(spec, reference, trial, rng);
}

// In 300 streams of N values each, no more than 300 alarms.
void ExpectPromiseKept(const DetectorSpec& spec, const Reference& reference, std::uint64_t n,
                       std::uint64_t seed) {
  SeededRng rng(seed);
  const auto calibrated = CalibrateForFalseAlarms(spec, n, reference, rng);
  ASSERT_THAT(calibrated, IsOk());
  SCOPED_TRACE(ConfigJson(calibrated->spec).dump());
  EXPECT_LE(AlarmsIn(calibrated->spec, reference, {kStreams, n, kNever}, seed + 1000), kStreams);
}

TEST(Calibration, DetectorsOfErrorsKeepTheirPromise) {
  const DetectorSpec specs[] = {DdmConfig{},   EddmConfig{},
                                HddmAConfig{}, HddmAConfig{.two_sided_test = true},
                                HddmWConfig{}, HddmWConfig{.two_sided_test = true}};
  for (const DetectorSpec& spec : specs)
    for (const double rate : {0.1, 0.3, 0.5})
      for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        SCOPED_TRACE(fmt::format("{} rate={} seed={}", NameOf(spec), rate, seed));
        ExpectPromiseKept(spec, ErrorsAt(rate), 400, seed);
      }
}

TEST(Calibration, DetectorsOfValuesKeepTheirPromise) {
  const DetectorSpec specs[] = {AdwinConfig{},
                                KswinConfig{},
                                PageHinkleyConfig{},
                                PageHinkleyConfig{.delta = 0.1, .mode = Side::kUp},
                                PageHinkleyConfig{.alpha = 1},
                                PageHinkleyConfig{.delta = 0.1, .alpha = 1}};
  for (const DetectorSpec& spec : specs)
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      SCOPED_TRACE(fmt::format("{} seed={}", ConfigJson(spec).dump(), seed));
      ExpectPromiseKept(spec, ErrorsAt(0.3), 400, seed);
      ExpectPromiseKept(spec, Readings(), 400, seed);
    }
}

// A threshold that nothing passes would keep every promise: these are not much stricter than they
// have to be.
TEST(Calibration, SimulatedThresholdsAreNoStricterThanTheyMustBe) {
  for (const DetectorSpec& spec :
       {DetectorSpec{DdmConfig{}}, DetectorSpec{EddmConfig{}}, DetectorSpec{HddmAConfig{}},
        DetectorSpec{HddmWConfig{}}, DetectorSpec{PageHinkleyConfig{}},
        DetectorSpec{PageHinkleyConfig{.alpha = 1}}}) {
    SCOPED_TRACE(NameOf(spec));
    SeededRng rng(1);
    const Reference reference = ErrorsAt(0.3);
    const auto calibrated = *CalibrateForFalseAlarms(spec, 400, reference, rng);
    EXPECT_GE(AlarmsIn(calibrated.spec, reference, {kStreams, 400, kNever}, 1), kStreams / 4);
  }
}

TEST(Calibration, CalibratedDetectorsStillSeeAChange) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    const bool of_errors = testing::KindFor(spec) == "binary";
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(fmt::format("{} seed={}", NameOf(spec), seed));
      SeededRng rng(seed);
      const Reference before = of_errors ? ErrorsAt(0.2) : Readings();
      const auto detector = *MakeDetector((*CalibrateForFalseAlarms(spec, 2000, before, rng)).spec);
      std::vector<double> values;
      for (int i = 0; i < 500; ++i) values.push_back(before.values()[rng.Below(2000)]);
      for (int i = 0; i < 500; ++i)
        values.push_back(of_errors ? static_cast<double>(Uniform(rng) < 0.8)
                                   : before.values()[rng.Below(2000)] + 3);
      std::vector<Alarm> alarms;
      detector->Update(values, alarms);
      const auto seen = std::find_if(alarms.begin(), alarms.end(), [](const Alarm& a) {
        return a.change == Change::kDrift && a.index >= 500;
      });
      ASSERT_NE(seen, alarms.end());
      EXPECT_LT(seen->index, 800u);
    }
  }
}

TEST(Calibration, LongerRunsTakeHigherThresholds) {
  SeededRng rng(1);
  const Reference reference = Readings();
  for (const double alpha : {1.0, 0.9999}) {
    double last = 0;
    for (const std::uint64_t n : {2'000'000, 20'000'000, 200'000'000, 1'000'000'000}) {
      const auto calibrated =
          CalibrateForFalseAlarms(PageHinkleyConfig{.alpha = alpha}, n, reference, rng);
      ASSERT_THAT(calibrated, IsOk());
      EXPECT_EQ(calibrated->basis, Basis::kTheory);
      const double threshold = std::get<PageHinkleyConfig>(calibrated->spec).threshold;
      EXPECT_GT(threshold, last);
      last = threshold;
    }
  }
}

// Where the wish is beyond simulation, bounds hold: no alarm in three quarters of a million values
// more than the wish.
TEST(Calibration, UnionBoundsHoldBeyondWhatIsSimulated) {
  constexpr std::uint64_t kLong = kMostSimulatedRunLength + 1;
  const DetectorSpec specs[] = {HddmAConfig{.two_sided_test = true},
                                HddmWConfig{.two_sided_test = true},
                                PageHinkleyConfig{.alpha = 0.99}};
  for (const DetectorSpec& spec : specs) {
    SCOPED_TRACE(NameOf(spec));
    SeededRng rng(1);
    const auto calibrated = CalibrateForFalseAlarms(spec, kLong, ErrorsAt(0.5), rng);
    ASSERT_THAT(calibrated, IsOk());
    EXPECT_EQ(calibrated->basis, Basis::kTheory);
    EXPECT_EQ(AlarmsIn(calibrated->spec, ErrorsAt(0.5), {1, kLong * 7 / 4, kNever}, 1), 0u);
  }
}

TEST(Calibration, TheSameSeedGivesTheSameThreshold) {
  SeededRng one(3), two(3);
  const Reference reference = ErrorsAt(0.3);
  EXPECT_EQ(CalibrateForFalseAlarms(DdmConfig{}, 300, reference, one)->spec,
            CalibrateForFalseAlarms(DdmConfig{}, 300, reference, two)->spec);
}

TEST(Calibration, AReferenceThatNeverChangesCanBePromisedAnything) {
  SeededRng rng(1);
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    SCOPED_TRACE(NameOf(spec));
    const Reference constant = *Reference::Make(std::vector<double>(100, 1.0));
    EXPECT_EQ(constant.deviation(), 0);
    ExpectPromiseKept(spec, constant, 200, 1);
  }
}

TEST(Calibration, WishesThatCannotBeKeptAreRefusedAtTheField) {
  SeededRng rng(1);
  const auto field_of = [&rng](const DetectorSpec& spec, std::uint64_t n, const Reference& r) {
    const auto calibrated = CalibrateForFalseAlarms(spec, n, r, rng);
    EXPECT_THAT(calibrated, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
    return FieldOf(calibrated.status());
  };
  EXPECT_EQ(field_of(AdwinConfig{}, 99, ErrorsAt(0.3)), "run_length");
  EXPECT_EQ(field_of(AdwinConfig{}, kMostRunLength + 1, ErrorsAt(0.3)), "run_length");
  EXPECT_EQ(field_of(DdmConfig{}, kMostSimulatedRunLength + 1, ErrorsAt(0.3)), "run_length");
  EXPECT_EQ(field_of(AdwinConfig{.delta = 2}, 1000, ErrorsAt(0.3)), "delta");
  for (const DetectorSpec& spec : testing::AllSpecs())
    if (testing::KindFor(spec) == "binary")
      EXPECT_EQ(field_of(spec, 1000, Readings()), "reference");
  EXPECT_EQ(field_of(KswinConfig{.stat_size = 5}, 1000, Readings()), "stat_size");
  // Three of four such streams start with 30 values without an error, and then one is a drift.
  EXPECT_EQ(field_of(DdmConfig{}, 1000, ErrorsAt(0.01)), "drift_threshold");
}

TEST(Reference, IsOfEnoughMeasurableValues) {
  const auto refused = Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID);
  EXPECT_THAT(Reference::Make({}), refused);
  EXPECT_THAT(Reference::Make(std::vector<double>(29, 1.0)), refused);
  EXPECT_THAT(Reference::Make(std::vector<double>(Reference::kMostValues + 1, 1.0)), refused);
  std::vector<double> values(30, 1.0);
  ASSERT_THAT(Reference::Make(values), IsOk());
  for (const double none :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e101}) {
    values[7] = none;
    EXPECT_THAT(Reference::Make(values), refused);
  }
}

}  // namespace
}  // namespace muster::drift
