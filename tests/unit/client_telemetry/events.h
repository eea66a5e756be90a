#pragma once
// One of each thing that a node tells.
#include "client/telemetry/event.h"
#include "client/telemetry/spool.h"

namespace muster::testing {

inline const Timestamp kThen = FromUnixMillis(1'700'000'000'000);

inline client::TelemetryEvent Alarm(std::string text = "s2 has moved", Timestamp at = kThen) {
  return {.time = at,
          .model = ModelName("rul"),
          .version = VersionNumber(3),
          .what = drift::Finding{.monitor = "rul.level",
                                 .kind = "change",
                                 .field = "s2",
                                 .series = "",
                                 .phase = drift::Phase::kBegan,
                                 .severity = drift::Severity::kAlarm,
                                 .from = {.row = 7, .time = at},
                                 .to = {.row = 9, .time = std::nullopt},
                                 .statistic = 12.5,
                                 .threshold = 1e-9,
                                 .p = 0.125,
                                 .text = std::move(text)}};
}
inline client::TelemetryEvent Said(std::string id = "tap-1", Timestamp at = kThen) {
  return {.time = at,
          .model = ModelName("rul"),
          .version = VersionNumber(3),
          .what = client::Feedback{.id = std::move(id),
                                   .verdict = client::Feedback::Verdict::kFalsePositive,
                                   .monitor = "rul.level",
                                   .field = "s2",
                                   .about = at,
                                   .label = {},
                                   .outcome = "filter was clean",
                                   .by = "ann"}};
}
inline client::TelemetryEvent State(std::string detail = "the self-test gave 3",
                                    Timestamp at = kThen) {
  return {.time = at,
          .model = ModelName("rul"),
          .version = VersionNumber(4),
          .what = client::Loaded{.state = client::Loaded::State::kFallenBack,
                                 .reason = Reason::kSELF_TEST_FAILED,
                                 .detail = std::move(detail)}};
}
inline client::TelemetryEvent Summary(std::uint64_t rows = 60, Timestamp at = kThen) {
  return {.time = at,
          .model = ModelName("rul"),
          .version = VersionNumber(3),
          .what = client::Served{.from = at,
                                 .to = at + Duration(60'000),
                                 .rows = rows,
                                 .predictions = 59,
                                 .labelled = 1,
                                 .failed = 1,
                                 .latency = "{}",
                                 .joules = 0.25,
                                 .not_judged = {{"late", 2}}}};
}

}  // namespace muster::testing
