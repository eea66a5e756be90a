// Rows as no one would wish them: late, twice, of wrong clocks, without values, without end.
#include <gmock/gmock.h>

#include <limits>

#include "tests/support/status_matchers.h"
#include "tests/unit/drift_monitors/sensors.h"

namespace muster::drift {
namespace {
using namespace testing;
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using Values = std::vector<double>;

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<Finding> Feed(MonitorSet& set, std::optional<Timestamp> time, const Values& values,
                          std::string_view series = "engine") {
  std::vector<Finding> out;
  EXPECT_THAT(set.Feed({time, series, values}, out), IsOk());
  return out;
}

MonitorSet Frozen() { return SetOf({Spec(R"({"name":"frozen","kind":"stuck","rows":3})")}); }

TEST(MonitorRows, OfAnotherWidthAreRefused) {
  MonitorSet set = Frozen();
  std::vector<Finding> out;
  EXPECT_THAT(set.Feed({kStart, "engine", Values{1, 2, 3}}, out),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kCONTRACT_MISMATCH));
}

TEST(MonitorRows, ThatAreLateOrTwiceAreCountedAndJudgedByNothing) {
  MonitorSet set = Frozen();
  const Values row = {1, 2, 3, 4};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Feed(set, kStart, row).empty());
  EXPECT_EQ(set.tally().of(Skip::kDuplicate), 9u);
  for (int i = 1; i <= 10; ++i) EXPECT_TRUE(Feed(set, kStart - i * kStep, row).empty());
  EXPECT_EQ(set.tally().of(Skip::kLate), 10u);
  // Other values at the same time are another row: coarse clocks show many of them.
  EXPECT_TRUE(Feed(set, kStart, {1, 2, 3, 5}).empty());
  EXPECT_EQ(Feed(set, kStart, {1, 2, 3, 6}).size(), 3u);  // s0, s1 and s2 for the third time.
  EXPECT_EQ(set.rows(), 22u);
}

