#include "cli/promotion_view.h"

#include <map>
#include <vector>

#include "base/time_text.h"
#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

std::string VersionText(std::uint64_t version) {
  return version == 0 ? "nowhere" : fmt::format("version {}", version);
}

std::string RefusedGates(const v1::PromoteReply& reply) {
  std::vector<std::string> gates;
  for (const v1::Verdict& v : reply.verdicts())
    if (!v.passed()) gates.push_back(v.gate());
  return fmt::format("{}", fmt::join(gates, ", "));
}

std::string EndText(const v1::PromoteReply& reply, bool dry_run) {
  const std::string alias = fmt::format("{}:{}", reply.model(), reply.alias());
  switch (reply.outcome()) {
    case v1::PromoteReply::MOVED:
      return fmt::format("{} {} {} (was {}){}", alias, dry_run ? "would be" : "is",
                         VersionText(reply.version()), VersionText(reply.from()),
                         reply.overridden() ? ", overriding " + RefusedGates(reply) : "");
    case v1::PromoteReply::UNCHANGED:
      return fmt::format("{} is {} already", alias, VersionText(reply.from()));
    default:
      return fmt::format("{} {} {}: refused by {} ({})", alias, dry_run ? "would stay" : "stays",
                         VersionText(reply.from()), RefusedGates(reply), reply.reason());
  }
}

std::string DateOf(std::int64_t unix_ms) { return FormatTime(FromUnixMillis(unix_ms)); }
}  // namespace

std::string PromotionText(const v1::PromoteReply& reply, bool dry_run) {
  std::string out;
  if (!reply.verdicts().empty()) {
    Table table({"GATE", "VERDICT", "REASON"});
    for (const v1::Verdict& v : reply.verdicts())
      table.Add({v.gate(), v.passed() ? "passed" : "refused", v.reason()});
    out = table.Text();
  }
  return out + Clean(EndText(reply, dry_run)) + (dry_run ? " (dry run)\n" : "\n");
}

std::string HistoryTable(const v1::AliasHistory& history) {
  Table table({"ALIAS", "VERSION", "FROM", "SINCE", "UNTIL", "HOW", "BY", "OVERRIDE"});
  for (const v1::AliasMove& move : history.moves())
    table.Add({move.alias(), move.version() == 0 ? "-" : fmt::format("{}", move.version()),
               move.from() == 0 ? "-" : fmt::format("{}", move.from()), DateOf(move.at_unix_ms()),
               move.until_unix_ms() == 0 ? "now" : DateOf(move.until_unix_ms()), move.how(),
               move.by(), move.override_reason()});
  return table.Text();
}

std::string GatesText(const v1::Gates& gates) {
  std::vector<std::string> parts;
  if (gates.has_metric()) {
    parts.push_back("metric " + gates.metric().name());
    if (gates.metric().has_confidence())
      parts.back() += fmt::format(" with confidence {}", Real(gates.metric().confidence()));
  }
  if (gates.slices().worst_over_mean() > 0)
    parts.push_back(fmt::format("slices of {} within {} of their mean", gates.slices().metric(),
                                Real(gates.slices().worst_over_mean())));
  const auto& margins = gates.slices().margins();
  for (const auto& [slice, margin] : std::map(margins.begin(), margins.end()))
    parts.push_back(fmt::format("{} in slice {} at most {} worse than in place",
                                gates.slices().metric(), slice, Real(margin)));
  if (gates.contract().compatible()) parts.push_back("contract");
  if (gates.has_privacy())
    parts.push_back(fmt::format("privacy epsilon {}", Real(gates.privacy().epsilon())));
  if (gates.has_approvals())
    parts.push_back(
        fmt::format("{} approval(s) of {}", gates.approvals().count(), gates.approvals().role()));
  if (gates.freeze_size() > 0) parts.push_back(fmt::format("{} freeze", gates.freeze_size()));
  if (gates.has_hardware())
    parts.push_back(fmt::format("certified on {}", fmt::join(gates.hardware().certified(), ", ")));
  return fmt::format("{} before {}", fmt::join(parts, "; "), fmt::join(gates.aliases(), ", "));
}

}  // namespace muster::cli
