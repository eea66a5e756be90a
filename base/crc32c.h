#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace muster {

// CRC-32C (Castagnoli, reflected, as in RFC 3720 appendix B.4), of `bytes` appended to what
// `crc` already covers. Guards chunks against accidents, not against an enemy (TLS does that).
// Cost: hardware instruction on x86-64 with SSE4.2 (three interleaved streams), table otherwise.
std::uint32_t Crc32c(ByteView bytes, std::uint32_t crc = 0);

// The same value from tables alone: what Crc32c does on a machine without the instruction, and
// what tests hold the instruction against.
std::uint32_t Crc32cPortable(ByteView bytes, std::uint32_t crc = 0);

}  // namespace muster
