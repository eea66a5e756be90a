// Quantisation: unbiased, repeatable, never beyond its bound, and refused where it cannot work.
#include "aggregation/secagg/quantiser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/status_matchers.h"
#include "tests/unit/secagg_primitives/testing.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Words that are all the same: the two ends of chance.
class ConstantStream final : public Keystream {
 public:
  explicit ConstantStream(std::byte value) : value_(value) {}
  Status Fill(std::uint64_t, std::span<std::byte> out) override {
    std::fill(out.begin(), out.end(), value_);
    return Ok();
  }

 private:
  std::byte value_;
};

std::vector<std::int32_t> Quantised(const Quantiser& quantiser, std::span<const float> values,
                                    Keystream& rounding, double scale = 1,
                                    std::uint64_t first = 0) {
  std::vector<std::int32_t> out(values.size());
  EXPECT_THAT(quantiser.Quantise(values, scale, first, rounding, out), IsOk());
  return out;
}

TEST(Quantiser, TheLimitComesFromTheBitsAndTheDevices) {
  EXPECT_EQ(Quantiser::Make(1, LaneBits::k16, 100)->limit(), 327);
  EXPECT_EQ(Quantiser::Make(1, LaneBits::k16, 1000)->limit(), 32);
  EXPECT_EQ(Quantiser::Make(1, LaneBits::k24, 1000)->limit(), 8'388);
  EXPECT_EQ(Quantiser::Make(1, LaneBits::k32, 1000)->limit(), 2'147'483);
  EXPECT_EQ(Quantiser::Make(3.27, LaneBits::k16, 100)->step(), 3.27 / 327);
}

TEST(Quantiser, TooFewBitsForTheCohortAreRefusedWithTheArithmetic) {
  EXPECT_THAT(Quantiser::Make(1, LaneBits::k16, 1023), IsOk());
  const Status status = Quantiser::Make(1, LaneBits::k16, 1024).status();
  EXPECT_THAT(status, Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_EQ(FieldOf(status), "bits");
  for (const char* part : {"(2^15 - 1) / 1024 devices", "31 steps", "32 are needed"})
    EXPECT_NE(MessageOf(status).find(part), std::string_view::npos) << MessageOf(status);
  EXPECT_EQ(FieldOf(Quantiser::Make(1, LaneBits::k32, 1025).status()), "devices");
}

TEST(Quantiser, ClipsThatAreNoNumbersAreRefused) {
  for (const double clip :
       {0.0, -1.0, 1e-31, 1e31, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_EQ(FieldOf(Quantiser::Make(clip, LaneBits::k32, 10).status()), "clip") << clip;
  EXPECT_EQ(FieldOf(Quantiser::Make(1, LaneBits::k32, 0).status()), "devices");
}

TEST(Quantiser, ValuesOnTheGridStayWhateverTheChance) {
  const Quantiser q = Quantiser::Make(327, LaneBits::k16, 100).value();  // A step is 1.
  const std::vector<float> values = {0, 1, -1, 326, -326, 327, -327, -0.0f};
  const std::vector<std::int32_t> expected = {0, 1, -1, 326, -326, 327, -327, 0};
  for (const std::byte chance : {std::byte{0}, std::byte{0xff}}) {
    ConstantStream rounding(chance);
    EXPECT_EQ(Quantised(q, values, rounding), expected);
  }
}

TEST(Quantiser, ChanceDecidesBetweenTheTwoNeighbours) {
  const Quantiser q = Quantiser::Make(327, LaneBits::k16, 100).value();
  const std::vector<float> values = {0.5f, -0.5f, 12.25f, -12.25f, 326.99f, -326.99f};
  ConstantStream up(std::byte{0}), down(std::byte{0xff});
  EXPECT_EQ(Quantised(q, values, up), (std::vector<std::int32_t>{1, 0, 13, -12, 327, -326}));
  EXPECT_EQ(Quantised(q, values, down), (std::vector<std::int32_t>{0, -1, 12, -13, 326, -327}));
}

TEST(Quantiser, WhatIsBeyondTheClipIsClippedAndCounted) {
  const Quantiser q = Quantiser::Make(1, LaneBits::k32, 1000).value();
  const std::vector<float> values = {1, -1, 1.0001f, -2, 3e38f, -3e38f, 0};
  std::vector<std::int32_t> out(values.size());
  const auto rounding = StreamOf(1);
  const auto clipped = q.Quantise(values, 1, 0, *rounding, out);
  ASSERT_THAT(clipped, IsOk());
  EXPECT_EQ(*clipped, 4u);
  const auto l = static_cast<std::int32_t>(q.limit());
  EXPECT_EQ(out, (std::vector<std::int32_t>{l, -l, l, -l, l, -l, 0}));
}

TEST(QuantiserProperty, NothingLeavesTheLimitForAnyClipBitsOrCohort) {
  for (int seed = 0; seed < Cases(60); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const LaneBits bits[] = {LaneBits::k16, LaneBits::k24, LaneBits::k32};
    const double clip =
        std::ldexp(1.0 + rng.Below(1000) / 1000.0, static_cast<int>(rng.Below(60)) - 30);
    const Quantiser q =
        Quantiser::Make(clip, bits[rng.Below(3)], 1 + static_cast<std::uint32_t>(rng.Below(1023)))
            .value();
    std::vector<float> values(300);
    for (float& x : values)
      x = static_cast<float>(clip * (static_cast<double>(rng.Below(2'000'001)) / 1e6 - 1) * 1.01);
    values[0] = static_cast<float>(clip);
    values[1] = std::nextafter(static_cast<float>(clip), 0.0f);
    values[2] = -std::nextafter(static_cast<float>(clip), kInfinity);
    const auto stream = StreamOf(seed);
    ConstantStream up(std::byte{0}), down(std::byte{0xff});
    for (Keystream* rounding : {static_cast<Keystream*>(stream.get()), static_cast<Keystream*>(&up),
                                static_cast<Keystream*>(&down)}) {
      const auto out = Quantised(q, values, *rounding);
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_LE(std::abs(static_cast<std::int64_t>(out[i])), q.limit()) << values[i];
        const double clipped = std::min(std::max<double>(values[i], -clip), clip);
        ASSERT_LE(std::abs(out[i] * q.step() - clipped), q.step() * 1.0000001) << values[i];
      }
    }
  }
}

TEST(Quantiser, RoundingIsUnbiased) {
  const Quantiser q = Quantiser::Make(32, LaneBits::k16, 1000).value();  // A step is 1.
  constexpr std::size_t kDraws = 1 << 18;
  for (const float x : {0.1f, -0.1f, 3.5f, -7.75f, 31.999f, 1e-4f}) {
    const std::vector<float> values(kDraws, x);
    const auto rounding = StreamOf(99);
    double sum = 0;
    for (const std::int32_t value : Quantised(q, values, *rounding)) sum += value;
    const double fraction = x - std::floor(x);
    const double deviation = std::sqrt(fraction * (1 - fraction) * kDraws);
    EXPECT_NEAR(sum, static_cast<double>(x) * kDraws, 5 * deviation) << x;
  }
}

TEST(Quantiser, TheScaleIsAppliedBeforeTheClip) {
  const Quantiser q = Quantiser::Make(327, LaneBits::k16, 100).value();
  const std::vector<float> values = {400, 654, -656, 8};
  ConstantStream up(std::byte{0});
  EXPECT_EQ(Quantised(q, values, up, 0.5), (std::vector<std::int32_t>{200, 327, -327, 4}));
}

TEST(Quantiser, TheSameSeedGivesTheSameIntegersHoweverTheVectorIsCut) {
  const Quantiser q = Quantiser::Make(4, LaneBits::k24, 10).value();
  SeededRng rng(4);
  std::vector<float> values(20'000);
  for (float& x : values) x = static_cast<float>(rng.Below(1'000'000)) * 8e-6f - 4;
  const auto a = StreamOf(1), b = StreamOf(1), c = StreamOf(2);
  const auto whole = Quantised(q, values, *a);
  std::vector<std::int32_t> pieces;
  for (std::size_t begin = 0; begin < values.size(); begin += 4099) {
    const std::size_t n = std::min<std::size_t>(4099, values.size() - begin);
    const auto piece = Quantised(q, std::span(values).subspan(begin, n), *b, 1, begin);
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_NE(Quantised(q, values, *c), whole);
}

TEST(Quantiser, WhatIsNotFiniteIsRefused) {
  const Quantiser q = Quantiser::Make(1, LaneBits::k32, 10).value();
  const auto rounding = StreamOf(1);
  for (const float x : {kInfinity, -kInfinity, std::nanf("")}) {
    std::vector<float> values(5000, 0.5f);
    values[4999] = x;
    std::vector<std::int32_t> out(values.size());
    EXPECT_THAT(q.Quantise(values, 1, 0, *rounding, out),
                Fails(kInvalid, Reason::kUPDATE_NON_FINITE))
        << x;
    EXPECT_EQ(out, std::vector<std::int32_t>(values.size()));
  }
}

TEST(Quantiser, ArgumentsOutOfRangeAreRefused) {
  const Quantiser q = Quantiser::Make(1, LaneBits::k32, 10).value();
  const auto rounding = StreamOf(1);
  const std::vector<float> values(3);
  std::vector<std::int32_t> out(3);
  for (const double scale : {0.0, -1.0, 1.0000001, std::nan("")})
    EXPECT_THAT(q.Quantise(values, scale, 0, *rounding, out), HasCode(kInvalid)) << scale;
  EXPECT_THAT(q.Quantise(values, 1, ~std::uint64_t{0} / 4, *rounding, out), HasCode(kInvalid));
  EXPECT_THAT(q.Quantise(std::span(values).first(2), 1, 0, *rounding, out), HasCode(kInvalid));
  std::vector<float> means(3);
  for (const double divisor : {0.0, -2.0, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THAT(q.Mean(out, divisor, means), HasCode(kInvalid)) << divisor;
  EXPECT_THAT(q.Mean(std::span(out).first(2), 1, means), HasCode(kInvalid));
}

TEST(Quantiser, TheMeanOfManyDevicesIsWithinItsError) {
  constexpr std::uint32_t kDevices = 50;
  const Quantiser q = Quantiser::Make(2, LaneBits::k24, kDevices).value();
  std::vector<std::int32_t> sums(1000);
  std::vector<double> exact(1000);
  for (std::uint32_t d = 0; d < kDevices; ++d) {
    SeededRng rng(d);
    std::vector<float> values(1000);
    for (float& x : values) x = static_cast<float>(rng.Below(4'000'000)) * 1e-6f - 2;
    const auto rounding = StreamOf(d);
    const auto quantised = Quantised(q, values, *rounding);
    for (std::size_t i = 0; i < 1000; ++i) {
      sums[i] += quantised[i];
      exact[i] += static_cast<double>(values[i]) / kDevices;
    }
  }
  std::vector<float> mean(1000);
  ASSERT_THAT(q.Mean(sums, kDevices, mean), IsOk());
  double squares = 0;
  for (std::size_t i = 0; i < 1000; ++i) squares += (mean[i] - exact[i]) * (mean[i] - exact[i]);
  // Var <= step^2 / (4 m) for each coordinate; the sum of a thousand is near its expectation.
  const double most = 1000 * q.step() * q.step() / (4 * kDevices);
  EXPECT_LT(squares, 1.2 * most);
  EXPECT_GT(squares, 0.3 * most);
}

}  // namespace
}  // namespace muster::aggregation::secagg
