#include "base/reason.h"

#include <array>

namespace muster {
namespace {
constexpr std::array kNames = {
#define MUSTER_REASON_NAME(name) std::string_view(#name),
    MUSTER_REASONS(MUSTER_REASON_NAME)
#undef MUSTER_REASON_NAME
};
}  // namespace

std::string_view NameOf(Reason reason) { return kNames[static_cast<std::size_t>(reason)]; }

std::optional<Reason> ParseReason(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Reason>(i);
  return std::nullopt;
}

}  // namespace muster
