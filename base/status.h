#pragma once
// Status and StatusOr for the whole project: the one header that names absl::Status. Codes are
// picked by what the caller should do next (docs/STYLE.md), and are gRPC's codes on the wire.
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/reason.h"

namespace muster {

using Status = absl::Status;
template <typename T>
using StatusOr = absl::StatusOr<T>;
inline Status Ok() { return absl::OkStatus(); }

// Debian's absl::string_view is not std::string_view, so the hop lives here, once.
inline std::string_view MessageOf(const Status& s) {
  return {s.message().data(), s.message().size()};
}
inline Status MakeStatus(absl::StatusCode code, std::string_view text) {
  return Status(code, absl::string_view(text.data(), text.size()));
}

#define MUSTER_DEFINE_STATUS_(Name, code)                                 \
  template <typename... Args>                                             \
  Status Name(fmt::format_string<Args...> f, Args&&... args) {            \
    return MakeStatus(code, fmt::format(f, std::forward<Args>(args)...)); \
  }
// The request can never work, whatever the state of the system.
MUSTER_DEFINE_STATUS_(InvalidArgument, absl::StatusCode::kInvalidArgument)
// Do not retry until the state changes: the round is closed, the model is missing its contract.
MUSTER_DEFINE_STATUS_(FailedPrecondition, absl::StatusCode::kFailedPrecondition)
MUSTER_DEFINE_STATUS_(NotFound, absl::StatusCode::kNotFound)
MUSTER_DEFINE_STATUS_(AlreadyExists, absl::StatusCode::kAlreadyExists)
// Redo the read-modify-write: somebody else wrote first.
MUSTER_DEFINE_STATUS_(Aborted, absl::StatusCode::kAborted)
// Retry this very call, later.
MUSTER_DEFINE_STATUS_(Unavailable, absl::StatusCode::kUnavailable)
// A queue, quota or disk is full.
MUSTER_DEFINE_STATUS_(ResourceExhausted, absl::StatusCode::kResourceExhausted)
MUSTER_DEFINE_STATUS_(PermissionDenied, absl::StatusCode::kPermissionDenied)
MUSTER_DEFINE_STATUS_(Unauthenticated, absl::StatusCode::kUnauthenticated)
MUSTER_DEFINE_STATUS_(DeadlineExceeded, absl::StatusCode::kDeadlineExceeded)
MUSTER_DEFINE_STATUS_(Cancelled, absl::StatusCode::kCancelled)
// A bug or a broken world; outside it is "internal error <id>", the text goes to the log.
MUSTER_DEFINE_STATUS_(Internal, absl::StatusCode::kInternal)
MUSTER_DEFINE_STATUS_(DataLoss, absl::StatusCode::kDataLoss)
#undef MUSTER_DEFINE_STATUS_

// Attaches the stable reason that callers and tests act on; the message is for people.
Status WithReason(Status status, Reason reason);
// The attached reason, or nullopt.
std::optional<Reason> ReasonOf(const Status& status);
// Attaches the path of the field that is wrong ("plan.rounds", "fields[3].min"), for resources.
Status WithField(Status status, std::string_view path);
std::string FieldOf(const Status& status);  // Empty: none.
// Both at once: INVALID_ARGUMENT, FIELD_INVALID, at `path`.
template <typename... Args>
Status InvalidField(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  return WithField(
      WithReason(InvalidArgument("{}: {}", path, fmt::format(f, std::forward<Args>(args)...)),
                 Reason::kFIELD_INVALID),
      path);
}
// The same error with "where: " put before its message; code and reason stay.
Status Prefixed(const Status& status, std::string_view where);

}  // namespace muster

#define MUSTER_CONCAT_(a, b) a##b
#define MUSTER_CONCAT(a, b) MUSTER_CONCAT_(a, b)
#define MUSTER_TRY(expr)                                                                    \
  do {                                                                                      \
    if (::muster::Status muster_status = (expr); !muster_status.ok()) return muster_status; \
  } while (false)
#define MUSTER_ASSIGN(lhs, expr) MUSTER_ASSIGN_IMPL_(MUSTER_CONCAT(muster_or_, __LINE__), lhs, expr)
#define MUSTER_ASSIGN_IMPL_(tmp, lhs, expr)      \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)
