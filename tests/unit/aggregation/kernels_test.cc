#include "aggregation/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "aggregation/fixed_point.h"
#include "tests/unit/aggregation/testing.h"

namespace muster::aggregation {
namespace {
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Values that a rounding can get wrong: ties, their neighbours, both zeros, powers of two, the
// smallest and largest magnitudes within the bound of 16.
std::vector<float> Corners() {
  std::vector<float> out = {0, -0.0f, std::numeric_limits<float>::denorm_min(),
                            -std::numeric_limits<float>::denorm_min()};
  for (int e = -126; e <= 4; ++e)
    for (const float m : {1.0f, 1.5f, 1.25f, 1.75f}) {
      const float x = std::min(16.0f, std::ldexp(m, e));
      for (const float y : {x, std::nextafter(x, 0.0f), std::min(16.0f, std::nextafter(x, kInf))}) {
        out.push_back(y);
        out.push_back(-y);
      }
    }
  return out;
}

TEST(Kernels, MoreThanOneTargetIsUnderTest) {
  std::vector<std::string> names;
  OnEveryTarget([&](const char* target) { names.push_back(target); });
  EXPECT_GE(names.size(), 2u);
  std::printf("targets:");
  for (const std::string& name : names) std::printf(" %s", name.c_str());
  std::printf("\n");
}

TEST(FoldRows, EveryTargetGivesTheDefinedTermOnCornerValues) {
  const std::vector<float> values = Corners();
  for (const double scale :
       {1.0, 0.5, 0x1p58, 0x1p41, 0x1p41 / 3, 0x1p58 / 7, std::nextafter(0x1p58, 0.0), 0x1p20, 0.3})
    OnEveryTarget([&](const char* target) {
      SCOPED_TRACE(testing::Message() << target << " scale=" << scale);
      std::vector<std::int64_t> sums(values.size(), 5);
      const FoldRow row{values.data(), scale};
      FoldRows({&row, 1}, values.size(), sums.data());
      for (std::size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(sums[i], 5 + FixedPoint::Term(values[i], scale)) << "x=" << values[i];
    });
}

TEST(FoldRows, EveryTargetNumberOfRowsAndLengthAgreesWithTheDefinition) {
  OnEveryTarget([&](const char* target) {
    SeededRng rng(61);
    for (std::size_t rows = 0; rows <= 19; ++rows)
      for (const std::size_t n : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
        std::vector<std::vector<float>> values;
        std::vector<FoldRow> fold;
        for (std::size_t r = 0; r < rows; ++r) {
          values.push_back(RandomDelta(rng, n));
          fold.push_back({nullptr, 0x1p53 / static_cast<double>(1 + rng.Below(1000))});
        }
        std::vector<std::int64_t> sums(n + 1, 77), expected(n + 1, 77);
        for (std::size_t r = 0; r < rows; ++r) {
          fold[r].values = values[r].data();
          for (std::size_t i = 0; i < n; ++i)
            expected[i] += FixedPoint::Term(values[r][i], fold[r].scale);
        }
        FoldRows(fold, n, sums.data());
        ASSERT_EQ(sums, expected) << target << " seed=61 rows=" << rows << " n=" << n;
      }
  });
}

TEST(FoldRows, BlocksJoinWithoutASeam) {
  SeededRng rng(62);
  const std::size_t n = 2 * 16'384 + 5;
  const std::vector<float> values = RandomDelta(rng, n);
  const std::vector<FoldRow> rows(11, FoldRow{values.data(), 0x1p50 / 3});
  std::vector<std::int64_t> sums(n);
  FoldRows(rows, n, sums.data());
  for (std::size_t i = 0; i < n; ++i)
    ASSERT_EQ(sums[i], 11 * FixedPoint::Term(values[i], 0x1p50 / 3)) << i;
}

TEST(AddSums, AddsOnEveryTarget) {
  SeededRng rng(63);
  for (const std::size_t n : {0, 1, 5, 8, 21}) {
    std::vector<std::int64_t> from(n), to(n), expected(n);
    for (std::size_t i = 0; i < n; ++i) {
      from[i] = static_cast<std::int64_t>(rng.Next()) >> 1;
      to[i] = static_cast<std::int64_t>(rng.Next()) >> 1;
      expected[i] = from[i] + to[i];
    }
    OnEveryTarget([&](const char* target) {
      std::vector<std::int64_t> out = to;
      AddSums(from.data(), n, out.data());
      EXPECT_EQ(out, expected) << target << " n=" << n;
    });
  }
}

TEST(DivideSums, EveryTargetRoundsTheQuotientAlike) {
  SeededRng rng(64);
  std::vector<std::int64_t> sums = {0,
                                    1,
                                    -1,
                                    1LL << 62,
                                    -(1LL << 62),
                                    (1LL << 53) + 1,
                                    (1LL << 53) + 3,
                                    -((1LL << 53) + 1),
                                    (1LL << 62) - 1};
  for (int i = 0; i < 4000; ++i)
    sums.push_back(static_cast<std::int64_t>(rng.Next()) >> (1 + rng.Below(62)));
  for (const double divisor : {1.0, 3.0, 0x1p41, 0x1p58 / 7, 12345678901.0})
    OnEveryTarget([&](const char* target) {
      std::vector<float> out(sums.size());
      DivideSums(sums.data(), sums.size(), divisor, out.data());
      for (std::size_t i = 0; i < sums.size(); ++i)
        ASSERT_EQ(out[i], static_cast<float>(static_cast<double>(sums[i]) / divisor))
            << target << " sum=" << sums[i] << " divisor=" << divisor;
    });
}

TEST(Scan, EveryTargetGivesTheSameBits) {
  SeededRng rng(65);
  for (const std::size_t n : {0, 1, 15, 16, 17, 100, 1000, 65'536}) {
    const std::vector<float> values = RandomDelta(rng, n);
    double lanes[16] = {};
    std::uint32_t max_bits = 0;
    for (std::size_t i = 0; i < n; ++i) {
      lanes[i % 16] += static_cast<double>(values[i]) * values[i];
      max_bits = std::max(max_bits, std::bit_cast<std::uint32_t>(std::abs(values[i])));
    }
    for (std::size_t width = 8; width > 0; width /= 2)
      for (std::size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    OnEveryTarget([&](const char* target) {
      const ScanResult result = Scan(values.data(), n);
      EXPECT_EQ(result.squares, lanes[0]) << target << " n=" << n;
      EXPECT_EQ(result.max_bits, max_bits) << target << " n=" << n;
    });
  }
}

TEST(Scan, SeesWhatIsNotFiniteInEveryLaneAndTail) {
  OnEveryTarget([&](const char* target) {
    for (std::size_t n = 1; n <= 40; ++n)
      for (std::size_t at = 0; at < n; ++at)
        for (const float bad : {kNaN, -kNaN, kInf, -kInf}) {
          std::vector<float> values(n, 1.5f);
          values[at] = bad;
          ASSERT_GE(Scan(values.data(), n).max_bits, 0x7f800000u)
              << target << " " << n << " " << at;
        }
  });
}
}  // namespace
}  // namespace muster::aggregation
