#pragma once
// What a witness of a log puts away when the log contradicts itself: a file that anybody checks
// with the log's key alone (`muster audit fork FILE`).
#include <string>
#include <string_view>

#include "base/clock.h"
#include "registry/audit/fork.h"

namespace muster::registry::audit {

inline constexpr std::size_t kMostForkFileBytes = std::size_t{1} << 20;

struct ForkFile {
  ForkEvidence evidence;  // `first` is what was remembered, `second` what was shown later.
  std::string key;        // The log's verifier as the witness pinned it.
  Reason finding = Reason::kLOG_FORKED;
  Timestamp seen;  // By the witness's clock; its word, as the order of the two notes is.
  friend bool operator==(const ForkFile&, const ForkFile&) = default;
};

// Canonical JSON: finding, first, key, past {hashes, root} where it is known, second, seen_ms.
StatusOr<std::string> EncodeForkFile(const ForkFile& file);
// The inverse, for foreign text: INVALID_ARGUMENT (PROOF_INVALID) on anything else. Nothing is
// verified: see ProveFork.
StatusOr<ForkFile> ParseForkFile(std::string_view text);

// {"hashes":[BASE64,...],"root":BASE64}, as `muster audit past` writes it.
StatusOr<std::string> EncodePast(const Past& past);
StatusOr<Past> ParsePast(std::string_view text);

}  // namespace muster::registry::audit
