#include "registry/roles.h"

#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::string_view kOperator = "operator/";
constexpr std::size_t kMaxRoles = 100;
constexpr std::size_t kMaxHolders = 1000;
constexpr std::size_t kShownHolders = 5;
}  // namespace

StatusOr<Roles> Roles::Make(const std::map<std::string, std::vector<std::string>>& holders) {
  Roles out;
  out.listed_ = true;
  if (holders.size() > kMaxRoles)
    return InvalidField("roles", "{} roles are more than {}", holders.size(), kMaxRoles);
  for (const auto& [role, names] : holders) {
    const std::string path = "roles." + role.substr(0, 80);
    MUSTER_TRY(CheckAliasName(role, path));
    if (role == kOperatorRole)
      return InvalidField(path, "every operator holds this one: take it out of the list");
    if (names.size() > kMaxHolders)
      return InvalidField(path, "{} holders are more than {}", names.size(), kMaxHolders);
    std::set<std::string>& into = out.holders_[role];
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string name =
          names[i].starts_with(kOperator) ? names[i].substr(kOperator.size()) : names[i];
      MUSTER_TRY(CheckOperatorName(name, fmt::format("{}[{}]", path, i)));
      into.insert(std::string(kOperator) + name);
    }
  }
  return out;
}

bool Roles::Holds(std::string_view who, std::string_view role) const {
  if (!who.starts_with(kOperator)) return false;
  if (!listed_ || role == kOperatorRole) return true;
  const auto it = holders_.find(role);
  return it != holders_.end() && it->second.contains(std::string(who));
}

std::string Roles::WhoHolds(std::string_view role) const {
  const auto it = holders_.find(role);
  if (it == holders_.end() || it->second.empty())
    return fmt::format("nobody does: add the role to the file of musterd --roles");
  std::string text;
  std::size_t shown = 0;
  for (const std::string& who : it->second) {
    if (shown++ == kShownHolders)
      return fmt::format("{} and {} more do", text, it->second.size() - kShownHolders);
    text += (text.empty() ? "" : ", ") + who;
  }
  return text + (it->second.size() == 1 ? " does" : " do");
}

}  // namespace muster::registry
