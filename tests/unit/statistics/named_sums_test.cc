// Counts far larger than a lane through the vectors of a session, and back as exact totals.
#include "aggregation/secagg/named_sums.h"

#include <gtest/gtest.h>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

// Of any length in bits, so that small numbers and the largest come alike.
std::uint64_t DrawMost(SeededRng& rng) {
  return 1 + (rng.Next() & kMostSummand) % (std::uint64_t{1} << (1 + rng.Below(62)));
}

std::vector<SumField> DrawFields(SeededRng& rng) {
  std::vector<SumField> out;
  const std::uint64_t fields = 1 + rng.Below(5);
  for (std::uint64_t f = 0; f < fields; ++f)
    out.push_back(
        {fmt::format("field_{}", f), 1 + rng.Below(9000), std::min(DrawMost(rng), kMostSummand)});
  return out;
}

SumValues DrawValues(const std::vector<SumField>& fields, SeededRng& rng) {
  SumValues out;
  for (const SumField& field : fields) {
    std::vector<std::uint64_t>& values = out.emplace_back(field.count);
    for (std::uint64_t& v : values) v = rng.Below(10) == 0 ? field.most : rng.Below(field.most + 1);
  }
  return out;
}

void AddVector(LaneVector& sum, const LaneVector& vector) {
  Bytes wire(vector.segments().wire_bytes());
  ASSERT_THAT(vector.WriteWire(vector.AllTiles(), wire), IsOk());
  ASSERT_THAT(sum.AddWire(sum.AllTiles(), wire), IsOk());
}

LaneVector VectorOf(const std::vector<SumField>& fields, std::uint32_t devices) {
  return LaneVector(SumsLayout(fields, devices).value());
}

TEST(NamedSumsProperty, TheSumOfEncodedVectorsOpensToExactTotals) {
  for (int seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const std::vector<SumField> fields = DrawFields(rng);
    const auto most_devices = static_cast<std::uint32_t>(2 + rng.Below(1023));
    const auto n = static_cast<std::uint32_t>(1 + rng.Below(std::min(most_devices, 12U)));
    LaneVector sum = VectorOf(fields, most_devices);
    SumValues expected;
    for (const SumField& field : fields) expected.emplace_back(field.count);
    for (std::uint32_t d = 0; d < n; ++d) {
      const SumValues values = DrawValues(fields, rng);
      LaneVector mine = VectorOf(fields, most_devices);
      ASSERT_THAT(SetSums(fields, values, mine), IsOk());
      AddVector(sum, mine);
      ASSERT_THAT(AddTotals(expected, values), IsOk());
    }
    const auto opened = OpenSums(fields, sum, n);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, expected);
  }
}

TEST(NamedSums, AThousandDevicesAtTheirMostDoNotWrap) {
  const std::vector<SumField> fields = {{"small", 3, 0xffff}, {"large", 2, (1ULL << 40) - 1}};
  LaneVector sum = VectorOf(fields, 1024), one = VectorOf(fields, 1024);
  ASSERT_THAT(SetSums(fields, {{0xffff, 0, 1}, {(1ULL << 40) - 1, 5}}, one), IsOk());
  for (int i = 0; i < 1024; ++i) AddVector(sum, one);
  EXPECT_EQ(OpenSums(fields, sum, 1024).value(),
            (SumValues{{0xffffULL * 1024, 0, 1024}, {((1ULL << 40) - 1) * 1024, 5 * 1024}}));
}

TEST(NamedSums, ATotalBeyondTwoToThe63IsGivenAsTheLargest) {
  const std::vector<SumField> fields = {{"sum", 1, kMostSummand}};
  LaneVector sum = VectorOf(fields, 5), one = VectorOf(fields, 5);
  ASSERT_THAT(SetSums(fields, {{kMostSummand}}, one), IsOk());
  for (int i = 0; i < 3; ++i) AddVector(sum, one);
  EXPECT_EQ(OpenSums(fields, sum, 3).value(), (SumValues{{kMostTotal}}));
  SumValues totals = {{kMostTotal - 1}};
  ASSERT_THAT(AddTotals(totals, {{7}}), IsOk());
  EXPECT_EQ(totals, (SumValues{{kMostTotal}}));
}

