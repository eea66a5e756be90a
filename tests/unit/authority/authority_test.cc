#include "authority/authority.h"

#include <gtest/gtest.h>

#include "platform/keys.h"
#include "platform/secure_rng.h"
#include "platform/sha256.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::authority {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using ::muster::testing::MemoryJournal;
using platform::Ed25519PrivateKey;
using enum absl::StatusCode;

class TestSigner final : public Signer {
 public:
  explicit TestSigner(SecureRng& rng) : key_(Ed25519PrivateKey::Generate(rng).value()) {}
  StatusOr<Signature> Sign(ByteView message) const override { return key_.Sign(message); }
  IdentityKey PublicKey() const override { return key_.PublicKey(); }
  Status Verify(const IdentityKey& key, ByteView message, ByteView signature) const override {
    return platform::VerifyEd25519(key, message, signature);
  }

 private:
  const Ed25519PrivateKey key_;
};

class AuthorityTest : public ::testing::Test {
 protected:
  AuthorityTest() { Restart(); }

  void Restart() {
    authority_ =
        std::make_unique<Authority>(World{journal_, clock_, rng_, hasher_, signer_, logger_});
    ASSERT_THAT(authority_->Recover(), IsOk());
  }
  // A device's ask, with its own key unless `signer` signs in its stead.
  AttestAsk Ask(const IssuedToken& token, const Ed25519PrivateKey& key, const std::string& name,
                const Ed25519PrivateKey* signer = nullptr) {
    const auto signature =
        (signer ? *signer : key).Sign(AsBytes(AttestBytesToSign(token.id.value(), name))).value();
    const auto& public_key = key.PublicKey();
    return {token.id.value(),
            Secret::FromText(AsText(token.secret.Reveal())),
            name,
            {{"role", "train"}},
            Bytes(public_key.begin(), public_key.end()),
            Bytes(signature.begin(), signature.end())};
  }
  Ed25519PrivateKey NewKey() { return Ed25519PrivateKey::Generate(rng_).value(); }
  IssuedToken NewToken(std::uint32_t uses = 1) {
    return authority_->CreateToken(Caller::Operator("ann"), {.uses = uses}).value();
  }
  std::vector<std::string> Facts(std::string_view prefix) {
    std::vector<std::string> facts;
    EXPECT_THAT(journal_.Replay(prefix, false,
                                [&](const JournalRow& row) {
                                  facts.push_back(row.fact);
                                  return Ok();
                                }),
                IsOk());
    return facts;
  }

  ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  platform::OpenSslRng rng_;
  platform::OpenSslHasher hasher_;
  NullLogger logger_;
  MemoryJournal journal_;
  TestSigner signer_{rng_};
  std::unique_ptr<Authority> authority_;
};

TEST_F(AuthorityTest, SignsAStatementThatBindsKeyNameAndLabels) {
  const IssuedToken token = NewToken();
  const Ed25519PrivateKey key = NewKey();
  const auto attestation = authority_->Attest(Ask(token, key, "engine-1"));
  ASSERT_THAT(attestation, IsOk());
  EXPECT_THAT(platform::VerifyEd25519(signer_.PublicKey(),
                                      AsBytes(StatementBytesToSign(attestation->statement)),
                                      attestation->signature),
              IsOk());
  const auto statement = ParseStatement(attestation->statement, hasher_);
  ASSERT_THAT(statement, IsOk());
  EXPECT_EQ(statement->identity_key, key.PublicKey());
  EXPECT_EQ(statement->device_id.value(), hasher_.Sha256(key.PublicKey()).Hex().substr(0, 32));
  EXPECT_EQ(statement->device_name.value(), "engine-1");
  EXPECT_EQ(statement->labels, (DeviceLabels{{"role", "train"}}));
  EXPECT_EQ(statement->not_after, clock_.Now() + kStatementLifetime);
  // And the same under the pseudonym alone, for others to read.
  EXPECT_THAT(platform::VerifyEd25519(signer_.PublicKey(),
                                      AsBytes(StatementBytesToSign(attestation->voucher)),
                                      attestation->voucher_signature),
              IsOk());
  EXPECT_EQ(*ParseStatement(attestation->voucher, hasher_), Voucher(*statement));
}

