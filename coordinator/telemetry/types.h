#pragma once
// What devices tell outside of rounds, in domain types; coordinator/rpc and coordinator/mqtt
// translate. Foreign: lengths, names and numbers are judged where it is translated.
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster::coordinator {

enum class TelemetryClass : std::uint8_t { kAlarm = 1, kFeedback = 2, kState = 3, kSummary = 4 };

struct DriftFinding {
  std::string monitor;  // The rule: "<monitor>.<rule>" of those that the coordinator gave out.
  std::string kind;
  std::string field;              // Empty: of rows as a whole.
  bool began = true;              // False: it ended.
  bool alarm = true;              // False: a warning.
  std::optional<Timestamp> from;  // Event times.
  std::optional<Timestamp> to;
  double statistic = 0;
  double threshold = 0;
  std::optional<double> p = {};
  std::string text;
};
// What a person said; a label stays on the device.
struct Feedback {
  enum class Verdict : std::uint8_t { kFalsePositive = 1, kMissed = 2, kConfirmed = 3, kLabel = 4 };
  std::string id;
  Verdict verdict = Verdict::kLabel;
  std::string monitor;
  std::string field;
  std::optional<Timestamp> about;
  std::string outcome;
  std::string by;
};
std::string_view NameOf(
    Feedback::Verdict verdict);  // "false_positive", "missed", "confirmed", "label"
std::optional<Feedback::Verdict> ParseVerdict(std::string_view name);
struct Loaded {
  std::string state;  // serving, refused, fallen_back
  std::string reason;
  std::string detail;
};
struct Served {
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
  std::uint64_t rows = 0;
  std::uint64_t predictions = 0;
  std::uint64_t labelled = 0;
  std::uint64_t failed = 0;
  std::string latency;  // An encoded drift::DdSketch, already parsed once; empty: none.
  double joules = 0;
  std::map<std::string, std::uint64_t> not_judged;
};

struct TelemetryRecord {
  TelemetryClass cls = TelemetryClass::kSummary;
  std::uint64_t sequence = 0;
  Timestamp time;   // The event's.
  ModelName model;  // Empty: none was served.
  VersionNumber version;
  std::variant<DriftFinding, Feedback, Loaded, Served> what;
};
struct TelemetryAck {
  std::map<TelemetryClass, std::uint64_t> through;
  struct Refused {
    TelemetryClass cls = TelemetryClass::kSummary;
    std::uint64_t sequence = 0;
    std::string reason;
  };
  std::vector<Refused> refused;
};
struct TelemetryBatch {
  std::string spool;                     // 32 hexadecimal digits.
  std::vector<TelemetryRecord> records;  // By rising sequence within each class.
  // Records that came with them and were refused where they were translated.
  std::vector<TelemetryAck::Refused> refused = {};
};
inline constexpr std::size_t kMostTelemetryRecords = 256;
inline constexpr std::size_t kMostTelemetryBytes = std::size_t{512} << 10;
std::string_view NameOf(TelemetryClass cls);  // "alarm", "feedback", "state", "summary"

// Who listens to telemetry: the monitors of the models (coordinator/monitor).
class TelemetryListener {
 public:
  virtual ~TelemetryListener() = default;
  // On the control strand. OK: what of it is to be kept is durable, and what came twice, by
  // (device, spool, class, sequence), was left out. An error: nothing is acknowledged, and the
  // device sends the same again.
  virtual Status OnTelemetry(const DeviceId& device, const std::string& spool,
                             std::span<const TelemetryRecord> records) = 0;
};

}  // namespace muster::coordinator
