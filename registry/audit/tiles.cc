#include "registry/audit/tiles.h"

#include <algorithm>

#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
constexpr std::string_view kTile = "tile/";
constexpr std::string_view kBundle = "entries/";
constexpr std::string_view kPartial = ".p/";
constexpr std::size_t kMostPath = 64;
constexpr std::uint64_t kGroup = 1000;  // Of an index, in a path element.
constexpr int kSizeBits = 64;
constexpr std::uint64_t kMostIndex = (std::uint64_t{1} << (kSizeBits - kTileHeight)) - 1;

int LevelOfHashes(int level) { return std::max(level, 0); }

// How many leaves are below a hash of the level, as a power of two.
int HeightOf(int level) { return kTileHeight * LevelOfHashes(level); }

// Takes "x001/x234/067" off the front of `text`.
StatusOr<std::uint64_t> TakeIndex(std::string_view& text) {
  for (std::uint64_t index = 0;;) {
    const bool more = text.starts_with('x');
    if (more) text.remove_prefix(1);
    if (text.size() < 3 ||
        !std::all_of(text.begin(), text.begin() + 3, [](char c) { return c >= '0' && c <= '9'; }))
      return InvalidArgument("an element of the index that is not three digits");
    for (const char digit : text.substr(0, 3))
      index = index * 10 + static_cast<std::uint64_t>(digit - '0');
    text.remove_prefix(3);
    if (!more) return index;
    if (!text.starts_with('/') || index > kMostIndex / kGroup)
      return InvalidArgument("an index that does not end");
    text.remove_prefix(1);
  }
}

StatusOr<TileId> Parse(std::string_view text) {
  TileId tile;
  if (text.size() > kMostPath || !text.starts_with(kTile)) return InvalidArgument("no tile's path");
  text.remove_prefix(kTile.size());
  if (text.starts_with(kBundle)) {
    tile.level = kEntries;
    text.remove_prefix(kBundle.size());
  } else {
    const std::size_t slash = text.find('/');
    MUSTER_ASSIGN(const std::uint64_t level, ParseCount(text.substr(0, slash)));
    if (level > kMostTileLevel || slash == text.npos)
      return InvalidArgument("a level beyond {}", kMostTileLevel);
    tile.level = static_cast<int>(level);
    text.remove_prefix(slash + 1);
  }
  MUSTER_ASSIGN(tile.index, TakeIndex(text));
  if (text.empty()) return tile;
  if (!text.starts_with(kPartial)) return InvalidArgument("text behind the index");
  MUSTER_ASSIGN(tile.width, ParseCount(text.substr(kPartial.size())));
  if (tile.width == 0 || tile.width >= kTileWidth) return InvalidArgument("a width of that size");
  return tile;
}
}  // namespace

std::string PathOf(const TileId& tile) {
  std::string path = fmt::format("{:03}", tile.index % kGroup);
  for (std::uint64_t rest = tile.index / kGroup; rest != 0; rest /= kGroup)
    path = fmt::format("x{:03}/{}", rest % kGroup, path);
  path = tile.level == kEntries ? fmt::format("{}{}{}", kTile, kBundle, path)
                                : fmt::format("{}{}/{}", kTile, tile.level, path);
  return tile.width == kTileWidth ? path : fmt::format("{}{}{}", path, kPartial, tile.width);
}

StatusOr<TileId> ParseTilePath(std::string_view path) {
  const StatusOr<TileId> tile = Parse(path);
  if (!tile.ok()) return InvalidField("path", "{}", MessageOf(tile.status()));
  const int index_bits = kSizeBits - HeightOf(tile->level) - kTileHeight;
  const bool exists = index_bits == 0 ? tile->index == 0 : tile->index >> index_bits == 0;
  if (!exists) return InvalidField("path", "no tree has such a tile");
  if (PathOf(*tile) != path) return InvalidField("path", "not as a tile's path is written");
  return *tile;
}

std::uint64_t FullTiles(std::uint64_t size, int level) {
  const int height = HeightOf(level) + kTileHeight;
  return height >= kSizeBits ? 0 : size >> height;
}

std::uint64_t PartialWidth(std::uint64_t size, int level) {
  return (size >> HeightOf(level)) % kTileWidth;
}

std::uint64_t WidthOf(std::uint64_t size, int level, std::uint64_t index) {
  const std::uint64_t full = FullTiles(size, level);
  if (index < full) return kTileWidth;
  return index == full ? PartialWidth(size, level) : 0;
}

Status CheckTile(const TileId& tile, std::uint64_t size) {
  const bool named = tile.level >= kEntries && tile.level <= kMostTileLevel && tile.width > 0;
  if (named && tile.width <= WidthOf(size, tile.level, tile.index)) return Ok();
  return NotFound("a log of {} leaves has no {}", size, PathOf(tile));
}

std::vector<TileId> TilesOf(std::uint64_t size) {
  std::vector<TileId> tiles;
  for (int level = 0; level <= kMostTileLevel; ++level) {
    const std::uint64_t full = FullTiles(size, level);
    for (std::uint64_t index = 0; index < full; ++index)
      tiles.push_back({level, index, kTileWidth});
    if (const std::uint64_t width = PartialWidth(size, level); width != 0)
      tiles.push_back({level, full, width});
  }
  return tiles;
}

}  // namespace muster::registry::audit
