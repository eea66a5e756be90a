#pragma once
// Bytes, digests and their text forms.
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string ToHex(ByteView bytes);
// INVALID_ARGUMENT on an odd length or a character outside [0-9a-f].
StatusOr<Bytes> FromHex(std::string_view hex);
// RFC 4648 section 5, no padding.
std::string ToBase64Url(ByteView bytes);
StatusOr<Bytes> FromBase64Url(std::string_view text);
// RFC 4648 section 4, with padding. Each value has one text: INVALID_ARGUMENT on any other.
std::string ToBase64(ByteView bytes);
StatusOr<Bytes> FromBase64(std::string_view text);

// A SHA-256 value. Text form: "sha256:" and 64 lower-case hex digits.
class Digest {
 public:
  Digest() = default;
  explicit Digest(const std::array<std::byte, 32>& bytes) : bytes_(bytes) {}
  static StatusOr<Digest> Parse(std::string_view text);
  std::string ToString() const;
  // The 64 hex digits alone, for file names.
  std::string Hex() const { return ToHex(bytes_); }
  const std::array<std::byte, 32>& bytes() const { return bytes_; }
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::byte, 32> bytes_{};
};

// SHA-256 as a port, so that pure code can name content; platform/ has OpenSSL's.
class Hasher {
 public:
  virtual ~Hasher() = default;
  virtual Digest Sha256(ByteView bytes) const = 0;
};

}  // namespace muster
