#include "aggregation/secagg/violation.h"

#include <array>

namespace muster::aggregation::secagg {
namespace {
constexpr std::array kNames = {
#define MUSTER_SECAGG_VIOLATION_NAME(name) std::string_view(#name),
    MUSTER_SECAGG_VIOLATIONS(MUSTER_SECAGG_VIOLATION_NAME)
#undef MUSTER_SECAGG_VIOLATION_NAME
};
constexpr char kPayload[] = "muster/secagg-violation";
}  // namespace

std::string_view NameOf(Violation violation) { return kNames[static_cast<std::size_t>(violation)]; }

std::optional<Violation> ParseViolation(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Violation>(i);
  return std::nullopt;
}

Status WithViolation(Status status, Violation violation) {
  status.SetPayload(kPayload, absl::Cord(std::string(NameOf(violation))));
  return status;
}

std::optional<Violation> ViolationOf(const Status& status) {
  const auto payload = status.GetPayload(kPayload);
  return payload ? ParseViolation(std::string(*payload)) : std::nullopt;
}

}  // namespace muster::aggregation::secagg
