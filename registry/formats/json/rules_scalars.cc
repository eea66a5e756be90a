// Texts and numbers.
#include "registry/formats/json/rules.h"
#include "registry/formats/json/value.h"

namespace muster::registry::formats::json {
namespace {
constexpr LimitChanges kMaxLength = {Change::kMAX_LENGTH_ADDED, Change::kMAX_LENGTH_REMOVED,
                                     Change::kMAX_LENGTH_INCREASED, Change::kMAX_LENGTH_DECREASED};
constexpr LimitChanges kMinLength = {Change::kMIN_LENGTH_ADDED, Change::kMIN_LENGTH_REMOVED,
                                     Change::kMIN_LENGTH_INCREASED, Change::kMIN_LENGTH_DECREASED};
constexpr LimitChanges kMaximum = {Change::kMAXIMUM_ADDED, Change::kMAXIMUM_REMOVED,
                                   Change::kMAXIMUM_INCREASED, Change::kMAXIMUM_DECREASED};
constexpr LimitChanges kMinimum = {Change::kMINIMUM_ADDED, Change::kMINIMUM_REMOVED,
                                   Change::kMINIMUM_INCREASED, Change::kMINIMUM_DECREASED};
constexpr LimitChanges kExclusiveMaximum = {
    Change::kEXCLUSIVE_MAXIMUM_ADDED, Change::kEXCLUSIVE_MAXIMUM_REMOVED,
    Change::kEXCLUSIVE_MAXIMUM_INCREASED, Change::kEXCLUSIVE_MAXIMUM_DECREASED};
constexpr LimitChanges kExclusiveMinimum = {
    Change::kEXCLUSIVE_MINIMUM_ADDED, Change::kEXCLUSIVE_MINIMUM_REMOVED,
    Change::kEXCLUSIVE_MINIMUM_INCREASED, Change::kEXCLUSIVE_MINIMUM_DECREASED};

void CompareFlag(bool original, bool update, const LimitChanges& changes, At at, Findings& out) {
  if (original != update) out.Report(update ? changes.added : changes.removed, at);
}

void CompareMultiples(const std::optional<Decimal>& original, const std::optional<Decimal>& update,
                      Findings& out) {
  if (original == update) return;
  const std::string was = original ? Shown(original->Text()) : "";
  const std::string is = update ? Shown(update->Text()) : "";
  Change change = Change::kMULTIPLE_OF_CHANGED;  // Also of numbers too long to divide.
  if (!original)
    change = Change::kMULTIPLE_OF_ADDED;
  else if (!update)
    change = Change::kMULTIPLE_OF_REMOVED;
  else if (original->Divides(*update) == true)
    change = Change::kMULTIPLE_OF_EXPANDED;
  else if (update->Divides(*original) == true)
    change = Change::kMULTIPLE_OF_REDUCED;
  out.Report(change, {"multipleOf"}, was, is);
}
}  // namespace

void CompareStrings(const StringFacets& original, const StringFacets& update, Findings& out) {
  CompareLimit(original.max_length, update.max_length, kMaxLength, {"maxLength"}, out);
  CompareLimit(original.min_length, update.min_length, kMinLength, {"minLength"}, out);
  if (original.pattern == update.pattern) return;
  const Change change = !original.pattern ? Change::kPATTERN_ADDED
                        : !update.pattern ? Change::kPATTERN_REMOVED
                                          : Change::kPATTERN_CHANGED;
  out.Report(change, {"pattern"}, original.pattern ? Shown(*original.pattern) : "",
             update.pattern ? Shown(*update.pattern) : "");
}

void CompareNumbers(const NumberFacets& original, const NumberFacets& update, Findings& out) {
  CompareLimit(original.maximum, update.maximum, kMaximum, {"maximum"}, out);
  CompareLimit(original.minimum, update.minimum, kMinimum, {"minimum"}, out);
  CompareLimit(original.exclusive_maximum, update.exclusive_maximum, kExclusiveMaximum,
               {"exclusiveMaximum"}, out);
  CompareFlag(original.maximum_is_exclusive, update.maximum_is_exclusive, kExclusiveMaximum,
              {"exclusiveMaximum"}, out);
  CompareLimit(original.exclusive_minimum, update.exclusive_minimum, kExclusiveMinimum,
               {"exclusiveMinimum"}, out);
  CompareFlag(original.minimum_is_exclusive, update.minimum_is_exclusive, kExclusiveMinimum,
              {"exclusiveMinimum"}, out);
  CompareMultiples(original.multiple_of, update.multiple_of, out);
  if (original.integer != update.integer)
    out.Report(original.integer ? Change::kTYPE_EXTENDED : Change::kTYPE_NARROWED, {});
}

}  // namespace muster::registry::formats::json
