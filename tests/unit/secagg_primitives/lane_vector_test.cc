// Vectors from the device to the sum: masks cancel, the bounds hold at their edges, and tiles can
// be worked on in any order.
#include "aggregation/secagg/lane_vector.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/status_matchers.h"
#include "tests/unit/secagg_primitives/testing.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

Segments Mixed(std::uint32_t devices, std::uint64_t count) {
  std::vector<Segment> segments;
  for (const LaneBits bits : {LaneBits::k24, LaneBits::k16, LaneBits::k32})
    segments.push_back(
        {"s" + std::to_string(BitsOf(bits)), count, bits, LargestTerm(bits, devices)});
  return Segments::Make(devices, std::move(segments)).value();
}
Bytes WireOf(const LaneVector& vector) {
  Bytes out(vector.segments().wire_bytes());
  EXPECT_THAT(vector.WriteWire(vector.AllTiles(), out), IsOk());
  return out;
}
std::vector<std::int32_t> Draw(const Segment& segment, SeededRng& rng) {
  std::vector<std::int32_t> out(segment.count);
  for (std::int32_t& value : out)
    value = static_cast<std::int32_t>(static_cast<std::int64_t>(rng.Below(2 * segment.limit + 1)) -
                                      segment.limit);
  return out;
}

// Devices in a ring: each adds its own mask and subtracts its successor's, so that all cancel.
TEST(LaneVectorProperty, MaskedVectorsAddUpToTheExactSumsOfEverySegment) {
  for (int seed = 0; seed < Cases(20); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const auto devices = static_cast<std::uint32_t>(2 + rng.Below(6));
    const Segments segments = Mixed(devices, 1 + rng.Below(9000));
    LaneVector total(segments);
    std::vector<std::vector<std::int64_t>> expected(3);
    for (std::uint32_t d = 0; d < devices; ++d) {
      LaneVector mine(segments);
      for (std::size_t s = 0; s < 3; ++s) {
        const auto values = Draw(segments[s], rng);
        ASSERT_THAT(mine.Set(s, 0, values), IsOk());
        expected[s].resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) expected[s][i] += values[i];
      }
      const auto own = StreamOf(seed * 100 + d), next = StreamOf(seed * 100 + (d + 1) % devices);
      const Mask masks[] = {{own.get(), Sign::kAdd}, {next.get(), Sign::kSubtract}};
      ASSERT_THAT(mine.AddMasks(masks, mine.AllTiles()), IsOk());
      ASSERT_THAT(total.AddWire(total.AllTiles(), WireOf(mine)), IsOk());
    }
    for (std::size_t s = 0; s < 3; ++s) {
      std::vector<std::int32_t> sums(segments[s].count);
      ASSERT_THAT(total.Sums(s, 0, devices, sums), IsOk());
      ASSERT_TRUE(std::equal(sums.begin(), sums.end(), expected[s].begin())) << segments[s].name;
    }
  }
}

TEST(LaneVector, SumsAtTheBoundNeverWrapAndOneBeyondIsCaught) {
  for (const std::uint32_t devices : {2, 3, 100, 1000, 1024})
    for (const std::int32_t sign : {1, -1}) {
      const Segments segments = Mixed(devices, 1);
      for (std::size_t s = 0; s < 3; ++s) {
        const auto extreme = static_cast<std::int32_t>(sign * segments[s].limit);
        LaneVector one(segments), total(segments);
        ASSERT_THAT(one.Set(s, 0, std::span(&extreme, 1)), IsOk());
        const Bytes wire = WireOf(one);
        for (std::uint32_t d = 0; d < devices; ++d)
          ASSERT_THAT(total.AddWire(total.AllTiles(), wire), IsOk());
        std::int32_t sum = 0;
        ASSERT_THAT(total.Sums(s, 0, devices, std::span(&sum, 1)), IsOk());
        EXPECT_EQ(sum, std::int64_t{sign} * devices * segments[s].limit)
            << devices << " " << segments[s].name;

        // Somebody who sends one more than the limit.
        LaneVector unit(segments);
        ASSERT_THAT(unit.Set(s, 0, std::span(&sign, 1)), IsOk());
        ASSERT_THAT(total.AddWire(total.AllTiles(), WireOf(unit)), IsOk());
        EXPECT_THAT(total.Sums(s, 0, devices, std::span(&sum, 1)),
                    Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND))
            << devices << " " << segments[s].name;
      }
    }
}

TEST(LaneVector, FewerContributorsHaveASmallerBound) {
  const Segments segments = Segments::Make(10, {{"x", 1, LaneBits::k32, 100}}).value();
  LaneVector total(segments);
  const std::int32_t value = 100;
  ASSERT_THAT(total.Set(0, 0, std::span(&value, 1)), IsOk());
  const Bytes wire = WireOf(total);
  ASSERT_THAT(total.AddWire(total.AllTiles(), wire), IsOk());
  std::int32_t sum = 0;
  EXPECT_THAT(total.Sums(0, 0, 2, std::span(&sum, 1)), IsOk());
  EXPECT_THAT(total.Sums(0, 0, 1, std::span(&sum, 1)),
              Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND));
  EXPECT_THAT(total.Sums(0, 0, 0, std::span(&sum, 1)), HasCode(kInvalid));
  EXPECT_THAT(total.Sums(0, 0, 11, std::span(&sum, 1)), HasCode(kInvalid));
}

