#pragma once
// What a pass of federated statistics came to, between the secure sums and the result. As
// confidential as these sums are: what is to be suppressed is still in it.
#include <cstdint>
#include <string>
#include <string_view>

#include "aggregation/secagg/named_sums.h"
#include "aggregation/statistics/descriptor.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

// The totals that secure sums opened, of one session or of several.
struct Tally {
  Query query;
  std::uint64_t devices = 0;  // Whose integers are in the totals.
  secagg::SumValues totals;   // Of FieldsOf(query).
  friend bool operator==(const Tally&, const Tally&) = default;
};

inline constexpr std::uint64_t kMostTallied = std::uint64_t{1} << 24;  // Devices.

// INVALID_ARGUMENT when the totals are not of the query's fields, are more than so many devices
// can give, or are of none or of more than kMostTallied.
Status CheckTally(const Tally& tally);
// Adds another session's totals. INVALID_ARGUMENT unless both are of the same query.
Status Merge(Tally& into, const Tally& more);
// Canonical JSON {"devices", "query", "totals"}, the totals as decimal strings.
StatusOr<std::string> EncodeTally(const Tally& tally);
// The inverse: INVALID_ARGUMENT (ARTEFACT_INVALID) on what EncodeTally would not have written.
StatusOr<Tally> ParseTally(std::string_view text);

}  // namespace muster::aggregation::statistics
