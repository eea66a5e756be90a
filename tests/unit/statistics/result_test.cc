// Statistics of a fleet against a direct computation over all its rows in one place.
#include "aggregation/statistics/result.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/canonical_json.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/statistics/fleet.h"

namespace muster::aggregation::statistics {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
using ::testing::Each;
using ::testing::ElementsAre;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
const double kNull = std::nan("");

std::vector<Rows> DrawFleet(SeededRng& rng, const Query& query) {
  std::vector<Rows> out(3 + rng.Below(10), Rows(query.fields.size()));
  for (Rows& rows : out) {
    const std::uint64_t n = rng.Below(400);
    for (std::size_t f = 0; f < rows.size(); ++f)
      for (std::uint64_t i = 0; i < n; ++i) {
        const FieldRange& field = query.fields[f];
        // Skewed, and at times on an end of the range; a twentieth has no value.
        const double u = rng.Below(20) == 0 ? std::round(Uniform(rng)) : Uniform(rng);
        rows[f].push_back(rng.Below(20) == 0 ? kNull : field.lo + (field.hi - field.lo) * u * u);
      }
  }
  return out;
}

double MeanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
double DeviationOf(const std::vector<double>& values) {
  const double mean = MeanOf(values);
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(StatisticsProperty, TheyAreThoseOfAllRowsInOnePlace) {
  for (int seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Query query = OneField(-40, 90, static_cast<std::uint32_t>(1 + rng.Below(60)));
    query.fields.push_back({.name = "P2", .lo = 1000, .hi = 1000.5, .bins = 20});
    const std::vector<Rows> devices = DrawFleet(rng, query);
    const auto result = Ask(query, devices);
    ASSERT_THAT(result, IsOk());
    for (std::size_t f = 0; f < query.fields.size(); ++f) {
      std::vector<double> pooled = Pooled(devices, f);
      std::ranges::sort(pooled);
      const FieldStatistics& got = result->fields[f];
      const double range = query.fields[f].hi - query.fields[f].lo;
      EXPECT_EQ(got.count, pooled.size());
      EXPECT_NEAR(got.mean.value(), MeanOf(pooled), 1e-6 * range);
      EXPECT_NEAR(got.stddev.value(), DeviationOf(pooled), 1e-6 * range);
      std::uint64_t in_bins = 0;
      for (const Cell& bin : got.histogram) in_bins += bin.value();
      EXPECT_EQ(in_bins, pooled.size());
      for (const Quantile& q : got.quantiles) {
        // The least value below which (1 - p) and no more of all lie, and a bin's width about it.
        const auto at =
            static_cast<std::size_t>(std::ceil(q.p * static_cast<double>(pooled.size()))) - 1;
        ASSERT_TRUE(q.value.has_value());
        EXPECT_DOUBLE_EQ(q.within, range / query.fields[f].bins / kFineBins);
        EXPECT_NEAR(*q.value, pooled[at], q.within * 1.0001);
      }
    }
  }
}

TEST(Statistics, ADeviationFarSmallerThanTheRangeIsNotLost) {
  const std::vector<Rows> devices(8, Rows{{50.001, 50.002, 50.003, 50.004}});
  const FieldStatistics got = Ask(OneField(0, 100, 20), devices).value().fields[0];
  EXPECT_NEAR(got.stddev.value(), DeviationOf(devices[0][0]), 1e-6 * 100);
  EXPECT_NEAR(got.mean.value(), 50.0025, 1e-6 * 100);
}

TEST(Statistics, EachValueHasItsCellAndTheEndsBelongToTheBins) {
  const std::vector<Rows> devices = {
      Rows{{0, 0.999, 1, 3.999, 4, -0.001, 4.001, 5, INFINITY, -INFINITY, kNull}}};
  const FieldStatistics got = Ask(OneField(0, 4, 4), devices).value().fields[0];
  EXPECT_THAT(got.histogram, ElementsAre(2U, 1U, 0U, 2U));
  EXPECT_EQ(got.below, 2U);
  EXPECT_EQ(got.above, 3U);
  EXPECT_EQ(got.nulls, 1U);
  EXPECT_EQ(got.count, 10U);
}

TEST(Statistics, ValuesOutsideTheRangeCountAsItsEnd) {
  const std::vector<Rows> devices = {Rows{{-1e9, 12, 12, 12}}};
  const FieldStatistics got = Ask(OneField(10, 14, 4), devices).value().fields[0];
  EXPECT_NEAR(got.mean.value(), 11.5, 1e-5);
  EXPECT_NEAR(got.stddev.value(), std::sqrt((1.5 * 1.5 + 3 * 0.25) / 4), 1e-5);
}

TEST(Statistics, AQuantileOutsideTheRangeIsAbsent) {
  const std::vector<Rows> devices = {Rows{{-5, -5, -5, 1, 1, 3}}};
  const FieldStatistics got = Ask(OneField(0, 4, 4), devices).value().fields[0];
  EXPECT_FALSE(got.quantiles[0].value.has_value());
  EXPECT_FALSE(got.quantiles[1].value.has_value());  // Half of all lie below the range.
  EXPECT_TRUE(got.quantiles[2].value.has_value());
}

// Five devices with rows in bins 0 and 1, one with a row in bin 3.
std::vector<Rows> WithALoner() {
  std::vector<Rows> devices(5, Rows{{0.5, 0.5, 1.5}});
  devices.push_back(Rows{{3.5, 1.5}});
  return devices;
}

TEST(Statistics, ABinThatFewDevicesHaveRowsInIsSuppressedAndCannotBeSubtracted) {
  const FieldStatistics got = Ask(OneField(0, 4, 4, 5), WithALoner()).value().fields[0];
  // Bin 3 has one device. Without bin 0, the shown one of fewest devices, it would be
  // count - 10 - 6.
  EXPECT_THAT(got.histogram, ElementsAre(std::nullopt, 6U, 0U, std::nullopt));
  EXPECT_EQ(got.count, 17U);
  EXPECT_EQ(got.below, 0U);
}

TEST(Statistics, WithEnoughDevicesInEachNothingIsSuppressed) {
  const FieldStatistics got = Ask(OneField(0, 4, 4, 1), WithALoner()).value().fields[0];
  EXPECT_THAT(got.histogram, ElementsAre(10U, 6U, 0U, 1U));
}

TEST(Statistics, AFieldOfFewDevicesHasNothingToShow) {
  std::vector<Rows> devices(7, Rows{{kNull, kNull}});
  for (std::size_t i = 0; i < 4; ++i) devices[i] = Rows{{1, 2}};
  const FieldStatistics got = Ask(OneField(0, 4, 4, 5), devices).value().fields[0];
  EXPECT_EQ(got.devices, 0U);
  EXPECT_FALSE(got.count || got.nulls || got.mean || got.stddev || got.below || got.above);
  EXPECT_THAT(got.histogram, Each(Cell()));
  for (const Quantile& q : got.quantiles) EXPECT_FALSE(q.value.has_value());
}

TEST(Statistics, ACountOfNullsOfFewDevicesIsSuppressed) {
  std::vector<Rows> devices(6, Rows{{1, 2}});
  devices[0][0].push_back(kNull);
  EXPECT_EQ(Ask(OneField(0, 4, 4, 5), devices).value().fields[0].nulls, std::nullopt);
  for (std::size_t i = 1; i < 5; ++i) devices[i][0].push_back(kNull);
  EXPECT_EQ(Ask(OneField(0, 4, 4, 5), devices).value().fields[0].nulls, 5U);
}

TEST(Statistics, AQuantileIsTakenInTheFinestBinThatEnoughDevicesStandBehind) {
  std::vector<Rows> devices;
  for (int i = 0; i < 6; ++i) devices.push_back(Rows{{1.05 + 0.15 * i}});  // One bin, apart in it.
  const FieldStatistics apart = Ask(OneField(0, 4, 4, 5), devices).value().fields[0];
  EXPECT_DOUBLE_EQ(apart.quantiles[1].within, 1);
  EXPECT_NEAR(apart.quantiles[1].value.value(), 1.5, 1e-9);
  for (Rows& rows : devices) rows = Rows{{1.7}};
  const FieldStatistics together = Ask(OneField(0, 4, 4, 5), devices).value().fields[0];
  EXPECT_DOUBLE_EQ(together.quantiles[1].within, 1.0 / kFineBins);
  EXPECT_NEAR(together.quantiles[1].value.value(), 1.7, 1.0 / kFineBins);
}

TEST(Statistics, AQuantileInABinOfFewDevicesIsAbsent) {
  std::vector<Rows> devices(5, Rows{{0.5}});
  devices.push_back(Rows{std::vector<double>(20, 2.5)});  // One device has most of the rows.
  const FieldStatistics got = Ask(OneField(0, 4, 4, 5), devices).value().fields[0];
  EXPECT_FALSE(got.quantiles[1].value.has_value());
}

TEST(Statistics, OfOneDeviceTheFirstRowsCountAndNoMore) {
  std::vector<double> column(kMostRows + 100, 1.0);
  std::fill(column.begin() + static_cast<std::ptrdiff_t>(kMostRows), column.end(), 3.0);
  const Query query = OneField(0, 4, 4);
  const std::span<const double> view(column);
  const auto values = CountRows(query, std::span(&view, 1)).value();
  EXPECT_EQ(values[0][2], kMostRows);
  EXPECT_EQ(values[0][4], 0U);
  EXPECT_EQ(values[3][0], kMostRows << (kSumBits - 2));
  const auto fields = FieldsOf(query);
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (const std::uint64_t v : values[f]) EXPECT_LE(v, fields[f].most);
}

TEST(Statistics, OfRowsAllAtTheFarEndTheSquaresStayWithinTheirBound) {
  const std::vector<double> column(1000, 4.0);
  Query query = OneField(0, 4, 4);
  query.zooms = {{.mean = 0, .bins = {3}}};
  const std::span<const double> view(column);
  const auto values = CountRows(query, std::span(&view, 1)).value();
  EXPECT_EQ(values[3][0], 1000ULL << kSquareBits);
  EXPECT_LE(values[3][0], FieldsOf(query)[3].most);
}

TEST(Statistics, ColumnsOfAnotherShapeAreRefused) {
  Query query = OneField(0, 4, 4);
  const std::vector<double> one = {1}, two = {1, 2};
  EXPECT_THAT(CountRows(query, {}), HasCode(kInvalid));
  query.fields.push_back({.name = "P2", .lo = 0, .hi = 1, .bins = 2});
  const std::vector<std::span<const double>> unlike = {one, two};
  EXPECT_THAT(CountRows(query, unlike), HasCode(kInvalid));
}

TEST(Statistics, WithoutAnyRowThereIsNothingToShow) {
  const std::vector<Rows> devices(6, Rows{{}});
  const auto result = Ask(OneField(0, 4, 4, 1), devices);
  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->fields[0].count.has_value());
  EXPECT_FALSE(result->fields[0].mean.has_value());
}

TEST(Statistics, TwoSessionsMergedAreOneOfAll) {
  SeededRng rng(5);
  const Query query = OneField(-40, 90, 20, 3);
  const std::vector<Rows> all = DrawFleet(rng, query);
  const std::vector<Rows> some(all.begin(), all.begin() + 3), others(all.begin() + 3, all.end());
  Tally merged = TallyOf(query, some);
  ASSERT_THAT(Merge(merged, TallyOf(query, others)), IsOk());
  EXPECT_EQ(merged, TallyOf(query, all));
  EXPECT_THAT(Merge(merged, TallyOf(OneField(0, 1, 2), some)), HasCode(kInvalid));
}

TEST(Statistics, ASecondPassOverOtherDevicesStillGivesTheirDeviation) {
  const Query query = OneField(0, 10, 10);
  const std::vector<Rows> first = {Rows{{1, 1, 1}}, Rows{{9, 9, 9}}}, second = {Rows{{2, 4, 6}}};
  const Tally one = TallyOf(query, first);
  const Tally two = TallyOf(NextQuery(one).value(), second);
  EXPECT_NEAR(Summarise(one, &two).value().fields[0].stddev.value(), DeviationOf({2, 4, 6}), 1e-5);
}

TEST(Statistics, TheFirstPassAloneHasCoarseQuantilesAndNoDeviation) {
  const Tally first = TallyOf(OneField(0, 4, 4), {Rows{{0.5, 1.5, 2.5, 3.5}}});
  const Result result = Summarise(first, nullptr).value();
  EXPECT_EQ(result.passes, 1U);
  EXPECT_FALSE(result.fields[0].stddev.has_value());
  EXPECT_DOUBLE_EQ(result.fields[0].quantiles[1].value.value(), 2);
  EXPECT_DOUBLE_EQ(result.fields[0].quantiles[1].within, 1);
}

TEST(Statistics, PassesThatDoNotFollowOneAnotherAreRefused) {
  const Tally first = TallyOf(OneField(0, 4, 4), {Rows{{1, 2}}});
  Query foreign = NextQuery(first).value();
  foreign.zooms[0].mean = 0.9;
  const Tally second = TallyOf(foreign, {Rows{{1, 2}}});
  EXPECT_THAT(Summarise(first, &second), HasCode(kInvalid));
  EXPECT_THAT(Summarise(first, &first), HasCode(kInvalid));
  EXPECT_THAT(Summarise(second, nullptr), HasCode(kInvalid));
  EXPECT_THAT(NextQuery(second), HasCode(kInvalid));
}

TEST(StatisticsTally, ReadsBackAsWrittenAndInNoOtherForm) {
  const Tally tally = TallyOf(OneField(0, 4, 4), WithALoner());
  const std::string text = EncodeTally(tally).value();
  EXPECT_EQ(ParseTally(text).value(), tally);
  std::string more = text;
  more.replace(more.find("\"devices\":6"), 11, "\"devices\":1");  // Fewer than its totals show.
  for (const std::string& bad : {std::string("{}"), text + " ", text.substr(1), more})
    EXPECT_THAT(ParseTally(bad), Fails(kInvalid, Reason::kARTEFACT_INVALID));
}

TEST(StatisticsTally, TotalsThatSoManyDevicesCannotGiveAreRefused) {
  Tally tally = TallyOf(OneField(0, 4, 4), WithALoner());
  ASSERT_THAT(CheckTally(tally), IsOk());
  tally.totals[1][0] = 7;  // Of six devices.
  EXPECT_THAT(CheckTally(tally), HasCode(kInvalid));
  tally.totals[1].pop_back();
  EXPECT_THAT(CheckTally(tally), HasCode(kInvalid));
  tally.totals.pop_back();
  EXPECT_THAT(CheckTally(tally), HasCode(kInvalid));
}

// Whatever parses is what would be written, and nothing crashes on the way.
TEST(StatisticsResultProperty, NoChangedByteGivesAnythingButItselfOrARefusal) {
  const std::string tally = EncodeTally(TallyOf(OneField(0, 4, 4), WithALoner())).value();
  const std::string result = EncodeResult(Ask(OneField(0, 4, 4, 5), WithALoner()).value()).value();
  constexpr std::string_view kSigns = "\"{}[]:,-0123456789.eEnul";
  const auto change = [kSigns](std::string text, SeededRng& rng) {
    for (std::uint64_t i = 0; i <= rng.Below(3); ++i) {
      const std::uint64_t at = rng.Below(text.size());
      if (rng.Below(4) == 0)
        text.erase(at, 1 + rng.Below(20));
      else
        text[at] = kSigns[rng.Below(kSigns.size())];
    }
    return text;
  };
  for (int seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const std::string one = change(tally, rng), other = change(result, rng);
    if (const auto parsed = ParseTally(one); parsed.ok()) {
      EXPECT_EQ(EncodeTally(*parsed).value(), one);
      EXPECT_THAT(Summarise(*parsed, nullptr), IsOk());
    }
    if (const auto parsed = ParseResult(other); parsed.ok())
      EXPECT_EQ(EncodeResult(*parsed).value(), other);
  }
}

TEST(StatisticsResult, ReadsBackAsWrittenAndInNoOtherForm) {
  const Result result = Ask(OneField(0, 4, 4, 5), WithALoner()).value();
  const std::string text = EncodeResult(result).value();
  EXPECT_EQ(ParseResult(text).value(), result);
  for (const std::string& bad : {std::string("{}"), std::string("[]"), text + "\n", text.substr(2)})
    EXPECT_THAT(ParseResult(bad), Fails(kInvalid, Reason::kARTEFACT_INVALID));
}

}  // namespace
}  // namespace muster::aggregation::statistics
