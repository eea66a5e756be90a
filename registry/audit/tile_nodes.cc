#include "registry/audit/tile_nodes.h"

#include <utility>

namespace muster::registry::audit {
namespace {
constexpr std::size_t kMostKept = 256;
constexpr int kSizeBits = 64;
}  // namespace

StatusOr<const TileNodes::Heights*> TileNodes::Read(const Place& place) {
  if (const auto known = read_.find(place); known != read_.end()) return &known->second;
  const std::uint64_t width = WidthOf(size_, place.first, place.second);
  Heights heights;
  MUSTER_ASSIGN(heights[0], tiles_.Tile({place.first, place.second, width}));
  if (heights[0].size() != width)
    return DataLoss("tile {} of level {} has {} hashes, not {}", place.second, place.first,
                    heights[0].size(), width);
  for (std::size_t height = 1; height < heights.size(); ++height) {
    const std::vector<Digest>& below = heights[height - 1];
    for (std::size_t i = 0; i + 1 < below.size(); i += 2)
      heights[height].push_back(NodeHash(hasher_, below[i], below[i + 1]));
  }
  if (read_.size() >= kMostKept) read_.clear();
  return &(read_[place] = std::move(heights));
}

StatusOr<Digest> TileNodes::Node(int height, std::uint64_t index) {
  if (height < 0 || height >= kSizeBits || index >= size_ >> height)
    return InvalidArgument("{} leaves have no full subtree {} of height {}", size_, index, height);
  const int inside = height % kTileHeight;
  const std::uint64_t in_tile = kTileWidth >> inside;  // Nodes of this height.
  MUSTER_ASSIGN(const Heights* heights, Read({height / kTileHeight, index / in_tile}));
  return (*heights)[static_cast<std::size_t>(inside)][index % in_tile];
}

}  // namespace muster::registry::audit
