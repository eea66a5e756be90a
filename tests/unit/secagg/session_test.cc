// The two sessions step by step: order, retries, restarts, and what is folded when.
#include <gtest/gtest.h>

#include "aggregation/secagg/violation.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

using ::muster::testing::IsOk;

TEST(DeviceSession, KeepsNoSecretOnceItHasAnswered) {
  Room room(RoomOptions{});
  room.Advertise();
  room.Deal();
  room.SendVectors();
  room.Agree();
  ASSERT_TRUE(room.Unmask().has_value());
  for (TestDevice& device : room.devices) {
    const auto* answered = std::get_if<Answered>(&device.session().state());
    ASSERT_NE(answered, nullptr);
    EXPECT_EQ(answered->view, nullptr);
  }
}

TEST(DeviceSession, SendsTheSameBytesToEachRetry) {
  Room room(RoomOptions{});
  room.Advertise();
  TestDevice& device = room.devices[0];
  EXPECT_EQ(device.Owed(), device.Owed());
  room.Deal();
  const Bytes roster = Encode(device.session().cohort()->roster);
  const Bytes shares = device.Owed();
  EXPECT_THAT(device.Receive(roster), IsOk());
  EXPECT_EQ(device.Owed(), shares);
  const Bytes inbound = room.SharesFor(*room.MemberOf(0));
  room.SendVectors();
  const Bytes header = device.Owed();
  EXPECT_THAT(device.Receive(inbound), IsOk());
  EXPECT_EQ(device.Owed(), header);
  const Bytes request = *room.server->AgreementMessage();
  room.Agree();
  const Bytes agreement = device.Owed();
  EXPECT_THAT(device.Receive(request), IsOk());
  EXPECT_EQ(device.Owed(), agreement);
}

TEST(DeviceSession, RefusesWhatIsOutOfStepAndStaysAsItWas) {
  Room room(RoomOptions{});
  room.Advertise();
  TestDevice& device = room.devices[0];
  const Bytes owed = device.Owed();
  const InboundShares early{MemberSet::All(5), std::vector<DealerPromise>(5),
                            Bytes(5 * kDealtBytes)};
  EXPECT_EQ(ViolationOf(device.Receive(Encode(early))), Violation::kOUT_OF_STEP);
  const UnmaskRequest request{MemberSet::All(5), MemberSet(5), {}};
  EXPECT_EQ(ViolationOf(device.Receive(Encode(request))), Violation::kOUT_OF_STEP);
  EXPECT_EQ(ViolationOf(device.Receive(Bytes(3))), Violation::kMALFORMED);
  EXPECT_EQ(device.Owed(), owed);
}

TEST(DeviceSession, TakesNoSecondRosterAndNoSecondSharedSet) {
  Room room(RoomOptions{});
  room.Advertise();
  room.Deal();
  TestDevice& device = room.devices[0];
  Roster other = device.session().cohort()->roster;
  other.members.pop_back();
  EXPECT_EQ(ViolationOf(device.Receive(Encode(other))), Violation::kSECOND_ANSWER);
  InboundShares inbound = *ParseInboundShares(room.SharesFor(*room.MemberOf(0)));
  room.SendVectors();
  inbound.promises[1].dealt = Digest();
  EXPECT_EQ(ViolationOf(device.Receive(Encode(inbound))), Violation::kSECOND_ANSWER);
}

TEST(DeviceSession, RefusesARosterInWhichItIsNotOrThatIsTooSmall) {
  Room room(RoomOptions{});
  room.Advertise();
  TestDevice& device = room.devices[0];
  Roster roster = room.cohort().roster;
  const Member me = *room.MemberOf(0);
  roster.members.erase(roster.members.begin() + me);
  EXPECT_EQ(ViolationOf(device.Receive(Encode(roster))), Violation::kOWN_ENTRY_CHANGED);
  roster = room.cohort().roster;
  roster.members.resize(2);
  EXPECT_EQ(ViolationOf(device.Receive(Encode(roster))), Violation::kROSTER_INVALID);
  roster = room.cohort().roster;
  std::swap(roster.members[0], roster.members[1]);
  EXPECT_EQ(ViolationOf(device.Receive(Encode(roster))), Violation::kROSTER_INVALID);
}

// Killed and restarted between any two steps, and after any fact, the coordinator sends the same
// requests and gets the same sum.
TEST(ServerSession, GoesOnFromItsJournalAfterEachStep) {
  for (int crash = 0; crash < 5; ++crash) {
    SCOPED_TRACE(::testing::Message() << "crash after step " << crash);
    Room room(RoomOptions{});
    const auto step = [&](int at, const std::function<void()>& act) {
      act();
      if (at == crash) room.Restart();
    };
    step(0, [&] { room.Advertise(); });
    step(1, [&] { room.Deal(); });
    step(2, [&] { room.SendVectors(); });
    step(3, [&] { room.Agree(); });
    const Bytes request = *room.server->UnmaskMessage();
    step(4, [&] { room.Fold(); });
    EXPECT_EQ(*room.server->UnmaskMessage(), request);
    const auto sums = room.Unmask();
    ASSERT_TRUE(sums.has_value());
    EXPECT_EQ(*sums, room.PlainSum(MemberSet::All(5)));
  }
}

