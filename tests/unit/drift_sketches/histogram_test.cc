#include "drift/sketches/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using Counts = std::vector<std::uint64_t>;
using Values = std::vector<double>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Counts CellsOf(const Histogram& h) { return {h.cells().begin(), h.cells().end()}; }

TEST(Bins, HoldTheirLowerEdgeAndTheLastOneBoth) {
  const Bins bins = *Bins::At({-1, 0, 2});
  EXPECT_EQ(bins.CellOf(std::nextafter(-1, -2)), 0u);
  EXPECT_EQ(bins.CellOf(-1), 1u);
  EXPECT_EQ(bins.CellOf(0), 2u);
  EXPECT_EQ(bins.CellOf(2), 2u);
  EXPECT_EQ(bins.CellOf(std::nextafter(2, 3)), 3u);
  EXPECT_EQ(bins.CellOf(-HUGE_VAL), 0u);
  EXPECT_EQ(bins.CellOf(HUGE_VAL), 3u);
  EXPECT_EQ(bins.CellOf(std::nan("")), bins.null_cell());
  EXPECT_EQ(bins.Positions(), (Values{-1, -0.5, 1, 2}));
}

TEST(Bins, OfEqualWidthEndAtTheEndsOfTheRange) {
  const Bins bins = *Bins::Even(-0.1, 0.7, 7);
  EXPECT_EQ(bins.count(), 7u);
  EXPECT_EQ(bins.edges().front(), -0.1);
  EXPECT_EQ(bins.edges().back(), 0.7);
}

TEST(Bins, AreFiniteAscendingAndNotTooMany) {
  for (const Values& edges :
       {Values{}, {1}, {1, 1}, {2, 1}, {0, std::nan("")}, {0, HUGE_VAL}, {-2e300, 0}})
    EXPECT_THAT(Bins::At(edges), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(Bins::Even(0, 1, 0), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(Bins::Even(0, 1, kMostBins), IsOk());
  EXPECT_THAT(Bins::Even(0, 1, kMostBins + 1), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(Bins::Even(1, 1 + 1e-15, 100), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(Histogram, CountsWhatIsBelowAboveAndNull) {
  Histogram h(*Bins::Even(0, 4, 4));
  ASSERT_THAT(h.Add(Values{-1, 0, 0.5, 3, 4, 9, HUGE_VAL, std::nan("")}), IsOk());
  EXPECT_EQ(CellsOf(h), (Counts{1, 2, 0, 0, 2, 2, 1}));
  EXPECT_EQ(h.rows(), 8u);
  EXPECT_EQ(h.nulls(), 1u);
  EXPECT_EQ(h.values().size(), 6u);
}

TEST(Histogram, RefusesOtherBinsUnchanged) {
  Histogram h(*Bins::Even(0, 4, 4));
  ASSERT_THAT(h.Add(Values{1, 2}), IsOk());
  const Histogram before = h;
  EXPECT_THAT(h.Merge(Histogram(*Bins::Even(0, 4, 5))),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(h.Merge(Histogram(*Bins::Even(0, 5, 4))),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_EQ(h, before);
}

TEST(Histogram, RefusesMoreThanTheMostCountsUnchanged) {
  Histogram full = *Histogram::Of(*Bins::Even(0, 1, 1), {0, kMostCount, 0, 0});
  const Histogram before = full;
  EXPECT_THAT(full.Add(Values{0.5}), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(full.Merge(before), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_EQ(full, before);
  EXPECT_THAT(Histogram::Of(before.bins(), {1, kMostCount, 0, 0}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(Histogram::Of(before.bins(), {UINT64_MAX, 2, 0, 0}),
              Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(Histogram::Of(before.bins(), {1, 0, 0}), Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
}

TEST(Histogram, HasOneText) {
  Histogram h(*Bins::At({-0.0, 0.5, 1}));
  ASSERT_THAT(h.Add(Values{0.1, 0.7, 0.8, 3}), IsOk());
  const std::string text = R"({"counts":[0,1,2,1,0],"edges":["0","0.5","1"]})";
  EXPECT_EQ(h.Encode(), text);
  EXPECT_EQ(*Histogram::Parse(text), h);
}

TEST(Histogram, RefusesTextsThatItWouldNotHaveWritten) {
  for (const std::string& text : std::vector<std::string>{
           "", "{}", "[]", "null", R"({"counts":[0,1,2,1,0],"edges":["0","0.5","1"]} )",
           R"({"edges":["0","0.5","1"],"counts":[0,1,2,1,0]})",
           R"({"counts":[0,1,2,1],"edges":["0","0.5","1"]})",
           R"({"counts":[0,1,2,1,-1],"edges":["0","0.5","1"]})",
           R"({"counts":[0,1,2,1,0.5],"edges":["0","0.5","1"]})",
           R"({"counts":{"a":1},"edges":["0","0.5","1"]})",
           R"({"counts":[0,1,2,1,0],"edges":["-0","0.5","1"]})",
           R"({"counts":[0,1,2,1,0],"edges":["0","0.50","1"]})",
           R"({"counts":[0,1,2,1,0],"edges":["0","nan","1"]})",
           R"({"counts":[0,1,2,1,0],"edges":["0","2","1"]})",
           R"({"counts":[0,1,2,1,0],"edges":[0,1,2]})",
           R"({"counts":[0,1,2,1,0],"edges":["0","0.5","1"],"more":1})",
           R"({"counts":[0,9007199254740992,2,1,0],"edges":["0","0.5","1"]})",
           R"({"counts":[[[[[]]]]],"edges":["0","0.5","1"]})",
           std::string(kMostHistogramBytes + 1, '[')})
    EXPECT_THAT(Histogram::Parse(text), Fails(kInvalid, Reason::kARTEFACT_INVALID)) << text;
}

TEST(Histogram, OfTheMostBinsAndCountsStillHasAText) {
  std::vector<double> edges;
  for (std::size_t i = 0; i <= kMostBins; ++i)
    edges.push_back(-1.2345678901234567e-300 * static_cast<double>(kMostBins + 1 - i));
  const Histogram h =
      *Histogram::Of(*Bins::At(edges), Counts(kMostBins + 3, kMostCount / (kMostBins + 3)));
  EXPECT_EQ(*Histogram::Parse(h.Encode()), h);
}

// Whatever the values, and however they are dealt to parts: the parts merge, in any order and over
// their texts, to the histogram of all.
TEST(HistogramProperty, PartsMergeToTheWhole) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const Bins bins = *Bins::Even(-1, 1, static_cast<std::uint32_t>(1 + rng.Below(40)));
    Histogram whole(bins);
    std::vector<Histogram> parts(5, whole);
    for (int i = 0; i < 300; ++i) {
      const double v =
          rng.Below(20) == 0 ? std::nan("") : static_cast<double>(rng.Below(300)) / 100 - 1.5;
      ASSERT_THAT(whole.Add(Values{v}), IsOk());
      ASSERT_THAT(parts[rng.Below(5)].Add(Values{v}), IsOk());
    }
    Histogram merged(bins);
    for (std::size_t i = 0, first = rng.Below(5); i < 5; ++i)
      ASSERT_THAT(merged.Merge(*Histogram::Parse(parts[(first + i) % 5].Encode())), IsOk());
    ASSERT_EQ(merged, whole);
  }
}

}  // namespace
}  // namespace muster::drift
