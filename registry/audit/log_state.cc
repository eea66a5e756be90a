#include "registry/audit/log_state.h"

#include <bit>
#include <string_view>

#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
constexpr std::string_view kMagic = "muster log state 1\n";

Status Altered(std::string_view what) {
  return WithReason(DataLoss("the log's state: {}", what), Reason::kLOG_ALTERED);
}

// The full subtrees, largest first, that a partial tile's hashes divide into.
void AppendRoots(const Hasher& hasher, std::span<const Digest> hashes, std::vector<Digest>& roots) {
  while (!hashes.empty()) {
    const std::size_t size = std::bit_floor(hashes.size());
    roots.push_back(FullRoot(hasher, hashes.first(size)));
    hashes = hashes.subspan(size);
  }
}
}  // namespace

Status LogState::Append(const Hasher& hasher, const Digest& leaf_hash, const TakeTile& take) {
  const std::uint64_t size = frontier_.size() + 1;
  Status taken;
  frontier_.Append(hasher, leaf_hash, [&](int height, const Digest& hash) {
    if (height % kTileHeight != 0) return;
    const int level = height / kTileHeight;
    std::vector<Digest>& partial = partial_[static_cast<std::size_t>(level)];
    partial.push_back(hash);
    if (partial.size() < kTileWidth) return;
    if (taken.ok()) taken = take({level, FullTiles(size, level) - 1, kTileWidth}, partial);
    partial.clear();
  });
  return taken;
}

Bytes LogState::Encode() const {
  const ByteView magic = AsBytes(kMagic);
  Bytes out(magic.begin(), magic.end());
  const Bytes frontier = frontier_.Encode();
  out.insert(out.end(), frontier.begin(), frontier.end());
  for (const std::vector<Digest>& hashes : partial_) AppendHashes(hashes, out);
  return out;
}

StatusOr<LogState> LogState::Parse(ByteView bytes, const Hasher& hasher) {
  if (!AsText(bytes).starts_with(kMagic)) return Altered("it does not begin as it should");
  bytes = bytes.subspan(kMagic.size());
  if (bytes.size() < kSizeBytes) return Altered("cut short");
  const std::uint64_t size = ReadBigEndian(bytes.first<kSizeBytes>());
  std::size_t hashes = static_cast<std::size_t>(std::popcount(size));
  for (int level = 0; level <= kMostTileLevel; ++level) hashes += PartialWidth(size, level);
  if (bytes.size() != kSizeBytes + hashes * kHashBytes)
    return Altered("not as long as its size asks");

  LogState state;
  const std::size_t frontier_bytes =
      kSizeBytes + static_cast<std::size_t>(std::popcount(size)) * kHashBytes;
  MUSTER_ASSIGN(state.frontier_, Frontier::Parse(bytes.first(frontier_bytes)));
  MUSTER_ASSIGN(const std::vector<Digest> all, ParseHashes(bytes.subspan(frontier_bytes)));
  auto rest = all.begin();
  for (int level = 0; level <= kMostTileLevel; ++level) {
    const auto end = rest + static_cast<std::ptrdiff_t>(PartialWidth(size, level));
    state.partial_[static_cast<std::size_t>(level)].assign(rest, end);
    rest = end;
  }
  std::vector<Digest> roots;
  for (auto hashes_of = state.partial_.rbegin(); hashes_of != state.partial_.rend(); ++hashes_of)
    AppendRoots(hasher, *hashes_of, roots);
  if (roots != state.frontier_.nodes()) return Altered("its frontier is not that of its tiles");
  return state;
}

}  // namespace muster::registry::audit
