#pragma once
// The nodes of a tree out of its tiles, so that any proof can be made by whoever can read tiles:
// the log's own server, or a client with a directory of them. What comes of foreign tiles proves
// itself when the proof is verified.
#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "registry/audit/paths.h"
#include "registry/audit/tiles.h"

namespace muster::registry::audit {

// Where tiles are.
class TileSource {
 public:
  virtual ~TileSource() = default;
  // The first `tile.width` hashes of a tile of hashes. NOT_FOUND when it is not so wide, or not
  // there.
  virtual StatusOr<std::vector<Digest>> Tile(const TileId& tile) = 0;
};

// The tree of `size` leaves, which `tiles` has at least. Used from one thread at a time, for one
// proof or for many: it keeps the subtrees of up to 256 tiles (4 MiB). Cost: at most 255 node
// hashes for each tile that is read.
class TileNodes final : public NodeReader {
 public:
  TileNodes(const Hasher& hasher, TileSource& tiles, std::uint64_t size)
      : hasher_(hasher), tiles_(tiles), size_(size) {}
  // Beyond the source's errors: INVALID_ARGUMENT when the tree has no such full subtree, DATA_LOSS
  // when a tile has another width than was asked for.
  StatusOr<Digest> Node(int height, std::uint64_t index) override;

 private:
  using Place = std::pair<int, std::uint64_t>;  // Level and index.
  using Heights =
      std::array<std::vector<Digest>, kTileHeight>;  // A tile's nodes, its hashes first.
  StatusOr<const Heights*> Read(const Place& place);

  const Hasher& hasher_;
  TileSource& tiles_;
  const std::uint64_t size_;
  std::map<Place, Heights> read_;
};

}  // namespace muster::registry::audit
