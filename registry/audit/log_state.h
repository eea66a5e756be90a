#pragma once
// Where a log goes on from: its frontier and the hashes of its partial tiles. A full tile leaves
// here once and for all, so that this stays below 66 kB whatever the log's size.
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "registry/audit/frontier.h"
#include "registry/audit/tiles.h"

namespace muster::registry::audit {

class LogState {
 public:
  LogState() = default;  // Of the empty log.

  // Takes a tile that has become full; its error is Append's.
  using TakeTile = std::function<Status(const TileId& tile, std::span<const Digest> hashes)>;
  // Adds a leaf. After an error this state is of no use. Cost: one node hash, on average.
  Status Append(const Hasher& hasher, const Digest& leaf_hash, const TakeTile& take);

  std::uint64_t size() const { return frontier_.size(); }
  const Frontier& frontier() const { return frontier_; }
  // The hashes of the partial tile of a level; none when all its tiles are full.
  const std::vector<Digest>& Partial(int level) const {
    return partial_[static_cast<std::size_t>(level)];
  }
  friend bool operator==(const LogState&, const LogState&) = default;

  // "muster log state 1\n", the frontier, then the hashes of the partial tiles from level 0 up.
  Bytes Encode() const;
  // The inverse. DATA_LOSS (LOG_ALTERED) on another length, or when the frontier is not that of the
  // partial tiles: each vouches for the other.
  static StatusOr<LogState> Parse(ByteView bytes, const Hasher& hasher);

 private:
  Frontier frontier_;
  std::array<std::vector<Digest>, kMostTileLevel + 1> partial_;
};

}  // namespace muster::registry::audit
