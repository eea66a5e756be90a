#include "aggregation/statistics/tally.h"

#include <algorithm>
#include <charconv>

#include "base/canonical_json.h"

namespace muster::aggregation::statistics {
namespace {
constexpr int kDepth = 4;
__extension__ using Wide = unsigned __int128;

Status Unreadable(std::string_view why) {
  return WithReason(InvalidArgument("tally: {}", why), Reason::kARTEFACT_INVALID);
}

StatusOr<std::uint64_t> ParseTotal(const Json& json) {
  if (!json.is_string()) return InvalidArgument("a total is no decimal string");
  const std::string& text = json.get_ref<const std::string&>();
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last) return InvalidArgument("a total is no natural number");
  return value;
}

StatusOr<secagg::SumValues> TotalsAt(const Json& lists) {
  secagg::SumValues out;
  for (const Json& list : lists) {
    std::vector<std::uint64_t>& totals = out.emplace_back();
    for (const Json& item : list) {
      MUSTER_ASSIGN(const std::uint64_t total, ParseTotal(item));
      totals.push_back(total);
    }
  }
  return out;
}

StatusOr<Tally> Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  const std::string query = r.Text("query");
  Tally out{.query = {}, .devices = r.Unsigned("devices"), .totals = {}};
  MUSTER_ASSIGN(out.totals, TotalsAt(r.At("totals")));
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(out.query, ParseQuery(query));
  return out;
}
}  // namespace

Status CheckTally(const Tally& tally) {
  MUSTER_TRY(CheckQuery(tally.query));
  if (tally.devices == 0 || tally.devices > kMostTallied)
    return InvalidArgument("a tally of {} devices, 1 to {} are allowed", tally.devices,
                           kMostTallied);
  const std::vector<secagg::SumField> fields = FieldsOf(tally.query);
  if (tally.totals.size() != fields.size())
    return InvalidArgument("totals of {} kinds, the query has {}", tally.totals.size(),
                           fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (tally.totals[i].size() != fields[i].count)
      return InvalidArgument("{}: {} totals, the query has {}", fields[i].name,
                             tally.totals[i].size(), fields[i].count);
    const Wide most =
        std::min<Wide>(static_cast<Wide>(fields[i].most) * tally.devices, secagg::kMostTotal);
    if (std::ranges::any_of(tally.totals[i], [most](std::uint64_t t) { return t > most; }))
      return InvalidArgument("{}: a total is beyond {} devices of {} each", fields[i].name,
                             tally.devices, fields[i].most);
  }
  return Ok();
}

Status Merge(Tally& into, const Tally& more) {
  if (into.query != more.query) return InvalidArgument("tallies of two queries cannot be added");
  MUSTER_TRY(CheckTally(into));
  MUSTER_TRY(CheckTally(more));
  if (into.devices + more.devices > kMostTallied)
    return InvalidArgument("tallies of {} and {} devices, at most {} are allowed", into.devices,
                           more.devices, kMostTallied);
  into.devices += more.devices;
  return secagg::AddTotals(into.totals, more.totals);
}

StatusOr<std::string> EncodeTally(const Tally& tally) {
  MUSTER_TRY(CheckTally(tally));
  MUSTER_ASSIGN(const std::string query, EncodeQuery(tally.query));
  Json totals = Json::array();
  for (const std::vector<std::uint64_t>& field : tally.totals) {
    Json list = Json::array();
    for (const std::uint64_t total : field) list.push_back(fmt::format("{}", total));
    totals.push_back(std::move(list));
  }
  return CanonicalJson(
      {{"query", query}, {"devices", tally.devices}, {"totals", std::move(totals)}});
}

StatusOr<Tally> ParseTally(std::string_view text) {
  StatusOr<Tally> tally = Read(text);
  if (!tally.ok()) return Unreadable(MessageOf(tally.status()));
  const StatusOr<std::string> again = EncodeTally(*tally);
  if (!again.ok()) return Unreadable(MessageOf(again.status()));
  if (*again != text) return Unreadable("not in its canonical form");
  return tally;
}

}  // namespace muster::aggregation::statistics
