// What a lying coordinator may try. Each attack is stopped by a defence, and works without it: so
// that the test is known to bite.
#include <gtest/gtest.h>

#include "aggregation/secagg/violation.h"
#include "tests/unit/secagg/adversary.h"

namespace muster::aggregation::secagg {
namespace {

RoomOptions Options(std::uint32_t devices, std::uint32_t least) {
  RoomOptions options{.devices = devices};
  options.rule.least = least;
  options.segments = {{"update", 1, LaneBits::k16, 100}};
  return options;
}
RoomOptions Curious(std::uint32_t devices, std::uint32_t least) {
  RoomOptions options = Options(devices, least);
  options.rule.profile = Profile::kCurious;
  return options;
}
// Active, and with a ring for a mask graph: two neighbours each, both needed.
RoomOptions Ring(std::uint32_t devices, std::uint32_t least) {
  RoomOptions options = Options(devices, least);
  options.rule.complete_up_to = 0;
  return options;
}
MemberSet Without(MemberSet set, std::initializer_list<Member> members) {
  for (const Member member : members) set.Erase(member);
  return set;
}

// Whether the server saw what it never may.
bool Broken(const Adversary& adversary, std::uint32_t least_honest) {
  const Verdict verdict = adversary.Judge();
  for (const std::size_t honest : verdict.revealed)
    if (honest < least_honest) return true;
  return verdict.both_opened;
}
std::optional<Violation> Of(const Status& status) { return ViolationOf(status); }

// Everything honest up to the uploads.
void Prepare(Adversary& adversary) {
  ASSERT_TRUE(adversary.Start(adversary.room.task).empty());
  adversary.GiveRosterToAll(adversary.HonestRoster());
}
void Upload(Adversary& adversary, const MemberSet& shared) {
  for (std::size_t i = 0; i < adversary.size(); ++i)
    if (!adversary.IsCorrupt(i)) adversary.GiveShares(i, shared).IgnoreError();
}

TEST(MaliciousServer, CannotSubstituteKeys) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(6, 3);
    options.defences.entry_signatures = defended;
    Adversary adversary(options, 0);
    ASSERT_TRUE(adversary.Start(adversary.room.task).empty());
    Roster roster = adversary.HonestRoster();
    for (AdvertiseKeys& entry : roster.members)
      if (entry.identity != adversary.room.devices[0].identity()) adversary.Substitute(entry);
    const Status status = adversary.GiveRoster(0, roster);
    if (defended) EXPECT_EQ(Of(status), Violation::kSIGNATURE_INVALID);
    if (status.ok()) adversary.GiveShares(0, MemberSet::All(6)).IgnoreError();
    EXPECT_EQ(Broken(adversary, 3), !defended);
  }
}

TEST(MaliciousServer, CannotInventDevices) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(6, 3);
    options.defences.statements = defended;
    Adversary adversary(options, 0);
    ASSERT_TRUE(adversary.Start(adversary.room.task).empty());
    std::vector<AdvertiseKeys> members;
    for (const AdvertiseKeys& entry : adversary.HonestRoster().members)
      if (entry.identity == adversary.room.devices[0].identity()) members.push_back(entry);
    for (std::uint64_t seed = 1; seed <= 5; ++seed)
      members.push_back(adversary.Invent(seed, adversary.room.task));
    const Status status = adversary.GiveRoster(0, RosterOf(members, *adversary.room.crypto));
    if (defended) EXPECT_EQ(Of(status), Violation::kSTATEMENT_REFUSED);
    if (status.ok()) adversary.GiveShares(0, MemberSet::All(6)).IgnoreError();
    EXPECT_EQ(Broken(adversary, 3), !defended);
  }
}

