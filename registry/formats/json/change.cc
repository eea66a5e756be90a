#include "registry/formats/json/change.h"

#include <fmt/format.h>

namespace muster::registry::formats::json {
namespace {
struct Row {
  std::string_view name;
  bool compatible;
  std::string_view meaning;
};
constexpr Row kRows[] = {
#define MUSTER_JSON_CHANGE_ROW(name, compatible, meaning) {#name, compatible, meaning},
    MUSTER_JSON_CHANGES(MUSTER_JSON_CHANGE_ROW)
#undef MUSTER_JSON_CHANGE_ROW
};
const Row& RowOf(Change change) { return kRows[static_cast<std::size_t>(change)]; }
}  // namespace

std::string_view NameOf(Change change) { return RowOf(change).name; }
bool IsCompatible(Change change) { return RowOf(change).compatible; }

std::string Sentence(Change change, std::string_view was, std::string_view is) {
  const std::string_view meaning = RowOf(change).meaning;
  if (!was.empty() && !is.empty()) return fmt::format("{}: was {}, is {}.", meaning, was, is);
  if (!was.empty()) return fmt::format("{}: was {}.", meaning, was);
  if (!is.empty()) return fmt::format("{}: is {}.", meaning, is);
  return fmt::format("{}.", meaning);
}

}  // namespace muster::registry::formats::json
