#pragma once
// What this site allows, whatever a server asks for. Pure: it is told the time and the traffic, and
// never asks for them. Its word outranks the coordinator's.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/secagg/task.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster::client {

// A time of day on the site's own clock, from midnight.
using TimeOfDay = std::chrono::minutes;

// "06:30"; "24:00" is the day's end. INVALID_ARGUMENT otherwise.
StatusOr<TimeOfDay> ParseTimeOfDay(std::string_view text);

// From `from` up to, but not at, `to`; one that ends before it begins wraps midnight.
struct AllowedHours {
  TimeOfDay from{};
  TimeOfDay to{};
  bool Holds(TimeOfDay t) const { return from < to ? from <= t && t < to : from <= t || t < to; }
};

// Asks for no more than a campaign's defaults promise: one device in ten may work with the server.
// How many may vanish is the campaign's own affair, since less only opens fewer sums.
inline constexpr aggregation::secagg::LocalFloor kDefaultFloor{.corrupt_ppm = 100'000};

struct PolicyRules {
  std::vector<std::string> campaigns;  // Names, or a prefix and '*'; none: all.
  std::vector<AllowedHours> hours;     // None: always.
  std::uint32_t least_cohort = 0;
  std::uint64_t bytes_a_day = 0;  // Down and up together, by UTC day; 0: no limit.
  bool secure_required = false;   // Nothing leaves but in a masked sum.
  bool statistics = true;         // Rows may be counted for campaigns of statistics.
  aggregation::secagg::LocalFloor floor = kDefaultFloor;  // Of masked sums.
};

// What a coordinator asks for, and when.
struct PolicyAsk {
  CampaignName campaign;
  std::uint32_t cohort = 0;
  std::uint64_t bytes = 0;        // What the task would move.
  std::uint64_t bytes_today = 0;  // What has been moved.
  TimeOfDay local_time{};
  bool secure = false;      // By secure aggregation.
  bool statistics = false;  // To count rows.
};

// A value; safe from any thread.
class LocalPolicy {
 public:
  LocalPolicy() = default;  // Allows everything.
  // INVALID_ARGUMENT (FIELD_INVALID) with the field's path on an empty name, a '*' that is not the
  // last character, and a window that is empty.
  static StatusOr<LocalPolicy> Make(PolicyRules rules);

  // OK, or PERMISSION_DENIED with POLICY_CAMPAIGN, POLICY_HOURS, POLICY_COHORT, POLICY_BYTES
  // or POLICY_SECURE, the first that forbids, in this order. Statistics are allowed as their
  // campaigns are, where the site allows any, and in masked sums only.
  Status Check(const PolicyAsk& ask) const;
  // The part of Check that is about the time alone.
  Status CheckHours(TimeOfDay local_time) const;
  std::uint64_t bytes_a_day() const { return rules_.bytes_a_day; }
  // The least terms of a secure round; a session checks them too.
  const aggregation::secagg::LocalFloor& floor() const { return rules_.floor; }

 private:
  explicit LocalPolicy(PolicyRules rules) : rules_(std::move(rules)) {}
  bool Allows(const CampaignName& campaign) const;
  PolicyRules rules_;
};

}  // namespace muster::client
