// The history of an alias, and what a refusal says.
#include "registry/promotion.h"

#include <algorithm>
#include <array>

#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::array<std::string_view, 3> kHows{"set", "promotion", "rollback"};
}  // namespace

std::string_view NameOf(How how) { return kHows[static_cast<std::size_t>(how)]; }

std::optional<How> ParseHow(std::string_view name) {
  for (std::size_t i = 0; i < kHows.size(); ++i)
    if (kHows[i] == name) return static_cast<How>(i);
  return std::nullopt;
}

const AliasMove* HeldAt(const AliasMoves& moves, Timestamp at) {
  const auto it = std::find_if(moves.rbegin(), moves.rend(),
                               [&](const AliasMove& move) { return move.at <= at; });
  return it == moves.rend() ? nullptr : &*it;
}

bool HasHeld(const AliasMoves& moves, VersionNumber version) {
  return version.value() != 0 &&
         std::any_of(moves.begin(), moves.end(),
                     [&](const AliasMove& move) { return move.version == version; });
}

VersionNumber RollbackTarget(const AliasMoves& moves) {
  // Versions that stand, as rollbacks left them: the last one is where the alias points.
  std::vector<VersionNumber> standing;
  VersionNumber now;
  for (const AliasMove& move : moves) {
    now = move.version;
    const auto before = std::find(standing.rbegin(), standing.rend(), move.version);
    if (move.how == How::kRollback && before != standing.rend())
      standing.erase(before.base(), standing.end());
    else if (move.version.value() != 0)
      standing.push_back(move.version);
  }
  while (!standing.empty() && standing.back() == now) standing.pop_back();
  return standing.empty() ? VersionNumber() : standing.back();
}

Status CheckAlias(std::string_view alias) {
  if (alias == "latest") return InvalidField("alias", "'latest' always means the newest version");
  return CheckAliasName(alias, "alias");
}

Status ToStatus(const PromotionRefused& refused) {
  std::string why;
  for (const Verdict& v : refused.verdicts)
    if (!v.passed) why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", v.gate, v.reason);
  const std::string text =
      refused.from.value() == 0
          ? fmt::format("'{}' stays without a version. {}", refused.alias, why)
          : fmt::format("'{}' stays at version {}. {}", refused.alias, refused.from.value(), why);
  if (refused.reason == Reason::kROLE_MISSING)
    return WithReason(PermissionDenied("{}", text), refused.reason);
  return WithReason(FailedPrecondition("{}", text), refused.reason);
}

}  // namespace muster::registry
