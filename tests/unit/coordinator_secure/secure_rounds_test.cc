#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_secure/house.h"

namespace muster::coordinator {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

void ExpectModel(House& house, const std::vector<const Node*>& survivors) {
  const std::vector<float> model = house.Model(), expected = house.Expected(survivors);
  ASSERT_EQ(model.size(), expected.size());
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_FLOAT_EQ(model[i], expected[i]) << i;
}

void ExpectPublished(House& house) {
  EXPECT_TRUE(std::holds_alternative<Completed>(house.Snapshot().state.phase))
      << PhaseOf(house.Snapshot().state);
  EXPECT_THAT(house.FilesLeft(), IsEmpty());
}

TEST(SecureRounds, PublishTheExactSumOfEverybody) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  EXPECT_EQ(house.CheckIn(), 5);
  house.Run();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
  for (const auto& node : house.nodes) EXPECT_TRUE(node->over && node->why.empty()) << node->why;
}

TEST(SecureRounds, PublishTheExactSumOfThoseWhoStayedWithOneLostAtEachStep) {
  House house(SecureCampaign(10));
  for (const int step : {0, 1, 2, 3, 4})
    house.nodes[2 * static_cast<std::size_t>(step)]->falls_silent_at = static_cast<Step>(step);
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  for (int windows = 0; windows < 5; ++windows) {
    house.Run();
    house.PassWindow();
  }
  ExpectPublished(house);
  EXPECT_EQ(house.Survivors().size(), 7U);
  ExpectModel(house, house.Survivors());
}

TEST(SecureRounds, GoOnAfterARestartInEachPhase) {
  for (const Step step :
       {Step::kAdvertise, Step::kDeal, Step::kUpload, Step::kAgree, Step::kReply, Step::kNever}) {
    SCOPED_TRACE(static_cast<int>(step));
    House house(SecureCampaign(6));
    ASSERT_THAT(house.Apply(), testing::IsOk());
    house.CheckIn();
    house.Run(step);
    house.Restart();
    house.Run();
    ExpectPublished(house);
    ExpectModel(house, house.Survivors());
  }
}

TEST(SecureRounds, GoOnAfterARestartBetweenAnyTwoMessages) {
  for (std::size_t after = 0; after < 6; ++after) {
    SCOPED_TRACE(after);
    House house(SecureCampaign(6));
    ASSERT_THAT(house.Apply(), testing::IsOk());
    house.CheckIn();
    for (const Step step : {Step::kDeal, Step::kUpload, Step::kAgree, Step::kReply, Step::kNever}) {
      // Some devices have taken the step, the others have not.
      for (std::size_t i = 0; i < house.nodes.size(); ++i)
        house.nodes[i]->falls_silent_at = i < after ? step : house.nodes[i]->next();
      house.Run();
      house.Restart();
      for (const auto& node : house.nodes) node->falls_silent_at = Step::kNever;
      house.Run(step);
    }
    ExpectPublished(house);
    ExpectModel(house, house.Survivors());
  }
}

TEST(SecureRounds, MakeWhatAllAreToldOnceHoweverOftenTheyAsk) {
  House house(SecureCampaign(8));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  for (const Step step : {Step::kDeal, Step::kAgree}) {
    house.Run(step);
    const Digest told = house.nodes[0]->seen;
    house.Run(static_cast<Step>(static_cast<int>(step) + 1));
    // Each device hashes what it is told, and the coordinator does once.
    EXPECT_EQ(house.TimesHashed(told), 8 + 1) << static_cast<int>(step);
  }
}

TEST(SecureRounds, AreAbandonedAndTriedAgainWhenTooFewStay) {
  House house(SecureCampaign(5));
  for (std::size_t i = 0; i < 3; ++i) house.nodes[i]->falls_silent_at = Step::kUpload;
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.Run();
  house.PassWindow();
  EXPECT_THAT(house.Facts("secure/"), Contains("SecureSessionAbandoned"));
  EXPECT_THAT(house.Facts("secure/"), Not(Contains("SurvivorsFixed")));
  EXPECT_EQ(house.Snapshot().plan->key.attempt, 2U);
  for (const auto& node : house.nodes) {
    node->falls_silent_at = Step::kNever;
    node->over = true;
  }
  EXPECT_EQ(house.CheckIn(), 5);
  house.Run();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
}

TEST(SecureRounds, TakeNoPlainUpdateAndNoOutsider) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  const Node& node = *house.nodes[0];
  EXPECT_THAT(house.UploadPlain(node.id(), node.round, Bytes(100)),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_NOT_MASKED));
  EXPECT_THAT(house.Secure(DeviceId("eve"), {.round = node.round}),
              testing::Fails(absl::StatusCode::kPermissionDenied, Reason::kNOT_IN_COHORT));
  house.Run();
  ExpectPublished(house);
}