TEST(MonitorRows, OfClocksThatAreWrongByYearsAreCountedAndSpoilNothing) {
  MonitorSet set = Frozen();
  Feed(set, kStart, {1, 2, 3, 4});
  for (const std::int64_t ms : {0LL, 1'000'000'000LL, 4'102'444'800'001LL, -5LL})
    Feed(set, FromUnixMillis(ms), {1, 2, 3, 4});
  Feed(set, kStart + std::chrono::hours(24 * 400), {1, 2, 3, 4});
  EXPECT_EQ(set.tally().of(Skip::kClock), 5u);
  Feed(set, kStart + kStep, {1, 2, 3, 4});
  EXPECT_EQ(Feed(set, kStart + 2 * kStep, {1, 2, 3, 4}).size(), kSensors);
}

TEST(MonitorRows, OfAClockThatWasSetAreTrustedAfterAWhile) {
  for (const Duration jump : {Duration(std::chrono::hours(24 * 800)), Duration(-3'600'000)}) {
    MonitorSet set = Frozen();
    SeededRng rng(1);
    Feed(set, kStart, Row(rng));
    for (int i = 0; i < 40; ++i) Feed(set, kStart + jump + i * kStep, Row(rng));
    EXPECT_EQ(set.tally().of(jump > Duration(0) ? Skip::kClock : Skip::kLate),
              ClockBounds::kRowsToTrust - 1);
    for (int i = 40; i < 42; ++i) Feed(set, kStart + jump + i * kStep, {1, 2, 3, 4});
    EXPECT_EQ(Feed(set, kStart + jump + 42 * kStep, {1, 2, 3, 4}).size(), kSensors);
  }
}

TEST(MonitorRows, WithoutTimeAreJudgedByTheirNumber) {
  MonitorSet set = SetOf({Spec(R"({"name":"frozen","kind":"stuck","rows":3})"),
                          Spec(R"({"name":"speed","kind":"rate","limit":1})"),
                          Spec(R"({"name":"gap","kind":"dropout","time":"1s"})")});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Feed(set, std::nullopt, {1, 2, 3, 4}).empty());
  const auto found = Feed(set, std::nullopt, {1, 2, 3, 4});
  ASSERT_EQ(found.size(), kSensors);
  EXPECT_EQ(found[0].from, (Mark{0, std::nullopt}));
  EXPECT_EQ(found[0].to, (Mark{2, std::nullopt}));
  EXPECT_EQ(set.tally().of(Skip::kNoTime), 3u * (kSensors + 1));
}

// Every rule, over constants, nulls, infinities and the largest of values: nothing but finite
// numbers is told, and a reason is counted.
TEST(MonitorRows, OfAnyValuesLeadToFiniteFindingsOnly) {
  std::vector<MonitorSpec> specs;
  for (const char* json :
       {R"({"name":"a","kind":"change","one_false_alarm_in":100000})",
        R"({"name":"b","kind":"input","window":30,"rate":"0.5"})",
        R"({"name":"c","kind":"input","test":"psi","window":40,"rate":"0.5"})",
        R"({"name":"d","kind":"stuck","rows":2})", R"({"name":"e","kind":"spike","window":30})",
        R"({"name":"f","kind":"dropout","window":30,"share":"0.1"})",
        R"({"name":"g","kind":"range","window":30})",
        R"({"name":"h","kind":"rate","limit":"1e-30"})",
        R"({"name":"i","kind":"change","detector":"hddm_a"})",
        R"({"name":"j","kind":"change","detector":"adwin"})"})
    specs.push_back(Spec(json));
  MonitorSet set = SetOf(specs);
  const Values odd = {kNull, kInf, -kInf, 1e300, -1e300, 1e100, -1e100, 5e-324, 0, -0.0, 10, 10.5};
  SeededRng rng(17);
  std::size_t told = 0;
  for (int row = 0; row < 5000; ++row) {
    Values values(kSensors);
    for (double& x : values) x = row / 500 % 2 == 0 ? odd[rng.Below(odd.size())] : 3;
    for (const Finding& f : Feed(set, kStart + row * kStep, values)) {
      ExpectFinite(f);
      ++told;
    }
  }
  EXPECT_GT(told, 100u);
  for (const Skip skip : {Skip::kNotFinite, Skip::kFew, Skip::kConstant, Skip::kIgnored})
    EXPECT_GT(set.tally().of(skip), 0u) << NameOf(skip);
}

TEST(MonitorRows, OfMoreSeriesThanThereIsMemoryForAreCounted) {
  MonitorSet set = Frozen();
  for (std::size_t i = 0; i < kMostSeries + 5; ++i)
    Feed(set, kStart, {1, 2, 3, 4}, fmt::format("engine-{}", i));
  EXPECT_EQ(set.tally().of(Skip::kSeries), 5u);
  MonitorSet wide = SetOf({Spec(R"({"name":"b","kind":"input","window":10000})")});
  for (int i = 0; i < 20; ++i) Feed(wide, kStart, {1, 2, 3, 4}, fmt::format("engine-{}", i));
  EXPECT_EQ(wide.tally().of(Skip::kSeries), 20 - kMostHeldValues / (64 + kSensors * 10064));
}

TEST(MonitorRows, OfOneSeriesDoNotTouchAnothers) {
  MonitorSet set = Frozen();
  SeededRng rng(5);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Feed(set, kStart + i * kStep, Row(rng), "sound").empty());
    for (const Finding& f : Feed(set, kStart + i * kStep, {1, 2, 3, 4}, "broken"))
      EXPECT_EQ(f.series, "broken");
  }
}

TEST(MonitorRows, OfAFieldThatIsConstantByItsReferenceAreNotStuck) {
  std::vector<double> cells;
  SeededRng rng(1);
  for (int i = 0; i < 100; ++i) cells.insert(cells.end(), {7, Normal(rng), Normal(rng), 7});
  auto reference = *TrainingReference::Make(Fields(), cells, rng);
  MonitorSet set = *MonitorSet::Make({Spec(R"({"name":"frozen","kind":"stuck","rows":2})")},
                                     Fields(), reference, 1);
  EXPECT_EQ(set.tally().of(Skip::kConstant), 2u);
  Feed(set, kStart, {7, 1, 2, 7});
  const auto found = Feed(set, kStart + kStep, {7, 1, 2, 7});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].field, "s1");
  EXPECT_EQ(found[1].field, "s2");
}

}  // namespace
}  // namespace muster::drift
