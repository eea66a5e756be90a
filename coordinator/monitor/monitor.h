#pragma once
// The life of a monitor, as data: the version that it watches, that version's reference, the
// windows that were taken and what they said, the alarms of devices, and what people said of them.
// Decide, record, believe, act; never the clock, never a blob.
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "coordinator/monitor/recorded.h"
#include "coordinator/monitor/spec.h"
#include "coordinator/monitor/window.h"
#include "coordinator/telemetry/types.h"

namespace muster::coordinator {

inline constexpr std::size_t kMostWindows = 100;          // That are remembered.
inline constexpr std::size_t kMostFindings = 200;         // Closed ones, likewise.
inline constexpr std::size_t kMostOpenOfDevice = 32;      // Alarms of one device at once.
inline constexpr std::uint32_t kMostFactsOfDevice = 120;  // Of alarms and feedback, an hour.
inline constexpr std::size_t kMostSpoolsOfDevice = 4;     // High-water marks are kept for.
inline constexpr std::size_t kMostFeedbackIds = 4096;     // Are known again.

// An alarm or warning of a device's own rule.
struct Finding {
  DeviceId device;
  std::string rule;  // Under its own name.
  std::string field;
  bool alarm = true;
  VersionNumber version;  // That was served.
  Timestamp began;        // Event time of the row that told.
  std::optional<Timestamp> ended;
  std::string text;
  std::uint64_t seq = 0;  // Of the fact that it began with.
  friend bool operator==(const Finding&, const Finding&) = default;
};

// What feedback came to, of one rule.
struct RuleRecord {
  std::uint64_t alarms = 0;
  std::uint64_t false_positives = 0;
  std::uint64_t confirmed = 0;
  std::uint64_t missed = 0;
  std::uint32_t halvings = 0;  // Of its rate of false alarms.
  std::string taught_by;       // The device that taught it last; empty: a person, or nobody.
  friend bool operator==(const RuleRecord&, const RuleRecord&) = default;
};

// What is known of one device by its telemetry.
struct WatchedDevice {
  VersionNumber version;   // That it serves; 0: none.
  Timestamp heard;         // When the newest of its facts was written.
  std::uint64_t rows = 0;  // Served by the version that is watched, since the last window.
  std::map<std::string, std::map<TelemetryClass, std::uint64_t>> marks;  // By spool.
  std::deque<std::string> spools;                                        // The newest last.
  std::int64_t hour = 0;                                                 // Of `facts`.
  std::uint32_t facts = 0;  // Of alarms and feedback in that hour.
  friend bool operator==(const WatchedDevice&, const WatchedDevice&) = default;
};

struct Reference {
  Digest digest;  // Of the WindowTally.
  Window window;
  friend bool operator==(const Reference&, const Reference&) = default;
};

// A window of the version without drift, whose predictions those of later ones are held against.
struct Baseline {
  std::uint64_t epoch = 0;
  Digest digest;  // Of the WindowTally.
  friend bool operator==(const Baseline&, const Baseline&) = default;
};

struct MonitorState {
  MonitorSpec spec;
  Timestamp applied_at;
  Timestamp updated_at;
  std::string applied_by;
  std::uint64_t next_seq = 0;  // Facts of the stream.

  VersionNumber version;  // That is watched; 0: none yet.
  Timestamp watched_since;
  std::map<VersionNumber, Reference> references;
  std::map<VersionNumber, Baseline> baselines;
  std::optional<Window> open;  // Being summed.
  std::uint64_t last_epoch = 0;
  Timestamp last_begun;        // When the newest window was opened, or watching began.
  std::uint32_t failures = 0;  // Windows in a row that were not judged.
  Timestamp failed_at;
  std::string failure;                  // Why the last of them was not.
  std::optional<CampaignName> dropped;  // Of a window that ended before its campaign.
  std::deque<Window> windows;           // The newest kMostWindows, oldest first; no references.

  std::map<DeviceId, WatchedDevice> devices;
  std::vector<Finding> findings;  // Open ones, as they came.
  std::deque<Finding> closed;     // The newest kMostFindings.
  std::map<std::string, RuleRecord> rules;
  std::map<std::string, std::uint64_t> feedback;  // By verdict.
  std::deque<std::string> feedback_ids;           // "<who> <id>".
  std::uint64_t rows_served = 0;                  // In all, by whatever version.

