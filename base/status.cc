#include "base/status.h"

#include <string>

namespace muster {
namespace {
constexpr char kReasonUrl[] = "muster.v1/reason";
constexpr char kFieldUrl[] = "muster.v1/field";
}  // namespace

Status WithReason(Status status, Reason reason) {
  const std::string_view name = NameOf(reason);
  status.SetPayload(kReasonUrl, absl::Cord(absl::string_view(name.data(), name.size())));
  return status;
}

std::optional<Reason> ReasonOf(const Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  if (!payload) return std::nullopt;
  return ParseReason(std::string(*payload));
}

Status WithField(Status status, std::string_view path) {
  status.SetPayload(kFieldUrl, absl::Cord(absl::string_view(path.data(), path.size())));
  return status;
}

std::string FieldOf(const Status& status) {
  const auto payload = status.GetPayload(kFieldUrl);
  return payload ? std::string(*payload) : std::string();
}

Status Prefixed(const Status& status, std::string_view where) {
  if (status.ok()) return status;
  Status out = MakeStatus(status.code(), fmt::format("{}: {}", where, MessageOf(status)));
  status.ForEachPayload(
      [&out](absl::string_view url, const absl::Cord& value) { out.SetPayload(url, value); });
  return out;
}

}  // namespace muster
