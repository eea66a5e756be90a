// What devices tell outside of rounds.
#include "base/strong.h"
#include "coordinator/runner/coordinator.h"

namespace muster::coordinator {

void Coordinator::ReportTelemetry(DeviceId device, TelemetryBatch batch, Done<TelemetryAck> done) {
  control_.Post([this, device = std::move(device), batch = std::move(batch),
                 done = std::move(done)]() mutable {
    if (const auto known = fleet_.Find(device); !known.ok()) return done(known.status());
    if (stopping_)
      return done(WithReason(Unavailable("the coordinator is going down"), Reason::kSHUTTING_DOWN));
    WithoutName(device, batch);
    done(telemetry_.Take(device, batch));
  });
}

// What a device says in its own words is not to say whose it is.
void Coordinator::WithoutName(const DeviceId& device, TelemetryBatch& batch) const {
  const auto anonymous = [&](std::string& text) {
    text = fleet_.WithoutName(device, std::move(text));
  };
  for (TelemetryRecord& record : batch.records)
    std::visit(Overloaded{[&](DriftFinding& f) { anonymous(f.text); },
                          [&](Feedback& f) { anonymous(f.outcome); },
                          [&](Loaded& l) { anonymous(l.detail); }, [](Served&) {}},
               record.what);
}

}  // namespace muster::coordinator
