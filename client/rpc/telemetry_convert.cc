#include "client/rpc/telemetry_convert.h"

#include <algorithm>

#include "base/strong.h"
#include "client/pipeline/one_line.h"
#include "rpc/telemetry_fields.h"

namespace muster::client {
namespace {
constexpr std::size_t kMostReason = 64;

std::int64_t MillisOr0(const std::optional<Timestamp>& time) {
  return time ? UnixMillis(*time) : 0;
}

std::string_view TextOf(Loaded::State state) {
  switch (state) {
    case Loaded::State::kServing: return "serving";
    case Loaded::State::kRefused: return "refused";
    case Loaded::State::kFallenBack: return "fallen_back";
  }
  return "";
}

void Put(const drift::Finding& f, v1::TelemetryRecord& to) {
  v1::DriftFinding& out = *to.mutable_finding();
  out.set_monitor(f.monitor);
  out.set_kind(f.kind);
  out.set_field(f.field);
  out.set_phase(std::string(drift::NameOf(f.phase)));
  out.set_severity(std::string(drift::NameOf(f.severity)));
  out.set_from_unix_ms(MillisOr0(f.from.time));
  out.set_to_unix_ms(MillisOr0(f.to.time));
  out.set_statistic(f.statistic);
  out.set_threshold(f.threshold);
  if (f.p) out.set_p(*f.p);
  out.set_text(f.text);
}
void Put(const Feedback& f, v1::TelemetryRecord& to) {
  v1::Feedback& out = *to.mutable_feedback();
  out.set_id(f.id);
  out.set_verdict(static_cast<v1::Feedback::Verdict>(f.verdict));
  out.set_monitor(f.monitor);
  out.set_field(f.field);
  out.set_about_unix_ms(MillisOr0(f.about));
  out.set_outcome(f.outcome);
  out.set_by(f.by);
}
void Put(const Loaded& loaded, v1::TelemetryRecord& to) {
  v1::Loaded& out = *to.mutable_loaded();
  out.set_state(std::string(TextOf(loaded.state)));
  if (loaded.reason) out.set_reason(std::string(NameOf(*loaded.reason)));
  out.set_detail(loaded.detail);
}
void Put(const Served& served, v1::TelemetryRecord& to) {
  v1::Served& out = *to.mutable_served();
  out.set_from_unix_ms(MillisOr0(served.from));
  out.set_to_unix_ms(MillisOr0(served.to));
  out.set_rows(served.rows);
  out.set_predictions(served.predictions);
  out.set_labelled(served.labelled);
  out.set_failed(served.failed);
  out.set_latency_sketch(served.latency);
  out.set_joules(served.joules);
  out.mutable_not_judged()->insert(served.not_judged.begin(), served.not_judged.end());
}

StatusOr<drift::Finding> From(const v1::DriftFinding& in) {
  MUSTER_ASSIGN(const rpc::FindingWords words, rpc::WordsOf(in));
  drift::Finding f;
  f.monitor = in.monitor();
  f.kind = in.kind();
  f.field = in.field();
  f.phase = words.began ? drift::Phase::kBegan : drift::Phase::kEnded;
  f.severity = words.alarm ? drift::Severity::kAlarm : drift::Severity::kWarning;
  f.from.time = rpc::TelemetryTime(in.from_unix_ms());
  f.to.time = rpc::TelemetryTime(in.to_unix_ms());
  f.statistic = in.statistic();
  f.threshold = in.threshold();
  if (in.has_p()) f.p = in.p();
  f.text = in.text();
  return f;
}
StatusOr<Feedback> From(const v1::Feedback& in) { return rpc::FeedbackFrom<Feedback>(in); }
StatusOr<Loaded> From(const v1::Loaded& in) {
  for (const auto state :
       {Loaded::State::kServing, Loaded::State::kRefused, Loaded::State::kFallenBack})
    if (TextOf(state) == in.state()) return Loaded{state, ParseReason(in.reason()), in.detail()};
  return rpc::InvalidTelemetry("a state is none");
}
StatusOr<Served> From(const v1::Served& in) { return rpc::ServedFrom<Served>(in); }

std::optional<TelemetryClass> ClassFrom(int cls) {
  if (cls < 1 || cls > static_cast<int>(kTelemetryClasses)) return std::nullopt;
  return static_cast<TelemetryClass>(cls);
}

StatusOr<TelemetryEvent> EventFrom(const v1::TelemetryRecord& in) {
  TelemetryEvent out{.time = FromUnixMillis(in.event_unix_ms()),
                     .model = ModelName(in.model()),
                     .version = VersionNumber(in.version()),
                     .what = {}};
  MUSTER_TRY(rpc::ReadTelemetry(
      in, [](const auto& what) { return From(what); }, out.what));
  return out;
}
}  // namespace

v1::ReportTelemetryRequest ToMessage(const TelemetryBatch& batch) {
  v1::ReportTelemetryRequest out;
  out.set_spool(batch.spool);
  for (const TelemetryRecord& record : batch.records) {
    v1::TelemetryRecord& to = *out.add_records();
    to.set_class_(static_cast<v1::TelemetryRecord::Class>(record.cls));
    to.set_sequence(record.sequence);
    to.set_event_unix_ms(UnixMillis(record.event.time));
    to.set_model(record.event.model.value());
    to.set_version(record.event.version.value());
    std::visit([&to](const auto& what) { Put(what, to); }, record.event.what);
  }
  return out;
}

StatusOr<TelemetryBatch> TelemetryBatchFrom(const v1::ReportTelemetryRequest& message) {
  TelemetryBatch out{.spool = message.spool(), .records = {}};
  for (const v1::TelemetryRecord& record : message.records()) {
    const std::optional<TelemetryClass> cls = ClassFrom(record.class_());
    MUSTER_ASSIGN(TelemetryEvent event, EventFrom(record));
    if (!cls || ClassOf(event) != *cls) return rpc::InvalidTelemetry("a record's class is another");
    out.records.push_back({*cls, record.sequence(), std::move(event)});
  }
  return out;
}

TelemetryAck TelemetryAckFrom(const v1::ReportTelemetryReply& message) {
  TelemetryAck out;
  for (const auto& [cls, sequence] : message.through())
    if (const auto known = ClassFrom(cls)) out.through[*known] = sequence;
  for (const auto& refused : message.refused()) {
    if (out.refused.size() == kMostTelemetryRecords) break;
    if (const auto known = ClassFrom(refused.class_()))
      out.refused.push_back({*known, refused.sequence(), OneLine(refused.reason(), kMostReason)});
  }
  return out;
}

}  // namespace muster::client