TEST(MaliciousServer, CannotSeatOneDeviceTwice) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(6, 3);
    options.defences.distinct_entries = defended;
    Adversary adversary(options, 1);
    ASSERT_TRUE(adversary.Start(adversary.room.task).empty());
    std::vector<AdvertiseKeys> members;
    for (const AdvertiseKeys& entry : adversary.HonestRoster().members) {
      if (entry.identity == adversary.room.devices[1].identity()) members.push_back(entry);
      if (entry.identity == adversary.room.devices[0].identity())
        members.insert(members.end(), 5, entry);
    }
    const Status status = adversary.GiveRoster(1, RosterOf(members, *adversary.room.crypto));
    if (defended) EXPECT_EQ(Of(status), Violation::kDUPLICATE_IDENTITY);
    if (status.ok()) adversary.GiveShares(1, MemberSet::All(6)).IgnoreError();
    EXPECT_EQ(Broken(adversary, 3), !defended);
  }
}

// A victim that went on under keys that are not its own would only give noise; it does not go on.
TEST(MaliciousServer, CannotChangeADevicesOwnEntry) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(6, 3);
    options.defences.own_entry = defended;
    Adversary adversary(options, 0);
    ASSERT_TRUE(adversary.Start(adversary.room.task).empty());
    Roster roster = adversary.HonestRoster();
    adversary.Substitute(roster.members[adversary.MemberOf(0)]);
    const Status status = adversary.GiveRoster(0, roster);
    EXPECT_EQ(status.ok(), !defended);
    if (defended) EXPECT_EQ(Of(status), Violation::kOWN_ENTRY_CHANGED);
  }
}

// The victim masks with one neighbour of its two; the others believe that it masked with the other.
// (The degree rule would stop it too; it is off.)
TEST(MaliciousServer, CannotTellTwoSharedSets) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Ring(12, 3);
    options.defences.degree_rule = false;
    options.defences.shared_set_binding = defended;
    Adversary adversary(options, 0);
    Prepare(adversary);
    const Member victim = adversary.MemberOf(0);
    const std::vector<Member> neighbours = adversary.CohortOf(0).graph.NeighboursOf(victim);
    ASSERT_EQ(neighbours.size(), 2u);
    const MemberSet all = MemberSet::All(12);
    for (std::size_t i = 0; i < 12; ++i)
      ASSERT_TRUE(adversary.GiveShares(i, i == 0 ? Without(all, {neighbours[1]}) : all).ok());
    const MemberSet survivors = Without(all, {neighbours[0]});
    for (std::size_t i = 1; i < 12; ++i)
      if (survivors.Contains(adversary.MemberOf(i)))
        ASSERT_TRUE(adversary.AskAgreement(i, survivors).ok());
    for (std::size_t i = 1; i < 12; ++i) {
      if (!survivors.Contains(adversary.MemberOf(i))) continue;
      const Status status = adversary.AskShares(i, survivors);
      if (defended) EXPECT_EQ(Of(status), Violation::kVIEWS_DIFFER);
    }
    EXPECT_EQ(Broken(adversary, 3), !defended);
  }
}

// Each device hears of another U3. A majority hears of four that they live, and of each of the
// other six that it is gone: a sum of four, where six were promised.
TEST(MaliciousServer, CannotTellTwoSetsOfSurvivors) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(10, 6);
    options.defences.agreement = defended;
    Adversary adversary(options, 0);
    Prepare(adversary);
    Upload(adversary, MemberSet::All(10));
    for (std::size_t i = 0; i < 10; ++i) {
      MemberSet survivors(10);
      for (std::size_t d = 0; d < 4; ++d) survivors.Insert(adversary.MemberOf(d));
      survivors.Insert(adversary.MemberOf(i < 4 ? 4 + 2 * i % 6 : i));
      survivors.Insert(adversary.MemberOf(i < 4 ? 4 + (2 * i + 1) % 6 : 4 + (i - 4 + 1) % 6));
      adversary.AskAgreement(i, survivors).IgnoreError();
      const Status status = adversary.AskShares(i, survivors);
      if (defended) EXPECT_EQ(Of(status), Violation::kAGREEMENT_MISSING);
    }
    EXPECT_EQ(Broken(adversary, 6), !defended);
  }
}

