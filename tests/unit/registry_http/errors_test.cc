// Requests that are refused: by which code, and without changing anything.
#include "registry/http/errors.h"

#include "registry/http/media.h"
#include "registry/http/request.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/registry_http/fixture.h"

namespace muster::registry {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ConfluentTest, WhatIsNotThereIsNotFoundByItsCode) {
  EXPECT_THAT(Get("/subjects/a/versions"), Errs(40401));
  EXPECT_THAT(Get("/subjects/a/versions/1"), Errs(40401));
  EXPECT_THAT(Delete("/subjects/a"), Errs(40401));
  EXPECT_THAT(Delete("/subjects/a/versions/1"), Errs(40401));
  EXPECT_THAT(Post("/subjects/a", {{"schema", "f:int"}}), Errs(40401));
  EXPECT_THAT(Get("/subjects/a/metadata"), Errs(40401));
  EXPECT_THAT(Get("/schemas/ids/1"), Errs(40403));
  EXPECT_THAT(Get("/schemas/ids/0/subjects"), Errs(40403));
  EXPECT_THAT(Get("/schemas/ids/1/versions"), Errs(40403));
  ASSERT_EQ(Register("a", "f:int").status, 200);
  EXPECT_THAT(Get("/subjects/a/versions/2"), Errs(40402));
  EXPECT_THAT(Get("/subjects/a/versions/2/referencedby"), Errs(40402));
  EXPECT_THAT(Post("/subjects/a", {{"schema", "f:long"}}), Errs(40403));
}

TEST_F(ConfluentTest, AVersionIsANumberOrLatest) {
  ASSERT_EQ(Register("a", "f:int").status, 200);
  for (const char* version :
       {"0", "-2", "first", "1.0", "2147483648", "99999999999999999999", "%201", "Latest"})
    EXPECT_THAT(Get(fmt::format("/subjects/a/versions/{}", version)), Errs(42202)) << version;
  EXPECT_THAT(Delete("/subjects/a/versions/0"), Errs(42202));
}

TEST_F(ConfluentTest, ABadSchemaIsUnprocessable) {
  const auto refused = [&](const Json& body) { return Post("/subjects/a/versions", body); };
  EXPECT_THAT(refused({{"schema", "f:strange"}}), Errs(42201));
  EXPECT_THAT(refused({{"schema", ""}}), Errs(42201));
  EXPECT_THAT(refused({{"schema", 1}}), Errs(42201));
  EXPECT_THAT(refused(Json::object()), Errs(42201));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"schemaType", "XML"}}), Errs(42201));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"references", {{{"name", "x"}}}}}), Errs(42201));
  EXPECT_THAT(refused({{"schema", "f:int"},
                       {"references", {{{"name", "x"}, {"subject", "nowhere"}, {"version", 1}}}}}),
              Errs(42201));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"metadata", 1}}), Errs(42201));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"ruleSet", "x"}}), Errs(42201));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"id", "x"}}), Errs(400));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"id", 1e9}}), Errs(400));
  EXPECT_THAT(refused({{"schema", "f:int"}, {"version", 1ull << 32}}), Errs(400));
  EXPECT_THAT(refused({{"schema", std::string(SchemaParser::kMostBytes + 1, ' ')}}), Errs(42209));
}

TEST_F(ConfluentTest, ABadSubjectIsUnprocessable) {
  for (const char* subject : {"%0A", "%FF", "%C2%85", ":.ctx:a", ":.:a"})
    EXPECT_THAT(Register(subject, "f:int"), Errs(42208)) << subject;
  EXPECT_THAT(Register(std::string(256, 'x'), "f:int"), Errs(42208));
  EXPECT_THAT(Put("/config/%0A", {{"compatibility", "NONE"}}), Errs(42208));
  EXPECT_THAT(Put("/mode/%FF", {{"mode", "READONLY"}}), Errs(42208));
  EXPECT_THAT(Get("/subjects/%FF%00/versions"), Errs(40401));
}

