#include "coordinator/rpc/convert_telemetry.h"

#include "coordinator/telemetry/check.h"

namespace muster::coordinator {
namespace {
Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("telemetry: {}", what), Reason::kTELEMETRY_INVALID);
}

// 0 stands for none. Beyond the wire's range they are CheckTelemetry's to refuse.
std::optional<Timestamp> TimeFrom(std::int64_t ms) {
  return ms == 0 ? std::nullopt : std::optional(FromUnixMillis(ms));
}

StatusOr<DriftFinding> From(const v1::DriftFinding& in) {
  const bool ended = in.phase() == "ended";
  const bool warning = in.severity() == "warning";
  if (!ended && in.phase() != "began") return Invalid("a phase is none");
  if (!warning && in.severity() != "alarm") return Invalid("a severity is none");
  return DriftFinding{.monitor = in.monitor(),
                      .kind = in.kind(),
                      .field = in.field(),
                      .began = !ended,
                      .alarm = !warning,
                      .from = TimeFrom(in.from_unix_ms()),
                      .to = TimeFrom(in.to_unix_ms()),
                      .statistic = in.statistic(),
                      .threshold = in.threshold(),
                      .p = in.has_p() ? std::optional(in.p()) : std::nullopt,
                      .text = in.text()};
}
StatusOr<Feedback> From(const v1::Feedback& in) {
  if (in.verdict() < v1::Feedback::FALSE_POSITIVE || in.verdict() > v1::Feedback::LABEL)
    return Invalid("a verdict is none");
  return Feedback{.id = in.id(),
                  .verdict = static_cast<Feedback::Verdict>(in.verdict()),
                  .monitor = in.monitor(),
                  .field = in.field(),
                  .about = TimeFrom(in.about_unix_ms()),
                  .outcome = in.outcome(),
                  .by = in.by()};
}
StatusOr<Loaded> From(const v1::Loaded& in) { return Loaded{in.state(), in.reason(), in.detail()}; }
StatusOr<Served> From(const v1::Served& in) {
  return Served{.from = TimeFrom(in.from_unix_ms()),
                .to = TimeFrom(in.to_unix_ms()),
                .rows = in.rows(),
                .predictions = in.predictions(),
                .labelled = in.labelled(),
                .failed = in.failed(),
                .latency = in.latency_sketch(),
                .joules = in.joules(),
                .not_judged = {in.not_judged().begin(), in.not_judged().end()}};
}

Status ReadWhat(const v1::TelemetryRecord& in, TelemetryRecord& out) {
  switch (in.what_case()) {
    case v1::TelemetryRecord::kFinding: {
      MUSTER_ASSIGN(out.what, From(in.finding()));
      return Ok();
    }
    case v1::TelemetryRecord::kFeedback: {
      MUSTER_ASSIGN(out.what, From(in.feedback()));
      return Ok();
    }
    case v1::TelemetryRecord::kLoaded: {
      MUSTER_ASSIGN(out.what, From(in.loaded()));
      return Ok();
    }
    case v1::TelemetryRecord::kServed: {
      MUSTER_ASSIGN(out.what, From(in.served()));
      return Ok();
    }
    case v1::TelemetryRecord::WHAT_NOT_SET: break;
  }
  return Invalid("a record says nothing");
}

Status ReadRecord(const v1::TelemetryRecord& in, Timestamp now, TelemetryRecord& out) {
  out.time = FromUnixMillis(in.event_unix_ms());
  out.model = ModelName(in.model());
  out.version = VersionNumber(in.version());
  MUSTER_TRY(ReadWhat(in, out));
  return CheckTelemetry(out, now);
}
}  // namespace

StatusOr<TelemetryBatch> FromProto(const v1::ReportTelemetryRequest& in, Timestamp now) {
  if (in.records_size() > static_cast<int>(kMostTelemetryRecords))
    return Invalid("too many records");
  if (in.ByteSizeLong() > kMostTelemetryBytes) return Invalid("too many bytes");
  TelemetryBatch whole{.spool = in.spool(), .records = {}};  // With those that are refused.
  TelemetryBatch out{.spool = in.spool(), .records = {}};
  for (const v1::TelemetryRecord& record : in.records()) {
    if (record.class_() < v1::TelemetryRecord::ALARM ||
        record.class_() > v1::TelemetryRecord::SUMMARY)
      return Invalid("a record is of no class");
    TelemetryRecord read;
    read.cls = static_cast<TelemetryClass>(record.class_());
    read.sequence = record.sequence();
    whole.records.push_back(read);
    const Status fault = ReadRecord(record, now, read);
    if (fault.ok())
      out.records.push_back(std::move(read));
    else
      out.refused.push_back(
          {read.cls, read.sequence,
           std::string(NameOf(ReasonOf(fault).value_or(Reason::kTELEMETRY_INVALID)))});
  }
  MUSTER_TRY(CheckTelemetry(whole));
  return out;
}

v1::ReportTelemetryReply ToProto(const TelemetryAck& in) {
  v1::ReportTelemetryReply out;
  for (const auto& [cls, sequence] : in.through)
    (*out.mutable_through())[static_cast<std::int32_t>(cls)] = sequence;
  for (const TelemetryAck::Refused& refused : in.refused) {
    auto& to = *out.add_refused();
    to.set_class_(static_cast<v1::TelemetryRecord::Class>(refused.cls));
    to.set_sequence(refused.sequence);
    to.set_reason(refused.reason);
  }
  return out;
}

}  // namespace muster::coordinator
