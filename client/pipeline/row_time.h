#pragma once
// When a row was measured, as sources write it.
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "client/pipeline/source.h"

namespace muster::client {

// "2026-05-03T12:00:00.250Z", with a blank in place of the T, digits of the second left out or
// added, an offset ("+02:00") or none, which is UTC; a date alone; or Unix time, in seconds below
// 10^11 and in milliseconds from there. From 1970 on; nullopt otherwise.
std::optional<Timestamp> TimeOf(const Cell& cell);

}  // namespace muster::client
