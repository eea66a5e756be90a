#include "registry/formats/json/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "registry/formats/json/value.h"

namespace muster::registry::formats::json {
namespace {
void CompareText(const std::optional<std::string>& original,
                 const std::optional<std::string>& update, Change change, Findings& out) {
  if (original == update) return;
  out.Report(change, {}, original ? Shown(*original) : "absent",
             update ? Shown(*update) : "absent");
}

void CompareAnnotations(const Node& original, const Node& update, Findings& out) {
  static const Annotations kNone;
  const Annotations& a = original.annotations ? *original.annotations : kNone;
  const Annotations& b = update.annotations ? *update.annotations : kNone;
  CompareText(a.id, b.id, Change::kID_CHANGED, out);
  CompareText(a.title, b.title, Change::kTITLE_CHANGED, out);
  CompareText(a.description, b.description, Change::kDESCRIPTION_CHANGED, out);
  CompareText(a.fallback, b.fallback, Change::kDEFAULT_CHANGED, out);
}

void CompareValues(const Values& original, const Values& update, Findings& out) {
  const auto& a = original.values;
  const auto& b = update.values;
  if (a == b) return;
  Change change = Change::kENUM_ARRAY_CHANGED;
  if (std::includes(b.begin(), b.end(), a.begin(), a.end()))
    change = Change::kENUM_ARRAY_EXTENDED;
  else if (std::includes(a.begin(), a.end(), b.begin(), b.end()))
    change = Change::kENUM_ARRAY_NARROWED;
  out.Report(change, {"enum"}, fmt::format("{} values", a.size()),
             fmt::format("{} values", b.size()));
}

// What is ruled out is compared the other way round.
void CompareNegations(const Negation& original, const Negation& update, Findings& out) {
  const Level level = out.Judge(*update.schema, *original.schema);
  if (level == Level::kCompatible) out.Report(Change::kNOT_TYPE_NARROWED, {"not"});
  if (level == Level::kIncompatible) out.Report(Change::kNOT_TYPE_EXTENDED, {"not"});
}

// One of several that would do stands for the whole. True when that settles the pair.
bool StandsIn(const Node& original, const Node& update, Findings& out) {
  if (original.kind != Kind::kCombined && update.kind == Kind::kCombined) {
    const Combination& all = update.As<Combination>();
    const bool single = all.subschemas.size() == 1;
    if (!single && all.criterion == Criterion::kAll) return false;
    for (const Node* sub : all.subschemas) {
      if (!out.Accepts(original, *sub)) continue;
      out.Include(original, *sub, {});
      if (!single) out.Report(Change::kSUM_TYPE_EXTENDED, {});
      return true;
    }
  } else if (original.kind == Kind::kCombined && update.kind != Kind::kCombined) {
    const Combination& all = original.As<Combination>();
    const bool single = all.subschemas.size() == 1;
    if (!single && all.criterion != Criterion::kAll) return false;
    for (const Node* sub : all.subschemas) {
      if (!out.Accepts(*sub, update)) continue;
      out.Include(*sub, update, {});
      if (!single) out.Report(Change::kPRODUCT_TYPE_NARROWED, {});
      return true;
    }
  }
  return false;
}

std::string_view NameOf(Kind kind) {
  constexpr std::string_view kNames[] = {"any schema",     "true",        "false",       "text",
                                         "number",         "boolean",     "null",        "object",
                                         "array",          "combination", "enumeration", "constant",
                                         "what is not so", "condition",   "reference"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Decimals as bytes, written by Connect's JSON converter in one way or another, are one type.
bool BothConnectBytes(const Node& a, const Node& b) {
  return a.annotations && b.annotations && a.annotations->connect_bytes &&
         b.annotations->connect_bytes;
}
}  // namespace

void ComparePair(const Node& original, const Node& update, Findings& out) {
  if (StandsIn(original, update, out)) return;
  if (original.kind != update.kind) {
    if (original.kind == Kind::kFalse || update.AllowsAnything()) return;
    if (!BothConnectBytes(original, update))
      out.Report(Change::kTYPE_CHANGED, {}, NameOf(original.kind), NameOf(update.kind));
    return;
  }
  CompareAnnotations(original, update, out);
  switch (original.kind) {
    case Kind::kString:
      CompareStrings(original.As<StringFacets>(), update.As<StringFacets>(), out);
      break;
    case Kind::kNumber:
      CompareNumbers(original.As<NumberFacets>(), update.As<NumberFacets>(), out);
      break;
    case Kind::kObject:
      CompareObjects(original.As<ObjectFacets>(), update.As<ObjectFacets>(), out);
      break;
    case Kind::kArray:
      CompareArrays(original.As<ArrayFacets>(), update.As<ArrayFacets>(), out);
      break;
    case Kind::kCombined:
      CompareCombinations(original.As<Combination>(), update.As<Combination>(), out);
      break;
    case Kind::kEnum:
      CompareValues(std::get<Values>(original.facets), std::get<Values>(update.facets), out);
      break;
    case Kind::kConst:
      if (const std::string& was = std::get<Constant>(original.facets).value,
          &is = std::get<Constant>(update.facets).value;
          was != is)
        out.Report(Change::kENUM_ARRAY_CHANGED, {"const"}, Shown(was), Shown(is));
      break;
    case Kind::kNot:
      CompareNegations(std::get<Negation>(original.facets), std::get<Negation>(update.facets), out);
      break;
    default: break;  // Nothing more to them.
  }
}

void CompareLimit(const std::optional<Decimal>& original, const std::optional<Decimal>& update,
                  const LimitChanges& changes, At at, Findings& out) {
  if (original == update) return;
  const std::string was = original ? Shown(original->Text()) : "";
  const std::string is = update ? Shown(update->Text()) : "";
  if (!original)
    out.Report(changes.added, at, was, is);
  else if (!update)
    out.Report(changes.removed, at, was, is);
  else
    out.Report(*original < *update ? changes.increased : changes.decreased, at, was, is);
}

void CompareRest(Rest original, Rest update, const RestChanges& changes, At at, Findings& out) {
  if (original.allowed != update.allowed)
    out.Report(update.allowed ? changes.added : changes.removed, at);
  else if (!original.schema && update.schema)
    out.Report(changes.narrowed, at);
  else if (original.schema && !update.schema)
    out.Report(changes.extended, at);
  else if (original.schema)
    out.Include(*original.schema, *update.schema, at);
}

void CompareUnevaluated(const Node* original, const Node* update, const RestChanges& changes, At at,
                        Findings& out) {
  if (original && original->AllowsAnything()) original = nullptr;
  if (update && update->AllowsAnything()) update = nullptr;
  const bool was_closed = original && original->kind == Kind::kFalse;
  const bool is_closed = update && update->kind == Kind::kFalse;
  CompareRest({!was_closed, was_closed ? nullptr : original},
              {!is_closed, is_closed ? nullptr : update}, changes, at, out);
}

}  // namespace muster::registry::formats::json
