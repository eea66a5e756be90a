#include "coordinator/rpc/convert_telemetry.h"

#include "coordinator/telemetry/check.h"
#include "rpc/telemetry_fields.h"

namespace muster::coordinator {
namespace {
using rpc::InvalidTelemetry;

StatusOr<DriftFinding> From(const v1::DriftFinding& in) {
  MUSTER_ASSIGN(const rpc::FindingWords words, rpc::WordsOf(in));
  return DriftFinding{.monitor = in.monitor(),
                      .kind = in.kind(),
                      .field = in.field(),
                      .began = words.began,
                      .alarm = words.alarm,
                      .from = rpc::TelemetryTime(in.from_unix_ms()),
                      .to = rpc::TelemetryTime(in.to_unix_ms()),
                      .statistic = in.statistic(),
                      .threshold = in.threshold(),
                      .p = in.has_p() ? std::optional(in.p()) : std::nullopt,
                      .text = in.text()};
}
StatusOr<Feedback> From(const v1::Feedback& in) { return rpc::FeedbackFrom<Feedback>(in); }
StatusOr<Loaded> From(const v1::Loaded& in) { return Loaded{in.state(), in.reason(), in.detail()}; }
StatusOr<Served> From(const v1::Served& in) { return rpc::ServedFrom<Served>(in); }

Status ReadRecord(const v1::TelemetryRecord& in, Timestamp now, TelemetryRecord& out) {
  out.time = FromUnixMillis(in.event_unix_ms());
  out.model = ModelName(in.model());
  out.version = VersionNumber(in.version());
  MUSTER_TRY(rpc::ReadTelemetry(
      in, [](const auto& what) { return From(what); }, out.what));
  return CheckTelemetry(out, now);
}
}  // namespace

StatusOr<TelemetryBatch> FromProto(const v1::ReportTelemetryRequest& in, Timestamp now) {
  if (in.records_size() > static_cast<int>(kMostTelemetryRecords))
    return InvalidTelemetry("too many records");
  if (in.ByteSizeLong() > kMostTelemetryBytes) return InvalidTelemetry("too many bytes");
  TelemetryBatch whole{.spool = in.spool(), .records = {}};  // With those that are refused.
  TelemetryBatch out{.spool = in.spool(), .records = {}};
  for (const v1::TelemetryRecord& record : in.records()) {
    if (record.class_() < v1::TelemetryRecord::ALARM ||
        record.class_() > v1::TelemetryRecord::SUMMARY)
      return InvalidTelemetry("a record is of no class");
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
