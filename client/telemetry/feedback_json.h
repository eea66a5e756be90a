#pragma once
// Feedback as people and programs at the site send it: a JSON object, of the command line, the
// local HTTP call and MQTT alike (docs/TELEMETRY.md).
#include <string>
#include <string_view>

#include "client/telemetry/event.h"

namespace muster::client {

inline constexpr std::size_t kMostFeedbackBytes = std::size_t{8} << 10;

struct FeedbackRequest {
  DeviceName node;  // Empty: not said.
  Feedback feedback;
};

// {"node": "engine-1", "verdict": "false_positive", "id": ..., "monitor": ..., "field": ...,
// "about": "2026-05-03T12:00:00Z" or ms, "label": 17.5, "outcome": ..., "by": ...}. Only the
// verdict has to be there, or a label, which stands for it. INVALID_ARGUMENT (PAYLOAD_INVALID) for
// all else, an unknown member among it.
StatusOr<FeedbackRequest> ParseFeedback(std::string_view text);
// The inverse.
StatusOr<std::string> FeedbackText(const FeedbackRequest& request);

// What is wrong with it whoever says it, held against the present: INVALID_ARGUMENT
// (PAYLOAD_INVALID). An id may be missing, and a time of which it is about.
Status CheckFeedback(const Feedback& feedback, Timestamp now);

}  // namespace muster::client
