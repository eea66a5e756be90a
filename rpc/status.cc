#include "rpc/status.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "base/seeded.h"
#include "muster/v1/error.pb.h"

namespace muster::rpc {
namespace {

constexpr std::string_view kPayloadPrefix = "muster.v1/";
constexpr std::string_view kReasonKey = "reason";
constexpr char kRetryAfterUrl[] = "muster.v1/retry_after_ms";
constexpr std::size_t kMaxMessageBytes = 1000;
constexpr std::size_t kMaxMetadataBytes = 256;  // Of one value; keys are ours.

// Cut between characters: gRPC and JSON both want whole ones.
std::string CutText(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

// Sixteen hex digits that no other error of this process has, and hardly one of another.
std::string ErrorId(std::string_view text) {
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("{:016x}", SeedOf({text, fmt::format("{}", count.fetch_add(1))}));
}

std::string Details(const Status& status) {
  v1::ErrorDetail detail;
  status.ForEachPayload([&detail](absl::string_view url, const absl::Cord& value) {
    std::string_view key(url.data(), url.size());
    if (!key.starts_with(kPayloadPrefix)) return;
    key.remove_prefix(kPayloadPrefix.size());
    std::string text = CutText(std::string(value), kMaxMetadataBytes);
    if (key == kReasonKey) {
      detail.set_reason(std::move(text));
    } else {
      (*detail.mutable_metadata())[std::string(key)] = std::move(text);
    }
  });
  if (detail.reason().empty() && detail.metadata().empty()) return {};
  return detail.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpc(const Status& status, Logger& logger) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (IsOurFault(status.code())) {
    const std::string id = ErrorId(MessageOf(status));
    logger.Error("internal_error", {{"id", id}, {"text", MessageOf(status)}});
    return {code, "internal error " + id};
  }
  return {code, CutText(MessageOf(status), kMaxMessageBytes), Details(status)};
}

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return Ok();
  const int code = static_cast<int>(status.error_code());
  const bool known = code > 0 && code <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  Status out = MakeStatus(known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown,
                          status.error_message());
  v1::ErrorDetail detail;
  if (status.error_details().empty() || !detail.ParseFromString(status.error_details())) return out;
  for (const auto& [key, value] : detail.metadata()) {
    if (key == kReasonKey) continue;  // It has a field of its own.
    out.SetPayload(std::string(kPayloadPrefix) + key, absl::Cord(value));
  }
  if (const auto reason = ParseReason(detail.reason())) out = WithReason(std::move(out), *reason);
  return out;
}

Status WithRetryAfter(Status status, Duration wait) {
  status.SetPayload(kRetryAfterUrl, absl::Cord(fmt::format("{}", wait.count())));
  return status;
}

std::optional<Duration> RetryAfterOf(const Status& status) {
  const auto payload = status.GetPayload(kRetryAfterUrl);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  constexpr std::int64_t kDay = 24 * 60 * 60 * 1000;  // A server may ask for no more.
  if (error != std::errc() || end != text.data() + text.size() || ms < 0) return std::nullopt;
  return Duration(std::min(ms, kDay));
}

static_assert(static_cast<int>(absl::StatusCode::kCancelled) ==
              static_cast<int>(grpc::StatusCode::CANCELLED));
static_assert(static_cast<int>(absl::StatusCode::kUnauthenticated) ==
              static_cast<int>(grpc::StatusCode::UNAUTHENTICATED));

}  // namespace muster::rpc