TEST(SecureRounds, TakeADevicesMessagesFromItAlone) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  const auto owed = [](Node& node) {
    return std::get<aggregation::secagg::SendToServer>(node.session->Pending().at(0)).message;
  };
  Node& node = *house.nodes[0];
  const SecureAsk stolen{.round = node.round, .message = owed(*house.nodes[1])};
  EXPECT_THAT(house.Secure(node.id(), stolen),
              testing::Fails(absl::StatusCode::kPermissionDenied, Reason::kSECURE_REFUSED));
  EXPECT_THAT(house.Secure(node.id(), {.round = node.round, .message = Bytes(9)}),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_REFUSED));
  house.Run(Step::kUpload);
  const Bytes& vector = node.Masked(house.clock.Now());
  EXPECT_THAT(house.UploadMasked(node.id(), node.round, Bytes(5), vector),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_REFUSED));
  const auto upload = std::get<aggregation::secagg::UploadMasked>(node.session->Pending().at(0));
  const Bytes cut(vector.begin(), vector.end() - 1);
  EXPECT_THAT(house.UploadMasked(node.id(), node.round, upload.header, cut),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_REFUSED));
  house.Run();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
}

TEST(SecureRounds, NameALiarAndFinishWithoutItsShares) {
  namespace secagg = aggregation::secagg;
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.Run(Step::kAgree);
  Node& liar = *house.nodes[0];
  // What a reply is signed with, before the session forgets it.
  const auto* agreed = std::get_if<secagg::Agreed>(&liar.session->state());
  ASSERT_NE(agreed, nullptr);
  const secagg::Context context = agreed->view->cohort->context;
  const Digest shared = agreed->view->shared;
  const secagg::MemberSet survivors = agreed->request.survivors;
  std::vector<secagg::Fingerprint> told;  // Of the shares that everybody who survived dealt it.
  for (const auto& held : agreed->view->held) told.push_back(held.value().self_told);
  liar.falls_silent_at = Step::kAgree;
  house.Run(Step::kReply);
  const auto request = house.Secure(liar.id(), {.round = liar.round, .seen = liar.seen});
  ASSERT_THAT(request, testing::IsOk());
  ASSERT_THAT(
      liar.session->Handle(secagg::ParseDeviceEvent(request->message).value(), house.clock.Now()),
      testing::IsOk());
  auto reply = secagg::ParseUnmaskReply(
      std::get<secagg::SendToServer>(liar.session->Pending().at(0)).message);
  ASSERT_THAT(reply, testing::IsOk());
  reply->shares[0] ^= std::byte{1};
  const platform::OpenSslHasher hasher;
  std::vector<Digest> shown;
  for (std::size_t i = 0; i < told.size(); ++i)
    shown.push_back(secagg::ShownHash(told[i], reply->At(i), hasher));
  reply->signature = liar.signer()
                         .Sign(secagg::ReplyText(context, shared, survivors, *reply, shown, hasher))
                         .value();
  EXPECT_THAT(house.Secure(liar.id(), {.round = liar.round, .message = secagg::Encode(*reply)}),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_REFUSED));
  liar.over = true;
  house.Run();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
  EXPECT_THAT(house.Facts("secure/"), Contains("MemberNamed").Times(1));
  EXPECT_EQ(house.MarksOf(liar.id())["SECURE_REFUSED"], 1U);
  EXPECT_EQ(house.ActivityOf(liar.id()), "quarantined");
  house.Restart();
  EXPECT_EQ(house.ActivityOf(liar.id()), "quarantined");
  EXPECT_THAT(house.Release(liar.id()), testing::IsOk());
  EXPECT_NE(house.ActivityOf(liar.id()), "quarantined");
  EXPECT_EQ(ReasonOf(house.Release(liar.id())), Reason::kRESOURCE_NOT_FOUND);
}

TEST(SecureRounds, EndWithTheirCampaignAndLeaveNothing) {
  for (const Step step :
       {Step::kAdvertise, Step::kDeal, Step::kUpload, Step::kAgree, Step::kReply}) {
    SCOPED_TRACE(static_cast<int>(step));
    House house(SecureCampaign(5));
    ASSERT_THAT(house.Apply(), testing::IsOk());
    house.CheckIn();
    house.Run(step);
    house.Cancel();
    house.Run();
    EXPECT_THAT(house.Facts("secure/"), Contains("SecureSessionAbandoned"));
    EXPECT_THAT(house.Facts("secure/"), Not(Contains("SecureSumOpened")));
    EXPECT_THAT(house.FilesLeft(), IsEmpty());
    for (const auto& node : house.nodes) EXPECT_EQ(node->why, "ROUND_CLOSED");
  }
}

