#pragma once
// Where a log lies: under "log/", its full tiles under their tlog-tiles names, its state and its
// last checkpoint. The tiles and the state follow from the journal; the checkpoint is what the
// world was told.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/blobs.h"
#include "registry/audit/log_state.h"

namespace muster::registry::audit {

// As safe from threads as `files`, which outlives it. Errors of `files` are passed on.
class LogStore {
 public:
  explicit LogStore(Files& files) : files_(files) {}

  // Keeps a full tile for ever. OK when it is there already; DATA_LOSS (LOG_ALTERED), naming the
  // first leaf, when another is.
  Status PutTile(const TileId& tile, std::span<const Digest> hashes);
  // The 256 hashes of a tile that is full. DATA_LOSS (LOG_ALTERED) when it is not there or is not
  // so long.
  StatusOr<std::vector<Digest>> FullTile(int level, std::uint64_t index);

  // Empty when there is none. Errors as LogState::Parse's.
  StatusOr<LogState> State(const Hasher& hasher);
  Status PutState(const LogState& state);

  StatusOr<std::optional<std::string>> Checkpoint();  // A signed note.
  Status PutCheckpoint(std::string_view note);

 private:
  Files& files_;
};

}  // namespace muster::registry::audit
