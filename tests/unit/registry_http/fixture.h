#pragma once
// Confluent's API as a client sees it: a status and a JSON body.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "platform/sha256.h"
#include "registry/http/confluent.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_journal.h"

namespace muster::registry {

struct Answer {
  int status = 0;
  Json body;         // Discarded: not JSON.
  std::string text;  // As it came.
  int code() const { return body.is_object() ? body.value("error_code", 0) : 0; }
};
inline void PrintTo(const Answer& answer, std::ostream* out) {
  *out << answer.status << " " << answer.text;
}
MATCHER_P(Says, body, "is 200 with " + Json(body).dump()) {
  return arg.status == 200 && arg.body == Json(body);
}
// An error of this code; the status is its first three digits.
MATCHER_P(Errs, code, "is the error " + std::to_string(code)) {
  return arg.code() == code && arg.status == (code >= 1000 ? code / 100 : code) &&
         arg.body.value("message", std::string()) != "";
}

class ConfluentTest : public ::testing::Test {
 protected:
  platform::HttpReply Send(platform::HttpRequest request) { return handler_(request); }

  static platform::HttpRequest Request(std::string method, std::string_view target,
                                       std::string body = "") {
    platform::HttpRequest request;
    request.method = std::move(method);
    request.raw_path = target.substr(0, target.find('?'));
    request.path = request.raw_path;
    if (target.find('?') != target.npos) request.query = target.substr(target.find('?') + 1);
    if (!body.empty())
      request.headers = {{"content-type", "application/vnd.schemaregistry.v1+json"}};
    request.body = std::move(body);
    return request;
  }
  Answer Ask(std::string method, std::string_view target, std::string body = "") {
    const platform::HttpReply reply = Send(Request(std::move(method), target, std::move(body)));
    EXPECT_EQ(reply.content_type, "application/vnd.schemaregistry.v1+json");
    return {reply.status, Json::parse(reply.body, nullptr, false), reply.body};
  }
  Answer Get(std::string_view target) { return Ask("GET", target); }
  Answer Delete(std::string_view target) { return Ask("DELETE", target); }
  Answer Post(std::string_view target, const Json& body) {
    return Ask("POST", target, body.dump());
  }
  Answer Put(std::string_view target, const Json& body) { return Ask("PUT", target, body.dump()); }
  Answer Register(std::string_view subject, std::string_view text) {
    return Post(fmt::format("/subjects/{}/versions", subject), {{"schema", text}});
  }

  std::function<Status(std::string_view)> fault_;
  testing::MemoryJournal journal_{
      [this](std::string_view op) { return fault_ ? fault_(op) : Ok(); }};
  const testing::FakeSchemaParser parser_{};
  const platform::OpenSslHasher hasher_{};
  ManualClock clock_{FromUnixMillis(1'790'000'000'000)};
  NullLogger log_;
  Schemas schemas_{journal_, parser_, hasher_, clock_, log_};
  StatusOr<Caller> caller_ = Caller::Operator("ann");
  platform::HttpHandler handler_ = MakeConfluentHandler(
      schemas_, {[this](const platform::HttpRequest&) { return caller_; }}, log_);
};

}  // namespace muster::registry