TEST(SecureRounds, EndAlsoWhileMasksComeOff) {
  int opened = 0, abandoned = 0;
  for (int turns = 0; turns < 24; ++turns) {
    SCOPED_TRACE(turns);
    House house(SecureCampaign(5));
    ASSERT_THAT(house.Apply(), testing::IsOk());
    house.CheckIn();
    house.Run(Step::kReply);
    house.SendTogether([&] { house.CancelAfter(turns); });
    house.Run();
    const std::vector<std::string> facts = house.Facts("secure/");
    const bool sum = std::ranges::count(facts, "SecureSumOpened") > 0;
    (sum ? opened : abandoned) += 1;
    EXPECT_THAT(facts, Contains(sum ? "SecureSumOpened" : "SecureSessionAbandoned"));
    EXPECT_THAT(house.FilesLeft(), IsEmpty());
  }
  EXPECT_GT(opened, 0) << "late enough";
  EXPECT_GT(abandoned, 0) << "soon enough";
}

TEST(SecureRounds, OpenTheSumOnceTheDiskHasRoomAgain) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.Run(Step::kReply);
  house.files_full = true;
  house.Run();
  house.PassMoment();
  EXPECT_THAT(house.Facts("secure/"), Not(Contains("SecureSumOpened")));
  house.files_full = false;
  house.PassMoment();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
}

TEST(SecureRounds, TakeNoMessageThatTheyCannotKeep) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.Run(Step::kDeal);
  house.files_full = true;
  Node& node = *house.nodes[0];
  const Bytes shares =
      std::get<aggregation::secagg::SendToServer>(node.session->Pending().at(0)).message;
  EXPECT_THAT(house.Secure(node.id(), {.round = node.round, .message = shares}),
              testing::Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_THAT(house.Facts("secure/"), Not(Contains("SharesDealt")));
  house.files_full = false;
  house.Run();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
}

TEST(SecureRounds, OutliveAnOutcomeThatADeviceReports) {
  House house(SecureCampaign(5));
  ASSERT_THAT(house.Apply(), testing::IsOk());
  house.CheckIn();
  house.Run(Step::kAgree);
  house.ReportFailure(house.nodes[0]->id(), house.nodes[0]->round, Reason::kTASK_FAILED);
  house.Run();
  ExpectPublished(house);
  ExpectModel(house, house.Survivors());
}

TEST(SecureRounds, ArePlainRoundsAsEverWithoutTheWord) {
  CampaignSpec plain = SecureCampaign(5);
  plain.secure.reset();
  House house(plain);
  ASSERT_THAT(house.Apply(), testing::IsOk());
  EXPECT_EQ(house.CheckIn(), 0);
  const RoundKey round = house.Snapshot().plan->key;
  EXPECT_THAT(house.Secure(house.nodes[0]->id(), {.round = round}),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_NOT_ASKED));
  EXPECT_THAT(house.UploadMasked(house.nodes[0]->id(), round, Bytes(5), Bytes(5)),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSECURE_NOT_ASKED));
}

TEST(SecureRounds, AreRefusedWhenTheyCannotBeWithTheArithmetic) {
  const auto refusal = [](const auto& change) {
    CampaignSpec spec = SecureCampaign(5);
    change(spec);
    const Status status = Validate(spec);
    EXPECT_EQ(ReasonOf(status), Reason::kFIELD_INVALID) << status;
    return FieldOf(status);
  };
  EXPECT_EQ(refusal([](CampaignSpec& s) { s.secure->dropout = 0.7; }), "secure");
  EXPECT_EQ(refusal([](CampaignSpec& s) { s.secure->corrupt = 1; }), "secure.corrupt");
  EXPECT_EQ(refusal([](CampaignSpec& s) { s.secure->least = 1; }), "secure.least");
  EXPECT_EQ(refusal([](CampaignSpec& s) { s.secure->session = 1025; }), "secure.session");
  EXPECT_EQ(refusal([](CampaignSpec& s) {
              s.secure->bits = aggregation::secagg::LaneBits::k16;
              s.plan.selection.goal = s.plan.selection.select = 1024;
            }),
            "secure.bits");
  CampaignSpec wide = SecureCampaign(5);
  wide.secure->dropout = 0.7;
  House house(wide);
  EXPECT_THAT(house.Apply(),
              testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(SecureRounds, AreTheSameCampaignAfterARoundTripThroughItsFact) {
  CampaignSpec spec = SecureCampaign(5);
  spec.secure->profile = aggregation::secagg::Profile::kCurious;
  spec.secure->bits = aggregation::secagg::LaneBits::k24;
  const auto again = CampaignSpecFrom(ToJson(spec));
  ASSERT_THAT(again, testing::IsOk());
  EXPECT_EQ(ToJson(*again), ToJson(spec));
  spec.secure.reset();
  EXPECT_FALSE(ToJson(spec).contains("secure"));
}

}  // namespace
}  // namespace muster::coordinator
