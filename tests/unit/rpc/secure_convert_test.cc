// The secure half of the edge's wire, from one end's conversion to the other's: what a device says
// arrives as it said it, and what nobody would say is refused or bounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/seeded.h"
#include "client/rpc/convert.h"
#include "coordinator/rpc/convert.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Bytes SomeBytes(SeededRng& rng, std::size_t size) {
  Bytes out(size);
  for (std::byte& b : out) b = static_cast<std::byte>(rng.Below(256));
  return out;
}

v1::SecureRequest OverTheWire(const v1::SecureRequest& message) {
  v1::SecureRequest out;
  EXPECT_TRUE(out.ParseFromString(message.SerializeAsString()));
  return out;
}

TEST(SecureConvert, WhatADeviceAsksArrivesAsItAskedIt) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    client::SecureAsk asked;
    asked.round = {CampaignName("turbofan"), RoundNumber(1 + rng.Next() % 1000),
                   static_cast<std::uint32_t>(1 + rng.Below(9))};
    asked.kind = static_cast<client::TaskKind>(rng.Below(3));
    asked.message = SomeBytes(rng, rng.Below(3) == 0 ? 0 : rng.Below(5000));
    asked.hold = Duration(static_cast<std::int64_t>(rng.Below(60'000)));
    if (rng.Below(2) == 0) {
      std::array<std::byte, 32> digest;
      for (std::byte& b : digest) b = static_cast<std::byte>(rng.Below(256));
      asked.seen = Digest(digest);
    }
    const auto heard = FromProto(OverTheWire(client::ToMessage(asked)));
    ASSERT_THAT(heard, testing::IsOk());
    EXPECT_EQ(heard->round, asked.round);
    EXPECT_EQ(static_cast<int>(heard->kind), static_cast<int>(asked.kind));
    EXPECT_EQ(heard->message, asked.message);
    EXPECT_EQ(heard->hold, asked.hold);
    EXPECT_EQ(heard->seen, asked.seen.value_or(Digest()));
  }
}

TEST(SecureConvert, AnAnswerArrivesAsItWasGiven) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const SecureAnswer given{SomeBytes(rng, rng.Below(5000)), rng.Below(2) == 0,
                             rng.Below(2) == 0 ? "TOO_FEW_UPDATES" : ""};
    const client::SecureAnswer heard = client::SecureAnswerFrom(ToProto(given));
    EXPECT_EQ(heard.message, given.message);
    EXPECT_EQ(heard.over, given.over);
    EXPECT_EQ(heard.why, given.why);
  }
}

TEST(SecureConvert, WhatWasSeenIsASha256OrNothing) {
  for (const std::size_t size : {1, 20, 31, 33, 64, 1 << 20}) {
    v1::SecureRequest request;
    request.set_seen(std::string(size, '\0'));
    const Status refused = FromProto(request).status();
    EXPECT_THAT(refused, testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID))
        << size;
    EXPECT_EQ(FieldOf(refused), "seen");
    EXPECT_THAT(MessageOf(refused), SizeIs(::testing::Lt(200U)));  // Nothing of the peer's bytes.
  }
}

TEST(SecureConvert, ASessionOfAnUnknownKindIsRefused) {
  for (const int kind : {-1, 4, 1000, std::numeric_limits<int>::max()}) {
    v1::SecureRequest request;
    request.set_kind(static_cast<v1::Assignment::Kind>(kind));
    const Status refused = FromProto(OverTheWire(request)).status();
    EXPECT_THAT(refused, testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID))
        << kind;
  }
}

TEST(SecureConvert, AnEmptyRequestOnlyWaitsForWhatIsTrained) {
  const auto heard = FromProto(v1::SecureRequest());
  ASSERT_THAT(heard, testing::IsOk());
  EXPECT_EQ(heard->kind, TaskKind::kTrain);
  EXPECT_THAT(heard->message, IsEmpty());
  EXPECT_EQ(heard->seen, Digest());
  EXPECT_EQ(heard->hold, Duration(0));
}