TEST(ServerSession, ItsJournalHoldsNoSecret) {
  RoomOptions options{.devices = 6};
  options.rule.dropout_ppm = 200'000;
  Room room(options);
  room.Advertise();
  room.Deal();
  room.SendVectors([](std::size_t device) { return device != 2; });
  room.Agree();
  Unmasking unmasking = room.server->BeginUnmasking(room.Spool()).value();
  const Bytes message = *room.server->UnmaskMessage();
  for (const Member member : unmasking.Awaited().Members()) {
    TestDevice& device = room.devices[room.DeviceOf(member)];
    ASSERT_THAT(device.Receive(message), IsOk());
    ASSERT_THAT(unmasking.Add(*ParseUnmaskReply(device.Owed())), IsOk());
  }
  const auto opened = unmasking.Open();
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(opened->selves.size(), 5u);
  ASSERT_EQ(opened->mask_keys.size(), 1u);
  ASSERT_THAT(room.Tell(SumOpened{}), IsOk());
  for (const std::string& row : room.journal) {
    for (const auto& of : opened->selves)
      EXPECT_EQ(row.find(ToBase64Url(of.secret.Reveal())), row.npos);
    EXPECT_EQ(row.find(ToBase64Url(opened->mask_keys[0].secret.Reveal())), row.npos);
  }
}

TEST(ServerSession, BeginsNoUnmaskingWithoutWhatWasDealt) {
  Room room(RoomOptions{});
  room.Advertise();
  EXPECT_EQ(ViolationOf(room.server->BeginUnmasking(room.Spool()).status()),
            Violation::kOUT_OF_STEP);
  room.Deal();
  room.SendVectors();
  room.Agree();
  const auto cut_short = [](Member, std::size_t, std::span<std::byte>) -> Status {
    return DataLoss("cut short");
  };
  EXPECT_EQ(room.server->BeginUnmasking(cut_short).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(room.server->BeginUnmasking(room.Spool()), IsOk());
}

TEST(ServerSession, FoldsOnlyWhatCanNoLongerBePruned) {
  RoomOptions options{.devices = 12};
  options.rule.complete_up_to = 0;  // A ring: each needs both its neighbours.
  Room room(options);
  room.Advertise();
  room.Deal();
  const std::vector<Member> without = room.cohort().graph.NeighboursOf(0);
  std::vector<Bytes> inbound;
  for (Member m = 0; m < 12; ++m) inbound.push_back(room.SharesFor(m));
  for (Member m = 0; m < 12; ++m) {
    if (m == without[0]) continue;
    TestDevice& device = room.devices[room.DeviceOf(m)];
    ASSERT_THAT(device.Receive(inbound[m]), IsOk());
    room.vectors[m] = device.Mask();
    ASSERT_THAT(room.Tell(*ParseMaskedHeader(device.Owed())), IsOk());
    room.Fold();
  }
  // One gap in a ring where all are needed: nobody may be folded yet.
  EXPECT_EQ(room.In<Collecting>()->folding.folded.size(), 0u);
  EXPECT_EQ(room.In<Collecting>()->headers.size(), 11u);
  room.PassDeadline();
  EXPECT_NE(room.In<SessionDropped>(), nullptr);
  EXPECT_EQ(room.In<SessionDropped>()->reason, Reason::kTOO_FEW_UPDATES);
}

TEST(ServerSession, WaitsForEachWindowAndProgressKeepsItOpen) {
  Room room(RoomOptions{});
  ASSERT_THAT(room.Tell(SessionTick{}), IsOk());
  EXPECT_NE(room.In<Advertising>(), nullptr);
  room.now += kWindow;
  ASSERT_THAT(room.Tell(SessionTick{room.now - Duration(1)}), IsOk());
  EXPECT_NE(room.In<Advertising>(), nullptr) << "there was progress a moment ago";
  ASSERT_THAT(room.Tell(SessionRestarted{}), IsOk());
  ASSERT_THAT(room.Tell(SessionTick{}), IsOk());
  EXPECT_NE(room.In<Advertising>(), nullptr) << "time spent down does not count";
  room.PassDeadline();
  ASSERT_NE(room.In<SessionDropped>(), nullptr);
  EXPECT_EQ(room.In<SessionDropped>()->reason, Reason::kTOO_FEW_DEVICES);
}

TEST(ServerSession, IsOverOnceCancelledOrExpired) {
  Room room(RoomOptions{});
  ASSERT_THAT(room.Tell(CancelSession{Reason::kCAMPAIGN_CANCELLED, "asked for"}), IsOk());
  EXPECT_TRUE(room.server->IsOver());
  EXPECT_EQ(ReasonOf(room.Tell(AdvertiseKeys{})), Reason::kROUND_CLOSED);
  Room late(RoomOptions{});
  late.now = late.task.expiry;
  ASSERT_THAT(late.Tell(SessionTick{}), IsOk());
  EXPECT_TRUE(late.server->IsOver());
}

TEST(ServerSession, PublishesNothingBeforeAllSurvivorsAreFolded) {
  Room room(RoomOptions{});
  room.Advertise();
  room.Deal();
  for (Member m = 0; m < 5; ++m) {
    TestDevice& device = room.devices[room.DeviceOf(m)];
    ASSERT_THAT(device.Receive(room.SharesFor(m)), IsOk());
    room.vectors[m] = device.Mask();
    if (m < 4) ASSERT_THAT(room.Tell(*ParseMaskedHeader(device.Owed())), IsOk());
  }
  room.PassDeadline();
  ASSERT_NE(room.In<Agreeing>(), nullptr);
  const Bytes request = *room.server->AgreementMessage();
  for (Member m = 0; m < 4 && room.In<Agreeing>() != nullptr; ++m) {
    TestDevice& device = room.devices[room.DeviceOf(m)];
    ASSERT_THAT(device.Receive(request), IsOk());
    ASSERT_THAT(room.Tell(*ParseAgreement(device.Owed())), IsOk());
  }
  EXPECT_EQ(room.Tell(SumOpened{}).code(), absl::StatusCode::kFailedPrecondition);
  room.Fold();
  EXPECT_THAT(room.Tell(SumOpened{}), IsOk());
}
}  // namespace
}  // namespace muster::aggregation::secagg
