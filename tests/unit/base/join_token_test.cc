#include "base/join_token.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/seeded.h"

namespace muster {
namespace {

constexpr char kPem[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

JoinToken Example() {
  return {"0011223344556677",  Secret::FromText("s3cret"),
          {"localhost", 7444}, kPem,
          {"::1", 7443},       kPem};
}

std::string Text() { return std::string(AsText(EncodeJoinToken(Example()).value().Reveal())); }
std::string Wrap(const std::string& json) { return "muster-join-1." + ToBase64Url(AsBytes(json)); }

void ExpectUnknown(const std::string& text) {
  const auto token = ParseJoinToken(text);
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(ReasonOf(token.status()), Reason::kTOKEN_UNKNOWN);
  EXPECT_EQ(MessageOf(token.status()).find("s3cret"), std::string_view::npos);
}

TEST(JoinToken, IsOneLineThatReadsBack) {
  EXPECT_EQ(Text().find('\n'), std::string::npos);
  const auto token = ParseJoinToken("  " + Text() + "\n");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->id, "0011223344556677");
  EXPECT_TRUE(EqualInConstantTime(token->secret, AsBytes("s3cret")));
  EXPECT_EQ(token->authority, (Endpoint{"localhost", 7444}));
  EXPECT_EQ(token->coordinator, (Endpoint{"::1", 7443}));
  EXPECT_EQ(token->authority_ca_pem, kPem);
  EXPECT_EQ(token->coordinator_ca_pem, kPem);
}

TEST(JoinToken, IsRefusedWhenItIsNotWhatWeWrite) {
  ExpectUnknown("");
  ExpectUnknown("muster-join-2." + Text().substr(14));
  ExpectUnknown("muster-join-1.");
  ExpectUnknown("muster-join-1.!!!");
  ExpectUnknown(Wrap("{}"));
  ExpectUnknown(Wrap("[1]"));
  ExpectUnknown(Wrap(std::string(1000, '[')));
  ExpectUnknown(Text().substr(0, Text().size() - 3));
  ExpectUnknown(Text() + Text());
  ExpectUnknown(std::string(20'000, 'a'));
  const auto json = FromBase64Url(Text().substr(14)).value();
  ExpectUnknown(Wrap(" " + std::string(AsText(json))));
}

TEST(JoinToken, CannotBeWrittenWithoutASecretAnIdOrTheCas) {
  JoinToken no_secret{"id", Secret({}), {"a", 1}, kPem, {"b", 2}, kPem};
  JoinToken no_ca{"id", Secret::FromText("x"), {"a", 1}, "", {"b", 2}, kPem};
  JoinToken bad_id{"i d", Secret::FromText("x"), {"a", 1}, kPem, {"b", 2}, kPem};
  JoinToken no_port{"id", Secret::FromText("x"), {"a", 0}, kPem, {"b", 2}, kPem};
  JoinToken huge{"id", Secret::FromText("x"), {"a", 1}, kPem + std::string(16'000, 'x'), {"b", 2},
                 kPem};
  for (const JoinToken* token : {&no_secret, &no_ca, &bad_id, &no_port, &huge}) {
    EXPECT_EQ(ReasonOf(EncodeJoinToken(*token).status()), Reason::kTOKEN_UNKNOWN);
  }
}

TEST(JoinToken, WithADamagedByteIsRefusedOrReadsAsThoseVeryBytes) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  SeededRng rng(kSeed);
  const std::string good = Text();
  for (int i = 0; i < 500; ++i) {
    std::string bad = good;
    const auto at = rng.Below(bad.size());
    const char to = static_cast<char>('0' + rng.Below(10));
    if (bad[at] == to) continue;
    bad[at] = to;
    const auto token = ParseJoinToken(bad);
    // A changed digit inside a text still makes a token, but then exactly this one.
    if (token.ok()) {
      EXPECT_EQ(AsText(EncodeJoinToken(*token).value().Reveal()), bad);
    }
  }
}

}  // namespace
}  // namespace muster
