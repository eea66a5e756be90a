#include "registry/audit/log_store.h"

#include <algorithm>
#include <array>

#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
constexpr std::string_view kState = "log/state";
constexpr std::string_view kCheckpoint = "log/checkpoint";

std::string NameOf(const TileId& tile) { return "log/" + PathOf(tile); }

Status Altered(std::string text) { return WithReason(DataLoss("{}", text), Reason::kLOG_ALTERED); }

Status PutWhole(Files& files, std::string_view name, ByteView bytes) {
  const std::array<ByteView, 1> parts{bytes};
  return files.Put(name, parts);
}

// The first leaf under a tile that differs from what it was: exact at level 0.
std::uint64_t FirstLeaf(const TileId& tile, std::span<const Digest> was,
                        std::span<const Digest> is) {
  const auto differ = std::ranges::mismatch(was, is);
  const auto offset = static_cast<std::uint64_t>(differ.in1 - was.begin());
  return (tile.index * kTileWidth + offset) << (kTileHeight * tile.level);
}
}  // namespace

Status LogStore::PutTile(const TileId& tile, std::span<const Digest> hashes) {
  const StatusOr<Bytes> there = files_.Get(NameOf(tile));
  if (absl::IsNotFound(there.status())) {
    Bytes bytes;
    AppendHashes(hashes, bytes);
    return PutWhole(files_, NameOf(tile), bytes);
  }
  MUSTER_TRY(there.status());
  MUSTER_ASSIGN(const std::vector<Digest> was, FullTile(tile.level, tile.index));
  if (std::ranges::equal(was, hashes)) return Ok();
  return Altered(fmt::format("leaf {} is not what was logged: {} is another",
                             FirstLeaf(tile, was, hashes), PathOf(tile)));
}

StatusOr<std::vector<Digest>> LogStore::FullTile(int level, std::uint64_t index) {
  const TileId tile{level, index, kTileWidth};
  const StatusOr<Bytes> bytes = files_.Get(NameOf(tile));
  if (absl::IsNotFound(bytes.status())) return Altered(PathOf(tile) + " is missing");
  MUSTER_TRY(bytes.status());
  if (bytes->size() != kTileWidth * kHashBytes)
    return Altered(fmt::format("{} has {} bytes", PathOf(tile), bytes->size()));
  return ParseHashes(*bytes);
}

StatusOr<LogState> LogStore::State(const Hasher& hasher) {
  const StatusOr<Bytes> bytes = files_.Get(kState);
  if (absl::IsNotFound(bytes.status())) return LogState();
  MUSTER_TRY(bytes.status());
  return LogState::Parse(*bytes, hasher);
}

Status LogStore::PutState(const LogState& state) {
  return PutWhole(files_, kState, state.Encode());
}

StatusOr<std::optional<std::string>> LogStore::Checkpoint() {
  const StatusOr<Bytes> bytes = files_.Get(kCheckpoint);
  if (absl::IsNotFound(bytes.status())) return std::optional<std::string>();
  MUSTER_TRY(bytes.status());
  return std::optional<std::string>(AsText(*bytes));
}

Status LogStore::PutCheckpoint(std::string_view note) {
  return PutWhole(files_, kCheckpoint, AsBytes(note));
}

}  // namespace muster::registry::audit
