#include "drift/detectors/configs.h"

#include <limits>

#include "drift/detectors/config_json.h"
#include "drift/detectors/detector.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_detectors/streams.h"

namespace muster::drift {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(DetectorConfig, DefaultsAreFoundByNameAndAreValid) {
  EXPECT_EQ(testing::AllSpecs().size(), std::variant_size_v<DetectorSpec>);
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    EXPECT_THAT(Validate(spec), IsOk()) << NameOf(spec);
    ASSERT_THAT(DefaultSpec(NameOf(spec)), IsOk());
    EXPECT_EQ(*DefaultSpec(NameOf(spec)), spec);
    EXPECT_EQ((*MakeDetector(spec))->spec(), spec);
  }
  EXPECT_THAT(DefaultSpec("oracle"),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(DetectorConfig, ADetectorThatCouldNotWorkIsRefusedAtTheField) {
  const std::pair<DetectorSpec, std::string> wrong[] = {
      {AdwinConfig{.delta = 0}, "delta"},
      {AdwinConfig{.delta = kNaN}, "delta"},
      {AdwinConfig{.clock = 0}, "clock"},
      {AdwinConfig{.max_buckets = 1}, "max_buckets"},
      {AdwinConfig{.max_buckets = 4'000'000'000}, "max_buckets"},
      {AdwinConfig{.min_window_length = 0}, "min_window_length"},
      {AdwinConfig{.grace_period = 0}, "grace_period"},
      {DdmConfig{.warm_start = 0}, "warm_start"},
      {DdmConfig{.warning_threshold = 3.5}, "warning_threshold"},
      {DdmConfig{.drift_threshold = kNaN}, "drift_threshold"},
      {EddmConfig{.alpha = 0.8}, "alpha"},
      {EddmConfig{.beta = 0}, "beta"},
      {HddmAConfig{.drift_confidence = 0.01}, "warning_confidence"},
      {HddmAConfig{.drift_confidence = 1}, "drift_confidence"},
      {HddmWConfig{.lambda_val = 1}, "lambda_val"},
      {KswinConfig{.alpha = 0}, "alpha"},
      {KswinConfig{.window_size = 59}, "stat_size"},
      {KswinConfig{.window_size = 10'001}, "window_size"},
      {KswinConfig{.stat_size = 0}, "stat_size"},
      {KswinConfig{.seed = std::uint64_t{1} << 53}, "seed"},
      {PageHinkleyConfig{.min_instances = 0}, "min_instances"},
      {PageHinkleyConfig{.delta = -1}, "delta"},
      {PageHinkleyConfig{.threshold = 0}, "threshold"},
      {PageHinkleyConfig{.alpha = 1.01}, "alpha"},
  };
  for (const auto& [spec, field] : wrong) {
    SCOPED_TRACE(fmt::format("{} {}", NameOf(spec), field));
    const auto made = MakeDetector(spec);
    EXPECT_THAT(made, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
    EXPECT_EQ(FieldOf(made.status()), field);
  }
}

TEST(DetectorConfig, JsonReadsBackAsTheSameDeclaration) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    const auto read = ReadSpec(NameOf(spec), ConfigJson(spec), "config");
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, spec);
  }
}

TEST(DetectorConfig, JsonThatDeclaresNoDetectorIsRefusedAtTheField) {
  const Json good = ConfigJson(PageHinkleyConfig{});
  const auto field_of = [](const Json& json) {
    const auto read = ReadSpec("page_hinkley", json, "config");
    EXPECT_THAT(read, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
    return FieldOf(read.status());
  };
  Json json = good;
  json.erase("delta");
  EXPECT_EQ(field_of(json), "config.delta");
  json = good;
  json["delta"] = 0.005;  // A number is no decimal string.
  EXPECT_EQ(field_of(json), "config.delta");
  json = good;
  json["mode"] = "sideways";
  EXPECT_EQ(field_of(json), "config.mode");
  json = good;
  json["min_instances"] = std::uint64_t{1} << 32;
  EXPECT_EQ(field_of(json), "config.min_instances");
  json = good;
  json["threshold"] = "-1";
  EXPECT_EQ(field_of(json), "config.threshold");
  json = good;
  json["lambda"] = "50";
  EXPECT_EQ(field_of(json), "config");
  EXPECT_EQ(field_of(Json::array()), "config");
}

}  // namespace
}  // namespace muster::drift
