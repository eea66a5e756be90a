#include "aggregation/statistics/shard_json.h"

#include <charconv>
#include <iterator>

namespace muster::aggregation::statistics {
namespace {

std::string TextOf(const std::vector<std::uint64_t>& numbers) {
  std::string out;
  for (const std::uint64_t n : numbers) {
    if (!out.empty()) out += ' ';
    fmt::format_to(std::back_inserter(out), "{}", n);
  }
  return out;
}

StatusOr<std::vector<std::uint64_t>> NumbersFrom(const std::string& text) {
  std::vector<std::uint64_t> out;
  const char* const last = text.data() + text.size();
  for (const char* at = text.data(); at != last;) {
    const auto [end, error] = std::from_chars(at, last, out.emplace_back());
    if (error != std::errc{} || (end != last && *end != ' '))
      return InvalidArgument("totals are no natural numbers");
    at = end == last ? end : end + 1;
  }
  return out;
}
}  // namespace

Json ToJson(const ShardTotals& shard) {
  Json totals = Json::array();
  for (const std::vector<std::uint64_t>& kind : shard.totals) totals.push_back(TextOf(kind));
  return {{"group", shard.group}, {"devices", shard.devices}, {"totals", std::move(totals)}};
}

StatusOr<ShardTotals> ShardTotalsFrom(const Json& json) {
  JsonReader r(json);
  ShardTotals out{.group = r.Texts("group"), .devices = r.Unsigned("devices"), .totals = {}};
  for (const std::string& text : r.Texts("totals")) {
    MUSTER_ASSIGN(out.totals.emplace_back(), NumbersFrom(text));
  }
  MUSTER_TRY(r.status());
  return out;
}

}  // namespace muster::aggregation::statistics
