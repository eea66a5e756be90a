#include "base/endpoint.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(Endpoint, ReadsNamesAddressesAndBracketedIpv6AndWritesThemBack) {
  for (const std::string text : {"localhost:7443", "127.0.0.1:0", "[::1]:65535", "a-b.example:1"}) {
    const auto endpoint = Endpoint::Parse(text);
    ASSERT_TRUE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint->Text(), text);
  }
  EXPECT_EQ(Endpoint::Parse("[::1]:80")->host, "::1");
}

TEST(Endpoint, RefusesWhatIsNotHostAndPort) {
  for (const std::string text :
       {"", ":", "host", "host:", ":80", "host:65536", "host:-1", "host:80x", "::1:80", "[]:80",
        "[host]:80", "a b:80", "http://a:80", "a/b:80", "[::1]", "ho\nst:1"}) {
    const auto endpoint = Endpoint::Parse(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_EQ(ReasonOf(endpoint.status()), Reason::kFIELD_INVALID) << text;
  }
  EXPECT_FALSE(Endpoint::Parse(std::string(254, 'a') + ":1").ok());
}

TEST(Endpoint, KnowsTheLoopback) {
  EXPECT_TRUE(Endpoint::Parse("127.0.0.1:1")->IsLoopback());
  EXPECT_TRUE(Endpoint::Parse("[::1]:1")->IsLoopback());
  EXPECT_FALSE(Endpoint::Parse("0.0.0.0:1")->IsLoopback());
}

}  // namespace
}  // namespace muster
