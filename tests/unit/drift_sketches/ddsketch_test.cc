#include "drift/sketches/ddsketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using Values = std::vector<double>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kMin = std::numeric_limits<double>::min();

std::uint64_t Seeds() { return std::getenv("MUSTER_SOAK") ? 20'000 : 200; }

DdSketch Of(const Values& values, double alpha = 0.01, std::uint32_t buckets = 2048) {
  DdSketch out = *DdSketch::Make(alpha, buckets);
  EXPECT_THAT(out.Add(values), IsOk());
  return out;
}

Values Range(int from, int to) {
  Values out;
  for (int i = from; i <= to; ++i) out.push_back(i);
  return out;
}

TEST(DdSketch, HasTheKnownIndicesAndValues) {
  const DdSketch sketch = *DdSketch::Make();
  EXPECT_NEAR(sketch.gamma(), 1.02020202, 1e-8);
  const struct {
    double x;
    std::int32_t index;
    double value;
  } known[] = {
      {0.001, -345, 0.000997478115}, {0.5, -34, 0.5015394534},   {1, 0, 0.99},
      {1.5, 21, 1.5067630358},       {2, 35, 1.9936617014},      {10, 116, 10.0746966895},
      {100, 231, 100.4945676887},    {200, 265, 198.3684859812}, {1000, 346, 1002.428008522},
      {1e6, 691, 994912.7844253895}};
  for (const auto& k : known) {
    EXPECT_EQ(sketch.IndexOf(k.x), k.index) << k.x;
    EXPECT_NEAR(sketch.ValueOf(k.index), k.value, 1e-8 * k.value) << k.x;
  }
}

TEST(DdSketch, HasTheKnownQuantiles) {
  const DdSketch sketch = Of(Range(1, 100));
  EXPECT_NEAR(*sketch.Quantile(0), 0.99, 1e-9);
  EXPECT_NEAR(*sketch.Quantile(0.5), 49.90296095, 1e-7);
  EXPECT_NEAR(*sketch.Quantile(0.95), 94.64203039, 1e-7);
  EXPECT_NEAR(*sketch.Quantile(0.99), 98.50457627, 1e-7);
  EXPECT_NEAR(*sketch.Quantile(1), 100.49456771, 1e-7);
}

TEST(DdSketch, MergesExactly) {
  DdSketch merged = Of(Range(1, 50));
  ASSERT_THAT(merged.Merge(Of(Range(51, 100))), IsOk());
  EXPECT_EQ(merged, Of(Range(1, 100)));
  EXPECT_NE(merged, Of(Range(1, 99)));
}

TEST(DdSketch, OrdersNegativesZeroesAndPositives) {
  const DdSketch sketch = Of({-100, -1, 0, -0.0, kMin / 2, 1, 100});
  EXPECT_NEAR(*sketch.Quantile(0), -100.49456771, 1e-7);
  EXPECT_NEAR(*sketch.Quantile(1.0 / 6), -0.99, 1e-9);
  EXPECT_EQ(*sketch.Quantile(0.5), 0);
  EXPECT_NEAR(*sketch.Quantile(1), 100.49456771, 1e-7);
}

TEST(DdSketch, TakesTheLargestAndTheLeastMagnitudes) {
  const DdSketch sketch = Of({-kMax, kMin, kMax}, 0.01, kMostBuckets);
  EXPECT_NEAR(*sketch.Quantile(1) / kMax, 1, 0.011);
  EXPECT_NEAR(*sketch.Quantile(0) / kMax, -1, 0.011);
  EXPECT_TRUE(std::isfinite(*sketch.Quantile(0.5)));
}

TEST(DdSketch, KeepsTheHighestBucketsWhenItMustCollapse) {
  const DdSketch sketch = Of({1e-9, 1e-6, 1, 10, 20}, 0.01, 256);
  EXPECT_NEAR(*sketch.Quantile(1), 20, 0.2);
  EXPECT_NEAR(*sketch.Quantile(0.75), 10, 0.1);
  const double lowest = sketch.ValueOf(sketch.IndexOf(20) - 255);
  EXPECT_NEAR(*sketch.Quantile(0), lowest, 1e-9);
}

TEST(DdSketch, RefusesABatchWithNanWhole) {
  DdSketch sketch = Of({1, 2});
  const DdSketch before = sketch;
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    EXPECT_THAT(sketch.Add(Values{3, bad, 4}), Fails(kInvalid, Reason::kDATA_NOT_A_NUMBER));
  EXPECT_EQ(sketch, before);
  EXPECT_EQ(sketch.count(), 2u);
}

TEST(DdSketch, RefusesOtherParametersUnchanged) {
  DdSketch sketch = Of({1, 2});
  const DdSketch before = sketch;
  EXPECT_THAT(sketch.Merge(*DdSketch::Make(0.02)), Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(sketch.Merge(*DdSketch::Make(0.01, 1024)),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_EQ(sketch, before);
}

TEST(DdSketch, RefusesMoreThanTheMostCountsUnchanged) {
  const std::string text =
      R"({"alpha":"0.01","buckets":2048,"negative":[],"positive":[[0,9007199254740991]],"zero":0})";
  DdSketch full = *DdSketch::Parse(text);
  EXPECT_THAT(full.Add(Values{1}), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(full.Merge(Of({1})), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_EQ(full.Encode(), text);
}

TEST(DdSketch, WantsSaneParametersAndQuantiles) {
  for (const double alpha : {0.0, 1e-5, 0.6, -1.0, std::nan("")})
    EXPECT_THAT(DdSketch::Make(alpha), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(DdSketch::Make(0.01, 15), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(DdSketch::Make(0.01, kMostBuckets + 1), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(DdSketch::Make()->Quantile(0.5),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_EMPTY));
  for (const double q : {-0.1, 1.1, std::nan("")})
    EXPECT_THAT(Of({1}).Quantile(q), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(DdSketch, HasOneText) {
  const DdSketch sketch = Of({-2, 0, 0, 1, 100, 100}, 0.01, 512);
  const std::string text =
      R"({"alpha":"0.01","buckets":512,"negative":[[35,1]],"positive":[[0,1],[231,2]],"zero":2})";
  EXPECT_EQ(sketch.Encode(), text);
  EXPECT_EQ(*DdSketch::Parse(text), sketch);
}

TEST(DdSketch, RefusesTextsThatItWouldNotHaveWritten) {
  const auto with = [](std::string_view positive) {
    return fmt::format(R"({{"alpha":"0.01","buckets":512,"negative":[],"positive":{},"zero":0}})",
                       positive);
  };
  ASSERT_THAT(DdSketch::Parse(with("[[0,1]]")), IsOk());
  for (const std::string& text : std::vector<std::string>{
           "",
           "{}",
           "[]",
           with("[[0,0]]"),
           with("[[1,1],[0,1]]"),
           with("[[0,1],[0,1]]"),
           with("[[0,-1]]"),
           with("[[0.5,1]]"),
           with("[[0]]"),
           with("[0,1]"),
           with("[[0,1,2]]"),
           with("[[\"0\",1]]"),
           with("{\"a\":[0,1]}"),
           with("[[99999999,1]]"),
           with("[[-9223372036854775808,1]]"),
           with("[[18446744073709551615,1]]"),
           with("[[0,9007199254740992]]"),
           with("[[0,9007199254740991],[1,1]]"),
           with("[[0,1],[512,1]]"),  // 513 indices apart; of the 512 the lowest would take it.
           with("[[0,1]] "),
           std::string(kMostSketchBytes + 1, '['),
           std::string(R"({"alpha":"0.010","buckets":512,"negative":[],"positive":[],"zero":0})"),
           std::string(R"({"alpha":"0.9","buckets":512,"negative":[],"positive":[],"zero":0})"),
           std::string(
               R"({"alpha":"0.01","buckets":4294967808,"negative":[],"positive":[],"zero":0})")})
    EXPECT_THAT(DdSketch::Parse(text), Fails(kInvalid, Reason::kARTEFACT_INVALID)) << text;
}

TEST(DdSketch, WithAllItsBucketsStillHasAText) {
  DdSketch sketch = *DdSketch::Make(0.01, kMostBuckets);
  Values values;
  for (std::uint32_t i = 0; i < kMostBuckets; ++i) {
    values.push_back(sketch.ValueOf(static_cast<std::int32_t>(i) - 30'000));
    values.push_back(-values.back());
  }
  ASSERT_THAT(sketch.Add(values), IsOk());
  EXPECT_EQ(*DdSketch::Parse(sketch.Encode()), sketch);
}

// What Add counts a value at is what IndexOf says, at the edges of buckets too.
TEST(DdSketchProperty, BatchesCountWhereIndexOfSays) {
  for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const double alpha = std::array{1e-4, 0.01, 0.5}[seed % 3];
    const DdSketch empty = *DdSketch::Make(alpha);
    for (int i = 0; i < 100; ++i) {
      const int exponent = static_cast<int>(rng.Below(2045)) - 1022;
      double x = std::ldexp(1 + static_cast<double>(rng.Next() >> 11) * 0x1p-53, exponent);
      if (i % 2 == 0) {  // The upper edge of its bucket, or next to it.
        const double edge = std::exp(empty.IndexOf(x) * std::log(empty.gamma()));
        if (edge > kMin && edge < kMax) x = std::nextafter(edge, rng.Below(2) == 0 ? 0 : kMax);
      }
      ASSERT_EQ(Of({x}, alpha).Encode(),
                fmt::format(
                    R"({{"alpha":"{}","buckets":2048,"negative":[],"positive":[[{},1]],"zero":0}})",
                    alpha == 1e-4 ? "1e-04" : fmt::format("{}", alpha), empty.IndexOf(x)))
          << x;
    }
  }
}

// A wide mixture: magnitudes over `decades`, either sign.
Values Mixture(SeededRng& rng, std::size_t count, std::uint64_t decades) {
  Values out(count);
  for (double& v : out) {
    const double exponent = static_cast<double>(rng.Below(decades * 1000)) / 1000;
    v = std::pow(10, exponent - static_cast<double>(decades) / 2) * (rng.Below(4) == 0 ? -1 : 1);
  }
  return out;
}

// Whatever the values: every quantile is within alpha of the value that has its rank.
TEST(DdSketchProperty, QuantilesAreWithinAlpha) {
  for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Values values = Mixture(rng, 1 + rng.Below(500), 12);
    const double alpha = seed % 2 == 0 ? 0.01 : 0.05;
    const DdSketch sketch = Of(values, alpha);
    std::ranges::sort(values);
    for (int i = 0; i <= 20; ++i) {
      const auto rank = static_cast<std::size_t>(i / 20.0 * static_cast<double>(values.size() - 1));
      ASSERT_NEAR(*sketch.Quantile(i / 20.0), values[rank],
                  alpha * (1 + 1e-9) * std::abs(values[rank]));
    }
  }
}

// However values are dealt and in whatever order parts merge, even when low buckets collapse: the
// sketch is that of all values.
TEST(DdSketchProperty, PartsMergeToTheWholeWhenTheyCollapseToo) {
  for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const auto buckets = static_cast<std::uint32_t>(16 + rng.Below(300));
    const Values values = Mixture(rng, 200, 1 + rng.Below(20));
    std::vector<DdSketch> parts(4, *DdSketch::Make(0.01, buckets));
    for (const double v : values) ASSERT_THAT(parts[rng.Below(4)].Add(Values{v}), IsOk());
    DdSketch merged = *DdSketch::Make(0.01, buckets);
    for (std::size_t i = 0, first = rng.Below(4); i < 4; ++i)
      ASSERT_THAT(merged.Merge(*DdSketch::Parse(parts[(first + i) % 4].Encode())), IsOk());
    ASSERT_EQ(merged, Of(values, 0.01, buckets));
    ASSERT_EQ(merged.Encode(), Of(values, 0.01, buckets).Encode());
    ASSERT_EQ(merged.count(), values.size());
  }
}

}  // namespace
}  // namespace muster::drift
