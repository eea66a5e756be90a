#pragma once
// How a log's tree is cut into files: C2SP's tlog-tiles. A tile is 256 hashes of one level side by
// side (the last one of a level has fewer), an entry bundle the 256 leaves under a tile of level 0.
// Names and arithmetic only; nothing is read or hashed here.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster::registry::audit {

inline constexpr int kTileHeight = 8;  // A level of tiles is so many heights of the tree.
inline constexpr std::uint64_t kTileWidth = std::uint64_t{1} << kTileHeight;
inline constexpr int kMostTileLevel = 7;  // Of a tree of at most 2^64 leaves.
inline constexpr int kEntries = -1;       // The "level" of entry bundles.

// Hash i of the tile is the root over leaves [(index * 256 + i) * 256^level, ... + 256^level).
struct TileId {
  int level = 0;  // kEntries to kMostTileLevel.
  std::uint64_t index = 0;
  std::uint64_t width = kTileWidth;  // 1 to 256; less than 256 for a partial tile.
  friend bool operator==(const TileId&, const TileId&) = default;
};

// "tile/0/x001/x234/067", "tile/entries/000.p/17".
std::string PathOf(const TileId& tile);
// The inverse, for foreign text: INVALID_ARGUMENT (FIELD_INVALID) on what PathOf would not have
// written, and for a tile that no tree of at most 2^64 leaves has.
StatusOr<TileId> ParseTilePath(std::string_view path);

// A tree of `size` leaves has this many full tiles at a level, and after them one that is partial
// unless its width is 0. Bundles are as tiles of level 0.
std::uint64_t FullTiles(std::uint64_t size, int level);
std::uint64_t PartialWidth(std::uint64_t size, int level);
// How wide tile `index` of a level is in a tree of `size` leaves; 0: it has none such.
std::uint64_t WidthOf(std::uint64_t size, int level, std::uint64_t index);
// OK when a tree of `size` leaves has `tile`, at least as wide; NOT_FOUND otherwise.
Status CheckTile(const TileId& tile, std::uint64_t size);
// All tiles of hashes of a tree of `size` leaves, full ones and partial ones, by level.
std::vector<TileId> TilesOf(std::uint64_t size);

}  // namespace muster::registry::audit
