#include "base/bytes.h"

#include <algorithm>

namespace muster {
namespace {
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kDigestPrefix = "sha256:";

std::string EncodeBase64(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < n ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k <= n; ++k) out.push_back(alphabet[group >> (18 - 6 * k) & 63]);
  }
  return out;
}

StatusOr<Bytes> DecodeBase64(std::string_view text, std::string_view alphabet) {
  if (text.size() % 4 == 1) return InvalidArgument("base64 text is cut short");
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == alphabet.npos) return InvalidArgument("base64 text has a foreign character");
    group = (group << 6 | static_cast<std::uint32_t>(digit)) & 0xffffff;
    bits += 6;
    if (bits >= 8) out.push_back(static_cast<std::byte>(group >> (bits -= 8) & 0xff));
  }
  if ((group & ((1u << bits) - 1)) != 0) return InvalidArgument("base64 text has stray bits");
  return out;
}
}  // namespace

std::string ToHex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out.push_back(kHexDigits[std::to_integer<unsigned>(b) >> 4]);
    out.push_back(kHexDigits[std::to_integer<unsigned>(b) & 15]);
  }
  return out;
}

StatusOr<Bytes> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return InvalidArgument("hex text has an odd length of {}", hex.size());
  Bytes out(hex.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto high = kHexDigits.find(hex[2 * i]);
    const auto low = kHexDigits.find(hex[2 * i + 1]);
    if (high == kHexDigits.npos || low == kHexDigits.npos)
      return InvalidArgument("hex text has a foreign character near offset {}", 2 * i);
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return out;
}

std::string ToBase64Url(ByteView bytes) { return EncodeBase64(bytes, kBase64Url); }
StatusOr<Bytes> FromBase64Url(std::string_view text) { return DecodeBase64(text, kBase64Url); }

std::string ToBase64(ByteView bytes) {
  std::string out = EncodeBase64(bytes, kBase64);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

StatusOr<Bytes> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return InvalidArgument("base64 text is not padded");
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return DecodeBase64(text, kBase64);
}

StatusOr<Digest> Digest::Parse(std::string_view text) {
  if (!text.starts_with(kDigestPrefix) || text.size() != kDigestPrefix.size() + 64)
    return InvalidArgument("'{}' is not sha256: and 64 hex digits", text.substr(0, 80));
  MUSTER_ASSIGN(const Bytes raw, FromHex(text.substr(kDigestPrefix.size())));
  Digest digest;
  std::copy(raw.begin(), raw.end(), digest.bytes_.begin());
  return digest;
}

std::string Digest::ToString() const { return std::string(kDigestPrefix) + Hex(); }

}  // namespace muster
