#pragma once
// The small encodings that the formats of the log share. Each value has one encoding, and parsers
// take no other; all their errors are INVALID_ARGUMENT.
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::registry::audit {

inline constexpr std::size_t kHashBytes = 32;
inline constexpr std::size_t kSizeBytes = 8;

// Hashes one after the other, as tiles hold them.
void AppendHashes(std::span<const Digest> hashes, Bytes& out);
StatusOr<std::vector<Digest>> ParseHashes(ByteView bytes);

Bytes BigEndian(std::uint64_t value);
std::uint64_t ReadBigEndian(std::span<const std::byte, kSizeBytes> bytes);

// A natural number in decimal, without leading zeroes or sign.
StatusOr<std::uint64_t> ParseCount(std::string_view text);
// A hash in base64.
StatusOr<Digest> ParseHash(std::string_view text);

// Takes one code point off the front of `text`, or gives -1 when it is not UTF-8 (too long forms,
// surrogates and what is beyond U+10FFFF are not). Of text that is not empty.
std::int32_t TakeCodePoint(std::string_view& text);
// Whether `text` is UTF-8 without control characters (below U+0020) other than newlines.
bool IsText(std::string_view text);

}  // namespace muster::registry::audit
