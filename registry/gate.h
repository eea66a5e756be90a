#pragma once
// The gates of a model: what a version must pass before a guarded alias may point at it, as the
// model declares it. Values only; gate_judge.h judges.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/canonical_json.h"
#include "base/clock.h"
#include "base/status.h"

namespace muster::registry {

enum class Better { kLower, kHigher };
std::string_view NameOf(Better better);  // "lower", "higher".
std::optional<Better> ParseBetter(std::string_view name);
// Of rmse, mae, loss and accuracy; nullopt: of another metric it has to be said.
std::optional<Better> UsualDirection(std::string_view metric);

struct MetricGate {
  std::string name;
  Better better = Better::kLower;
  std::string alias;                 // Compared with its version; empty: that of the moved alias.
  double margin = 0;                 // By so much it may be worse; below 0: must be better.
  std::optional<double> confidence;  // In (0.5, 1); empty: the two values alone.
  friend bool operator==(const MetricGate&, const MetricGate&) = default;
};

struct SlicesGate {
  std::string metric;
  Better better = Better::kLower;
  double worst_over_mean = 1;  // At most so many times as bad as their mean; 0: that is not asked.
  // Of slices by name: by so much it may be worse there than the version in place; below 0: must be
  // better.
  std::map<std::string, double> margins = {};
  friend bool operator==(const SlicesGate&, const SlicesGate&) = default;
};

struct ApprovalsGate {
  std::uint32_t count = 1;
  std::string role;
  friend bool operator==(const ApprovalsGate&, const ApprovalsGate&) = default;
};

// A part of the day, in minutes since midnight UTC; over midnight when it ends before it begins.
struct DayHours {
  std::uint32_t from = 0;
  std::uint32_t until = 0;
  friend bool operator==(const DayHours&, const DayHours&) = default;
};

// Closed while all that is set holds.
struct FreezeWindow {
  std::optional<Timestamp> from;
  std::optional<Timestamp> until;  // The first instant after it.
  std::uint8_t days = 0;  // Bit 0 is Monday; 0: every day. Hours belong to their first day.
  std::optional<DayHours> hours;
  friend bool operator==(const FreezeWindow&, const FreezeWindow&) = default;
};
bool Holds(const FreezeWindow& window, Timestamp now);
std::string TextOf(const FreezeWindow& window);      // "fri, sat 18:00-08:00 UTC".
std::string TextOf(const DayHours& hours);           // "18:00-08:00".
std::vector<std::string> DaysOf(std::uint8_t days);  // "fri", "sat".

// INVALID_ARGUMENT: "mon" to "sun"; "18:00-08:00", not from an instant to itself.
StatusOr<std::uint8_t> ParseDays(const std::vector<std::string>& days);
StatusOr<DayHours> ParseHours(std::string_view text);

struct HardwareGate {
  std::vector<std::string> certified;  // On each of these.
  std::string role;                    // Who may certify; empty: any operator.
  friend bool operator==(const HardwareGate&, const HardwareGate&) = default;
};

struct RollbackRule {
  std::string role{"operator"};
  std::vector<std::string> gates{"contract", "freeze", "hardware"};
  friend bool operator==(const RollbackRule&, const RollbackRule&) = default;
};

inline constexpr std::string_view kChampion = "champion";

struct Gates {
  std::vector<std::string> aliases{std::string(kChampion)};
  std::optional<MetricGate> metric;
  std::optional<SlicesGate> slices;
  bool contract = false;  // Can read the data that the version in place reads.
  std::optional<double> epsilon;
  std::optional<ApprovalsGate> approvals;
  std::vector<FreezeWindow> freeze;
  std::optional<HardwareGate> hardware;
  std::string override_role{"release-manager"};
  RollbackRule rollback;

  bool Guards(std::string_view alias) const;
  friend bool operator==(const Gates&, const Gates&) = default;
};

// OK, or INVALID_ARGUMENT (FIELD_INVALID, FIELD_DUPLICATE) at "gates.…".
Status Validate(const Gates& gates);

// As facts hold it, and back.
Json ToJson(const Gates& gates);
StatusOr<Gates> GatesFrom(const Json& json);

// What one gate says.
struct Verdict {
  std::string gate;
  bool passed = false;
  std::string reason;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

}  // namespace muster::registry
