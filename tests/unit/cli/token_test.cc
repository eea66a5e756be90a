#include <fstream>

#include "base/join_token.h"
#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;

class Token : public MusterTest {
 protected:
  Token() {
    services_.token.set_token_id("0123456789abcdef");
    services_.token.set_token_secret(std::string(32, 'S'));
    services_.token.set_expires_unix_ms(UnixMillis(clock_.Now()) + 86'400'000);
    services_.token.set_authority("localhost:7444");
    services_.token.set_coordinator("localhost:7443");
    services_.token.set_authority_ca_pem(
        "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n");
    services_.token.set_coordinator_ca_pem(
        "-----BEGIN CERTIFICATE-----\nB\n-----END CERTIFICATE-----\n");
  }
};

TEST_F(Token, IsWrittenToAPrivateFileAndItsSecretIsNotShown) {
  const std::string file = dir_ / "join.token";
  ASSERT_EQ(Run({"token", "create", "--uses", "100", "--lifetime", "24h", "--name-prefix",
                 "engine-", "--label", "site=hamburg", "--out", file}),
            0)
      << err();
  EXPECT_EQ(out(),
            "token 0123456789abcdef for 100 device(s), expires in 24h, written to " + file + "\n");
  EXPECT_EQ(err(), "");
  EXPECT_THAT(disk_.private_files, ::testing::ElementsAre(file));
  EXPECT_EQ(services_.token_asked.uses(), 100u);
  EXPECT_EQ(services_.token_asked.labels().at("site"), "hamburg");
  EXPECT_EQ(services_.token_asked.name_prefix(), "engine-");
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto token = ParseJoinToken(text);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->coordinator.Text(), "localhost:7443");
  EXPECT_EQ(AsText(token->secret.Reveal()), std::string(32, 'S'));
}

TEST_F(Token, WithoutAFileIsShownOnceWithAWarning) {
  EXPECT_EQ(Run({"token", "create"}), 0) << err();
  EXPECT_TRUE(ParseJoinToken(out()).ok()) << out();
  EXPECT_THAT(err(), HasSubstr("warning: whoever reads this token can enrol devices"));
}

TEST_F(Token, MalformedFlagsAreRefusedBeforeAnythingIsAsked) {
  EXPECT_EQ(Run({"token", "create", "--lifetime", "soon"}), 1);
  EXPECT_EQ(Run({"token", "create", "--label", "=x"}), 1);
  EXPECT_EQ(Run({"token", "create", "--uses", "0"}), 2);
  EXPECT_EQ(services_.token_asked.lifetime(), "");
}

}  // namespace
}  // namespace muster::cli
