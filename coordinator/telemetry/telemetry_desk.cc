#include "coordinator/telemetry/telemetry_desk.h"

#include "coordinator/telemetry/check.h"

namespace muster::coordinator {

// The records that the device's rate allows; `waits` has the first that it does not, by class.
std::vector<TelemetryRecord> TelemetryDesk::Admit(const DeviceId& device,
                                                  const TelemetryBatch& batch,
                                                  std::map<TelemetryClass, std::uint64_t>& waits) {
  const Timestamp now = clock_.Now();
  DeviceRate& rate = of_.try_emplace(device, DeviceRate{{rates_.records_a_minute, now},
                                                        {rates_.alarms_a_minute, now}})
                         .first->second;
  rate.records.Fill(now);
  rate.alarms.Fill(now);
  std::vector<TelemetryRecord> out;
  for (const TelemetryRecord& record : batch.records) {
    const bool alarm = record.cls == TelemetryClass::kAlarm;
    if (!rate.records.has_one() || (alarm && !rate.alarms.has_one()))
      waits.try_emplace(record.cls, record.sequence);
    if (waits.contains(record.cls)) continue;
    rate.records.Take();
    if (alarm) rate.alarms.Take();
    out.push_back(record);
  }
  return out;
}

Status TelemetryDesk::Hear(const DeviceId& device, const std::string& spool,
                           const std::vector<TelemetryRecord>& records) {
  if (records.empty() || listener_ == nullptr) return Ok();
  return listener_->OnTelemetry(device, spool, records);
}

StatusOr<TelemetryAck> TelemetryDesk::Take(const DeviceId& device, const TelemetryBatch& batch) {
  if (const Status whole = CheckTelemetry(batch); !whole.ok()) {
    metrics_.Refused(NameOf(Reason::kTELEMETRY_INVALID)).Add();
    return whole;
  }
  std::map<TelemetryClass, std::uint64_t> waits;
  const std::vector<TelemetryRecord> records = Admit(device, batch, waits);
  TelemetryAck out;
  for (const TelemetryAck::Refused& refused : batch.refused) {
    // What comes behind records that wait is seen again with them.
    const auto wait = waits.find(refused.cls);
    if (wait != waits.end() && refused.sequence > wait->second) continue;
    out.refused.push_back(refused);
    out.through[refused.cls] = std::max(out.through[refused.cls], refused.sequence);
  }
  if (records.empty() && out.refused.empty() && !batch.records.empty()) {
    metrics_.Refused(NameOf(Reason::kTELEMETRY_FULL)).Add();
    return WithReason(ResourceExhausted("telemetry: more than {} records, or {} alarms, a minute",
                                        rates_.records_a_minute, rates_.alarms_a_minute),
                      Reason::kTELEMETRY_FULL);
  }
  MUSTER_TRY(Hear(device, batch.spool, records));
  for (const TelemetryRecord& record : records) {
    metrics_.Records(record.cls).Add();
    out.through[record.cls] = std::max(out.through[record.cls], record.sequence);
  }
  for (const TelemetryAck::Refused& refused : out.refused) metrics_.Refused(refused.reason).Add();
  if (!out.refused.empty())
    log_.Warn("telemetry_refused", {{"device", device},
                                    {"records", out.refused.size()},
                                    {"class", NameOf(out.refused.front().cls)},
                                    {"sequence", out.refused.front().sequence},
                                    {"reason", out.refused.front().reason}});
  return out;
}

}  // namespace muster::coordinator
