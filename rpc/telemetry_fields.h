#pragma once
// What telemetry.proto's fields mean, the same on both sides of the wire: into the domain types of
// the agent or of the coordinator, which have members of these names.
#include <muster/v1/telemetry.pb.h>

#include <optional>

#include "base/clock.h"
#include "base/reason.h"
#include "base/status.h"

namespace muster::rpc {

inline Status InvalidTelemetry(std::string_view what) {
  return WithReason(InvalidArgument("telemetry: {}", what), Reason::kTELEMETRY_INVALID);
}

// 0 stands for none. Times beyond the wire's range are for the receiver to refuse.
inline std::optional<Timestamp> TelemetryTime(std::int64_t ms) {
  return ms == 0 ? std::nullopt : std::optional(FromUnixMillis(ms));
}

// Whether a finding began and is an alarm; TELEMETRY_INVALID on other words than those.
struct FindingWords {
  bool began = true;
  bool alarm = true;
};
inline StatusOr<FindingWords> WordsOf(const v1::DriftFinding& in) {
  const FindingWords out{in.phase() == "began", in.severity() == "alarm"};
  if (!out.began && in.phase() != "ended") return InvalidTelemetry("a phase is none");
  if (!out.alarm && in.severity() != "warning") return InvalidTelemetry("a severity is none");
  return out;
}

template <typename Feedback>
StatusOr<Feedback> FeedbackFrom(const v1::Feedback& in) {
  if (in.verdict() < v1::Feedback::FALSE_POSITIVE || in.verdict() > v1::Feedback::LABEL)
    return InvalidTelemetry("a verdict is none");
  Feedback out;
  out.id = in.id();
  out.verdict = static_cast<typename Feedback::Verdict>(in.verdict());
  out.monitor = in.monitor();
  out.field = in.field();
  out.about = TelemetryTime(in.about_unix_ms());
  out.outcome = in.outcome();
  out.by = in.by();
  return out;
}

template <typename Served>
Served ServedFrom(const v1::Served& in) {
  Served out;
  out.from = TelemetryTime(in.from_unix_ms());
  out.to = TelemetryTime(in.to_unix_ms());
  out.rows = in.rows();
  out.predictions = in.predictions();
  out.labelled = in.labelled();
  out.failed = in.failed();
  out.latency = in.latency_sketch();
  out.joules = in.joules();
  out.not_judged = {in.not_judged().begin(), in.not_judged().end()};
  return out;
}

// What a record says, by `from(message)` of whichever it holds.
template <typename What, typename From>
Status ReadTelemetry(const v1::TelemetryRecord& in, const From& from, What& out) {
  const auto take = [&out](auto what) -> Status {
    if (!what.ok()) return what.status();
    out = *std::move(what);
    return Ok();
  };
  switch (in.what_case()) {
    case v1::TelemetryRecord::kFinding: return take(from(in.finding()));
    case v1::TelemetryRecord::kFeedback: return take(from(in.feedback()));
    case v1::TelemetryRecord::kLoaded: return take(from(in.loaded()));
    case v1::TelemetryRecord::kServed: return take(from(in.served()));
    case v1::TelemetryRecord::WHAT_NOT_SET: break;
  }
  return InvalidTelemetry("a record says nothing");
}

}  // namespace muster::rpc
