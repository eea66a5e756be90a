#include "rpc/status.h"

#include <gtest/gtest.h>

#include "muster/v1/error.pb.h"
#include "tests/support/status_matchers.h"

namespace muster::rpc {
namespace {

class Lines final : public Logger {
 public:
  void Write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    text += event;
    for (const LogField& field : fields) text += fmt::format(" {}={}", field.key, field.value);
  }
  std::string text;
};

Status RoundTrip(const Status& status) {
  NullLogger logger;
  return FromGrpc(ToGrpc(status, logger));
}

TEST(StatusOverGrpc, KeepsCodeTextReasonFieldAndRetryHint) {
  const Status sent =
      WithRetryAfter(InvalidField("plan.rounds", "must be positive"), Duration(250));
  const Status got = RoundTrip(sent);
  EXPECT_EQ(got.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(got), MessageOf(sent));
  EXPECT_EQ(ReasonOf(got), Reason::kFIELD_INVALID);
  EXPECT_EQ(FieldOf(got), "plan.rounds");
  EXPECT_EQ(RetryAfterOf(got), Duration(250));
  EXPECT_TRUE(RoundTrip(Ok()).ok());
}

TEST(StatusOverGrpc, KeepsEveryCodeThatIsNotOurFault) {
  for (int code = 1; code <= 16; ++code) {
    const auto absl_code = static_cast<absl::StatusCode>(code);
    const Status got = RoundTrip(MakeStatus(absl_code, "text"));
    EXPECT_EQ(got.code(), absl_code);
  }
}

TEST(StatusOverGrpc, TellsNothingOfWhatBrokeInsideButAnIdThatTheLogKnows) {
  for (const Status& inside : {Internal("password is hunter2"), DataLoss("password is hunter2"),
                               MakeStatus(absl::StatusCode::kUnknown, "password is hunter2")}) {
    Lines log;
    const grpc::Status outside =
        ToGrpc(WithField(WithReason(inside, Reason::kDISK_FULL), "hunter2"), log);
    EXPECT_EQ(static_cast<int>(outside.error_code()), static_cast<int>(inside.code()));
    EXPECT_TRUE(outside.error_details().empty());
    ASSERT_TRUE(outside.error_message().starts_with("internal error "));
    const std::string id = outside.error_message().substr(15);
    EXPECT_EQ(id.size(), 16u);
    EXPECT_NE(log.text.find("id=" + id), std::string::npos);
    EXPECT_NE(log.text.find("hunter2"), std::string::npos);
    EXPECT_NE(ToGrpc(inside, log).error_message(), outside.error_message());
  }
}

TEST(StatusOverGrpc, CutsLongTextsBetweenCharacters) {
  std::string text(999, 'a');
  text += "\xc3\xa9\xc3\xa9";
  const Status got = RoundTrip(InvalidArgument("{}", text));
  EXPECT_EQ(MessageOf(got), std::string(999, 'a') + "...");
}

TEST(StatusOverGrpc, TakesNothingFromDetailsThatLie) {
  EXPECT_EQ(ReasonOf(FromGrpc({grpc::StatusCode::NOT_FOUND, "x", "\xff\xff"})), std::nullopt);
  v1::ErrorDetail detail;
  detail.set_reason("NO_SUCH_REASON");
  (*detail.mutable_metadata())["reason"] = "TOKEN_USED";
  (*detail.mutable_metadata())["retry_after_ms"] = "-5";
  const Status got = FromGrpc({grpc::StatusCode::NOT_FOUND, "x", detail.SerializeAsString()});
  EXPECT_EQ(ReasonOf(got), std::nullopt);
  EXPECT_EQ(RetryAfterOf(got), std::nullopt);
  const Status odd = FromGrpc({grpc::StatusCode::DO_NOT_USE, "x"});
  EXPECT_EQ(odd.code(), absl::StatusCode::kUnknown);
}

TEST(StatusOverGrpc, LetsAServerAskForADayAtMost) {
  EXPECT_EQ(RetryAfterOf(WithRetryAfter(Unavailable("x"), std::chrono::hours(1000))),
            std::chrono::hours(24));
}

}  // namespace
}  // namespace muster::rpc
