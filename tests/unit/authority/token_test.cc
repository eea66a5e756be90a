#include "authority/token.h"

#include <gtest/gtest.h>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::authority {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using enum absl::StatusCode;

const Timestamp kNow = FromUnixMillis(1'700'000'000'000);

Digest DigestOf(int n) {
  std::array<std::byte, 32> bytes{};
  bytes[31] = static_cast<std::byte>(n);
  return Digest(bytes);
}
IdentityKey KeyOf(int n) {
  IdentityKey key{};
  key[0] = static_cast<std::byte>(n);
  return key;
}

// A fleet of tokens under Decide and Apply.
struct Desk {
  std::map<TokenId, Token> tokens;
  Names names;
  std::vector<std::string> rows;

  Status Do(const StatusOr<TokenFacts>& facts) {
    MUSTER_TRY(facts.status());
    for (const TokenFact& fact : *facts) {
      rows.push_back(EncodeTokenFact(fact, "operator/ann", kNow).value());
      Apply(tokens, names, fact, "operator/ann");
    }
    return Ok();
  }
  Status Create(const std::string& id, std::uint32_t uses, const std::string& prefix = "",
                DeviceLabels labels = {}) {
    return Do(Decide(CreateToken{TokenId(id), DigestOf(9), uses, std::chrono::hours(1), prefix,
                                 std::move(labels)},
                     kNow));
  }
  RedeemToken Ask(int key, const std::string& name) const {
    return {DigestOf(9), KeyOf(key), DeviceId(fmt::format("{:032x}", key)), DeviceName(name), {}};
  }
  Status Redeem(const std::string& id, const RedeemToken& ask, Timestamp now = kNow) {
    return Do(Decide(tokens.at(TokenId(id)), names, ask, now));
  }
};

TEST(TokenLife, AdmitsAsManyDevicesAsItHasUses) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 2), IsOk());
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "one")), IsOk());
  EXPECT_THAT(desk.Redeem("a", desk.Ask(2, "two")), IsOk());
  EXPECT_THAT(desk.Redeem("a", desk.Ask(3, "three")),
              Fails(kResourceExhausted, Reason::kTOKEN_USED));
}

TEST(TokenLife, TheSameKeyComesBackWithoutCostingAUse) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 1), IsOk());
  ASSERT_THAT(desk.Redeem("a", desk.Ask(1, "one")), IsOk());
  const std::size_t rows = desk.rows.size();
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "one")), IsOk());
  EXPECT_EQ(desk.rows.size(), rows);
}

TEST(TokenLife, AWrongSecretLearnsNothingNotEvenThatTheTokenHasExpired) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 1), IsOk());
  RedeemToken ask = desk.Ask(1, "NOT A NAME");
  ask.secret_hash = DigestOf(8);
  EXPECT_THAT(desk.Redeem("a", ask, kNow + std::chrono::hours(2)),
              Fails(kNotFound, Reason::kTOKEN_UNKNOWN));
  EXPECT_EQ(desk.Redeem("a", ask), TokenUnknown());
}

TEST(TokenLife, EndsAtItsTimeToTheMillisecondEvenForADeviceThatUsedIt) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 2), IsOk());
  const Timestamp end = kNow + std::chrono::hours(1);
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "one"), end - Duration(1)), IsOk());
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "one"), end),
              Fails(kFailedPrecondition, Reason::kTOKEN_EXPIRED));
}

TEST(TokenLife, ANameBelongsToOneKeyAndAKeyHasOneNameOverAllTokens) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 5), IsOk());
  ASSERT_THAT(desk.Create("b", 5), IsOk());
  ASSERT_THAT(desk.Redeem("a", desk.Ask(1, "one")), IsOk());
  EXPECT_THAT(desk.Redeem("b", desk.Ask(2, "one")), Fails(kAlreadyExists, Reason::kNAME_TAKEN));
  EXPECT_THAT(desk.Redeem("b", desk.Ask(1, "uno")), Fails(kAlreadyExists, Reason::kNAME_TAKEN));
  EXPECT_THAT(desk.Redeem("b", desk.Ask(1, "one")), IsOk());
}

