#include "registry/audit/frontier.h"

#include <bit>

#include "registry/audit/encoding.h"

namespace muster::registry::audit {

StatusOr<Frontier> Frontier::Make(std::uint64_t size, std::vector<Digest> nodes) {
  const auto wanted = static_cast<std::size_t>(std::popcount(size));
  if (nodes.size() != wanted)
    return InvalidArgument("a frontier of {} leaves has {} nodes, not {}", size, wanted,
                           nodes.size());
  Frontier out;
  out.size_ = size;
  out.nodes_ = std::move(nodes);
  return out;
}

Digest Frontier::Root(const Hasher& hasher) const {
  if (nodes_.empty()) return EmptyRoot(hasher);
  Digest root = nodes_.back();
  for (auto node = nodes_.rbegin() + 1; node != nodes_.rend(); ++node)
    root = NodeHash(hasher, *node, root);
  return root;
}

Bytes Frontier::Encode() const {
  Bytes out = BigEndian(size_);
  AppendHashes(nodes_, out);
  return out;
}

StatusOr<Frontier> Frontier::Parse(ByteView bytes) {
  if (bytes.size() < kSizeBytes) return InvalidArgument("a frontier of {} bytes", bytes.size());
  MUSTER_ASSIGN(std::vector<Digest> nodes, ParseHashes(bytes.subspan(kSizeBytes)));
  return Make(ReadBigEndian(bytes.first<kSizeBytes>()), std::move(nodes));
}

}  // namespace muster::registry::audit
