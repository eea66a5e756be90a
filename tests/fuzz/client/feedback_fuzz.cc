// Feedback as any program may send it: refused with its reason, or the same after another trip, and
// what CheckFeedback lets pass can be told.
#include <cstdint>
#include <cstdlib>

#include "client/telemetry/event_json.h"
#include "client/telemetry/feedback_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;          // NOLINT: a fuzz target has no namespace of its own.
  using namespace muster::client;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const StatusOr<FeedbackRequest> asked = ParseFeedback(text);
  if (!asked.ok()) {
    if (ReasonOf(asked.status()) != Reason::kPAYLOAD_INVALID) std::abort();
    return 0;
  }
  const Timestamp now = FromUnixMillis(1'700'000'000'000);
  Feedback feedback = asked->feedback;
  if (!CheckFeedback(feedback, now).ok()) return 0;
  const auto again = ParseFeedback(*FeedbackText(*asked));
  if (!again.ok() || again->node != asked->node || again->feedback != feedback) std::abort();
  if (feedback.id.empty()) feedback.id = "drawn";
  const auto event = EncodeEvent({.time = now, .model = {}, .version = {}, .what = feedback});
  if (!event.ok() || !ParseEvent(*event).ok()) std::abort();
  return 0;
}
