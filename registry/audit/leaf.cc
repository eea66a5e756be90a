#include "registry/audit/leaf.h"

#include <fmt/format.h>

#include "registry/audit/tiles.h"

namespace muster::registry::audit {
namespace {
constexpr std::size_t kLengthBytes = 2;

// A stream's name as a JSON string: printable ASCII needs two escapes (RFC 8259 section 7).
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}
}  // namespace

std::string LeafOf(const JournalRow& row, const Hasher& hasher) {
  const std::string place = fmt::format(R"(,"seq":{},"stream":{}}})", row.seq, Quoted(row.stream));
  constexpr std::string_view kFact = R"({"fact":)";
  if (kFact.size() + row.fact.size() + place.size() > kMostLeafBytes)
    return fmt::format(R"({{"fact_digest":"{}"{})", hasher.Sha256(AsBytes(row.fact)).ToString(),
                       place);
  std::string out;
  out.reserve(kFact.size() + row.fact.size() + place.size());
  out.append(kFact).append(row.fact).append(place);
  return out;
}

StatusOr<Bytes> EncodeBundle(std::span<const std::string> leaves) {
  Bytes out;
  for (const std::string& leaf : leaves) {
    if (leaf.size() > kMostLeafBytes)
      return InvalidArgument("a leaf of {} bytes; the most is {}", leaf.size(), kMostLeafBytes);
    out.push_back(static_cast<std::byte>(leaf.size() >> 8));
    out.push_back(static_cast<std::byte>(leaf.size() & 0xff));
    const ByteView bytes = AsBytes(leaf);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

StatusOr<std::vector<ByteView>> ParseBundle(ByteView bytes, std::uint64_t width) {
  if (width == 0 || width > kTileWidth) return InvalidArgument("a bundle of {} leaves", width);
  std::vector<ByteView> leaves;
  while (leaves.size() < width) {
    if (bytes.size() < kLengthBytes) return InvalidArgument("a bundle that is cut short");
    const auto length =
        std::to_integer<std::size_t>(bytes[0]) << 8 | std::to_integer<std::size_t>(bytes[1]);
    bytes = bytes.subspan(kLengthBytes);
    if (bytes.size() < length) return InvalidArgument("a bundle that is cut short");
    leaves.push_back(bytes.first(length));
    bytes = bytes.subspan(length);
  }
  if (!bytes.empty()) return InvalidArgument("{} bytes behind the bundle", bytes.size());
  return leaves;
}

}  // namespace muster::registry::audit