TEST(TokenLife, DevicesMustBeCalledAsTheTokenSays) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 5, "engine-"), IsOk());
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "pump-1")),
              Fails(kInvalidArgument, Reason::kNAME_INVALID));
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "engine-1/..")),
              Fails(kInvalidArgument, Reason::kNAME_INVALID));
  EXPECT_THAT(desk.Redeem("a", desk.Ask(1, "engine-1")), IsOk());
}

TEST(TokenLife, TheTokensLabelsOutrankTheDevices) {
  Desk desk;
  ASSERT_THAT(desk.Create("a", 1, "", {{"site", "north"}}), IsOk());
  RedeemToken ask = desk.Ask(1, "one");
  ask.labels = {{"site", "everywhere"}, {"role", "train"}};
  ASSERT_THAT(desk.Redeem("a", ask), IsOk());
  EXPECT_EQ(desk.tokens.at(TokenId("a")).redeemed.at(KeyOf(1)).labels,
            (DeviceLabels{{"role", "train"}, {"site", "north"}}));
  RedeemToken bad = desk.Ask(2, "two");
  bad.labels = {{"Bad Key", "x"}};
  EXPECT_FALSE(desk.Redeem("a", bad).ok());
}

TEST(TokenLife, IsNotMadeOutOfNonsense) {
  Desk desk;
  const auto refused = Fails(kInvalidArgument, Reason::kFIELD_INVALID);
  EXPECT_THAT(desk.Create("a", 0), refused);
  EXPECT_THAT(desk.Create("a", kMaxUses + 1), refused);
  EXPECT_THAT(desk.Create("a", 1, "-x"), refused);
  EXPECT_THAT(desk.Create("a", 1, "", {{"K", "v"}}), refused);
  for (const Duration lifetime : {Duration(0), Duration(-1), kMaxLifetime + Duration(1)}) {
    EXPECT_THAT(Decide(CreateToken{TokenId("a"), DigestOf(9), 1, lifetime, "", {}}, kNow), refused);
  }
  EXPECT_TRUE(desk.rows.empty());
}

// However devices come: never more keys than uses, one key a name, and the journal rebuilds it.
TEST(TokenLife, KeepsItsPromisesUnderAnyOrderOfAsksAndReplays) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Desk desk;
    for (const std::string id : {"a", "b", "c"}) {
      ASSERT_THAT(desk.Create(id, 1 + static_cast<std::uint32_t>(rng.Below(4))), IsOk());
    }
    for (int i = 0; i < 60; ++i) {
      const std::string id(1, static_cast<char>('a' + rng.Below(3)));
      const auto key = static_cast<int>(rng.Below(6));
      static_cast<void>(desk.Redeem(id, desk.Ask(key, fmt::format("n{}", rng.Below(6))),
                                    kNow + Duration(rng.Below(4'000'000))));
    }
    std::map<TokenId, Token> tokens;
    Names names;
    for (const std::string& row : desk.rows) {
      FactHeader header;
      Apply(tokens, names, DecodeTokenFact(row, header).value(), header.by);
    }
    EXPECT_EQ(names.keys, desk.names.keys);
    EXPECT_EQ(names.names, desk.names.names);
    EXPECT_EQ(names.keys.size(), names.names.size());
    for (const auto& [id, token] : desk.tokens) {
      EXPECT_LE(token.redeemed.size(), token.created.uses);
      EXPECT_EQ(tokens.at(id).redeemed.size(), token.redeemed.size());
      EXPECT_EQ(tokens.at(id).facts, token.facts);
      EXPECT_EQ(tokens.at(id).created_by, "operator/ann");
    }
  }
}

TEST(TokenFacts, ThatNobodyWroteAreDataLoss) {
  FactHeader header;
  for (
      const std::string row :
      {"", "{}", R"({"type":"TokenBurnt","by":"x","at":1})",
       R"({"type":"TokenCreated","by":"x","at":1,"id":"a"})",
       R"({"type":"TokenRedeemed","by":"x","at":1,"id":"a","identity_key":"00","device_id":"b","device_name":"c","labels":{}})"}) {
    EXPECT_THAT(DecodeTokenFact(row, header), HasCode(kDataLoss)) << row;
  }
}

}  // namespace
}  // namespace muster::authority
