#include "registry/audit/tile_nodes.h"

#include <span>

namespace muster::registry::audit {
namespace {
constexpr std::size_t kMostKept = 256;
constexpr int kSizeBits = 64;
}  // namespace

StatusOr<const std::vector<Digest>*> TileNodes::Read(Place place) {
  if (const auto known = read_.find(place); known != read_.end()) return &known->second;
  const std::uint64_t width = WidthOf(size_, place.first, place.second);
  MUSTER_ASSIGN(std::vector<Digest> hashes, tiles_.Tile({place.first, place.second, width}));
  if (hashes.size() != width)
    return DataLoss("tile {} of level {} has {} hashes, not {}", place.second, place.first,
                    hashes.size(), width);
  if (read_.size() >= kMostKept) read_.clear();
  return &(read_[place] = std::move(hashes));
}

StatusOr<Digest> TileNodes::Node(int height, std::uint64_t index) {
  if (height < 0 || height >= kSizeBits || index >= size_ >> height)
    return InvalidArgument("{} leaves have no full subtree {} of height {}", size_, index, height);
  const int level = height / kTileHeight;
  const int inside = height % kTileHeight;
  const std::uint64_t first = index << inside;  // In hashes of the level; below size_.
  MUSTER_ASSIGN(const std::vector<Digest>* tile, Read({level, first / kTileWidth}));
  return FullRoot(hasher_, std::span(*tile).subspan(first % kTileWidth, std::size_t{1} << inside));
}

}  // namespace muster::registry::audit