TEST(LaneVector, AMaskThatIsLeftIsCaught) {
  const Segments segments = Segments::Make(100, {{"x", 1000, LaneBits::k32, 1000}}).value();
  LaneVector total(segments);
  const auto stream = StreamOf(1);
  const Mask mask[] = {{stream.get(), Sign::kAdd}};
  ASSERT_THAT(total.AddMasks(mask, total.AllTiles()), IsOk());
  std::vector<std::int32_t> sums(1000);
  EXPECT_THAT(total.Sums(0, 0, 100, sums), Fails(kPrecondition, Reason::kUPDATE_OVER_BOUND));
}

TEST(LaneVector, DisjointTilesOnTwoThreadsInPiecesGiveTheWhole) {
  const Segments segments = Mixed(5, 30'000);
  SeededRng rng(8);
  LaneVector whole(segments), pieces(segments);
  for (std::size_t s = 0; s < 3; ++s) {
    const auto values = Draw(segments[s], rng);
    ASSERT_THAT(whole.Set(s, 0, values), IsOk());
    ASSERT_THAT(pieces.Set(s, 0, std::span(values).first(7001)), IsOk());
    ASSERT_THAT(pieces.Set(s, 7001, std::span(values).subspan(7001)), IsOk());
  }
  const auto mask = [](LaneVector& vector, TileRange tiles) {
    const auto a = StreamOf(1), b = StreamOf(2);
    const Mask masks[] = {{a.get(), Sign::kAdd}, {b.get(), Sign::kSubtract}};
    EXPECT_THAT(vector.AddMasks(masks, tiles), IsOk());
  };
  mask(whole, whole.AllTiles());
  const std::uint64_t n = segments.tiles();
  std::thread other([&] {
    mask(pieces, {n / 2, n - 1});
    mask(pieces, {n - 1, n});
  });
  for (std::uint64_t i = 0; i < n / 2; ++i) mask(pieces, {i, i + 1});
  other.join();
  EXPECT_EQ(WireOf(pieces), WireOf(whole));

  // The wire in pieces, too.
  LaneVector folded(segments);
  const Bytes wire = WireOf(whole);
  for (std::uint64_t i = n; i-- > 0;) {
    const Tile tile = segments.TileAt(i);
    const auto piece = ByteView(wire).subspan(tile.wire_offset, tile.wire_bytes);
    ASSERT_THAT(folded.AddWire({i, i + 1}, piece), IsOk());
    Bytes out(tile.wire_bytes);
    ASSERT_THAT(whole.WriteWire({i, i + 1}, out), IsOk());
    ASSERT_TRUE(std::equal(out.begin(), out.end(), piece.begin()));
  }
  EXPECT_EQ(WireOf(folded), wire);
}

TEST(LaneVector, AVectorOfAnotherLengthIsRefused) {
  LaneVector vector(Mixed(3, 100));
  for (const std::size_t size : {0, 1, 899, 901, 1800}) {
    EXPECT_THAT(vector.AddWire(vector.AllTiles(), Bytes(size)),
                Fails(kInvalid, Reason::kUPDATE_WRONG_LAYOUT))
        << size;
    Bytes out(size);
    EXPECT_THAT(vector.WriteWire(vector.AllTiles(), out), HasCode(kInvalid)) << size;
  }
  EXPECT_THAT(vector.AddWire({0, 4}, Bytes(900)), HasCode(kInvalid));
  EXPECT_THAT(vector.AddWire({2, 1}, {}), HasCode(kInvalid));
  EXPECT_THAT(vector.AddMasks({}, {0, 4}), HasCode(kInvalid));
  EXPECT_THAT(vector.AddWire({3, 3}, {}), IsOk());
}

TEST(LaneVector, ValuesBeyondTheLimitOrTheEndAreRefusedAndNothingIsWritten) {
  LaneVector vector(Segments::Make(10, {{"x", 3, LaneBits::k32, 100}}).value());
  const std::vector<std::vector<std::int32_t>> over = {
      {1, 101}, {-101}, {2'147'483'647}, {-2'147'483'647 - 1}};
  for (const auto& values : over)
    EXPECT_THAT(vector.Set(0, 0, values), Fails(kInvalid, Reason::kUPDATE_OVER_BOUND));
  const std::vector<std::int32_t> fine = {100, -100, 0, 1};
  EXPECT_THAT(vector.Set(0, 0, fine), HasCode(kInvalid));
  EXPECT_THAT(vector.Set(0, 4, {}), HasCode(kInvalid));
  EXPECT_THAT(vector.Set(0, ~std::uint64_t{0}, fine), HasCode(kInvalid));
  EXPECT_THAT(vector.Set(1, 0, {}), HasCode(kInvalid));
  EXPECT_EQ(WireOf(vector), Bytes(12));
  EXPECT_THAT(vector.Set(0, 0, std::span(fine).first(3)), IsOk());
  EXPECT_EQ(ToHex(WireOf(vector)), "640000009cffffff00000000");
}

}  // namespace
}  // namespace muster::aggregation::secagg
