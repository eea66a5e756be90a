#pragma once
// Ranges of fields, as queries have them: what is refused, and their canonical JSON. For the files
// of this folder.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/statistics/descriptor.h"
#include "base/canonical_json.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

// [A-Za-z_][A-Za-z0-9_.-]{0,62}.
bool IsName(std::string_view name);
inline constexpr std::uint64_t kMostVersion = (std::uint64_t{1} << 53) - 1;

// FIELD_INVALID at `path` when the range is empty or too wide, or the bins are not as many as may
// be. The name is the caller's to judge.
Status CheckRange(const std::string& path, const FieldRange& field);

// One field of a run of `count` integers, unless it is empty.
void AddField(std::vector<secagg::SumField>& out, std::string_view name, std::uint64_t count,
              std::uint64_t most);

// [{"bins", "hi", "lo", "name"}, …], numbers that are no integers as decimal strings.
Json RangesJson(std::span<const FieldRange> fields);
// Whatever the list says, of at most kMostFields; Check… judges it.
StatusOr<std::vector<FieldRange>> RangesAt(const Json& list);

// A number too large for its place is as wrong as the largest, which is refused.
std::uint32_t Narrow(std::uint64_t value);

}  // namespace muster::aggregation::statistics
