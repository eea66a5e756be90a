#pragma once
// What a node tells outside of rounds, in the agent's own words (telemetry.proto on the wire).
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/reason.h"
#include "base/status.h"
#include "drift/monitors/finding.h"

namespace muster::client {

// In order of priority: when the disk's bound is reached, the oldest of the last class goes first.
enum class TelemetryClass : std::uint8_t { kAlarm = 1, kFeedback = 2, kState = 3, kSummary = 4 };
inline constexpr std::size_t kTelemetryClasses = 4;
std::string_view NameOf(TelemetryClass cls);  // "alarm", "feedback", "state", "summary"

// What a person at the site says of a prediction or an alarm.
struct Feedback {
  enum class Verdict : std::uint8_t { kFalsePositive = 1, kMissed = 2, kConfirmed = 3, kLabel = 4 };
  std::string id;  // [a-z0-9-]{1,64}; the same again says nothing new.
  Verdict verdict = Verdict::kLabel;
  std::string monitor;               // The rule that it is about; empty: none.
  std::string field;                 // Of the rule; empty: none.
  std::optional<Timestamp> about;    // The event that it is about; empty: now.
  std::optional<double> label = {};  // What was true, in the label field's unit. Never leaves here.
  std::string outcome;               // At most 512 characters.
  std::string by;
  friend bool operator==(const Feedback&, const Feedback&) = default;
};
std::string_view NameOf(Feedback::Verdict verdict);  // "false_positive", "missed", ...
std::optional<Feedback::Verdict> ParseVerdict(std::string_view name);

// A version came into service, or could not.
struct Loaded {
  enum class State : std::uint8_t { kServing, kRefused, kFallenBack };
  State state = State::kServing;
  std::optional<Reason> reason = {};  // Unless it serves.
  std::string detail = {};            // One line of at most 512 characters.
  friend bool operator==(const Loaded&, const Loaded&) = default;
};

// What a version served since the summary before.
struct Served {
  std::optional<Timestamp> from;  // Event times of the first and the last row that have one.
  std::optional<Timestamp> to;
  std::uint64_t rows = 0;
  std::uint64_t predictions = 0;
  std::uint64_t labelled = 0;
  std::uint64_t failed = 0;
  std::string latency = {};  // DdSketch of milliseconds a prediction, encoded; empty: none.
  double joules = 0;
  std::map<std::string, std::uint64_t> not_judged = {};  // By drift::NameOf(Skip).
  friend bool operator==(const Served&, const Served&) = default;
};

struct TelemetryEvent {
  Timestamp time;   // When it happened, not when it is told.
  ModelName model;  // What was served then; empty: nothing.
  VersionNumber version;
  std::variant<drift::Finding, Feedback, Loaded, Served> what;
  friend bool operator==(const TelemetryEvent&, const TelemetryEvent&) = default;
};
TelemetryClass ClassOf(const TelemetryEvent& event);

// Where events go. Safe from any thread.
class TelemetrySink {
 public:
  virtual ~TelemetrySink() = default;
  // Durable once it returns OK. RESOURCE_EXHAUSTED (DISK_FULL), UNAVAILABLE.
  virtual Status Add(const TelemetryEvent& event) = 0;
  // That the next event of a class is given. Only rises, also over restarts.
  virtual std::uint64_t NextSequence(TelemetryClass cls) const = 0;
};

}  // namespace muster::client
