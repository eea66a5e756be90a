#include "registry/audit/tiles.h"

#include <algorithm>
#include <limits>

#include "base/canonical_json.h"
#include "base/seeded.h"
#include "registry/audit/encoding.h"
#include "registry/audit/leaf.h"
#include "registry/audit/tile_nodes.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
using enum absl::StatusCode;

TEST(Tiles, PathsAreThoseOfTheSpecification) {
  const std::pair<TileId, std::string_view> paths[] = {
      {{0, 0}, "tile/0/000"},
      {{0, 0, 1}, "tile/0/000.p/1"},
      {{0, 999, 255}, "tile/0/999.p/255"},
      {{0, 1000}, "tile/0/x001/000"},
      {{3, 1234067}, "tile/3/x001/x234/067"},
      {{kEntries, 1234067, 17}, "tile/entries/x001/x234/067.p/17"},
      {{7, 0, 3}, "tile/7/000.p/3"},
      {{0, (std::uint64_t{1} << 56) - 1}, "tile/0/x072/x057/x594/x037/x927/935"}};
  for (const auto& [tile, path] : paths) {
    EXPECT_EQ(PathOf(tile), path);
    const auto parsed = ParseTilePath(path);
    ASSERT_THAT(parsed, IsOk()) << path;
    EXPECT_TRUE(*parsed == tile) << path;
  }
}

