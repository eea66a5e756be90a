#pragma once
// X25519 of one secret with eight points at a time, by the instructions AVX-512 IFMA, which
// multiply eight pairs of 52 bits: what libsodium gives for each, in a quarter of the time.
// Constant time: nothing branches on, or is looked up by, a secret. For processors that have them
// only; the rest of the program needs no flags.
#include <span>

#include "base/crypto.h"

namespace muster::platform {

inline constexpr std::size_t kIfmaPoints = 8;

// Whether this processor, and the system on it, can.
bool HasIfma();

// out[i] = X25519(secret, points[i]), RFC 7748 section 5: zero where a point has a low order, which
// the caller refuses. `secret` has 32 bytes. Only where HasIfma(). Cost: 60 us in all.
void IfmaX25519(ByteView secret, std::span<const AgreementPublic, kIfmaPoints> points,
                std::span<std::byte, 32 * kIfmaPoints> out);

}  // namespace muster::platform
