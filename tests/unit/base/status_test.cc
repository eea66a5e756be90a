#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace muster {
namespace {
TEST(Status, EachMakerHasItsCodeAndFormatsItsMessage) {
  EXPECT_TRUE(Ok().ok());
  const Status status = NotFound("model '{}' version {}", "rul", 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "model 'rul' version 3");
  EXPECT_EQ(InvalidArgument("x").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FailedPrecondition("x").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AlreadyExists("x").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Aborted("x").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Unavailable("x").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ResourceExhausted("x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(PermissionDenied("x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Unauthenticated("x").code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(DeadlineExceeded("x").code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Cancelled("x").code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Internal("x").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(DataLoss("x").code(), absl::StatusCode::kDataLoss);
}

TEST(Status, AReasonTravelsWithItAndTheLastOneCounts) {
  Status status = InvalidArgument("bad");
  EXPECT_EQ(ReasonOf(status), std::nullopt);
  status = WithReason(std::move(status), Reason::kUPDATE_NON_FINITE);
  EXPECT_EQ(ReasonOf(status), Reason::kUPDATE_NON_FINITE);
  EXPECT_EQ(MessageOf(status), "bad");
  status = WithReason(std::move(status), Reason::kUPDATE_OVER_NORM);
  EXPECT_EQ(ReasonOf(status), Reason::kUPDATE_OVER_NORM);
  EXPECT_EQ(ReasonOf(WithReason(Ok(), Reason::kUPDATE_OVER_NORM)), std::nullopt);
}

TEST(Status, APrefixKeepsCodeAndReason) {
  const Status status = Prefixed(WithReason(Unavailable("disk"), Reason::kDISK_FULL), "round 7");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MessageOf(status), "round 7: disk");
  EXPECT_EQ(ReasonOf(status), Reason::kDISK_FULL);
  EXPECT_EQ(ReasonOf(Prefixed(Unavailable("disk"), "x")), std::nullopt);
  EXPECT_TRUE(Prefixed(Ok(), "x").ok());
}

StatusOr<std::unique_ptr<int>> Half(int n) {
  if (n % 2 != 0) return InvalidArgument("{} is odd", n);
  return std::make_unique<int>(n / 2);
}
StatusOr<int> Quarter(int n, int& steps) {
  MUSTER_ASSIGN(const std::unique_ptr<int> half, Half(n));  // Moves what cannot be copied.
  ++steps;
  MUSTER_ASSIGN(const auto quarter, Half(*half));
  ++steps;
  return *quarter;
}
Status CheckQuarter(int n) {
  int steps = 0;
  MUSTER_TRY(Quarter(n, steps).status());
  return Ok();
}

TEST(Status, TryAndAssignStopAtTheFirstFailure) {
  int steps = 0;
  EXPECT_EQ(*Quarter(12, steps), 3);
  EXPECT_EQ(steps, 2);
  steps = 0;
  EXPECT_EQ(MessageOf(Quarter(6, steps).status()), "3 is odd");
  EXPECT_EQ(steps, 1);
  EXPECT_TRUE(CheckQuarter(4).ok());
  EXPECT_EQ(MessageOf(CheckQuarter(5)), "5 is odd");
}
}  // namespace
}  // namespace muster