TEST_F(ConfluentTest, AnHostileBodyIsRefused) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += R"({"ruleSet":)";
  for (const std::string& body :
       std::vector<std::string>{"{", "nonsense", R"({"schema":"f:int","schema":"g:int"})", deep,
                                std::string("{\"schema\":\"f:\0int\"}", 19),
                                "{\"schema\":\"\xff\"}", "[]", "1", "null", "\"x\""})
    EXPECT_THAT(Ask("POST", "/subjects/a/versions", body), Errs(400)) << body.substr(0, 40);
  EXPECT_THAT(Ask("POST", "/subjects/a/versions"), Errs(422)) << "no body";
  EXPECT_THAT(Ask("PUT", "/mode"), Errs(422));
  EXPECT_THAT(Get("/subjects"), Says(Json::array()));
}

TEST_F(ConfluentTest, AnAddressThatIsNoneIsRefused) {
  EXPECT_THAT(Get("/subjects/%zz/versions"), Errs(400));
  EXPECT_THAT(Get("/subjects?deleted=%"), Errs(400));
  EXPECT_THAT(Get("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"), Errs(400));
  EXPECT_THAT(Get("/nothing"), Errs(404));
  EXPECT_THAT(Get("/subjects//versions/1/schema/x"), Errs(404));
  EXPECT_THAT(Get("/schemas/ids/x"), Errs(404));
  EXPECT_THAT(Get("/schemas/ids/99999999999"), Errs(404));
  EXPECT_THAT(Get("/schemas/guids/1"), Errs(404));
  EXPECT_EQ(Get("/subjects/").status, 200);
  EXPECT_THAT(Get("/schemas/ids/1?format=serialized"), Errs(422));
}

TEST_F(ConfluentTest, AMethodThatIsNotThereIsToldWhichAre) {
  const auto reply = Send(Request("PATCH", "/config/a"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.headers,
              ElementsAre(std::pair<std::string, std::string>("Allow", "GET, PUT, DELETE")));
  EXPECT_THAT(Ask("PUT", "/subjects", "{}"), Errs(405));
  EXPECT_THAT(Ask("GET", "/subjects/a"), Errs(405));
  EXPECT_EQ(Send(Request("HEAD", "/subjects")).status, 200);
}

TEST_F(ConfluentTest, MediaTypesAreNegotiated) {
  auto request = Request("GET", "/subjects");
  request.headers = {{"accept", "text/html"}};
  EXPECT_EQ(Send(request).status, 406);
  request.headers = {{"accept", "application/json"}};
  EXPECT_EQ(Send(request).content_type, "application/json");
  auto post = Request("POST", "/subjects/a/versions", R"({"schema":"f:int"})");
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    post.headers = {{"content-type", type}};
    EXPECT_EQ(Send(post).status, 415) << type;
  }
  post.headers.clear();
  EXPECT_EQ(Send(post).status, 415) << "a page in a browser can leave it out";
  for (const char* type : {"application/json; charset=utf-8", "application/octet-stream",
                           "application/vnd.schemaregistry+json", "APPLICATION/JSON"}) {
    post.headers = {{"content-type", type}};
    EXPECT_EQ(Send(post).status, 200) << type;
  }
}

TEST_F(ConfluentTest, ChangesNeedACallerAndReadsDoNot) {
  ASSERT_EQ(Register("a", "f:int").status, 200);
  caller_ = Unauthenticated("who is it?");
  EXPECT_THAT(Register("a", "f:long"), Errs(401));
  EXPECT_THAT(Delete("/subjects/a"), Errs(401));
  EXPECT_THAT(Put("/mode", {{"mode", "READONLY"}}), Errs(401));
  EXPECT_EQ(Get("/subjects").status, 200);
  EXPECT_EQ(Post("/subjects/a", {{"schema", "f:int"}}).status, 200);
  caller_ = PermissionDenied("not you");
  EXPECT_THAT(Delete("/config"), Errs(403));
}