TEST(NamedSums, LimbsLieLowestFirstAndThoseOfOneWeightTogether) {
  const std::vector<SumField> fields = {{"a", 2, 0x1'0000}, {"b", 1, 1}};
  const Segments layout = SumsLayout(fields, 3).value();
  EXPECT_EQ(layout[0].count, 4U);
  EXPECT_EQ(layout[0].limit, 0xffff);
  EXPECT_EQ(layout[1].count, 1U);
  EXPECT_EQ(layout[1].limit, 1);
  LaneVector vector(layout);
  ASSERT_THAT(SetSums(fields, {{0x1'0000, 0xfffe}, {1}}, vector), IsOk());
  std::vector<std::int32_t> lanes(4);
  ASSERT_THAT(vector.Sums(0, 0, 1, lanes), IsOk());
  EXPECT_EQ(lanes, (std::vector<std::int32_t>{0, 0xfffe, 1, 0}));
}

TEST(NamedSums, ADeviceCannotGiveMoreThanItsMost) {
  const std::vector<SumField> fields = {{"rows", 2, 100}};
  LaneVector vector = VectorOf(fields, 3);
  EXPECT_THAT(SetSums(fields, {{100, 101}}, vector), Fails(kInvalid, Reason::kUPDATE_OVER_BOUND));
  EXPECT_THAT(SetSums(fields, {{100, 100}}, vector), IsOk());
}

// What masks that were not taken off, or devices that do not keep to their bounds, look like.
TEST(NamedSums, SumsThatHonestDevicesCannotHaveAreRefused) {
  const std::vector<SumField> fields = {{"sum", 1, 0x2'0000}};
  const auto opened = [&fields](std::int32_t low, std::int32_t high) {
    LaneVector sum = VectorOf(fields, 10);
    const std::vector<std::int32_t> lanes = {low, high};
    EXPECT_THAT(sum.Set(0, 0, lanes), IsOk());
    return OpenSums(fields, sum, 1);
  };
  EXPECT_EQ(opened(0, 2).value(), (SumValues{{0x2'0000}}));
  EXPECT_THAT(opened(1, 2), Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND));
  EXPECT_THAT(opened(-1, 1), Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND));
  EXPECT_THAT(opened(0xffff, 0xffff), Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND));
  LaneVector sum = VectorOf(fields, 10), one = VectorOf(fields, 10);
  ASSERT_THAT(SetSums(fields, {{0xffff}}, one), IsOk());
  AddVector(sum, one);
  AddVector(sum, one);
  EXPECT_THAT(OpenSums(fields, sum, 2), IsOk());
  EXPECT_THAT(OpenSums(fields, sum, 1), Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND));
}

TEST(NamedSums, FieldsOutOfRangeHaveNoLayout) {
  const SumField good{"rows", 1, 1};
  const auto bad = [&good](auto change) {
    SumField field = good;
    change(field);
    return SumsLayout(std::vector<SumField>{good, field}, 5);
  };
  EXPECT_THAT(bad([](SumField& f) { f.name = "other"; }), IsOk());
  for (const auto& refused : {bad([](SumField&) {}), bad([](SumField& f) { f.name = "No"; }),
                              bad([](SumField& f) { f.name = "x", f.count = 0; }),
                              bad([](SumField& f) { f.name = "x", f.count = ~0ULL; }),
                              bad([](SumField& f) { f.name = "x", f.most = 0; }),
                              bad([](SumField& f) { f.name = "x", f.most = kMostSummand + 1; })})
    EXPECT_THAT(refused, Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(SumsLayout({}, 5), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(NamedSums, VectorsAndTotalsOfAnotherShapeAreRefused) {
  const std::vector<SumField> fields = {{"a", 2, 9}}, others = {{"a", 2, 8}};
  LaneVector vector = VectorOf(fields, 5);
  EXPECT_THAT(SetSums(others, {{1, 1}}, vector), HasCode(kInvalid));
  EXPECT_THAT(OpenSums(others, vector, 1), HasCode(kInvalid));
  EXPECT_THAT(OpenSums(fields, vector, 0), HasCode(kInvalid));
  EXPECT_THAT(OpenSums(fields, vector, 6), HasCode(kInvalid));
  EXPECT_THAT(SetSums(fields, {{1}}, vector), HasCode(kInvalid));
  EXPECT_THAT(SetSums(fields, {{1, 1}, {1}}, vector), HasCode(kInvalid));
  SumValues totals = {{1, 2}};
  EXPECT_THAT(AddTotals(totals, {{1}}), HasCode(kInvalid));
  EXPECT_THAT(AddTotals(totals, {{1, 2}, {3}}), HasCode(kInvalid));
}

}  // namespace
}  // namespace muster::aggregation::secagg