  // Whether it serves the version that is watched, as far as is known: it has told something within
  // `spec.silent_after` of now.
  bool Serves(const WatchedDevice& device, Timestamp now) const;
  // Devices that do, and their new rows on average.
  std::uint32_t Serving(Timestamp now) const;
  double NewRows(Timestamp now) const;
  double Level() const;  // As feedback has taught it.
};

// Events.
struct ApplyMonitor {
  MonitorSpec spec;
};
// The alias points at this version; 0: nowhere.
struct VersionInService {
  VersionNumber version;
};
struct OpenWindow {
  std::uint64_t seed = 0;
};
// The tally of the window that is open was judged. `baseline`: IsBaseline() says so of it.
struct WindowSummed {
  std::uint64_t epoch = 0;
  WindowOutcome outcome;
  Digest digest;  // Of the tally.
  bool baseline = false;
};
struct WindowFailed {
  std::uint64_t epoch = 0;
  std::string why;
};
struct TelemetryHeard {
  DeviceId device;
  std::string spool;
  std::span<const TelemetryRecord> records;
};
// What an operator says.
struct GiveFeedback {
  std::string rule{kFleetRule};
  Feedback::Verdict verdict = Feedback::Verdict::kFalsePositive;
  std::string outcome;
  std::uint64_t epoch = 0;  // The window that it is about; 0: the last.
  std::string id;
  std::string by;
};
using MonitorEvent = std::variant<ApplyMonitor, VersionInService, OpenWindow, WindowSummed,
                                  WindowFailed, TelemetryHeard, GiveFeedback>;

// Facts.
struct MonitorApplied {
  MonitorSpec spec;
};
struct VersionWatched {
  VersionNumber version;
};
struct WindowOpened {
  std::uint64_t epoch = 0;
  CampaignName campaign;
  VersionNumber version;
  bool reference = false;
  std::uint64_t seed = 0;
};
struct ReferenceTaken {
  std::uint64_t epoch = 0;
  VersionNumber version;
  CampaignName campaign;
  Digest digest;
  WindowOutcome outcome;
};
struct WindowJudged {
  std::uint64_t epoch = 0;
  VersionNumber version;
  CampaignName campaign;
  bool reference = false;  // With `judged` false: it could not be taken.
  WindowOutcome outcome;
};
// Comes after the window's WindowJudged, with it; takes the place of an earlier one of the version.
struct BaselineTaken {
  std::uint64_t epoch = 0;
  VersionNumber version;
  Digest digest;
};
// Where a record of telemetry stands, so that it is believed once.
struct TelemetryPlace {
  DeviceId device;
  std::string spool;
  std::uint64_t sequence = 0;
};
struct FindingBegan {
  TelemetryPlace place;
  Finding finding;  // Without `seq` and `ended`.
  double statistic = 0;
  double threshold = 0;
  std::optional<double> p;
};
struct FindingEnded {
  TelemetryPlace place;
  std::string rule;
  std::string field;
  Timestamp ended;  // Event time.
  std::string text;
};
struct FeedbackHeard {
  std::optional<TelemetryPlace> place;  // Of a device's; none: an operator's.
  std::string rule;
  Feedback::Verdict verdict = Feedback::Verdict::kLabel;
  std::string id;
  std::string field;
  std::optional<Timestamp> about;
  std::uint64_t epoch = 0;  // Of a window; 0: of none.
  std::string outcome;
  std::string said_by;  // As the site, or the certificate, calls them.
};
// A rule's rate of false alarms, from now on: its declared one, halved so often.
struct LevelTaught {
  std::string rule;
  std::uint32_t halvings = 0;
  std::string source;  // The device that taught it; empty: a person.
};
struct VersionLoaded {
  TelemetryPlace place;
  VersionNumber version;
  std::string state;  // serving, refused, fallen_back
  std::string reason;
  std::string detail;
  Timestamp event;
};
// What one call of telemetry said of rows.
struct RowsServed {
  TelemetryPlace place;
  VersionNumber version;                        // That it serves now.
  std::map<VersionNumber, std::uint64_t> rows;  // Predicted, by version.
  std::uint64_t labelled = 0;
  std::uint64_t failed = 0;
  std::optional<Timestamp> from;  // Event times.
  std::optional<Timestamp> to;
};
using MonitorFact = std::variant<MonitorApplied, VersionWatched, WindowOpened, ReferenceTaken,
                                 WindowJudged, BaselineTaken, FindingBegan, FindingEnded,
                                 FeedbackHeard, LevelTaught, VersionLoaded, RowsServed>;
using MonitorFacts = std::vector<MonitorFact>;

// Effects, all safe to repeat.
struct SumWindow {  // Run its campaign, and judge it when it has ended.
  Window window;
};
struct DrawWindow {};  // Time for the next one: an OpenWindow is owed.
struct DropCampaign {  // Of a window that ended before it: cancel it, unless it is over.
  CampaignName campaign;
};
using MonitorEffect = std::variant<SumWindow, DrawWindow, DropCampaign>;

// What Pending is told of the world.
struct MonitorWorldView {
  Timestamp now;
  std::uint32_t matching = 0;  // Enrolled devices that the monitor is about.
};

// Old news (an epoch that is not open, a record below the high-water mark) comes to no facts.
//   TRIGGER_STATE (FAILED_PRECONDITION)  feedback about a rule or window that there is not.
//   FIELD_INVALID                        of feedback.
StatusOr<MonitorFacts> Decide(const MonitorState&, const MonitorEvent&, Timestamp now);
void Apply(MonitorState&, const Recorded<MonitorFact>&);
std::vector<MonitorEffect> Pending(const MonitorState&, const MonitorWorldView&);

std::string_view PhaseOf(const MonitorState&);  // waiting, referring, watching, judging
// Why it waits, in a sentence; empty: it does not.
std::string WhyOf(const MonitorState&, const MonitorWorldView&);

// Rows.
inline constexpr std::string_view kMonitorStreams = "monitor/";
std::string MonitorStream(const MonitorName& name);               // "monitor/<name>"
std::string FactRef(const MonitorName& name, std::uint64_t seq);  // "monitor/<name>#<seq>"
StatusOr<std::string> EncodeMonitorFact(const MonitorFact&, std::string_view by, Timestamp at);
// A row of the stream of monitor `name`.
StatusOr<Recorded<MonitorFact>> DecodeMonitorFact(const MonitorName& name, std::uint64_t seq,
                                                  std::string_view row);

}  // namespace muster::coordinator
