// The layout of masked vectors: places, bounds, its one encoding, and what is refused.
#include "aggregation/secagg/segments.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/secagg_primitives/testing.h"

namespace muster::aggregation::secagg {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Segment Update(std::uint64_t count, LaneBits bits = LaneBits::k24) {
  return {"update", count, bits, 1};
}
Segments Example() {
  return Segments::Make(100, {{"update", 5000, LaneBits::k24, 83'886},
                              {"weight", 1, LaneBits::k32, 1'000'000},
                              {"histogram", 4097, LaneBits::k16, 327}})
      .value();
}

TEST(Segments, FollowEachOtherOnTheWireAndBeginOnCacheLinesInTheKeystream) {
  const Segments s = Example();
  EXPECT_EQ(s.wire_offset(0), 0u);
  EXPECT_EQ(s.wire_offset(1), 15'000u);
  EXPECT_EQ(s.wire_offset(2), 15'004u);
  EXPECT_EQ(s.wire_bytes(), 15'004u + 8'194);
  EXPECT_EQ(s.stream_offset(0), 0u);
  EXPECT_EQ(s.stream_offset(1), 20'032u);  // 20,000 rounded up to 64.
  EXPECT_EQ(s.stream_offset(2), 20'096u);
  EXPECT_EQ(s.stream_bytes(), 20'096u + 8'256);
  EXPECT_EQ(s.Find("weight").value(), 1u);
  EXPECT_THAT(s.Find("loss"), HasCode(absl::StatusCode::kNotFound));
}

TEST(Segments, TilesCoverEveryElementOnceInTheOrderOfTheWire) {
  const Segments s = Example();
  ASSERT_EQ(s.tiles(), 5u);
  EXPECT_EQ(
      s.TileAt(1),
      (Tile{.segment = 0, .first = 4096, .lanes = 904, .wire_offset = 12'288, .wire_bytes = 2712}));
  EXPECT_EQ(
      s.TileAt(4),
      (Tile{
          .segment = 2, .first = 4096, .lanes = 1, .wire_offset = 15'004 + 8192, .wire_bytes = 2}));
  std::uint64_t wire = 0;
  for (std::uint64_t i = 0; i < s.tiles(); ++i) {
    EXPECT_EQ(s.TileAt(i).wire_offset, wire);
    wire += s.TileAt(i).wire_bytes;
  }
  EXPECT_EQ(wire, s.wire_bytes());
}

// d * b >= 2^31 bits is where 32-bit arithmetic breaks: 2^27 elements of 16 bits, and far beyond.
TEST(Segments, SizesBeyondThirtyTwoBitsAreExact) {
  const std::uint64_t most = Segments::kMostElements;
  for (const std::uint64_t count :
       {std::uint64_t{1} << 26, std::uint64_t{1} << 27, (std::uint64_t{1} << 32) + 1, most}) {
    const Segments s =
        Segments::Make(2, {Update(count, LaneBits::k32), {"tail", 3, LaneBits::k16, 1}}).value();
    EXPECT_EQ(s.wire_bytes(), 4 * count + 6);
    EXPECT_EQ(s.wire_offset(1), 4 * count);
    EXPECT_EQ(s.stream_offset(1), (4 * count + 63) / 64 * 64);
    EXPECT_EQ(s.tiles(), (count + 4095) / 4096 + 1);
    const Tile last = s.TileAt(s.tiles() - 2);
    EXPECT_EQ(last.first + last.lanes, count);
    EXPECT_EQ(last.wire_offset + last.wire_bytes, 4 * count);
  }
  const Segments s = Segments::Make(1, {Update(most, LaneBits::k24)}).value();
  EXPECT_EQ(s.wire_bytes(), 3 * most);
}

TEST(Segments, ALimitAtWhichEveryDevicesSumStillFitsIsTheLargest) {
  for (const LaneBits bits : {LaneBits::k16, LaneBits::k24, LaneBits::k32})
    for (const std::uint32_t devices : {1, 2, 3, 7, 100, 999, 1000, 1024}) {
      const std::int64_t most = LargestTerm(bits, devices);
      EXPECT_LE(devices * most, LargestSum(bits));
      EXPECT_GT(devices * (most + 1), LargestSum(bits));
      EXPECT_THAT(Segments::Make(devices, {{"x", 1, bits, most}}), IsOk());
      EXPECT_THAT(Segments::Make(devices, {{"x", 1, bits, most + 1}}),
                  Fails(kInvalid, Reason::kFIELD_INVALID));
    }
}

TEST(Segments, TheRefusalOfALimitShowsTheArithmetic) {
  const Status status = Segments::Make(1000, {{"x", 1, LaneBits::k16, 33}}).status();
  EXPECT_EQ(FieldOf(status), "segments[0].limit");
  for (const char* part : {"33", "1..32", "1000 devices", "2^15 - 1 = 32767"})
    EXPECT_NE(MessageOf(status).find(part), std::string_view::npos) << MessageOf(status);
}

TEST(Segments, MalformedOnesAreRefusedByTheirField) {
  const auto refused = [](std::uint32_t devices, std::vector<Segment> segments) {
    const auto result = Segments::Make(devices, std::move(segments));
    EXPECT_THAT(result, Fails(kInvalid, Reason::kFIELD_INVALID));
    return result.ok() ? "" : FieldOf(result.status());
  };
  EXPECT_EQ(refused(0, {Update(1)}), "devices");
  EXPECT_EQ(refused(Segments::kMostDevices + 1, {Update(1)}), "devices");
  EXPECT_EQ(refused(2, {}), "segments");
  EXPECT_EQ(refused(2, std::vector<Segment>(Segments::kMostSegments + 1, Update(1))), "segments");
  EXPECT_EQ(refused(2, {Update(1), Update(1)}), "segments[1].name");
  EXPECT_EQ(refused(2, {Update(0)}), "segments[0].count");
  EXPECT_EQ(refused(2, {Update(Segments::kMostElements + 1)}), "segments[0].count");
  EXPECT_EQ(refused(2, {{"x", 1, static_cast<LaneBits>(17), 1}}), "segments[0].bits");
  EXPECT_EQ(refused(2, {{"x", 1, LaneBits::k16, 0}}), "segments[0].limit");
  EXPECT_EQ(refused(2, {{"x", 1, LaneBits::k16, -1}}), "segments[0].limit");
  for (const char* name :
       {"", "Update", "a b", "a.b", "\xc3\xa9", "0123456789012345678901234567890_x"})
    EXPECT_EQ(refused(2, {{name, 1, LaneBits::k16, 1}}), "segments[0].name") << name;
}

TEST(Segments, HaveTheEncodingThatTheHashOfTheTaskCovers) {
  const Segments s = Segments::Make(3, {{"ab", 258, LaneBits::k24, 7}}).value();
  EXPECT_EQ(ToHex(s.Encode()),
            "03000000"
            "01000000"
            "02"
            "6162"
            "0201000000000000"
            "18"
            "07000000");
}

TEST(Segments, ComeBackFromTheirEncoding) {
  const Segments s = Example();
  const auto parsed = Segments::Parse(s.Encode());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, s);
  EXPECT_EQ(parsed->wire_bytes(), s.wire_bytes());
}

TEST(Segments, CutExtendedAndOversizedEncodingsAreRefused) {
  const Bytes whole = Example().Encode();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(Segments::Parse(ByteView(whole).first(size)),
                Fails(kInvalid, Reason::kARTEFACT_INVALID))
        << size;
  Bytes longer = whole;
  longer.push_back({});
  EXPECT_THAT(Segments::Parse(longer), Fails(kInvalid, Reason::kARTEFACT_INVALID));
  EXPECT_THAT(Segments::Parse(Bytes(Segments::kMostEncodedBytes + 1)),
              Fails(kInvalid, Reason::kARTEFACT_INVALID));
  Bytes many(64, std::byte{0xff});
  EXPECT_THAT(Segments::Parse(many), Fails(kInvalid, Reason::kARTEFACT_INVALID));
}

TEST(SegmentsProperty, WhateverIsAcceptedAfterAChangedByteEncodesToTheVeryBytes) {
  const Bytes whole = Example().Encode();
  SeededRng rng(21);
  int accepted = 0;
  for (int i = 0; i < Cases(5000); ++i) {
    Bytes changed = whole;
    for (std::uint64_t n = 1 + rng.Below(2); n > 0; --n)
      changed[rng.Below(changed.size())] = static_cast<std::byte>(rng.Next());
    const auto parsed = Segments::Parse(changed);
    if (!parsed.ok()) continue;
    ++accepted;
    ASSERT_EQ(parsed->Encode(), changed) << "seed=21, step " << i;
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace muster::aggregation::secagg
