#include "rpc/unary.h"

#include <absl/synchronization/notification.h>

#include <stdexcept>
#include <thread>

#include "tests/unit/rpc/call_fixture.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;

v1::CheckInReply Next(std::uint32_t ms) {
  v1::CheckInReply reply;
  reply.set_next_ms(ms);
  return reply;
}

class UnaryTest : public CallTest {
 protected:
  template <typename Handler>
  void AnswerDevicesWith(Handler handler) {
    edge_.check_in = [this, handler](auto* context, auto* request, auto* reply) {
      return DeviceUnary(*border_, context, request, reply, handler);
    };
  }
  template <typename Starter>
  void AnswerDevicesLaterWith(Starter starter) {
    edge_.check_in = [this, starter](auto* context, auto* request, auto* reply) {
      return DeviceLater(*border_, context, request, reply, starter);
    };
  }
};

TEST_F(UnaryTest, AnswersWithWhatTheHandlerReturnsForThisCaller) {
  AnswerDevicesWith(
      [](const Caller& caller, const v1::CheckInRequest& request) -> StatusOr<v1::CheckInReply> {
        EXPECT_EQ(caller.Text(), "device/00ff");
        return Next(request.hold_ms() + 1);
      });
  EXPECT_EQ(CheckIn("device/00ff", 41).value().next_ms(), 42u);
}

TEST_F(UnaryTest, RunsTheHandlerOnTheExecutor) {
  std::thread::id handler_thread;
  AnswerDevicesWith([&](const Caller&, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
    handler_thread = std::this_thread::get_id();
    return Next(0);
  });
  std::set<std::thread::id> pool_threads;
  while (pool_threads.size() < 2) {
    absl::Notification ran;
    pool_->Post([&] {
      absl::MutexLock lock(&mu_);
      pool_threads.insert(std::this_thread::get_id());
      ran.Notify();
    });
    ran.WaitForNotification();
  }
  ASSERT_THAT(CheckIn("device/00ff"), IsOk());
  EXPECT_TRUE(pool_threads.contains(handler_thread));
}

TEST_F(UnaryTest, CarriesARefusalWithItsReason) {
  AnswerDevicesWith([](const Caller&, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
    return WithReason(NotFound("no round"), Reason::kUNKNOWN_ROUND);
  });
  EXPECT_THAT(CheckIn("device/00ff"), Fails(absl::StatusCode::kNotFound, Reason::kUNKNOWN_ROUND));
}

TEST_F(UnaryTest, TurnsAnExceptionIntoAnInternalErrorWithoutItsText) {
  AnswerDevicesWith([](const Caller&, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
    throw std::runtime_error("the secret plan");
  });
  const auto reply = CheckIn("device/00ff");
  EXPECT_THAT(reply, HasCode(absl::StatusCode::kInternal));
  EXPECT_EQ(MessageOf(reply.status()).find("secret"), std::string_view::npos);
}