TEST(SecureConvert, TheLongestHoldIsNoNegativeOne) {
  v1::SecureRequest request;
  request.set_hold_ms(std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(FromProto(request)->hold, Duration(4'294'967'295));
}

TEST(SecureConvert, AMessageOfAnySizeIsCarriedUnread) {
  v1::SecureRequest request;
  request.set_message(std::string(std::size_t{4} << 20, '\xff'));
  const auto heard = FromProto(request);
  ASSERT_THAT(heard, testing::IsOk());
  EXPECT_TRUE(heard->message == Bytes(std::size_t{4} << 20, std::byte{0xff}));
}

TEST(SecureConvert, ADeviceKeepsOneBoundedLineOfWhyItIsOver) {
  v1::SecureReply reply;
  reply.set_over(true);
  reply.set_why(std::string(1 << 20, 'x') + "\n\x1b[2J");
  const client::SecureAnswer heard = client::SecureAnswerFrom(reply);
  EXPECT_TRUE(heard.over);
  EXPECT_LE(heard.why.size(), 70U);
  reply.set_why("A\nB\x1b[2J");
  for (const char c : client::SecureAnswerFrom(reply).why) EXPECT_GE(c, ' ');
}

// --- Campaign.Secure ---

v1::Campaign Training() {
  v1::Campaign campaign;
  campaign.set_name("turbofan");
  campaign.set_model("rul");
  campaign.mutable_plan()->set_rounds(3);
  campaign.mutable_plan()->mutable_selection()->mutable_cohort()->set_goal(20);
  campaign.mutable_plan()->mutable_selection()->mutable_cohort()->set_minimum(10);
  campaign.mutable_plan()->set_report_window("90s");
  campaign.mutable_aggregation()->mutable_weights()->set_uniform(true);
  campaign.mutable_secure();
  return campaign;
}

// The field that stops a campaign with these secure settings, by conversion or by its rules.
std::string FieldThatStops(const std::function<void(v1::Campaign::Secure&)>& change) {
  v1::Campaign campaign = Training();
  change(*campaign.mutable_secure());
  const auto spec = FromProto(campaign);
  const Status status = spec.ok() ? Validate(*spec) : spec.status();
  EXPECT_LT(MessageOf(status).size(), 500U);
  if (!status.ok()) EXPECT_EQ(ReasonOf(status), Reason::kFIELD_INVALID) << status;
  return FieldOf(status);
}

TEST(SecureConvert, ACampaignThatOnlySaysSecureHasSoundDefaults) {
  const auto spec = FromProto(Training());
  ASSERT_THAT(spec, testing::IsOk());
  EXPECT_THAT(Validate(*spec), testing::IsOk());
  ASSERT_TRUE(spec->secure);
  EXPECT_EQ(spec->secure->least, 10U);
  EXPECT_EQ(spec->secure->window, Duration(90'000));
  EXPECT_EQ(spec->secure->corrupt, 0.1);
  EXPECT_EQ(spec->secure->dropout, 0.1);
  EXPECT_EQ(spec->secure->profile, aggregation::secagg::Profile::kActive);
  EXPECT_EQ(spec->secure->bits, aggregation::secagg::LaneBits::k32);
}

TEST(SecureConvert, SecureSettingsSurviveTheWire) {
  for (const std::uint32_t bits : {16U, 24U, 32U})
    for (const char* profile : {"active", "curious"}) {
      v1::Campaign campaign = Training();
      campaign.mutable_secure()->set_bits(bits);
      campaign.mutable_secure()->set_profile(profile);
      campaign.mutable_secure()->set_corrupt(0);
      campaign.mutable_secure()->set_dropout(0.25);
      campaign.mutable_secure()->set_least(7);
      campaign.mutable_secure()->set_window("2m");
      const auto spec = FromProto(campaign);
      ASSERT_THAT(spec, testing::IsOk());
      EXPECT_EQ(spec->secure->corrupt, 0);  // Said so: no default.
      const auto again = FromProto(ToProto(*spec));
      ASSERT_THAT(again, testing::IsOk());
      EXPECT_EQ(ToJson(*again), ToJson(*spec));
    }
}

TEST(SecureConvert, BitsAreThoseOfALane) {
  for (const std::uint32_t bits : {1U, 8U, 15U, 17U, 31U, 33U, 64U, 0xffffffffU})
    EXPECT_EQ(FieldThatStops([bits](auto& s) { s.set_bits(bits); }), "secure.bits") << bits;
}

TEST(SecureConvert, PartsAreNumbersBelowOne) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double part : {-1e-9, -kInf, 1.0, 1e308, kInf, std::nan("")}) {
    EXPECT_EQ(FieldThatStops([part](auto& s) { s.set_corrupt(part); }), "secure.corrupt") << part;
    EXPECT_EQ(FieldThatStops([part](auto& s) { s.set_dropout(part); }), "secure.dropout") << part;
  }
}

TEST(SecureConvert, ProfilesWindowsAndCountsAreWhatTheyMayBe) {
  const std::string long_text(1 << 20, 'a');
  for (const std::string& profile : {std::string("Active"), std::string("semi"), long_text})
    EXPECT_EQ(FieldThatStops([&](auto& s) { s.set_profile(profile); }), "secure.profile");
  for (const std::string& window :
       {std::string("soon"), std::string("-5s"), std::string("0s"), std::string("8d"),
        std::string("99999999999999999999d"), std::string("90")})
    EXPECT_EQ(FieldThatStops([&](auto& s) { s.set_window(window); }), "secure.window")
        << window.substr(0, 30);
  for (const std::uint32_t least : {1U, 21U, 0xffffffffU})
    EXPECT_EQ(FieldThatStops([least](auto& s) { s.set_least(least); }), "secure.least") << least;
  for (const std::uint32_t session : {1U, 2U, 1025U, 0xffffffffU})
    EXPECT_EQ(FieldThatStops([session](auto& s) { s.set_session(session); }), "secure.session")
        << session;
}

TEST(SecureConvert, APlainCampaignStaysPlain) {
  v1::Campaign campaign = Training();
  campaign.clear_secure();
  const auto spec = FromProto(campaign);
  ASSERT_THAT(spec, testing::IsOk());
  EXPECT_FALSE(spec->secure);
  EXPECT_FALSE(ToProto(*spec).has_secure());
}

}  // namespace
}  // namespace muster::coordinator
