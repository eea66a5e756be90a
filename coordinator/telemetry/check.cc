#include "coordinator/telemetry/check.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/canonical_json.h"
#include "base/reason.h"
#include "base/strong.h"
#include "drift/sketches/ddsketch.h"
#include "registry/names.h"

namespace muster::coordinator {
namespace {
constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t kMostName = 128;
constexpr std::size_t kMostText = 512;
constexpr std::size_t kMostId = 64;
constexpr std::size_t kMostSketch = std::size_t{64} << 10;
constexpr std::size_t kMostSkips = 32;
constexpr std::size_t kSpoolDigits = 32;
constexpr Timestamp kFirst{Duration(946'684'800'000)};   // The year 2000,
constexpr Timestamp kLast{Duration(4'102'444'800'000)};  // and 2100.
constexpr Duration kAhead = std::chrono::hours(24);

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("telemetry: {}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kTELEMETRY_INVALID);
}

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// UTF-8, so that it can be written down as a fact.
bool IsUtf8(std::string_view text) { return CanonicalJson(Json(std::string(text))).ok(); }

// Letters, digits, '.', '_' and '-'; `first` may stand in front.
Status Word(const char* what, std::string_view word, std::string_view first = "") {
  const std::string_view rest =
      !first.empty() && word.starts_with(first) ? word.substr(first.size()) : word;
  if (word.size() <= kMostName && std::ranges::all_of(rest, IsWordCharacter)) return Ok();
  return Invalid("{} is not at most {} letters, digits, '.', '_' and '-'", what, kMostName);
}
Status Text(const char* what, std::string_view text, std::size_t most = kMostText) {
  if (text.size() <= most && std::ranges::none_of(text, IsControl) && IsUtf8(text)) return Ok();
  return Invalid("{} is not at most {} bytes of text without control characters", what, most);
}
Status Number(const char* what, double value) {
  return std::isfinite(value) ? Ok() : Invalid("{} is not finite", what);
}
Status Count(const char* what, std::uint64_t value) {
  return value <= kMostNumber ? Ok() : Invalid("{} is beyond 2^53", what);
}
Status Time(const char* what, const std::optional<Timestamp>& time, Timestamp now) {
  if (!time || (*time >= kFirst && *time < kLast && *time <= now + kAhead)) return Ok();
  return Invalid("{} is before 2000, after 2099 or more than a day ahead", what);
}

Status Check(const DriftFinding& f, Timestamp now) {
  MUSTER_TRY(Word("monitor", f.monitor));
  if (f.monitor.empty()) return Invalid("a finding of no monitor");
  MUSTER_TRY(Word("kind", f.kind));
  MUSTER_TRY(Word("field", f.field, "$"));
  MUSTER_TRY(Time("from", f.from, now));
  MUSTER_TRY(Time("to", f.to, now));
  MUSTER_TRY(Number("statistic", f.statistic));
  MUSTER_TRY(Number("threshold", f.threshold));
  if (f.p && !(*f.p >= 0 && *f.p <= 1)) return Invalid("p is no probability");
  return Text("text", f.text);
}

Status Check(const Feedback& f, Timestamp now) {
  const bool id = !f.id.empty() && f.id.size() <= kMostId && std::ranges::all_of(f.id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!id) return Invalid("the id of a feedback is not [a-z0-9-]{{1,64}}");
  MUSTER_TRY(Word("monitor", f.monitor));
  MUSTER_TRY(Word("field", f.field, "$"));
  MUSTER_TRY(Time("about", f.about, now));
  MUSTER_TRY(Text("outcome", f.outcome));
  return Text("by", f.by, kMostName);
}

Status Check(const Loaded& loaded, Timestamp) {
  constexpr std::array<std::string_view, 3> kStates = {"serving", "refused", "fallen_back"};
  if (std::ranges::find(kStates, loaded.state) == kStates.end())
    return Invalid("the state of a version is none");
  if (!loaded.reason.empty() && !ParseReason(loaded.reason)) return Invalid("a reason is none");
  return Text("detail", loaded.detail);
}

Status Check(const Served& served, Timestamp now) {
  MUSTER_TRY(Time("from", served.from, now));
  MUSTER_TRY(Time("to", served.to, now));
  for (const std::uint64_t count :
       {served.rows, served.predictions, served.labelled, served.failed})
    MUSTER_TRY(Count("a count", count));
  if (!std::isfinite(served.joules) || served.joules < 0) return Invalid("joules are none");
  if (served.not_judged.size() > kMostSkips) return Invalid("more than {} reasons", kMostSkips);
  for (const auto& [reason, count] : served.not_judged) {
    MUSTER_TRY(Word("a reason", reason));
    MUSTER_TRY(Count("a count", count));
  }
  if (served.latency.empty()) return Ok();
  if (served.latency.size() > kMostSketch)
    return Invalid("a sketch of more than {} bytes", kMostSketch);
  const auto sketch = drift::DdSketch::Parse(served.latency);
  return sketch.ok() ? Ok() : Invalid("{}", MessageOf(sketch.status()));
}

TelemetryClass ClassOf(const TelemetryRecord& record) {
  return std::visit(Overloaded{[](const DriftFinding&) { return TelemetryClass::kAlarm; },
                               [](const Feedback&) { return TelemetryClass::kFeedback; },
                               [](const Loaded&) { return TelemetryClass::kState; },
                               [](const Served&) { return TelemetryClass::kSummary; }},
                    record.what);
}
}  // namespace

Status CheckTelemetry(const TelemetryRecord& record, Timestamp now) {
  if (ClassOf(record) != record.cls) return Invalid("a record is not of its class");
  MUSTER_TRY(Time("event_unix_ms", record.time, now));
  if (!record.model.value().empty() && !registry::IsName(record.model.value()))
    return Invalid("model is no name");
  MUSTER_TRY(Count("version", record.version.value()));
  return std::visit([now](const auto& what) { return Check(what, now); }, record.what);
}

Status CheckTelemetry(const TelemetryBatch& batch) {
  const bool spool = batch.spool.size() == kSpoolDigits &&
                     batch.spool.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!spool) return Invalid("a spool is named by {} hexadecimal digits", kSpoolDigits);
  if (batch.records.size() > kMostTelemetryRecords)
    return Invalid("more than {} records", kMostTelemetryRecords);
  std::map<TelemetryClass, std::uint64_t> last;
  for (const TelemetryRecord& record : batch.records) {
    if (record.sequence <= last[record.cls] || record.sequence > kMostNumber)
      return Invalid("sequences do not rise from 1 within a class");
    last[record.cls] = record.sequence;
  }
  return Ok();
}

}  // namespace muster::coordinator
