#include "client/policy/local_policy.h"

#include <algorithm>

namespace muster::client {
namespace {
constexpr TimeOfDay kDay = std::chrono::hours(24);

Status Forbidden(Reason reason, std::string_view why) {
  return WithReason(PermissionDenied("this site's policy: {}", why), reason);
}

std::string ClockText(TimeOfDay t) {
  return fmt::format("{:02}:{:02}", t.count() / 60, t.count() % 60);
}
}  // namespace

StatusOr<TimeOfDay> ParseTimeOfDay(std::string_view text) {
  const auto digit = [text](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return InvalidArgument("'{}' is not a time of day such as 06:30", text);
  const auto two = [text](std::size_t i) { return 10 * (text[i] - '0') + text[i + 1] - '0'; };
  const TimeOfDay time = std::chrono::hours(two(0)) + std::chrono::minutes(two(3));
  if (two(3) > 59 || time > kDay) return InvalidArgument("'{}' is not within a day", text);
  return time;
}

StatusOr<LocalPolicy> LocalPolicy::Make(PolicyRules rules) {
  for (std::size_t i = 0; i < rules.campaigns.size(); ++i) {
    const std::string& name = rules.campaigns[i];
    const std::string path = fmt::format("campaigns[{}]", i);
    if (name.empty()) return InvalidField(path, "is empty");
    if (name.find('*') < name.size() - 1)
      return InvalidField(path, "'*' may stand at the end of '{}' only", name);
  }
  for (std::size_t i = 0; i < rules.hours.size(); ++i)
    if (rules.hours[i].from == rules.hours[i].to || rules.hours[i].from == kDay)
      return InvalidField(fmt::format("hours[{}]", i), "from {} to {} is no time at all",
                          ClockText(rules.hours[i].from), ClockText(rules.hours[i].to));
  return LocalPolicy(std::move(rules));
}

bool LocalPolicy::Allows(const CampaignName& campaign) const {
  if (rules_.campaigns.empty()) return true;
  return std::any_of(rules_.campaigns.begin(), rules_.campaigns.end(), [&](std::string_view rule) {
    if (!rule.ends_with('*')) return campaign.value() == rule;
    rule.remove_suffix(1);
    return std::string_view(campaign.value()).starts_with(rule);
  });
}

Status LocalPolicy::CheckHours(TimeOfDay local_time) const {
  const auto holds = [local_time](const AllowedHours& h) { return h.Holds(local_time); };
  if (rules_.hours.empty() || std::any_of(rules_.hours.begin(), rules_.hours.end(), holds))
    return Ok();
  return Forbidden(Reason::kPOLICY_HOURS,
                   fmt::format("{} is outside the allowed hours", ClockText(local_time)));
}

Status LocalPolicy::Check(const PolicyAsk& ask) const {
  if (!Allows(ask.campaign))
    return Forbidden(Reason::kPOLICY_CAMPAIGN,
                     fmt::format("campaign '{}' is not allowed", ask.campaign.value()));
  if (ask.statistics && !rules_.statistics)
    return Forbidden(Reason::kPOLICY_CAMPAIGN, "statistics are not allowed");
  MUSTER_TRY(CheckHours(ask.local_time));
  if (ask.cohort < rules_.least_cohort)
    return Forbidden(
        Reason::kPOLICY_COHORT,
        fmt::format("a cohort of {}; at least {} are asked for", ask.cohort, rules_.least_cohort));
  const std::uint64_t limit = rules_.bytes_a_day;
  if (limit > 0 && (ask.bytes_today > limit || ask.bytes > limit - ask.bytes_today))
    return Forbidden(Reason::kPOLICY_BYTES,
                     fmt::format("{} more bytes would pass {} a day; {} are used", ask.bytes, limit,
                                 ask.bytes_today));
  if ((rules_.secure_required || ask.statistics) && !ask.secure)
    return Forbidden(Reason::kPOLICY_SECURE, "only secure aggregation is allowed");
  return Ok();
}

}  // namespace muster::client
