#include "cli/kinds.h"

#include <map>
#include <string>
#include <vector>

#include "base/nearest.h"

namespace muster::cli {
namespace {

const std::map<std::string, Kind, std::less<>>& Spellings() {
  static const auto& spellings = *new std::map<std::string, Kind, std::less<>>{
      {"contract", Kind::kContract}, {"contracts", Kind::kContract}, {"ct", Kind::kContract},
      {"model", Kind::kModel},       {"models", Kind::kModel},       {"md", Kind::kModel},
      {"campaign", Kind::kCampaign}, {"campaigns", Kind::kCampaign}, {"cp", Kind::kCampaign},
      {"monitor", Kind::kMonitor},   {"monitors", Kind::kMonitor},   {"mo", Kind::kMonitor},
      {"trigger", Kind::kTrigger},   {"triggers", Kind::kTrigger},   {"tr", Kind::kTrigger},
      {"device", Kind::kDevice},     {"devices", Kind::kDevice},     {"dev", Kind::kDevice}};
  return spellings;
}

}  // namespace

StatusOr<Kind> ParseKind(std::string_view text) {
  const auto it = Spellings().find(text);
  if (it != Spellings().end()) return it->second;
  std::vector<std::string> names;
  for (const auto& item : Spellings())
    if (item.first.size() > 3) names.push_back(item.first);  // Short forms are near to anything.
  return InvalidArgument("unknown kind '{}', not one of {}{}", text, kKindsHelp,
                         DidYouMean(text, names));
}

std::string CheckKind(const std::string& text) {
  return std::string(MessageOf(ParseKind(text).status()));
}

}  // namespace muster::cli
