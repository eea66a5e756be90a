#include "fake_muster.h"

#include <filesystem>

namespace muster::cli {
namespace {
using ::testing::HasSubstr;

class ContextCommands : public MusterTest {};

TEST_F(ContextCommands, AreListedUsedAndShown) {
  EXPECT_EQ(Run({"context", "add", "hq", "--server", "hq:7443", "--ca", "/a/ca.pem", "--cert",
                 "/a/c.pem", "--key", "/a/k.pem"}),
            0)
      << err();
  EXPECT_EQ(out(), "context hq points at hq:7443\n");
  EXPECT_EQ(Run({"context", "use", "hq"}), 0);
  EXPECT_EQ(Run({"context", "list"}), 0);
  EXPECT_EQ(out(),
            "CURRENT  NAME  COORDINATOR     AUTHORITY\n"
            "         test  localhost:7443  localhost:7444\n"
            "*        hq    hq:7443         -\n");
  EXPECT_EQ(Run({"context", "show"}), 0);
  EXPECT_EQ(out(),
            "name: hq\ncoordinator:\n  server: \"hq:7443\"\n  ca: /a/ca.pem\n"
            "  certificate: /a/c.pem\n  key: /a/k.pem\n");
}

TEST_F(ContextCommands, AnUnknownOneNamesTheNearest) {
  EXPECT_EQ(Run({"context", "use", "tset"}), 1);
  EXPECT_THAT(err(), HasSubstr("no context is called 'tset'; did you mean 'test'?"));
  EXPECT_EQ(Run({"--context", "tset", "get", "models"}), 1);
  EXPECT_THAT(err(), HasSubstr("did you mean 'test'?"));
}

TEST_F(ContextCommands, WithoutAnyTheWaysToGetOneAreTold) {
  std::filesystem::remove(world_.contexts_file);
  EXPECT_EQ(Run({"get", "models"}), 1);
  EXPECT_THAT(err(), HasSubstr("muster up"));
}

TEST_F(ContextCommands, AMistakeInTheFileIsShownWithItsPlace) {
  Write("contexts.yaml", "current: a\ncontexts:\n- nmae: a\n");
  EXPECT_EQ(Run({"get", "models"}), 1);
  EXPECT_THAT(err(), HasSubstr("contexts.yaml:3:3: contexts[0].nmae: unknown field"));
}

TEST_F(ContextCommands, AnAuthoritysDirectoryStandsInForTheContexts) {
  std::filesystem::create_directories(dir_ / "office/operator");
  Write("office/operator/context.yaml", "server: localhost:9\nca: ca.pem\n");
  EXPECT_EQ(Run({"context", "show", "--authority-dir", dir_ / "office"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("authority:\n  server: \"localhost:9\"\n  ca: " +
                               (dir_ / "office/operator/ca.pem")));
  EXPECT_THAT(out(), HasSubstr("server: \"localhost:7443\""));
}

TEST_F(ContextCommands, ADataDirectoryIsAContextOfItsOwn) {
  std::filesystem::create_directories(dir_ / "data/coordinator/operator");
  std::filesystem::create_directories(dir_ / "data/authority/operator");
  Write("data/coordinator/operator/context.yaml",
        "server: localhost:1\nca: ca.pem\ncertificate: c.pem\nkey: /k.pem\n");
  EXPECT_EQ(Run({"context", "show", "--data-dir", dir_ / "data"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("ca: " + (dir_ / "data/coordinator/operator/ca.pem")));
  EXPECT_THAT(out(), HasSubstr("key: /k.pem"));
  EXPECT_THAT(out(), ::testing::Not(HasSubstr("authority:")));
  Write("data/authority/operator/context.yaml",
        "server: localhost:2\nca: ca.pem\ncertificate: c.pem\nkey: k.pem\n");
  EXPECT_EQ(Run({"context", "show", "--data-dir", dir_ / "data"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("server: \"localhost:2\""));
  EXPECT_EQ(Run({"get", "models", "--data-dir", dir_ / "empty"}), 1);
  EXPECT_THAT(err(), HasSubstr("has musterd ever run with this data directory?"));
}

}  // namespace
}  // namespace muster::cli
