#include "registry/http/log_http.h"

#include <gmock/gmock.h>

#include "platform/http_router.h"
#include "platform/openssl_crypto.h"
#include "registry/audit/leaf.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
namespace {
using muster::testing::IsOk;
using platform::HttpReply;
using platform::HttpRequest;

// A log of 300 facts, and the handler over it.
class LogHttp : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> facts;
    for (int i = 0; i < 300; ++i) facts.push_back(fmt::format(R"({{"n":{}}})", i));
    ASSERT_THAT(journal_.Append("numbers", 0, facts), IsOk());
    ASSERT_THAT(log_->Advance(), IsOk());
  }
  HttpReply Get(std::string path, std::string method = "GET") {
    HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    return handler_(request);
  }

  platform::OpenSslCrypto crypto_;
  platform::OpenSslSigner signer_{
      *platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(32, std::byte{7})))};
  muster::testing::MemoryJournal journal_;
  muster::testing::MemoryFiles files_{muster::testing::MemoryFiles::NewDisk()};
  std::unique_ptr<audit::MerkleLog> log_ =
      *audit::MerkleLog::Open({journal_, files_, crypto_, signer_, "muster/test"});
  platform::HttpHandler handler_ = MakeLogHandler(*log_, "muster/test+id+key", "/log");
};

TEST_F(LogHttp, HasNoCheckpointBeforeOneIsSigned) {
  EXPECT_EQ(Get("/log/checkpoint").status, 404);
  ASSERT_THAT(log_->Publish(), IsOk());
  EXPECT_EQ(Get("/log/checkpoint").body, *log_->checkpoint());
  EXPECT_EQ(Get("/log/key").body, "muster/test+id+key\n");
}

TEST_F(LogHttp, ServesTilesOfHashesAndBundlesOfFacts) {
  EXPECT_EQ(Get("/log/tile/0/000").body.size(), 256u * 32);
  EXPECT_EQ(Get("/log/tile/0/001.p/44").body.size(), 44u * 32);
  EXPECT_EQ(Get("/log/tile/1/000.p/1").body.size(), 32u);
  const HttpReply bundle = Get("/log/tile/entries/001.p/44");
  const auto leaves = audit::ParseBundle(AsBytes(bundle.body), 44);
  ASSERT_THAT(leaves, IsOk());
  EXPECT_EQ(AsText(leaves->front()), R"({"fact":{"n":256},"seq":256,"stream":"numbers"})");
}

TEST_F(LogHttp, RefusesTilesThatItHasNotAndNamesThatAreNone) {
  for (const char* path : {"/log/tile/0/001", "/log/tile/0/001.p/45", "/log/tile/2/000",
                           "/log/tile/x", "/log/tile/0/1", "/log", "/log/", "/log/other"})
    EXPECT_EQ(Get(path).status, 404) << path;
  EXPECT_EQ(Get("/log/checkpoint", "POST").status, 405);
}

TEST(HttpRouter, GivesAPathToTheFirstThatHasIt) {
  const auto named = [](std::string name) {
    return [name](const HttpRequest&) { return HttpReply{.body = name}; };
  };
  const auto handler =
      platform::Route({{"/log", named("log")}, {"/subjects", named("subjects")}}, named("rest"));
  for (const auto& [path, name] :
       {std::pair("/log", "log"), std::pair("/log/tile/0/000", "log"), std::pair("/logs", "rest"),
        std::pair("/", "rest"), std::pair("/subjects/a", "subjects")}) {
    HttpRequest request;
    request.path = path;
    EXPECT_EQ(handler(request).body, name) << path;
  }
}

}  // namespace
}  // namespace muster::registry