TEST_F(ConfluentTest, AFailingStoreIsToldByItsCodeAndNotBelieved) {
  const std::vector<std::pair<Status, int>> faults = {
      {WithReason(ResourceExhausted("full"), Reason::kDISK_FULL), 50001},
      {Internal("secret"), 50001},
      {DeadlineExceeded("slow"), 50002},
      {WithReason(Aborted("stale"), Reason::kSTALE_WRITE), 50002},
      {Unavailable("stopping"), 50004}};
  for (const auto& [fault, code] : faults) {
    fault_ = [&fault = fault](std::string_view op) {
      return op == "journal.append" ? fault : Ok();
    };
    const Answer answer = Register("a", "f:int");
    EXPECT_THAT(answer, Errs(code));
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
  }
  fault_ = {};
  EXPECT_THAT(Get("/subjects?deleted=true"), Says(Json::array()));
}

TEST(ApiErrorTest, EveryReasonOfTheRegistryHasItsCode) {
  const auto code = [](Reason reason) {
    return ErrorOf(WithReason(FailedPrecondition("x"), reason)).code;
  };
  EXPECT_EQ(code(Reason::kSCHEMA_TOO_COMPLEX), 42201);
  EXPECT_EQ(code(Reason::kSCHEMA_TOO_LARGE), 42209);
  EXPECT_EQ(code(Reason::kREAD_ONLY), 50001);
  EXPECT_EQ(ErrorOf(InvalidArgument("x")).status, 400);
  NullLogger log;
  EXPECT_LT(ErrorBody(InvalidArgument("{}", std::string(1 << 20, 'x')), log).size(), 20'000u);
  EXPECT_EQ(Json::parse(ErrorBody(400, "\xff")).at("message"), "\xef\xbf\xbd");
}

TEST(MediaTest, TheBestOfWhatAClientAcceptsIsAnswered) {
  EXPECT_EQ(Negotiate(""), kSchemaRegistryV1);
  EXPECT_EQ(Negotiate("*/*"), kSchemaRegistryV1);
  EXPECT_EQ(Negotiate("text/html, */*;q=0.1"), kSchemaRegistryV1);
  EXPECT_EQ(
      Negotiate("application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, "
                "application/json"),
      kSchemaRegistryV1);
  EXPECT_EQ(Negotiate("application/json;q=0.9, application/vnd.schemaregistry+json;q=0.8"),
            "application/json");
  EXPECT_EQ(Negotiate("application/*;q=0.5, application/vnd.schemaregistry.v1+json;q=0"),
            "application/vnd.schemaregistry+json");
  EXPECT_EQ(Negotiate("Application/JSON ; q=1"), "application/json");
  EXPECT_EQ(Negotiate("text/html"), std::nullopt);
  EXPECT_EQ(Negotiate("application/json;q=0"), std::nullopt);
  EXPECT_EQ(Negotiate("application/json;q=x"), "application/json");
}

TEST(RequestTest, PathsAreSplitBeforeTheyAreDecoded) {
  EXPECT_THAT(*SplitPath("/a%2Fb/c+d//e/"), ElementsAre("a/b", "c+d", "", "e"));
  EXPECT_THAT(*SplitPath("/"), ElementsAre());
  EXPECT_FALSE(SplitPath("a").ok());
  EXPECT_FALSE(SplitPath("/%4").ok());
}

TEST(RequestTest, QueriesAreFlagsTextsAndNumbers) {
  const auto query = Query::Parse("a=TRUE&b=1&c&d=x%26y+z&b=2&&e=");
  ASSERT_THAT(query, testing::IsOk());
  EXPECT_TRUE(query->Flag("a"));
  EXPECT_FALSE(query->Flag("c"));
  EXPECT_EQ(query->Text("d"), "x&y z");
  EXPECT_THAT(query->All("b"), ElementsAre("1", "2"));
  EXPECT_EQ(*query->Number("b"), 1);
  EXPECT_EQ(*query->Number("e"), std::nullopt);
  EXPECT_FALSE(query->Number("d").ok());
  std::string many;
  for (int i = 0; i < 65; ++i) many += "a&";
  EXPECT_FALSE(Query::Parse(many).ok());
}

}  // namespace
}  // namespace muster::registry
