// allOf, anyOf, oneOf, and lists of types.
#include <fmt/format.h>

#include <algorithm>

#include "registry/formats/json/matching.h"
#include "registry/formats/json/rules.h"

namespace muster::registry::formats::json {
namespace {
std::string_view NameOf(Criterion criterion) {
  constexpr std::string_view kNames[] = {"allOf", "anyOf", "oneOf"};
  return kNames[static_cast<std::size_t>(criterion)];
}

// Whether what the original's criterion lets through, the update's does as well.
bool Relaxes(const Combination& original, const Combination& update) {
  const bool was_single = original.subschemas.size() == 1;
  const bool is_single = update.subschemas.size() == 1;
  return update.criterion == Criterion::kAny || (was_single && is_single) ||
         (was_single && update.criterion == Criterion::kOne) ||
         (is_single && original.criterion == Criterion::kAll);
}

// A sum has alternatives, a product has schemas that all have to match.
void CompareSizes(const Combination& original, const Combination& update, Findings& out) {
  const std::size_t was = original.distinct.size();
  const std::size_t is = update.distinct.size();
  if (was == is) return;
  const bool grows = was < is;
  const bool product = (grows ? update : original).criterion == Criterion::kAll;
  const Change change =
      product ? (grows ? Change::kPRODUCT_TYPE_EXTENDED : Change::kPRODUCT_TYPE_NARROWED)
              : (grows ? Change::kSUM_TYPE_EXTENDED : Change::kSUM_TYPE_NARROWED);
  out.Report(change, {}, std::to_string(was), std::to_string(is));
}
}  // namespace

void CompareCombinations(const Combination& original, const Combination& update, Findings& out) {
  if (original.criterion != update.criterion) {
    const bool relaxes = Relaxes(original, update);
    out.Report(relaxes ? Change::kCOMBINED_TYPE_EXTENDED : Change::kCOMBINED_TYPE_CHANGED, {},
               NameOf(original.criterion), NameOf(update.criterion));
    if (!relaxes) return;
  }
  CompareSizes(original, update, out);
  std::vector<std::vector<Edge>> edges(original.distinct.size());
  for (std::size_t i = 0; i < original.distinct.size() && out.Spend(0); ++i) {
    for (std::size_t j = 0; j < update.distinct.size() && out.Spend(0); ++j) {
      const Level level = out.Judge(*original.distinct[i], *update.distinct[j]);
      if (level != Level::kIncompatible) edges[i].push_back({j, level == Level::kSame});
    }
  }
  const auto match = Match(edges, update.distinct.size(), [&] { return out.Spend(1); });
  std::size_t matched = 0;
  for (std::size_t i = 0; i < match.size(); ++i) {
    if (match[i] == update.distinct.size()) continue;
    ++matched;
    out.Include(*original.distinct[i], *update.distinct[match[i]],
                {NameOf(original.criterion), std::to_string(i)});
  }
  if (matched < std::min(original.distinct.size(), update.distinct.size()))
    out.Report(Change::kCOMBINED_TYPE_SUBSCHEMAS_CHANGED, {});
}

}  // namespace muster::registry::formats::json
