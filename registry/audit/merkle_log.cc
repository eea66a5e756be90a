#include "registry/audit/merkle_log.h"

#include <algorithm>
#include <utility>

#include "registry/audit/leaf.h"

namespace muster::registry::audit {
namespace {
template <typename... Args>
Status Loss(Reason reason, fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(DataLoss(f, std::forward<Args>(args)...), reason);
}
}  // namespace

StatusOr<std::unique_ptr<MerkleLog>> MerkleLog::Open(const Ports& ports) {
  MUSTER_TRY(NoteKey::Make(ports.origin, ports.signer.public_key(), ports.hasher).status());
  std::unique_ptr<MerkleLog> log(new MerkleLog(ports));
  MUSTER_TRY(log->Load());
  return log;
}

MerkleLog::State MerkleLog::state() const {
  absl::MutexLock lock(&mu_);
  return state_;
}
std::optional<MerkleLog::Published> MerkleLog::published() const {
  absl::MutexLock lock(&mu_);
  return published_;
}
TreeHead MerkleLog::head() const { return state()->frontier().Head(ports_.hasher); }
std::optional<std::string> MerkleLog::checkpoint() const {
  const auto last = published();
  return last ? std::optional(last->note) : std::nullopt;
}

Status MerkleLog::Load() {
  MUSTER_ASSIGN(LogState loaded, store_.State(ports_.hasher));
  const std::uint64_t size = loaded.size();
  {
    absl::MutexLock lock(&mu_);
    state_ = std::make_shared<const LogState>(std::move(loaded));
  }
  MUSTER_TRY(LoadCheckpoint());
  for (int level = 0; FullTiles(size, level) > 0; ++level)
    MUSTER_TRY(CheckAbove(level, FullTiles(size, level) - 1));
  if (size > 0) MUSTER_TRY(CheckLeavesOf((size - 1) / kTileWidth));
  return CheckPublished();
}

Status MerkleLog::LoadCheckpoint() {
  MUSTER_ASSIGN(std::optional<std::string> note, store_.Checkpoint());
  if (!note) return Ok();
  // Whose signature it has is not asked: the key may have changed since, and nobody is to be
  // convinced. It says what this log said last.
  const StatusOr<Note> parsed = ParseNote(*note);
  const StatusOr<Checkpoint> said =
      parsed.ok() ? ParseCheckpoint(parsed->text) : StatusOr<Checkpoint>(parsed.status());
  if (!said.ok())
    return Loss(Reason::kLOG_ALTERED, "the last checkpoint: {}", MessageOf(said.status()));
  if (said->origin != ports_.origin)
    return FailedPrecondition("the last checkpoint is of the log '{}', not of '{}'",
                              said->origin.substr(0, 80), ports_.origin);
  absl::MutexLock lock(&mu_);
  published_ = Published{*said, *std::move(note)};
  return Ok();
}

// Beyond the state, Advance compares when it gets there.
Status MerkleLog::CheckPublished() {
  const auto last = published();
  const std::uint64_t size = state()->size();
  if (!last || last->checkpoint.tree.size > size) return Ok();
  TileNodes nodes(ports_.hasher, *this, size);
  const TreeHead& said = last->checkpoint.tree;
  MUSTER_ASSIGN(const Digest root, RootOf(ports_.hasher, nodes, said.size));
  if (root == said.root) return Ok();
  MUSTER_TRY(CheckHistory());  // Names the leaf when the journal and the tiles differ as well.
  return Loss(Reason::kLOG_FORKED, "the first {} leaves are not those of the last checkpoint",
              said.size);
}

StatusOr<std::vector<Digest>> MerkleLog::Tile(const TileId& tile) {
  const State now = state();
  if (tile.level == kEntries) return InvalidArgument("{} has no hashes", PathOf(tile));
  MUSTER_TRY(CheckTile(tile, now->size()));
  std::vector<Digest> hashes = now->Partial(tile.level);
  if (tile.index < FullTiles(now->size(), tile.level)) {
    MUSTER_ASSIGN(hashes, store_.FullTile(tile.level, tile.index));
  }
  hashes.resize(tile.width);
  return hashes;
}

StatusOr<std::vector<std::string>> MerkleLog::Leaves(const TileId& bundle) {
  MUSTER_ASSIGN(const std::vector<Digest> hashes, Tile({0, bundle.index, bundle.width}));
  const std::uint64_t begin = bundle.index * kTileWidth;
  std::vector<std::string> leaves;
  const auto compare = [&](const JournalRow& row) -> Status {
    leaves.push_back(LeafOf(row, ports_.hasher));
    if (LeafHash(ports_.hasher, AsBytes(leaves.back())) == hashes[leaves.size() - 1]) return Ok();
    return Loss(Reason::kLOG_ALTERED, "leaf {} is not what was logged: fact {} of stream {}",
                row.leaf, row.seq, row.stream);
  };
  MUSTER_TRY(ports_.journal.ReadLeaves(begin, begin + bundle.width, compare));
  if (leaves.size() < bundle.width)
    return Loss(Reason::kLOG_REWOUND, "the journal ends before leaf {}", begin + leaves.size());
  return leaves;
}

Status MerkleLog::CheckLeavesOf(std::uint64_t tile) {
  return Leaves({kEntries, tile, WidthOf(state()->size(), kEntries, tile)}).status();
}

// Whether a full tile hashes to what the level above says.
Status MerkleLog::CheckAbove(int level, std::uint64_t tile) {
  MUSTER_ASSIGN(const std::vector<Digest> hashes, store_.FullTile(level, tile));
  MUSTER_ASSIGN(const std::vector<Digest> above,
                Tile({level + 1, tile / kTileWidth, tile % kTileWidth + 1}));
  if (FullRoot(ports_.hasher, hashes) == above.back()) return Ok();
  return Loss(Reason::kLOG_ALTERED, "{} is not what was logged, above leaf {}",
              PathOf({level, tile, kTileWidth}), tile << (kTileHeight * (level + 1)));
}

Status MerkleLog::CheckHistory() {
  const std::uint64_t size = state()->size();
  for (std::uint64_t tile = 0; tile * kTileWidth < size; ++tile) MUSTER_TRY(CheckLeavesOf(tile));
  for (int level = 0; FullTiles(size, level) > 0; ++level)
    for (std::uint64_t tile = 0; tile < FullTiles(size, level); ++tile)
      MUSTER_TRY(CheckAbove(level, tile));
  return Ok();
}

StatusOr<LogState> MerkleLog::Grown(std::uint64_t from, std::uint64_t to) {
  LogState next = *state();
  const auto take = [this](const TileId& tile, std::span<const Digest> hashes) {
    return store_.PutTile(tile, hashes);
  };
  MUSTER_TRY(ports_.journal.ReadLeaves(from, to, [&](const JournalRow& row) -> Status {
    if (row.leaf != next.size())
      return DataLoss("the journal gives leaf {} for leaf {}", row.leaf, next.size());
    const std::string leaf = LeafOf(row, ports_.hasher);
    return next.Append(ports_.hasher, LeafHash(ports_.hasher, AsBytes(leaf)), take);
  }));
  return next;
}

StatusOr<MerkleLog::Advanced> MerkleLog::Advance(std::uint64_t most) {
  const std::uint64_t from = state()->size();
  std::uint64_t to = from + most;
  // What was published before is built again (without a state): stop there, and compare.
  const auto last = published();
  const bool again = last && last->checkpoint.tree.size > from;
  if (again) to = std::min(to, last->checkpoint.tree.size);
  MUSTER_ASSIGN(LogState next, Grown(from, to));
  Advanced out{next.frontier().Head(ports_.hasher), next.size() - from, next.size() < to};
  if (again && out.at_end)
    return Loss(Reason::kLOG_REWOUND, "the journal ends before leaf {}, a checkpoint has {} leaves",
                next.size(), last->checkpoint.tree.size);
  if (again && next.size() == last->checkpoint.tree.size && out.head != last->checkpoint.tree)
    return Loss(Reason::kLOG_FORKED, "the first {} leaves are not those of the last checkpoint",
                next.size());
  if (out.added == 0) return out;
  MUSTER_TRY(store_.PutState(next));
  absl::MutexLock lock(&mu_);
  state_ = std::make_shared<const LogState>(std::move(next));
  return out;
}

StatusOr<std::string> MerkleLog::Publish() {
  const TreeHead now = head();
  const auto last = published();
  if (last && last->checkpoint.tree.size >= now.size) return last->note;
  const Checkpoint checkpoint{ports_.origin, now, {}};
  MUSTER_ASSIGN(std::string note, SignCheckpoint(checkpoint, ports_.signer, ports_.hasher));
  MUSTER_TRY(store_.PutCheckpoint(note));
  absl::MutexLock lock(&mu_);
  published_ = Published{checkpoint, note};
  return note;
}

}  // namespace muster::registry::audit
