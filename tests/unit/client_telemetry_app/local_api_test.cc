#include "client/app/local_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/app/local_call.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"
#include "tests/unit/client_telemetry/frail_folder.h"

namespace muster::testing {
namespace {
using ::testing::HasSubstr;

class LocalApiTest : public ::testing::Test {
 protected:
  LocalApiTest() {
    spool_ =
        *client::TelemetrySpool::Open("n", std::make_unique<FrailFolder>(disk_), {}, rng_, log_);
    EXPECT_THAT(desk_.AddNode(DeviceName("n"), spool_, *client::Labels::Open(files_, "l")), IsOk());
  }
  platform::HttpReply Ask(const std::string& header, const std::string& body,
                          const std::string& path = "/v1/feedback",
                          const std::string& method = "POST") {
    platform::HttpRequest request;
    request.method = method;
    request.path = path;
    if (!header.empty()) request.headers = {{"authorization", header}};
    request.body = body;
    return client::AnswerLocal(request, "secret", desk_);
  }
  const std::string kTap = R"({"verdict":"missed","id":"one"})";
  ManualClock clock_{kThen};
  CountingRng rng_;
  NullLogger log_;
  MemoryFiles files_;
  std::shared_ptr<FrailDisk> disk_ = std::make_shared<FrailDisk>();
  std::shared_ptr<client::TelemetrySpool> spool_;
  client::FeedbackDesk desk_{files_, clock_, rng_, log_};
};

TEST_F(LocalApiTest, WhoeverShowsTheTokenIsHeard) {
  EXPECT_EQ(Ask("Bearer secret", kTap).status, 200);
  EXPECT_THAT(Ask("Bearer secret", kTap).body, HasSubstr("\"taken\":false"));
  EXPECT_EQ(spool_->Pending(client::TelemetryClass::kFeedback)->size(), 1U);
}

TEST_F(LocalApiTest, WhoeverDoesNotIsToldNothing) {
  for (const char* header : {"", "secret", "Bearer ", "Bearer secre", "Bearer secret2",
                             "bearer secret", "Basic secret"}) {
    EXPECT_EQ(Ask(header, kTap).status, 401) << header;
    EXPECT_EQ(Ask(header, kTap, "/nowhere").status, 401) << header;
  }
  EXPECT_TRUE(spool_->Pending(client::TelemetryClass::kFeedback)->empty());
}

TEST_F(LocalApiTest, WhatIsNoFeedbackIsRefusedWithItsReason) {
  EXPECT_EQ(Ask("Bearer secret", "{").status, 400);
  EXPECT_THAT(Ask("Bearer secret", "{}").body, HasSubstr("PAYLOAD_INVALID"));
  EXPECT_EQ(Ask("Bearer secret", R"({"verdict":"missed","node":"x"})").status, 404);
  EXPECT_EQ(Ask("Bearer secret", kTap, "/v1/other").status, 404);
  EXPECT_EQ(Ask("Bearer secret", "", "/v1/feedback", "GET").status, 405);
}

TEST_F(LocalApiTest, AFullDiskIsSaid) {
  disk_->full = true;
  const platform::HttpReply reply = Ask("Bearer secret", kTap);
  EXPECT_EQ(reply.status, 507);
  EXPECT_THAT(reply.body, HasSubstr("DISK_FULL"));
}

TEST(LocalReply, IsReadAsFarAsItIsHttp) {
  EXPECT_EQ(client::ParseLocalReply("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}")->body, "{}");
  EXPECT_EQ(client::ParseLocalReply("HTTP/1.1 401 No\r\n\r\n")->status, 401);
  for (const char* text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 20\r\n\r\n",
                           "HTTP/1.1 x00 OK\r\n\r\n", "SSH-2.0\r\n\r\n"})
    EXPECT_THAT(client::ParseLocalReply(text), HasCode(absl::StatusCode::kUnavailable)) << text;
}

}  // namespace
}  // namespace muster::testing
