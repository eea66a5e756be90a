#pragma once
// Why a window has no verdict: one stable reason each, so that nothing here ever answers NaN.
//
//   nothing to compare              FAILED_PRECONDITION  DATA_EMPTY
//   too few values for a test       FAILED_PRECONDITION  DATA_NO_WINDOW
//   all values of both in one bin   FAILED_PRECONDITION  DATA_OUT_OF_RANGE
//   NaN or infinity                 INVALID_ARGUMENT     DATA_NOT_A_NUMBER
//   a value or count beyond limits  INVALID_ARGUMENT     DATA_OUT_OF_RANGE
//   windows of other bins           INVALID_ARGUMENT     CONTRACT_MISMATCH
//   foreign text that is not ours   INVALID_ARGUMENT     ARTEFACT_INVALID
//   a bad parameter                 INVALID_ARGUMENT     FIELD_INVALID
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace muster::drift {

// The largest count and sum of counts: every integer up to it is a double, and canonical JSON.
inline constexpr std::uint64_t kMostCount = (std::uint64_t{1} << 53) - 1;
// The largest magnitude of an edge or of a sample whose distances are taken: differences and their
// weighted sums stay finite.
inline constexpr double kMostMagnitude = 1e300;

inline Status RefuseEmpty(std::string_view what) {
  return WithReason(FailedPrecondition("{}: no values", what), Reason::kDATA_EMPTY);
}
inline Status RefuseFew(std::string_view what, std::uint64_t have, std::uint64_t least) {
  return WithReason(FailedPrecondition("{}: {} values, the test needs {}", what, have, least),
                    Reason::kDATA_NO_WINDOW);
}
inline Status RefuseConstant(std::string_view what) {
  return WithReason(FailedPrecondition("{}: constant, there is nothing to test", what),
                    Reason::kDATA_OUT_OF_RANGE);
}
inline Status RefuseNotANumber(std::string_view what) {
  return WithReason(InvalidArgument("{}: holds NaN or infinity", what), Reason::kDATA_NOT_A_NUMBER);
}
inline Status RefuseBeyond(std::string_view what) {
  return WithReason(InvalidArgument("{}: beyond the largest allowed", what),
                    Reason::kDATA_OUT_OF_RANGE);
}
inline Status RefuseOtherBins(std::string_view what) {
  return WithReason(InvalidArgument("{}: of other bins", what), Reason::kCONTRACT_MISMATCH);
}
inline Status RefuseText(std::string_view what, std::string_view why) {
  return WithReason(InvalidArgument("{}: {}", what, why), Reason::kARTEFACT_INVALID);
}

}  // namespace muster::drift