TEST(Tiles, AnyOtherPathIsRefused) {
  for (const std::string& path : {"",
                                  "tile",
                                  "tile/",
                                  "tile/0",
                                  "tile/0/",
                                  "tile//000",
                                  "/tile/0/000",
                                  "tile/0/000/",
                                  "tile/0/0",
                                  "tile/0/00",
                                  "tile/0/0000",
                                  "tile/00/000",
                                  "tile/+1/000",
                                  "tile/-1/000",
                                  "tile/8/000",
                                  "tile/64/000",
                                  "tile/18446744073709551616/000",
                                  "tile/a/000",
                                  "tile/0/x000",
                                  "tile/0/x000/000",
                                  "tile/0/x000/001",
                                  "tile/0/001/000",
                                  "tile/0/x001000",
                                  "tile/0/x01/000",
                                  "tile/0/xx01/000",
                                  "tile/0/x001/x000",
                                  "tile/0/X001/000",
                                  "tile/0/000.p",
                                  "tile/0/000.p/",
                                  "tile/0/000.p/0",
                                  "tile/0/000.p/00",
                                  "tile/0/000.p/01",
                                  "tile/0/000.p/256",
                                  "tile/0/000.p/1000000000000000000000",
                                  "tile/0/000.p/-1",
                                  "tile/0/000.p/1/",
                                  "tile/0/000p/1",
                                  "tile/0/000.p/1 ",
                                  "tile/entries",
                                  "tile/entries/",
                                  "tile/entries/0",
                                  "tile/Entries/000",
                                  "tile/0/entries/000",
                                  "tile/7/001",
                                  "tile/6/256",
                                  "tile/0/../000",
                                  "tile/0/%30%30%30",
                                  "tile/0/x072/x057/x594/x037/x927/936",
                                  "tile/0/x999/x999/x999/x999/x999/999",
                                  "tile/0/x018/x446/x744/x073/x709/x551/616"})
    EXPECT_THAT(ParseTilePath(path), Fails(kInvalidArgument, Reason::kFIELD_INVALID)) << path;
  EXPECT_FALSE(ParseTilePath(std::string("tile/0/000\0", 11)).ok());
  EXPECT_FALSE(ParseTilePath("tile/0/" + std::string(100'000, 'x')).ok());
}

TEST(Tiles, AnyTileComesBackFromItsPath) {
  SeededRng rng(6);
  for (int i = 0; i < 20'000; ++i) {
    TileId tile;
    tile.level = static_cast<int>(rng.Below(9)) - 1;
    const int bits = 56 - 8 * std::max(tile.level, 0);
    tile.index = bits == 0 ? 0 : rng.Next() >> (64 - bits) >> rng.Below(bits);
    tile.width = 1 + rng.Below(256);
    const auto parsed = ParseTilePath(PathOf(tile));
    ASSERT_THAT(parsed, IsOk()) << PathOf(tile);
    ASSERT_TRUE(*parsed == tile) << PathOf(tile);
  }
}

TEST(Tiles, ATreeHasTheTilesThatTheSpecificationCounts) {
  EXPECT_EQ(FullTiles(70'000, 0), 273u);
  EXPECT_EQ(PartialWidth(70'000, 0), 112u);
  EXPECT_EQ(FullTiles(70'000, 1), 1u);
  EXPECT_EQ(PartialWidth(70'000, 1), 17u);
  EXPECT_EQ(FullTiles(70'000, 2), 0u);
  EXPECT_EQ(PartialWidth(70'000, 2), 1u);
  EXPECT_EQ(PartialWidth(70'000, 3), 0u);
  EXPECT_EQ(TilesOf(70'000).size(), 273u + 1 + 1 + 1 + 1);
  EXPECT_EQ(TilesOf(256), (std::vector<TileId>{{0, 0, 256}, {1, 0, 1}}));
  EXPECT_EQ(TilesOf(1), (std::vector<TileId>{{0, 0, 1}}));
  EXPECT_TRUE(TilesOf(0).empty());
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(FullTiles(kMost, 7), 0u);
  EXPECT_EQ(PartialWidth(kMost, 7), 255u);
  EXPECT_EQ(FullTiles(kMost, kEntries), (std::uint64_t{1} << 56) - 1);
}

TEST(Tiles, ATreeHasATileUpToItsWidthAndNoFurther) {
  for (const TileId& tile : TilesOf(70'000)) {
    EXPECT_THAT(CheckTile(tile, 70'000), IsOk());
    EXPECT_THAT(CheckTile({tile.level, tile.index, 1}, 70'000), IsOk());
    if (tile.width < kTileWidth)
      EXPECT_THAT(CheckTile({tile.level, tile.index, tile.width + 1}, 70'000), HasCode(kNotFound));
  }
  EXPECT_THAT(CheckTile({kEntries, 273, 112}, 70'000), IsOk());
  EXPECT_THAT(CheckTile({kEntries, 273, 113}, 70'000), HasCode(kNotFound));
  for (const TileId& tile : {TileId{0, 274, 1}, TileId{2, 1, 1}, TileId{3, 0, 1}, TileId{0, 0, 0},
                             TileId{0, 0, 257}, TileId{8, 0, 1}, TileId{-2, 0, 1}})
    EXPECT_THAT(CheckTile(tile, 70'000), HasCode(kNotFound)) << PathOf(tile);
}

// Tiles cut out of all the hashes, as the definition has them.
class CutTiles final : public TileSource {
 public:
  explicit CutTiles(NaiveTree& tree) : tree_(tree) {}
  StatusOr<std::vector<Digest>> Tile(const TileId& tile) override {
    Hashes hashes;
    for (std::uint64_t i = 0; i < tile.width; ++i) {
      MUSTER_ASSIGN(const Digest hash, tree_.Node(8 * tile.level, tile.index * kTileWidth + i));
      hashes.push_back(hash);
    }
    if (short_by_one) hashes.pop_back();
    return hashes;
  }
  bool short_by_one = false;

 private:
  NaiveTree& tree_;
};

TEST(TileNodes, EveryNodeOfTheTreeComesOutOfItsTiles) {
  NaiveTree tree = NaiveTree::Numbered(1500);
  CutTiles tiles(tree);
  for (const std::uint64_t size : {1, 2, 255, 256, 257, 1023, 1500}) {
    TileNodes nodes(kHasher, tiles, size);
    for (int height = 0; height < 64; ++height) {
      for (std::uint64_t index = 0; index < size >> height; ++index)
        ASSERT_EQ(*nodes.Node(height, index), *tree.Node(height, index));
      EXPECT_THAT(nodes.Node(height, size >> height), HasCode(kInvalidArgument));
    }
    EXPECT_THAT(nodes.Node(-1, 0), HasCode(kInvalidArgument));
    EXPECT_THAT(nodes.Node(64, 0), HasCode(kInvalidArgument));
    EXPECT_EQ(*RootOf(kHasher, nodes, size), tree.Root(size));
  }
  tiles.short_by_one = true;
  TileNodes nodes(kHasher, tiles, 300);
  EXPECT_THAT(nodes.Node(0, 0), HasCode(kDataLoss));
}

TEST(Leaf, IsCanonicalJsonWithTheFactAsItIs) {
  const JournalRow row{"round/turbofan/12/1", 3, 99, R"({"by":"operator/ann","type":"Started"})"};
  const std::string leaf = LeafOf(row, kHasher);
  EXPECT_EQ(leaf, R"({"fact":{"by":"operator/ann","type":"Started"},"seq":3,)"
                  R"("stream":"round/turbofan/12/1"})");
  EXPECT_EQ(*CanonicalJson(*ParseJson(leaf)), leaf);
}

TEST(Leaf, OfAnyNamesOfStreamsIsCanonicalAndOfItsOwn) {
  const std::string names[] = {"a",      "a\"",    "a\\", "a\\\"", R"(a","seq":1,"stream":"b)",
                               R"(\",)", "\"",     "\\",  " ",     "~",
                               "a/b",    "\\\\\"", "b"};
  std::map<std::string, JournalRow> leaves;
  for (const std::string& stream : names)
    for (const std::uint64_t seq : {0, 1, 11, 111})
      for (const std::string fact :
           {"{}", R"({"a":1})", R"({},"seq":1,"stream":"a"})", R"({"fact":{}})"}) {
        const JournalRow row{stream, seq, 0, fact};
        const std::string leaf = LeafOf(row, kHasher);
        EXPECT_TRUE(leaves.emplace(leaf, row).second) << leaf;
        if (const auto json = ParseJson(leaf); json.ok()) {
          EXPECT_EQ((*json)["stream"], stream);
          EXPECT_EQ((*json)["seq"], seq);
          EXPECT_EQ(*CanonicalJson(*json), leaf);
        }
      }
  EXPECT_EQ(leaves.size(), std::size(names) * 16);
}

TEST(Leaf, OfAFactTooLongForABundleHasItsDigest) {
  const auto fact_of = [](std::size_t bytes) {
    return R"({"x":")" + std::string(bytes - 8, 'x') + R"("})";
  };
  const std::size_t frame = LeafOf({"s", 7, 0, "{}"}, kHasher).size() - 2;
  const std::string longest = fact_of(kMostLeafBytes - frame);
  const std::string leaf = LeafOf({"s", 7, 0, longest}, kHasher);
  EXPECT_EQ(leaf.size(), kMostLeafBytes);
  EXPECT_EQ((*ParseJson(leaf))["fact"], *ParseJson(longest));

  for (const std::size_t bytes : {longest.size() + 1, std::size_t{1} << 20}) {
    const std::string fact = fact_of(bytes);
    EXPECT_EQ(LeafOf({"s", 7, 0, fact}, kHasher),
              fmt::format(R"({{"fact_digest":"{}","seq":7,"stream":"s"}})",
                          kHasher.Sha256(AsBytes(fact)).ToString()));
  }
}

TEST(Bundle, HoldsLeavesAfterTheirLengthsAndGivesThemBack) {
  const std::vector<std::string> leaves = {"", "a", std::string(300, 'b'),
                                           std::string(kMostLeafBytes, 'c')};
  const Bytes bundle = *EncodeBundle(leaves);
  EXPECT_EQ(ToHex(ByteView(bundle).first(8)), "0000000161012c62");
  const auto back = ParseBundle(bundle, leaves.size());
  ASSERT_THAT(back, IsOk());
  for (std::size_t i = 0; i < leaves.size(); ++i) EXPECT_EQ(AsText((*back)[i]), leaves[i]);
  EXPECT_FALSE(EncodeBundle(std::vector{std::string(kMostLeafBytes + 1, 'd')}).ok());
}

TEST(Bundle, CutShortOrExtendedOrOfAnotherWidthIsRefused) {
  const std::vector<std::string> leaves = {"one", "two", "three"};
  Bytes bundle = *EncodeBundle(leaves);
  for (std::size_t length = 0; length < bundle.size(); ++length)
    EXPECT_FALSE(ParseBundle(ByteView(bundle).first(length), 3).ok()) << length;
  for (const std::uint64_t width : {0, 1, 2, 4, 256, 257})
    EXPECT_FALSE(ParseBundle(bundle, width).ok()) << width;
  bundle.push_back(std::byte{0});
  EXPECT_FALSE(ParseBundle(bundle, 3).ok());
}

TEST(Encoding, CountsHaveOneText) {
  EXPECT_EQ(*ParseCount("0"), 0u);
  EXPECT_EQ(*ParseCount("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view text :
       {"", "00", "01", "+1", "-0", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "18446744073709551616",
        "99999999999999999999999999", "\xd9\xa1"})
    EXPECT_FALSE(ParseCount(text).ok()) << text;
}

TEST(Encoding, TextIsUtf8WithoutControlCharactersOtherThanNewlines) {
  for (const std::string_view text :
       {"", "a\nb\n", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(IsText(text)) << text;
  for (const std::string_view text :
       {"\t", "\r\n", "\x1f", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41",
        "\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "a\xfe"})
    EXPECT_FALSE(IsText(text)) << ToHex(AsBytes(text));
  EXPECT_FALSE(IsText(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace muster::registry::audit
