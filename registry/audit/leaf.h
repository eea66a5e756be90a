#pragma once
// What a fact is as a leaf of the log, and the bundles that leaves are served in.
//
// A leaf is the canonical JSON (RFC 8785) of
//
//     {"fact":FACT,"seq":N,"stream":"STREAM"}
//
// with the fact in the very bytes of the journal, so that anybody with the leaf has the fact, and
// its place in its stream, without this program. Bundles have 16 bits for a leaf's length, and a
// fact may have 1 MiB: a leaf that would be longer than 65,535 bytes is instead
//
//     {"fact_digest":"sha256:HEX","seq":N,"stream":"STREAM"}
//
// with the SHA-256 of the fact, which is shown beside it. Devices stand in facts under pseudonyms,
// so that a leaf can stay when a person asks to be forgotten.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/journal.h"
#include "base/status.h"

namespace muster::registry::audit {

inline constexpr std::size_t kMostLeafBytes = 0xffff;

// Different (fact, seq, stream) have different leaves. Cost: a copy, and a hash of a large fact.
std::string LeafOf(const JournalRow& row, const Hasher& hasher);

// A bundle: each leaf after its length in 2 bytes, big-endian. INVALID_ARGUMENT when one is longer
// than kMostLeafBytes.
StatusOr<Bytes> EncodeBundle(std::span<const std::string> leaves);
// The leaves of a foreign bundle, which must be `width` of them to the last byte; views of `bytes`.
// INVALID_ARGUMENT otherwise.
StatusOr<std::vector<ByteView>> ParseBundle(ByteView bytes, std::uint64_t width);

}  // namespace muster::registry::audit
