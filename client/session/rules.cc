#include "client/session/rules.h"

#include "client/pipeline/one_line.h"

namespace muster::client {

HeldVerdict JudgeHeld(HeldState state) {
  switch (state) {
    case HeldState::kResend: return HeldVerdict::kSendAgain;
    case HeldState::kCounted:
    case HeldState::kClosed:
    case HeldState::kRefused: return HeldVerdict::kLetGo;
    case HeldState::kWait:
    case HeldState::kNothingHeld: break;
  }
  return HeldVerdict::kKeep;
}

ErrorVerdict JudgeReportError(const Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented: return ErrorVerdict::kGiveUp;
    default: return ErrorVerdict::kRetry;
  }
}

ErrorVerdict JudgeFetchError(const Status& error) {
  switch (ReasonOf(error).value_or(Reason::kOVERLOADED)) {
    case Reason::kDISK_FULL:
    case Reason::kREAD_ONLY: return ErrorVerdict::kGiveUp;
    case Reason::kCHUNK_CORRUPT:
    case Reason::kCHUNK_OUT_OF_ORDER:
    case Reason::kCHUNK_TOO_LARGE:
    case Reason::kDIGEST_MISMATCH: return ErrorVerdict::kRetry;
    default: return JudgeReportError(error);
  }
}

ErrorVerdict JudgeUploadError(const Status& error) {
  switch (ReasonOf(error).value_or(Reason::kOVERLOADED)) {
    case Reason::kUPDATE_NON_FINITE:
    case Reason::kUPDATE_WRONG_LAYOUT:
    case Reason::kUPDATE_WRONG_DTYPE:
    case Reason::kUPDATE_OVER_NORM:
    case Reason::kUPDATE_OVER_BOUND:
    case Reason::kUPDATE_OVER_WEIGHT:
    case Reason::kUPDATE_BAD_METRICS:
    case Reason::kUPDATE_UNREADABLE:
    case Reason::kUPLOAD_TOO_LARGE: return ErrorVerdict::kGiveUp;
    default: return ErrorVerdict::kRetry;
  }
}

Reason FailureReason(const Status& error) { return ReasonOf(error).value_or(Reason::kTASK_FAILED); }

std::string Detail(const Status& error) {
  constexpr std::size_t kMost = 512, kEllipsis = 3;
  return OneLine(MessageOf(error), kMost - kEllipsis);
}

std::string Text(const RoundKey& key) {
  return fmt::format("{}/{}/{}", key.campaign.value(), key.round.value(), key.attempt);
}

}  // namespace muster::client
