#pragma once
// The coordinator's own metrics; docs/METRICS.md describes each.
#include "base/metrics.h"
#include "base/reason.h"

namespace muster::coordinator {

struct RoundMetrics {
  explicit RoundMetrics(MetricSink& sink)
      : sink_(sink),
        rounds_published(
            sink.MakeCounter("muster_rounds_published_total", "Rounds that gave a model.")),
        rounds_abandoned(sink.MakeCounter("muster_rounds_abandoned_total", "Rounds that failed.")),
        updates_received(sink.MakeCounter("muster_updates_received_total",
                                          "Updates that came whole and passed screening.")),
        updates_counted(
            sink.MakeCounter("muster_updates_counted_total", "Updates that are durably in a sum.")),
        rows_reported(sink.MakeCounter("muster_rows_reported_total",
                                       "Rows that devices had behind plain updates.")),
        upload_bytes(sink.MakeCounter("muster_upload_bytes_total", "Bytes of updates received.")),
        checkins(sink.MakeCounter("muster_checkins_total", "Check-ins of devices.")),
        devices_waiting(sink.MakeGauge("muster_devices_waiting", "Devices in a long poll now.")),
        devices_enrolled(sink.MakeGauge("muster_devices_enrolled", "Devices that have enrolled.")),
        round_seconds(
            sink.MakeHistogram("muster_round_seconds", "From opening to publication.",
                               {.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200})) {}

  Counter& DevicesRefused(Reason reason) {
    return sink_.MakeCounter("muster_devices_refused_total",
                             "Devices that a campaign or a download turned away.",
                             {{"reason", std::string(NameOf(reason))}});
  }
  Counter& BadRows(const std::string& rule) {
    return sink_.MakeCounter("muster_bad_rows_total",
                             "Rows that devices left out of plain updates, by broken rule.",
                             {{"rule", rule}});
  }
  Counter& UpdatesRefused(Reason reason) {
    return sink_.MakeCounter("muster_updates_refused_total", "Updates that screening refused.",
                             {{"reason", std::string(NameOf(reason))}});
  }

 private:
  MetricSink& sink_;

 public:
  Counter& rounds_published;
  Counter& rounds_abandoned;
  Counter& updates_received;
  Counter& updates_counted;
  Counter& rows_reported;
  Counter& upload_bytes;
  Counter& checkins;
  Gauge& devices_waiting;
  Gauge& devices_enrolled;
  Histogram& round_seconds;
};

}  // namespace muster::coordinator
