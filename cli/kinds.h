#pragma once
// The kinds of things that `get`, `describe` and `watch` know, in all their spellings.
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster::cli {

enum class Kind { kContract, kModel, kCampaign, kDevice, kMonitor, kTrigger };

// "campaigns", "campaign", "cp". INVALID_ARGUMENT that names the nearest one otherwise.
StatusOr<Kind> ParseKind(std::string_view text);

// The same as a check of CLI11's: empty when it is one.
std::string CheckKind(const std::string& text);

inline constexpr char kKindsHelp[] =
    "contracts (ct), models (md), campaigns (cp), monitors (mo), triggers (tr) or devices (dev)";

}  // namespace muster::cli
