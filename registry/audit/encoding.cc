#include "registry/audit/encoding.h"

#include <algorithm>
#include <charconv>

namespace muster::registry::audit {

void AppendHashes(std::span<const Digest> hashes, Bytes& out) {
  out.reserve(out.size() + hashes.size() * kHashBytes);
  for (const Digest& hash : hashes) out.insert(out.end(), hash.bytes().begin(), hash.bytes().end());
}

StatusOr<std::vector<Digest>> ParseHashes(ByteView bytes) {
  if (bytes.size() % kHashBytes != 0)
    return InvalidArgument("{} bytes are not a number of hashes", bytes.size());
  std::vector<Digest> hashes;
  hashes.reserve(bytes.size() / kHashBytes);
  for (; !bytes.empty(); bytes = bytes.subspan(kHashBytes)) {
    std::array<std::byte, kHashBytes> hash;
    std::ranges::copy(bytes.first<kHashBytes>(), hash.begin());
    hashes.emplace_back(hash);
  }
  return hashes;
}

Bytes BigEndian(std::uint64_t value) {
  Bytes out(kSizeBytes);
  for (auto byte = out.rbegin(); byte != out.rend(); ++byte, value >>= 8)
    *byte = static_cast<std::byte>(value & 0xff);
  return out;
}

std::uint64_t ReadBigEndian(std::span<const std::byte, kSizeBytes> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

StatusOr<std::uint64_t> ParseCount(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || (text.front() == '0' && text.size() > 1))
    return InvalidArgument("not a decimal number below 2^64 without leading zeroes");
  return value;
}

StatusOr<Digest> ParseHash(std::string_view text) {
  MUSTER_ASSIGN(const Bytes bytes, FromBase64(text));
  if (bytes.size() != kHashBytes) return InvalidArgument("a hash of {} bytes", bytes.size());
  MUSTER_ASSIGN(const std::vector<Digest> hashes, ParseHashes(bytes));
  return hashes.front();
}

std::int32_t TakeCodePoint(std::string_view& text) {
  constexpr std::int32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // By length.
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc0 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf8 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return -1;
  std::int32_t point = length == 1 ? first : first & (0x7f >> length);
  for (const char next : text.substr(1, length - 1)) {
    if ((next & 0xc0) != 0x80) return -1;
    point = point << 6 | (next & 0x3f);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < kLeast[length] || point > 0x10ffff || surrogate) return -1;
  text.remove_prefix(length);
  return point;
}

bool IsText(std::string_view text) {
  while (!text.empty()) {
    const std::int32_t c = TakeCodePoint(text);
    if (c < 0x20 && c != '\n') return false;
  }
  return true;
}

}  // namespace muster::registry::audit
