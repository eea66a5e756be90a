#pragma once
// What monitors tell: when something begins to be wrong and when it has ended, and of how many rows
// or windows they could say nothing. No finding holds a NaN or an infinity. Pure values.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "drift/monitors/spec.h"

namespace muster::drift {

// A row of a series: its number, from 0, and its event time where it has one.
struct Mark {
  std::uint64_t row = 0;
  std::optional<Timestamp> time;
  friend bool operator==(const Mark&, const Mark&) = default;
};

enum class Phase : std::uint8_t { kBegan, kEnded };
std::string_view NameOf(Phase phase);  // "began", "ended"

struct Finding {
  std::string monitor;
  std::string kind;   // NameOf(rule).
  std::string field;  // Empty: of rows as a whole.
  std::string series;
  Phase phase = Phase::kBegan;
  Severity severity = Severity::kAlarm;
  Mark from;             // Where it began to be so; of a window its first row.
  Mark to;               // The row that told.
  double statistic = 0;  // See each rule; of an ended finding the largest there was.
  double threshold = 0;
  std::optional<double> p;  // Of `input`: adjusted by Holm; of an ended finding the least.
  std::string text;         // A sentence.
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Why a row, a value or a window was not judged.
enum class Skip : std::uint8_t {
  kLate,       // A row older than the newest of its series.
  kDuplicate,  // A row with the time and the values of the one before it.
  kClock,      // A row whose time no clock that is right shows, or years ahead of the others.
  kSeries,     // A row of one series more than there is memory for.
  kNotFinite,  // A value that is infinite or beyond 1e100; `range` counts it as outside.
  kFew,        // A window with fewer than 30 values of a field.
  kConstant,   // A window or a reference without any spread, where the rule needs one.
  kNoTime,     // A value without event time, or two at one time, where the rule needs it.
  kIgnored,    // A value that the detector does not take, such as one beyond [0, 1].
};
inline constexpr std::size_t kSkips = 9;
std::string_view NameOf(Skip skip);  // "late", "duplicate", ...

class Tally {
 public:
  void Count(Skip skip, std::uint64_t more = 1) { counts_[static_cast<std::size_t>(skip)] += more; }
  std::uint64_t of(Skip skip) const { return counts_[static_cast<std::size_t>(skip)]; }
  friend bool operator==(const Tally&, const Tally&) = default;

 private:
  std::array<std::uint64_t, kSkips> counts_{};
};

}  // namespace muster::drift
