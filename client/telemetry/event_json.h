#pragma once
// Telemetry events as they lie on the device's disk: one object of canonical JSON each. A label of
// a feedback is in none of them: it stays with the node's labels (client/pipeline/labels.h).
#include <string>
#include <string_view>

#include "client/telemetry/event.h"

namespace muster::client {

inline constexpr std::size_t kMostEventBytes = std::size_t{64} << 10;
// Of texts that people read, in bytes; longer ones are cut between two characters.
inline constexpr std::size_t kMostTelemetryText = 512;
inline constexpr std::size_t kMostTelemetryName = 128;  // Of monitors, fields, models, people.
inline constexpr std::size_t kMostSkipReasons = 32;     // Of Served::not_judged.

// INVALID_ARGUMENT (TELEMETRY_INVALID) on numbers that are not finite, names that are too long or
// hold control characters, an id that is none, text that is not UTF-8, and an event that is longer
// than kMostEventBytes.
StatusOr<std::string> EncodeEvent(const TelemetryEvent& event);
// The inverse, for foreign bytes: the same errors on all that EncodeEvent would not have written.
StatusOr<TelemetryEvent> ParseEvent(std::string_view text);

// `text` cut to at most `most` bytes between two characters, control characters as blanks.
std::string BoundedText(std::string_view text, std::size_t most = kMostTelemetryText);
// Whether it is [a-z0-9-]{1,64}: the id of a feedback.
bool IsFeedbackId(std::string_view id);

}  // namespace muster::client