TEST_F(AuthorityTest, WantsToSeeThatTheDeviceHasItsKey) {
  const IssuedToken token = NewToken();
  const Ed25519PrivateKey key = NewKey();
  const Ed25519PrivateKey thief = NewKey();
  const auto refused = Fails(kUnauthenticated, Reason::kSTATEMENT_INVALID);
  EXPECT_THAT(authority_->Attest(Ask(token, key, "engine-1", &thief)), refused);
  AttestAsk renamed = Ask(token, key, "engine-1");
  renamed.device_name = "engine-2";
  EXPECT_THAT(authority_->Attest(renamed), refused);
  AttestAsk other_token = Ask(token, key, "engine-1");
  other_token.token_id = NewToken().id.value();
  EXPECT_THAT(authority_->Attest(other_token), refused);
  AttestAsk cut = Ask(token, key, "engine-1");
  cut.possession_signature.pop_back();
  EXPECT_THAT(authority_->Attest(cut), refused);
  AttestAsk short_key = Ask(token, key, "engine-1");
  short_key.identity_key.pop_back();
  EXPECT_THAT(authority_->Attest(short_key), Fails(kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_EQ(authority_->ListTokens()[0].used + authority_->ListTokens()[1].used, 0u);
}

TEST_F(AuthorityTest, AnswersAWrongSecretAndAnUnknownTokenAlike) {
  const IssuedToken token = NewToken();
  const Ed25519PrivateKey key = NewKey();
  const IssuedToken guessed{token.id, Secret::FromText("guess"), {}};
  const IssuedToken invented{TokenId("0011223344556677"), Secret::FromText("guess"), {}};
  const IssuedToken malformed{TokenId("../../etc"), Secret::FromText("guess"), {}};
  for (const IssuedToken* bad : {&guessed, &invented, &malformed}) {
    const auto got = authority_->Attest(Ask(*bad, key, "engine-1"));
    EXPECT_EQ(got.status(), TokenUnknown());
  }
}

TEST_F(AuthorityTest, RemembersEverythingAcrossARestart) {
  const IssuedToken token = NewToken();
  const Ed25519PrivateKey key = NewKey();
  ASSERT_THAT(authority_->Attest(Ask(token, key, "engine-1")), IsOk());
  Restart();
  ASSERT_EQ(authority_->ListTokens().size(), 1u);
  EXPECT_EQ(authority_->ListTokens()[0].used, 1u);
  EXPECT_EQ(authority_->ListTokens()[0].created_by, "operator/ann");
  EXPECT_THAT(authority_->Attest(Ask(token, key, "engine-1")), IsOk());
  EXPECT_THAT(authority_->Attest(Ask(token, NewKey(), "engine-2")),
              Fails(kResourceExhausted, Reason::kTOKEN_USED));
  EXPECT_THAT(authority_->Attest(Ask(NewToken(), NewKey(), "engine-1")),
              Fails(kAlreadyExists, Reason::kNAME_TAKEN));
}

TEST_F(AuthorityTest, GivesTheSameRightAgainWhateverLabelsComeTheSecondTime) {
  const IssuedToken token = NewToken();
  const Ed25519PrivateKey key = NewKey();
  const auto first = authority_->Attest(Ask(token, key, "engine-1")).value();
  AttestAsk again = Ask(token, key, "engine-1");
  again.labels = {{"role", "evaluate"}};
  EXPECT_EQ(authority_->Attest(again).value().statement, first.statement);
  EXPECT_EQ(Facts("token/").size(), 2u);
}

TEST_F(AuthorityTest, JournalsNoSecretAndEveryDenialWithItsReason) {
  const IssuedToken token = NewToken();
  const Ed25519PrivateKey key = NewKey();
  ASSERT_THAT(authority_->Attest(Ask(token, key, "engine-1")), IsOk());
  EXPECT_FALSE(authority_->Attest(Ask(token, NewKey(), "engine-2")).ok());
  const auto denials = Facts("denied/");
  ASSERT_EQ(denials.size(), 1u);
  EXPECT_NE(denials[0].find(R"("reason":"TOKEN_USED")"), std::string::npos);
  EXPECT_NE(denials[0].find("token/" + token.id.value()), std::string::npos);
  for (const std::string& fact : Facts("")) {
    EXPECT_EQ(fact.find(ToHex(token.secret.Reveal())), std::string::npos);
    EXPECT_EQ(fact.find(ToBase64Url(token.secret.Reveal())), std::string::npos);
  }
}

TEST_F(AuthorityTest, AFloodOfDenialsIsCountedButDoesNotFillTheDisk) {
  for (int i = 0; i < 5 * kDenialsPerMinute; ++i) {
    authority_->Denied("peer", "Attest", TokenUnknown());
  }
  EXPECT_EQ(Facts("denied/").size(), static_cast<std::size_t>(kDenialsPerMinute));
  clock_.Advance(std::chrono::minutes(1));
  Restart();  // The count is this process's; the stream goes on.
  authority_->Denied("peer", "Attest", TokenUnknown());
  EXPECT_EQ(Facts("denied/").size(), static_cast<std::size_t>(kDenialsPerMinute) + 1);
}

TEST_F(AuthorityTest, TellsInTheNextDenialHowManyWentUntold) {
  for (int i = 0; i < kDenialsPerMinute + 7; ++i) {
    authority_->Denied("peer", "Attest", TokenUnknown());
  }
  clock_.Advance(std::chrono::minutes(1));
  authority_->Denied("peer", "Attest", TokenUnknown());
  EXPECT_NE(Facts("denied/").back().find(R"("untold_before":7)"), std::string::npos);
}

TEST_F(AuthorityTest, GrantsNothingThatTheJournalDidNotTake) {
  const IssuedToken token = NewToken();
  // Somebody else writes the stream: two authorities on one journal.
  const std::vector<std::string> foreign = {R"({"at":1,"by":"x","type":"X"})"};
  ASSERT_THAT(journal_.Append("token/" + token.id.value(), 1, foreign), IsOk());
  EXPECT_THAT(authority_->Attest(Ask(token, NewKey(), "engine-1")),
              Fails(kAborted, Reason::kSTALE_WRITE));
  EXPECT_EQ(authority_->ListTokens()[0].used, 0u);
}

TEST_F(AuthorityTest, DoesNotStartOverAJournalItCannotRead) {
  const std::vector<std::string> foreign = {R"({"at":1,"by":"x","type":"X"})"};
  ASSERT_THAT(journal_.Append("token/0011223344556677", 0, foreign), IsOk());
  Authority authority({journal_, clock_, rng_, hasher_, signer_, logger_});
  EXPECT_THAT(authority.Recover(), HasCode(kDataLoss));
}

}  // namespace
}  // namespace muster::authority
