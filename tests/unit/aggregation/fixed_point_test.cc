#include "aggregation/fixed_point.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>

#include "base/seeded.h"

namespace muster::aggregation {
namespace {
// round_half_even of a finite double below 2^62, from its bits alone.
std::int64_t RoundHalfEven(double p) {
  const auto bits = std::bit_cast<std::uint64_t>(p);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1075;
  const std::uint64_t mantissa = (bits & ((1ULL << 52) - 1)) | 1ULL << 52;
  std::uint64_t magnitude = 0;
  if (exponent >= 0) {
    magnitude = mantissa << exponent;
  } else if (exponent >= -53) {
    const auto scaled = static_cast<unsigned __int128>(mantissa) << 64 >> -exponent;
    const auto whole = static_cast<std::uint64_t>(scaled >> 64);
    const auto fraction = static_cast<std::uint64_t>(scaled);
    magnitude = whole + (fraction > 1ULL << 63 || (fraction == 1ULL << 63 && whole % 2 == 1));
  }
  return bits >> 63 ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
}

TEST(FixedPoint, FractionBitsFollowTheUpdatesAndTheBound) {
  EXPECT_EQ(FixedPoint::Make(1 << 17, 16)->fraction_bits(), 41);  // The documented example.
  EXPECT_EQ(FixedPoint::Make(1, 1)->fraction_bits(), 62);
  EXPECT_EQ(FixedPoint::Make(1)->fraction_bits(), 58);
  EXPECT_EQ(FixedPoint::Make(2, 2)->fraction_bits(), 60);
  EXPECT_EQ(FixedPoint::Make(3, 2.5)->fraction_bits(), 58);
  EXPECT_EQ(FixedPoint::Make(4, 4)->fraction_bits(), 58);
  EXPECT_EQ(FixedPoint::Make(5, 4.0000001)->fraction_bits(), 56);
  EXPECT_EQ(FixedPoint::Make(1ULL << 40, 64)->fraction_bits(), 16);
  EXPECT_EQ(FixedPoint::Make(1 << 17)->one(), 2199023255552.0);
}

TEST(FixedPoint, WhatLeavesTooFewBitsIsRefusedWithTheArithmetic) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const std::pair<std::uint64_t, double> bad[] = {{0, 16},          {(1ULL << 40) + 1, 1},
                                                  {1ULL << 63, 1},  {~0ULL, 1},
                                                  {10, 0},          {10, 0.99},
                                                  {10, -16},        {10, kNaN},
                                                  {10, 1e308},      {10, 16'777'217},
                                                  {1ULL << 40, 65}, {(1ULL << 30) + 1, 65'536}};
  for (const auto& [updates, bound] : bad)
    EXPECT_EQ(FixedPoint::Make(updates, bound).status().code(), absl::StatusCode::kInvalidArgument)
        << updates << " " << bound;
  const Status status = FixedPoint::Make(1ULL << 40, 128).status();
  EXPECT_EQ(MessageOf(status),
            "62 bits - 40 for 1099511627776 updates - 7 for |x| <= 128 leave 15 fractional bits; "
            "16 are needed");
}

TEST(FixedPoint, ScaleIsTheShareOfTheCapTimesTwoToTheF) {
  const FixedPoint fixed = *FixedPoint::Make(1 << 17);
  EXPECT_EQ(*fixed.Scale(7, 7), fixed.one());
  EXPECT_EQ(*fixed.Scale(1, 4), fixed.one() / 4);
  EXPECT_EQ(*fixed.Scale(1, 3), 1.0 / 3 * fixed.one());
  for (const double weight : {0.0, -1.0, 7.5, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()})
    EXPECT_EQ(ReasonOf(fixed.Scale(weight, 7).status()), Reason::kUPDATE_OVER_WEIGHT) << weight;
}

TEST(FixedPoint, AWeightThatWouldRoundToNothingIsRefused) {
  const FixedPoint fixed = *FixedPoint::Make(1 << 17);
  EXPECT_TRUE(fixed.Scale(1, fixed.one()).ok());
  EXPECT_EQ(ReasonOf(fixed.Scale(1, fixed.one() * 2).status()), Reason::kUPDATE_OVER_WEIGHT);
  EXPECT_EQ(ReasonOf(fixed.Scale(1e-300, 1e300).status()), Reason::kUPDATE_OVER_WEIGHT);
}

TEST(FixedPoint, TermsRoundHalfToEven) {
  const std::pair<float, std::int64_t> cases[] = {
      {0.5f, 0},  {1.5f, 2},    {2.5f, 2},  {-0.5f, 0}, {-1.5f, -2},          {-2.5f, -2},
      {0.75f, 1}, {-0.75f, -1}, {0.25f, 0}, {-0.0f, 0}, {8388607.5f, 8388608}};
  for (const auto& [x, term] : cases) EXPECT_EQ(FixedPoint::Term(x, 1), term) << x;
  EXPECT_EQ(FixedPoint::Term(1, 0x1p62), 1LL << 62);
  EXPECT_EQ(FixedPoint::Term(-16, 0x1p58), -(1LL << 62));
}

TEST(FixedPoint, TermsEqualIntegerArithmeticOnTheBitsOfTheProduct) {
  SeededRng rng(51);
  for (int i = 0; i < 200'000; ++i) {
    const auto x = static_cast<float>(std::ldexp(static_cast<double>(rng.Next() >> 40) - 8388608,
                                                 static_cast<int>(rng.Below(40)) - 58));
    const double scale = std::ldexp(static_cast<double>((rng.Next() >> 11) + 1),
                                    static_cast<int>(rng.Below(60)) - 53);
    ASSERT_EQ(FixedPoint::Term(x, scale), RoundHalfEven(static_cast<double>(x) * scale))
        << "seed=51 case=" << i << " x=" << x << " scale=" << scale;
  }
}
}  // namespace
}  // namespace muster::aggregation
