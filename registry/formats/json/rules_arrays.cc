// Arrays. Items that are listed come and go by the content model, as properties do.
#include <algorithm>
#include <string>

#include "registry/formats/json/rules.h"

namespace muster::registry::formats::json {
namespace {
constexpr LimitChanges kMaxItems = {Change::kMAX_ITEMS_ADDED, Change::kMAX_ITEMS_REMOVED,
                                    Change::kMAX_ITEMS_INCREASED, Change::kMAX_ITEMS_DECREASED};
constexpr LimitChanges kMinItems = {Change::kMIN_ITEMS_ADDED, Change::kMIN_ITEMS_REMOVED,
                                    Change::kMIN_ITEMS_INCREASED, Change::kMIN_ITEMS_DECREASED};
constexpr LimitChanges kMaxContains = {Change::kMAX_CONTAINS_ADDED, Change::kMAX_CONTAINS_REMOVED,
                                       Change::kMAX_CONTAINS_INCREASED,
                                       Change::kMAX_CONTAINS_DECREASED};
constexpr LimitChanges kMinContains = {Change::kMIN_CONTAINS_ADDED, Change::kMIN_CONTAINS_REMOVED,
                                       Change::kMIN_CONTAINS_INCREASED,
                                       Change::kMIN_CONTAINS_DECREASED};
constexpr RestChanges kAdditional = {
    Change::kADDITIONAL_ITEMS_ADDED, Change::kADDITIONAL_ITEMS_REMOVED,
    Change::kADDITIONAL_ITEMS_EXTENDED, Change::kADDITIONAL_ITEMS_NARROWED};
constexpr RestChanges kUnevaluated = {
    Change::kUNEVALUATED_ITEMS_ADDED, Change::kUNEVALUATED_ITEMS_REMOVED,
    Change::kUNEVALUATED_ITEMS_EXTENDED, Change::kUNEVALUATED_ITEMS_NARROWED};

bool Open(const ArrayFacets& array) {
  return array.additional && !array.additional_schema &&
         (!array.unevaluated || array.unevaluated->AllowsAnything());
}

// What an item beyond those listed has to match; null for nothing in particular.
const Node* CoverOf(const ArrayFacets& array) {
  if (array.additional_schema) return array.additional_schema;
  const Node* rest = array.additional ? array.unevaluated : nullptr;
  return rest && rest->kind != Kind::kFalse && !rest->AllowsAnything() ? rest : nullptr;
}

void ItemRemoved(const ArrayFacets& update, const Node& was, At at, Findings& out) {
  if (Open(update)) {
    out.Report(Change::kITEM_REMOVED_FROM_OPEN_CONTENT_MODEL, at);
  } else if (const Node* cover = CoverOf(update)) {
    out.Include(was, *cover, at);
    out.Report(out.Accepts(was, *cover)
                   ? Change::kITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL
                   : Change::kITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
               at);
  } else {
    out.Report(was.kind == Kind::kFalse ? Change::kITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL
                                        : Change::kITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL,
               at);
  }
}

void ItemAdded(const ArrayFacets& original, const Node& is, At at, Findings& out) {
  if (Open(original)) {
    out.Report(is.AllowsAnything() ? Change::kITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL
                                   : Change::kITEM_ADDED_TO_OPEN_CONTENT_MODEL,
               at);
  } else if (const Node* cover = CoverOf(original)) {
    out.Include(*cover, is, at);
    out.Report(out.Accepts(*cover, is)
                   ? Change::kITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL
                   : Change::kITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL,
               at);
  } else {
    out.Report(Change::kITEM_ADDED_TO_CLOSED_CONTENT_MODEL, at);
  }
}

void CompareItems(const ArrayFacets& original, const ArrayFacets& update, Findings& out) {
  const std::size_t count = std::max(original.items.size(), update.items.size());
  for (std::size_t i = 0; i < count && out.Spend(0); ++i) {
    const std::string name = std::to_string(i);
    const At at = {"items", name};
    if (i >= update.items.size())
      ItemRemoved(update, *original.items[i], at, out);
    else if (i >= original.items.size())
      ItemAdded(original, *update.items[i], at, out);
    else
      out.Include(*original.items[i], *update.items[i], at);
  }
}
}  // namespace

void CompareArrays(const ArrayFacets& original, const ArrayFacets& update, Findings& out) {
  if (original.all && update.all)
    out.Include(*original.all, *update.all, {"items"});
  else if (original.all || update.all)
    out.Report(update.all ? Change::kSCHEMA_ADDED : Change::kSCHEMA_REMOVED, {"items"});
  CompareItems(original, update, out);
  CompareRest({original.additional, original.additional_schema},
              {update.additional, update.additional_schema}, kAdditional, {"additionalItems"}, out);
  CompareUnevaluated(original.unevaluated, update.unevaluated, kUnevaluated, {"unevaluatedItems"},
                     out);
  CompareLimit(original.max_items, update.max_items, kMaxItems, {"maxItems"}, out);
  CompareLimit(original.min_items, update.min_items, kMinItems, {"minItems"}, out);
  if (original.unique != update.unique)
    out.Report(update.unique ? Change::kUNIQUE_ITEMS_ADDED : Change::kUNIQUE_ITEMS_REMOVED,
               {"uniqueItems"});
  CompareLimit(original.max_contains, update.max_contains, kMaxContains, {"maxContains"}, out);
  CompareLimit(original.min_contains, update.min_contains, kMinContains, {"minContains"}, out);
}

}  // namespace muster::registry::formats::json