TEST_F(UnaryTest, TurnsAwayTheWrongCallerAndTellsWhoWantedWhat) {
  AnswerDevicesWith([](const Caller&, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
    ADD_FAILURE() << "the handler ran";
    return Next(0);
  });
  EXPECT_THAT(CheckIn("operator/ann"),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  EXPECT_THAT(CheckIn(""), Fails(absl::StatusCode::kUnauthenticated, Reason::kCERTIFICATE_MISSING));
  const auto denials = Denials();
  ASSERT_EQ(denials.size(), 2u);
  EXPECT_EQ(denials[0].who, "operator/ann");
  EXPECT_EQ(denials[0].method, "CheckIn");
  EXPECT_EQ(ReasonOf(denials[0].status), Reason::kCALLER_NOT_ALLOWED);
  EXPECT_EQ(ReasonOf(denials[1].status), Reason::kCERTIFICATE_MISSING);
}

TEST_F(UnaryTest, AdmitsAnyoneWhereNoCallerIsAskedFor) {
  edge_.check_in = [this](auto* context, auto* request, auto* reply) {
    return Unary(*border_, context, request, reply,
                 [](const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> { return Next(5); });
  };
  EXPECT_EQ(CheckIn("").value().next_ms(), 5u);
  EXPECT_TRUE(Denials().empty());
}

TEST_F(UnaryTest, RefusesWithAHintWhenTooManyCallsWait) {
  server_->Shutdown();
  server_->Wait();
  Serve(0);
  AnswerDevicesWith([](const Caller&, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
    return Next(0);
  });
  const auto reply = CheckIn("device/00ff");
  EXPECT_THAT(reply, Fails(absl::StatusCode::kResourceExhausted, Reason::kOVERLOADED));
  EXPECT_EQ(RetryAfterOf(reply.status()), std::chrono::seconds(1));
}

TEST_F(UnaryTest, GivesItsPlaceBackSoThatASingleOneServesManyCalls) {
  server_->Shutdown();
  server_->Wait();
  Serve(1);
  AnswerDevicesWith([](const Caller&, const v1::CheckInRequest&) -> StatusOr<v1::CheckInReply> {
    return Next(0);
  });
  for (int i = 0; i < 20; ++i) EXPECT_THAT(CheckIn("device/00ff"), IsOk());
}

TEST_F(UnaryTest, ALongPollIsAnsweredLaterFromAnotherThreadAndOnlyOnce) {
  std::function<void(StatusOr<v1::CheckInReply>)> done;
  absl::Notification started;
  AnswerDevicesLaterWith(
      [&](const Caller&, const v1::CheckInRequest&, Later<v1::CheckInReply> later) {
        done = later;
        started.Notify();
      });
  std::thread answerer([&] {
    started.WaitForNotification();
    done(Next(1));
    done(Next(2));
    done = nullptr;
  });
  EXPECT_EQ(CheckIn("device/00ff").value().next_ms(), 1u);
  answerer.join();
}

TEST_F(UnaryTest, ALongPollThatIsDroppedSendsTheCallerAwayToTryAgain) {
  AnswerDevicesLaterWith([](const Caller&, const v1::CheckInRequest&, Later<v1::CheckInReply>) {});
  EXPECT_THAT(CheckIn("device/00ff"),
              Fails(absl::StatusCode::kUnavailable, Reason::kSHUTTING_DOWN));
}

TEST_F(UnaryTest, AStarterThatThrowsFailsItsCall) {
  AnswerDevicesLaterWith([](const Caller&, const v1::CheckInRequest&, Later<v1::CheckInReply>) {
    throw std::runtime_error("x");
  });
  EXPECT_THAT(CheckIn("device/00ff"), HasCode(absl::StatusCode::kInternal));
}

TEST_F(UnaryTest, ALongPollHearsThatItsCallerLeft) {
  absl::Notification started;
  absl::Notification cancelled;
  AnswerDevicesLaterWith(
      [&](const Caller&, const v1::CheckInRequest&, Later<v1::CheckInReply> later) {
        later.OnCancel([&, later] {
          later(Cancelled("the device left"));
          cancelled.Notify();
        });
        started.Notify();
      });
  const auto context = ContextOf("device/00ff");
  std::thread leaver([&] {
    started.WaitForNotification();
    context->TryCancel();
  });
  EXPECT_THAT(Call(*stub_, &v1::EdgeService::Stub::CheckIn, v1::CheckInRequest(), *context),
              HasCode(absl::StatusCode::kCancelled));
  leaver.join();
  cancelled.WaitForNotification();
}

TEST_F(UnaryTest, AHookThatComesAfterTheCallerLeftStillRuns) {
  absl::Notification left;
  absl::Notification cancelled;
  AnswerDevicesLaterWith(
      [&](const Caller&, const v1::CheckInRequest&, Later<v1::CheckInReply> later) {
        later.OnCancel([&] { left.Notify(); });
        left.WaitForNotification();
        later.OnCancel([&, later] { cancelled.Notify(); });
      });
  const auto context = ContextOf("device/00ff");
  SetTimeout(*context, Duration(50));
  EXPECT_THAT(Call(*stub_, &v1::EdgeService::Stub::CheckIn, v1::CheckInRequest(), *context),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  cancelled.WaitForNotification();
}

TEST_F(UnaryTest, StoppingTheServerEndsLongPolls) {
  absl::Notification started;
  AnswerDevicesLaterWith(
      [&](const Caller&, const v1::CheckInRequest&, Later<v1::CheckInReply> later) {
        later.OnCancel([later] { later(Unavailable("stopping")); });
        started.Notify();
      });
  std::thread stopper([&] {
    started.WaitForNotification();
    server_->Shutdown(gpr_time_0(GPR_CLOCK_MONOTONIC));
  });
  EXPECT_FALSE(CheckIn("device/00ff").ok());
  stopper.join();
}

TEST(MethodName, IsTheRequestsNameWithoutItsEnd) {
  EXPECT_EQ(MethodName<v1::CheckInRequest>(), "CheckIn");
}

}  // namespace
}  // namespace muster::rpc