TEST(MaliciousServer, CannotCutTheRing) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Ring(12, 3);
    options.defences.degree_rule = defended;
    Adversary adversary(options, 0);
    Prepare(adversary);
    const MemberSet all = MemberSet::All(12);
    Upload(adversary, all);
    MemberSet survivors = all;
    for (const Member m : adversary.CohortOf(0).graph.NeighboursOf(adversary.MemberOf(0)))
      survivors.Erase(m);
    for (std::size_t i = 0; i < 12; ++i) {
      const Status status = adversary.AskAgreement(i, survivors);
      if (defended) EXPECT_EQ(Of(status), Violation::kDEGREE_TOO_LOW);
    }
    for (std::size_t i = 0; i < 12; ++i) adversary.AskShares(i, survivors).IgnoreError();
    EXPECT_EQ(Broken(adversary, 3), !defended);
  }
}

TEST(MaliciousServer, CannotLowerTheThreshold) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Curious(8, 4);
    options.rule.threshold = ThresholdRule::kSemiHonest;
    options.defences.floor = defended;
    Adversary adversary(options, 0);
    const std::vector<Status> refusals = adversary.Start(adversary.room.task);
    ASSERT_EQ(refusals.size(), defended ? 8u : 0u);
    if (defended) {
      EXPECT_EQ(Of(refusals[0]), Violation::kBELOW_FLOOR);
      continue;
    }
    adversary.GiveRosterToAll(adversary.HonestRoster());
    const MemberSet all = MemberSet::All(8);
    Upload(adversary, all);
    for (std::size_t i = 1; i < 8; ++i)
      adversary.AskShares(i, i < 4 ? all : Without(all, {adversary.MemberOf(0)})).IgnoreError();
    EXPECT_TRUE(adversary.Judge().both_opened);
  }
}

// Three devices of ten are the server's; parameters made for none of them let both sets get t
// signatures.
TEST(MaliciousServer, CannotCountOnTooSmallAGamma) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(10, 6);
    options.floor.corrupt_ppm = 300'000;
    options.defences.floor = defended;
    Adversary adversary(options, 3);
    const std::vector<Status> refusals = adversary.Start(adversary.room.task);
    ASSERT_EQ(refusals.size(), defended ? 7u : 0u);
    if (defended) {
      EXPECT_EQ(Of(refusals[0]), Violation::kBELOW_FLOOR);
      continue;
    }
    adversary.GiveRosterToAll(adversary.HonestRoster());
    const MemberSet all = MemberSet::All(10);
    Upload(adversary, all);
    const auto view = [&](std::size_t i) {
      return i < 6 ? all : Without(all, {adversary.MemberOf(3)});
    };
    for (std::size_t i = 3; i < 10; ++i) ASSERT_TRUE(adversary.AskAgreement(i, view(i)).ok());
    for (std::size_t i = 3; i < 10; ++i) ASSERT_TRUE(adversary.AskShares(i, view(i)).ok());
    EXPECT_TRUE(adversary.Judge().both_opened);
  }
}
// The same parameters with the floor's gamma: the same lie opens nothing.
TEST(MaliciousServer, CannotOpenBothWithTheRightGamma) {
  RoomOptions options = Options(10, 6);
  options.rule.corrupt_ppm = options.floor.corrupt_ppm = 300'000;
  Adversary adversary(options, 3);
  Prepare(adversary);
  const MemberSet all = MemberSet::All(10);
  Upload(adversary, all);
  for (std::size_t i = 3; i < 10; ++i) {
    const MemberSet view = i < 6 ? all : Without(all, {adversary.MemberOf(3)});
    ASSERT_TRUE(adversary.AskAgreement(i, view).ok());
  }
  for (std::size_t i = 3; i < 10; ++i) {
    const MemberSet view = i < 6 ? all : Without(all, {adversary.MemberOf(3)});
    adversary.AskShares(i, view).IgnoreError();
  }
  EXPECT_FALSE(Broken(adversary, 3));
}

