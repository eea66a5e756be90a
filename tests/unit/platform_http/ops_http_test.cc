// What a scraper, a kubelet and a person with curl see.
#include "platform/ops_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/platform_http/raw_client.h"

namespace muster::platform {
namespace {
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct OpsHttpTest : testing::Test {
  HttpReply Ask(const std::string& path, const std::string& method = "GET") {
    return handler({.method = method, .path = path});
  }
  Status readiness = Ok();
  const HttpHandler handler = MakeOpsHandler(
      {.metrics = [] { return "muster_rounds_total 3\n"; }, .ready = [this] { return readiness; }});
};

TEST_F(OpsHttpTest, MetricsAreServedInPrometheusTextFormat) {
  const HttpReply reply = Ask("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "muster_rounds_total 3\n");
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(OpsHttpTest, ReadinessSaysWhyNotWhileHealthDoesNotMind) {
  EXPECT_EQ(Ask("/readyz").status, 200);
  readiness = WithReason(ResourceExhausted("no space left"), Reason::kDISK_FULL);
  EXPECT_EQ(Ask("/readyz").status, 503);
  EXPECT_EQ(Ask("/readyz").body, "not ready: DISK_FULL: no space left\n");
  EXPECT_EQ(Ask("/healthz").status, 200);
  readiness = Unavailable("journal is replayed");
  EXPECT_EQ(Ask("/readyz").body, "not ready: journal is replayed\n");
}

TEST_F(OpsHttpTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_EQ(Ask("/").status, 200);
  EXPECT_THAT(Ask("/").body, HasSubstr("/readyz"));
  for (const char* path : {"/metrics/", "/Metrics", "/x", "//", "/metrics/../metrics"})
    EXPECT_EQ(Ask(path).status, 404) << path;
  for (const char* method : {"POST", "PUT", "DELETE", "get", "OPTIONS"}) {
    EXPECT_EQ(Ask("/metrics", method).status, 405) << method;
    EXPECT_EQ(Ask("/metrics", method).headers.at(0).second, "GET, HEAD");
  }
  EXPECT_EQ(Ask("/metrics", "HEAD").status, 200);
}

TEST_F(OpsHttpTest, WorksBehindTheServer) {
  NullLogger logger;
  const auto server = HttpServer::Start("127.0.0.1", 0, handler, {}, logger).value();
  EXPECT_THAT(RawClient(server->port()).Ask("GET /metrics?x=1 HTTP/1.1\r\n\r\n"),
              EndsWith("\r\n\r\nmuster_rounds_total 3\n"));
  EXPECT_THAT(RawClient(server->port()).Ask("DELETE /healthz HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
}

}  // namespace
}  // namespace muster::platform
