#pragma once
// The tamper-evident log over the journal: follows it leaf by leaf, keeps the tree's tiles, and
// signs checkpoints of it. The journal stays the one history; what is kept here only proves it, and
// refuses to go on over a journal that is not the one that was logged.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/journal.h"
#include "registry/audit/checkpoint.h"
#include "registry/audit/log_store.h"
#include "registry/audit/tile_nodes.h"

namespace muster::registry::audit {

class MerkleLog final : public TileSource {
 public:
  static constexpr std::uint64_t kBatch = 4096;

  struct Ports {  // All outlive the log.
    Journal& journal;
    Files& files;
    const Hasher& hasher;
    const Signer& signer;
    std::string origin;  // The log's name in checkpoints, and its key's.
  };

  // Goes on where it stopped. Errors beyond those of the ports:
  //   DATA_LOSS (LOG_ALTERED, naming the leaf) when one of the last leaves, the tiles above them or
  //     the state is not what was logged;
  //   DATA_LOSS (LOG_REWOUND, naming the leaf) when the journal is shorter than what was logged;
  //   DATA_LOSS (LOG_FORKED) when the last checkpoint is not of this log;
  //   FAILED_PRECONDITION when it has another origin, INVALID_ARGUMENT (NOTE_INVALID) when `origin`
  //     cannot be a key's name.
  // Cost: at most 256 facts and some tiles are read, whatever the size. Without a state (it may be
  // removed, with or without the tiles) everything is built anew, and compared with what is there.
  static StatusOr<std::unique_ptr<MerkleLog>> Open(const Ports& ports);

  struct Advanced {
    TreeHead head;
    std::uint64_t added = 0;
    bool at_end = false;  // The journal had no more.
  };
  // Takes at most `most` further facts of the journal. What it returns is durable; after an error
  // nothing has changed but for tiles that will be written again just so. DATA_LOSS as Open has it
  // when it comes past the last checkpoint, or over a tile, and differs.
  StatusOr<Advanced> Advance(std::uint64_t most = kBatch);
  // The signed checkpoint of what the log has now, durable; the last one when it has not grown.
  StatusOr<std::string> Publish();

  TreeHead head() const;
  // The last signed checkpoint; empty when there is none.
  std::optional<std::string> checkpoint() const;

  // Any tile of hashes of any size up to now's; NOT_FOUND beyond.
  StatusOr<std::vector<Digest>> Tile(const TileId& tile) override;
  // The leaves of an entry bundle, which hash to what was logged: DATA_LOSS (LOG_ALTERED,
  // LOG_REWOUND), naming the leaf, when the journal has others.
  StatusOr<std::vector<std::string>> Leaves(const TileId& bundle);

  // Compares the whole journal with the tiles, and each tile with those above it. Errors as Open's.
  // Cost: reads all of both.
  Status CheckHistory();

 private:
  struct Published {
    Checkpoint checkpoint;
    std::string note;
  };
  using State = std::shared_ptr<const LogState>;

  explicit MerkleLog(const Ports& ports) : ports_(ports), store_(ports.files) {}
  Status Load();
  Status LoadCheckpoint();
  Status CheckPublished();
  Status CheckLeavesOf(std::uint64_t tile);
  Status CheckAbove(int level, std::uint64_t tile);
  StatusOr<LogState> Grown(std::uint64_t from, std::uint64_t to);
  State state() const;
  std::optional<Published> published() const;

  const Ports ports_;
  LogStore store_;
  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = std::make_shared<const LogState>();
  std::optional<Published> published_ ABSL_GUARDED_BY(mu_);
};  // Advance and Publish are for one thread at a time; the rest is safe from any.

}  // namespace muster::registry::audit
