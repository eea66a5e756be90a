// Requests well-formed, malformed, half-sent, too large and too many.
#include "platform/http_server.h"

#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "tests/unit/platform_http/raw_client.h"

namespace muster::platform {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

HttpReply Echo(const HttpRequest& request) {
  if (request.path == "/throw") throw std::runtime_error("a broken handler");
  return {.body = fmt::format("{} {} [{}] [{}] {}", request.method, request.path, request.query,
                              request.Header("x-test"), request.body.size())};
}

struct HttpServerTest : testing::Test {
  void Start(HttpLimits limits = {}, HttpHandler handler = Echo) {
    auto started = HttpServer::Start("127.0.0.1", 0, std::move(handler), limits, logger);
    ASSERT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
    ASSERT_NE(server->port(), 0);
  }
  std::string AskOnce(std::string_view request) { return RawClient(server->port()).Ask(request); }

  NullLogger logger;
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpServerTest, AHandlerSeesMethodPathQueryHeadersAndBody) {
  Start();
  const std::string reply = AskOnce(
      "POST /a%20b/c?x=%201&y HTTP/1.1\r\nHost: x\r\nX-TEST: hi\r\nContent-Length: 5\r\n\r\n12345");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\nPOST /a b/c [x=%201&y] [hi] 5"));
}

TEST_F(HttpServerTest, AHandlerCanTellAnEscapedSlashFromASeparator) {
  Start({}, [](const HttpRequest& request) {
    return HttpReply{.body = request.path + " was " + request.raw_path};
  });
  EXPECT_THAT(AskOnce("GET /a%2Fb/%C3%A9?x=%2F HTTP/1.1\r\n\r\n"),
              EndsWith("\r\n\r\n/a/b/\xc3\xa9 was /a%2Fb/%C3%A9"));
}

TEST_F(HttpServerTest, AConnectionServesRequestAfterRequestAlsoPipelined) {
  Start();
  RawClient client(server->port());
  EXPECT_THAT(client.Ask("GET /1 HTTP/1.1\r\n\r\n"), EndsWith("GET /1 [] [] 0"));
  EXPECT_THAT(client.Ask("GET /2 HTTP/1.1\r\n\r\n"), EndsWith("GET /2 [] [] 0"));
  client.Send(
      "GET /3 HTTP/1.1\r\n\r\nPUT /4 HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /5 HTTP/1.1\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_THAT(client.ReadReply(), EndsWith("GET /3 [] [] 0"));
  EXPECT_THAT(client.ReadReply(), EndsWith("PUT /4 [] [] 1"));
  EXPECT_THAT(client.ReadToEnd(), EndsWith("GET /5 [] [] 0"));
}

TEST_F(HttpServerTest, HeadGivesTheHeaderAlone) {
  Start();
  RawClient client(server->port());
  client.Send("HEAD /1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadReply(/*head=*/true), HasSubstr("Content-Length: 15\r\n"));
  EXPECT_THAT(client.Ask("GET /2 HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, TenHalfSentRequestsDoNotKeepOthersWaiting) {
  Start({.io_threads = 1});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(std::make_unique<RawClient>(server->port()));
    ASSERT_TRUE(slow.back()->Send(i % 2 ? "GET / HTTP/1.1\r\nHos"
                                        : "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n123"));
  }
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(AskOnce("GET /quick HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  slow[1]->Send("t: x\r\n\r\n");  // And the slow ones are served when they get there.
  EXPECT_THAT(slow[1]->ReadReply(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, WhatIsSentTooSlowlyIsCutOff) {
  Start({.header = milliseconds(50), .body = milliseconds(50), .idle = milliseconds(50)});
  RawClient header(server->port()), body(server->port()), idle(server->port());
  header.Send("GET / HTTP/1.1\r\nHos");
  body.Send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n123");
  EXPECT_THAT(idle.Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(header.ReadToEnd(), IsEmpty());
  EXPECT_THAT(body.ReadToEnd(), IsEmpty());
  EXPECT_THAT(idle.ReadToEnd(), IsEmpty());
}

TEST_F(HttpServerTest, ABodyUpToTheLimitIsTakenAndOneBeyondRefusedHoweverItIsFramed) {
  Start({.max_body_bytes = 100000});
  const std::string full(100000, 'x');
  EXPECT_THAT(AskOnce("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + full),
              EndsWith("POST / [] [] 100000"));
  EXPECT_THAT(AskOnce("POST / HTTP/1.1\r\nContent-Length: 100001\r\n\r\n" + full + "x"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(AskOnce("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  std::string chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 101; ++i) chunked += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  EXPECT_THAT(AskOnce(chunked + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, HeadersTooLongOrTooManyAreRefused) {
  Start({.max_header_bytes = 8192, .max_headers = 10});
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 10; ++i) many += "a: b\r\n";
  EXPECT_THAT(AskOnce(many + "\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(AskOnce(many + "a: b\r\n\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(AskOnce("GET / HTTP/1.1\r\na: " + std::string(9000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(AskOnce("GET /" + std::string(9000, 'x')), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, WhatIsNoRequestIsAnsweredWith400AndClosed) {
  Start();
  for (const char* bad :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET http://x/ HTTP/1.1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n", "GET /%00 HTTP/1.1\r\n\r\n",
        "GET /%0d%0aX:1 HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n"}) {
    RawClient client(server->port());
    client.Send(bad);
    EXPECT_THAT(client.ReadReply(), StartsWith("HTTP/1.1 400")) << bad;
  }
  EXPECT_THAT(AskOnce("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ConnectionsBeyondTheLimitGet503AndTheNextOneIsServedAgain) {
  Start({.max_connections = 2, .idle = seconds(600)});
  auto first = std::make_unique<RawClient>(server->port());
  RawClient second(server->port());
  EXPECT_THAT(first->Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(second.Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  RawClient third(server->port());
  third.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(third.ReadReply(), StartsWith("HTTP/1.1 503"));
  first.reset();
  std::string reply;  // Until the server has noticed that the first has gone.
  for (int i = 0; i < 10000 && !reply.starts_with("HTTP/1.1 200"); ++i)
    reply = AskOnce("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AHandlerThatThrowsIsAnsweredWith500WithoutItsWords) {
  Start();
  RawClient client(server->port());
  const std::string reply = client.Ask("GET /throw HTTP/1.1\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(reply, Not(HasSubstr("broken")));
  EXPECT_THAT(client.Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AReplysHeadersCannotSmuggleOthers) {
  Start({}, [](const HttpRequest&) {
    return HttpReply{.body = "x", .headers = {{"Location", "/a\r\nSet-Cookie: forged"}}};
  });
  EXPECT_THAT(AskOnce("GET / HTTP/1.1\r\n\r\n"), HasSubstr("Location: /a  Set-Cookie: forged\r\n"));
}

TEST_F(HttpServerTest, StopLetsARequestUnderWayFinishAndClosesTheIdle) {
  absl::Notification entered, release;
  Start({.io_threads = 2, .drain = seconds(30)}, [&](const HttpRequest& request) {
    if (request.path == "/slow") {
      entered.Notify();
      release.WaitForNotification();
    }
    return HttpReply{.body = "done"};
  });
  const std::uint16_t port = server->port();
  RawClient idle(port), half(port), slow(port);
  EXPECT_THAT(idle.Ask("GET / HTTP/1.1\r\n\r\n"), EndsWith("done"));
  half.Send("GET / HT");
  slow.Send("GET /slow HTTP/1.1\r\n\r\n");
  entered.WaitForNotification();
  std::thread stopper([&] { server->Stop(); });
  EXPECT_THAT(idle.ReadToEnd(), IsEmpty());  // Closed while the slow one is still at work.
  EXPECT_THAT(half.ReadToEnd(), IsEmpty());
  release.Notify();
  EXPECT_THAT(slow.ReadToEnd(), EndsWith("done"));
  stopper.join();
  EXPECT_FALSE(RawClient(port).connected());
  server->Stop();
}

TEST_F(HttpServerTest, ManyClientsAtOnceAreAllAnswered) {
  Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      RawClient client(server->port());
      for (int i = 0; i < 50; ++i) {
        const std::string path = fmt::format("/{}/{}", t, i);
        EXPECT_THAT(client.Ask("GET " + path + " HTTP/1.1\r\n\r\n"),
                    HasSubstr("GET " + path + " "));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(HttpServerTest, APlaceThatCannotBeListenedOnIsAnErrorThatNamesIt) {
  Start();
  const auto taken = HttpServer::Start("127.0.0.1", server->port(), Echo, {}, logger);
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(taken.status().ToString(), HasSubstr(std::to_string(server->port())));
  EXPECT_EQ(HttpServer::Start("localhost", 0, Echo, {}, logger).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace muster::platform