// Also what a coordinator does that lost U3 in a crash and fixes another one.
TEST(MaliciousServer, CannotAskTwiceForOtherSurvivors) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Curious(8, 3);
    options.defences.one_answer = defended;
    Adversary adversary(options, 0);
    Prepare(adversary);
    const MemberSet all = MemberSet::All(8);
    const MemberSet changed = Without(all, {adversary.MemberOf(0)});
    Upload(adversary, all);
    for (std::size_t i = 1; i < 8; ++i) {
      ASSERT_TRUE(adversary.AskShares(i, all).ok());
      const Bytes first = adversary.room.devices[i].Owed();
      ASSERT_TRUE(adversary.AskShares(i, all).ok()) << "the same request is a retry";
      EXPECT_EQ(adversary.room.devices[i].Owed(), first);
      const Status status = adversary.AskShares(i, changed);
      if (defended) {
        EXPECT_EQ(Of(status), Violation::kSECOND_ANSWER);
        EXPECT_EQ(adversary.room.devices[i].Owed(), first);
      }
    }
    EXPECT_EQ(Broken(adversary, 3), !defended);
  }
}

TEST(MaliciousServer, CannotSumFewerThanTheLeast) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(10, 9);
    options.defences.least_members = defended;
    Adversary adversary(options, 0);
    Prepare(adversary);
    const MemberSet all = MemberSet::All(10);
    Upload(adversary, all);
    const MemberSet survivors = Without(all, {0, 1, 2, 3});
    for (std::size_t i = 0; i < 10; ++i)
      if (survivors.Contains(adversary.MemberOf(i))) {
        const Status status = adversary.AskAgreement(i, survivors);
        if (defended) EXPECT_EQ(Of(status), Violation::kTOO_FEW_MEMBERS);
      }
    for (std::size_t i = 0; i < 10; ++i) adversary.AskShares(i, survivors).IgnoreError();
    EXPECT_EQ(Broken(adversary, 9), !defended);
  }
}

// Two halves train on two models: the difference of what they learn tells of single devices.
TEST(MaliciousServer, CannotSumUpdatesOfDifferentModels) {
  for (const bool defended : {true, false}) {
    RoomOptions options = Options(6, 3);
    options.defences.model_binding = defended;
    Adversary adversary(options, 0);
    Task other = adversary.room.task;
    other.model = adversary.room.crypto->Sha256(AsBytes("another model"));
    ASSERT_TRUE(adversary.Start([&](std::size_t i) { return i < 3 ? adversary.room.task : other; })
                    .empty());
    Status refusal;
    for (std::size_t i = 0; i < 6; ++i)
      refusal.Update(adversary.GiveRoster(i, adversary.HonestRoster()));
    if (defended) EXPECT_EQ(Of(refusal), Violation::kSIGNATURE_INVALID);
    const MemberSet all = MemberSet::All(6);
    if (!defended) {
      Upload(adversary, all);
      for (std::size_t i = 0; i < 6; ++i) ASSERT_TRUE(adversary.AskAgreement(i, all).ok());
      for (std::size_t i = 0; i < 6; ++i) ASSERT_TRUE(adversary.AskShares(i, all).ok());
    }
    EXPECT_EQ(adversary.Judge().revealed.size(), defended ? 0u : 1u);
  }
}

TEST(MaliciousServer, CannotAnswerForADeviceThatItLeftOut) {
  Adversary adversary(Curious(8, 3), 0);
  Prepare(adversary);
  const MemberSet all = MemberSet::All(8);
  EXPECT_EQ(Of(adversary.GiveShares(0, Without(all, {adversary.MemberOf(0)}))),
            Violation::kSET_INVALID);
  Upload(adversary, all);
  EXPECT_EQ(Of(adversary.AskShares(0, Without(all, {adversary.MemberOf(0)}))),
            Violation::kSET_INVALID);
}

TEST(MaliciousServer, CannotGoOnAfterTheTaskHasExpired) {
  Adversary adversary(Options(5, 3), 0);
  ASSERT_TRUE(adversary.Start(adversary.room.task).empty());
  EXPECT_EQ(Of(adversary.room.devices[0].Receive(Encode(adversary.HonestRoster()),
                                                 adversary.room.task.expiry)),
            Violation::kTASK_EXPIRED);
}
}  // namespace
}  // namespace muster::aggregation::secagg
