// What lying devices may send: each is refused or named, and the others finish.
#include <gtest/gtest.h>

#include "aggregation/secagg/dealing.h"
#include "aggregation/secagg/violation.h"
#include "aggregation/secagg/wire.h"
#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

constexpr std::size_t kLiar = 1;

RoomOptions Options() {
  RoomOptions options{.devices = 7};
  options.rule.corrupt_ppm = 150'000;  // c = 1, t = 5.
  options.rule.dropout_ppm = 150'000;
  return options;
}

// Changes one kind of message of the liar, and signs it again.
template <typename Message, typename Change>
auto Lie(Room& room, StatusOr<Message> (*parse)(ByteView), Change change) {
  return [&room, parse, change](std::size_t device, Bytes bytes) -> Bytes {
    auto message = parse(bytes);
    if (device != kLiar || !message.ok()) return bytes;
    change(room, *message);
    return Encode(*message);
  };
}
std::optional<std::vector<std::vector<std::int32_t>>> RunAll(Room& room) {
  room.Advertise();
  room.Deal();
  room.SendVectors();
  room.Agree();
  return room.Unmask();
}
Signature SignAs(const Room& room, std::size_t device, const Bytes& text) {
  return room.devices[device].signer->Sign(text).value();
}

// Makes the promise fit what is dealt, and signs both.
void SignDealt(const Room& room, ShareKeys& m) {
  m.promise.dealt = room.crypto->Sha256(m.dealt);
  m.signature = SignAs(room, kLiar, ShareText(room.cohort().context, m.from, m.promise));
}

// The others' sum came out, without or with the liar's vector.
void ExpectOthersFinish(Room& room,
                        const std::optional<std::vector<std::vector<std::int32_t>>>& sums,
                        std::uint32_t survivors) {
  ASSERT_TRUE(sums.has_value());
  ASSERT_NE(room.In<Summed>(), nullptr);
  EXPECT_EQ(room.In<Summed>()->survivors.size(), survivors);
  EXPECT_EQ(*sums, room.PlainSum(room.In<Summed>()->survivors));
}
void ExpectRefused(const Room& room, Violation violation) {
  ASSERT_EQ(room.refusals.size(), 1u);
  EXPECT_EQ(room.refusals[0].device, kLiar);
  EXPECT_EQ(ViolationOf(room.refusals[0].status), violation);
}

TEST(MaliciousDevice, WithoutTheAuthoritysWordIsNotSeated) {
  Room room(Options());
  room.tamper = Lie(room, ParseAdvertiseKeys,
                    [](Room&, AdvertiseKeys& m) { m.statement[0] ^= std::byte{1}; });
  ExpectOthersFinish(room, RunAll(room), 6);
  ExpectRefused(room, Violation::kSTATEMENT_REFUSED);
}

TEST(MaliciousDevice, WithAnothersKeyIsNotSeated) {
  Room room(Options());
  room.tamper = Lie(room, ParseAdvertiseKeys, [](Room& r, AdvertiseKeys& m) {
    m.mask_key = ParseAdvertiseKeys(r.transcript[0])->mask_key;
    m.signature = SignAs(r, kLiar, AdvertiseText(r.server->task_hash(), m));
  });
  ExpectOthersFinish(room, RunAll(room), 6);
  ExpectRefused(room, Violation::kDUPLICATE_IDENTITY);
}

TEST(MaliciousDevice, WithAPointOfLowOrderIsNotSeated) {
  for (AgreementPublic AdvertiseKeys::*key : {&AdvertiseKeys::seal_key, &AdvertiseKeys::mask_key}) {
    Room room(Options());
    room.tamper = Lie(room, ParseAdvertiseKeys, [key](Room& r, AdvertiseKeys& m) {
      m.*key = {};
      m.signature = SignAs(r, kLiar, AdvertiseText(r.server->task_hash(), m));
    });
    ExpectOthersFinish(room, RunAll(room), 6);
    ExpectRefused(room, Violation::kMALFORMED);
  }
}

TEST(MaliciousDevice, ThatSignsNothingRightIsLeftOut) {
  const auto spoil = [](Room&, auto& m) { m.signature[0] ^= std::byte{1}; };
  for (int step = 0; step < 5; ++step) {
    SCOPED_TRACE(::testing::Message() << "step=" << step);
    Room room(Options());
    if (step == 0) room.tamper = Lie(room, ParseAdvertiseKeys, spoil);
    if (step == 1) room.tamper = Lie(room, ParseShareKeys, spoil);
    if (step == 2) room.tamper = Lie(room, ParseMaskedHeader, spoil);
    if (step == 3) room.tamper = Lie(room, ParseAgreement, spoil);
    if (step == 4) room.tamper = Lie(room, ParseUnmaskReply, spoil);
    ExpectOthersFinish(room, RunAll(room), step < 3 ? 6 : 7);
    ExpectRefused(room, Violation::kSIGNATURE_INVALID);
  }
}

TEST(MaliciousDevice, ThatSendsGarbageIsLeftOut) {
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, std::size_t{40}}) {
    Room room(Options());
    room.tamper = [&](std::size_t device, Bytes bytes) {
      if (device == kLiar) bytes.resize(kept);
      return bytes;
    };
    ExpectOthersFinish(room, RunAll(room), 6);
    ExpectRefused(room, Violation::kMALFORMED);
  }
}

TEST(MaliciousDevice, ThatAnnouncesAnotherLengthIsLeftOut) {
  Room room(Options());
  room.tamper = Lie(room, ParseMaskedHeader, [](Room& r, MaskedHeader& m) {
    ++m.length;
    m.signature = SignAs(r, kLiar, MaskedText(r.cohort().context, m));
  });
  ExpectOthersFinish(room, RunAll(room), 6);
  ExpectRefused(room, Violation::kLENGTH_WRONG);
}

TEST(MaliciousDevice, ThatSealsGarbageForOneHolderOnlyLacksThatShare) {
  Room room(Options());
  room.tamper = Lie(room, ParseShareKeys, [](Room& r, ShareKeys& m) {
    m.dealt[kDealtBytes - 3] ^= std::byte{1};  // For member 0.
    SignDealt(r, m);
  });
  room.Advertise();
  room.Deal();
  room.SendVectors();
  EXPECT_EQ(room.devices[room.DeviceOf(0)].session().BadDealers(),
            std::vector<Member>{*room.MemberOf(kLiar)});
  room.Agree();
  ExpectOthersFinish(room, room.Unmask(), 7);
}

// With the fingerprints that the liar was told, or others of its own.
void SignReply(Room& room, UnmaskReply& m, const std::optional<Fingerprint>& instead = {}) {
  const auto& awaiting = *room.In<AwaitingShares>();
  std::vector<Digest> shown;
  for (const Member dealer : m.about.Members()) {
    Bytes dealt(kDealtBytes);
    EXPECT_TRUE(ReadDealt(room.Spool(), dealer, m.from, dealt).ok());
    const SecretKind kind =
        awaiting.survivors.Contains(dealer) ? SecretKind::kSelf : SecretKind::kMaskKey;
    shown.push_back(
        ShownHash(instead.value_or(ToldIn(dealt, kind)), m.At(shown.size()), *room.crypto));
  }
  m.signature = SignAs(room, kLiar,
                       ReplyText(room.cohort().context, awaiting.shared.hash, awaiting.survivors, m,
                                 shown, *room.crypto));
}
void ShowWrongShare(Room& room, UnmaskReply& m) {
  m.shares[3 * Share::kBytes] ^= std::byte{1};
  SignReply(room, m);
}

TEST(MaliciousDevice, ThatShowsAWrongShareIsNamedAtOnce) {
  Room room(Options());
  room.tamper = Lie(room, ParseUnmaskReply, ShowWrongShare);
  room.Advertise();
  room.Deal();
  room.SendVectors();
  room.Agree();
  const Member named = *room.MemberOf(kLiar);
  ExpectOthersFinish(room, room.Unmask(), 7);
  ExpectRefused(room, Violation::kSHARE_WRONG);
  ASSERT_EQ(room.named.size(), 1u);
  EXPECT_EQ(room.named[0].member, named);
  EXPECT_EQ(room.named[0].violation, Violation::kSHARE_WRONG);
  EXPECT_FALSE(room.named[0].evidence.empty());
}

// The evidence speaks for itself: a fingerprint and a share that do not belong together, signed as
// one by the liar.
TEST(MaliciousDevice, ThatShowsAWrongShareIsConvictedByItsOwnSignature) {
  Room room(Options());
  room.tamper = Lie(room, ParseUnmaskReply, ShowWrongShare);
  room.Advertise();
  room.Deal();
  room.SendVectors();
  room.Agree();
  const AwaitingShares awaiting{*room.In<AwaitingShares>()};
  const Cohort cohort = room.cohort();
  ASSERT_TRUE(room.Unmask().has_value());
  ASSERT_EQ(room.named.size(), 1u);

  WireReader in(room.named[0].evidence);
  UnmaskReply signed_reply;
  signed_reply.from = in.Get<std::uint32_t>();
  const Member dealer = in.Get<std::uint32_t>();
  signed_reply.about = in.Set(kMostMembers);
  const auto rank = in.Get<std::uint32_t>();
  const auto told = in.Fixed<kFingerprintBytes>();
  const ByteView raw = in.Raw(Share::kBytes);
  std::vector<Digest> shown;
  for (std::uint32_t i = 0; i < signed_reply.about.size(); ++i) shown.emplace_back(in.Fixed<32>());
  const auto signature = in.Fixed<64>();
  ASSERT_TRUE(in.Finish("evidence").ok());
  EXPECT_EQ(signed_reply.about.Members()[rank], dealer);
  EXPECT_EQ(ShownHash(told, raw, *room.crypto), shown[rank]);
  const Bytes text = ReplyText(cohort.context, awaiting.shared.hash, awaiting.survivors,
                               signed_reply, shown, *room.crypto);
  EXPECT_TRUE(room.crypto->Verify(cohort.At(signed_reply.from).identity, text, signature).ok());
  const Share share = Share::Parse(raw).value();
  EXPECT_NE(FingerprintOf(cohort.context, dealer, signed_reply.from, SecretKind::kSelf, share,
                          *room.crypto),
            told);
}

TEST(MaliciousDevice, ThatSignsForOtherFingerprintsThanItWasToldIsLeftOut) {
  Room room(Options());
  room.tamper = Lie(room, ParseUnmaskReply, [](Room& r, UnmaskReply& m) {
    m.shares[3 * Share::kBytes] ^= std::byte{1};
    SignReply(r, m, Fingerprint{});
  });
  ExpectOthersFinish(room, RunAll(room), 7);
  ExpectRefused(room, Violation::kSIGNATURE_INVALID);
}

// A dealer that lists other fingerprints than those of its shares frames no holder: each finds out
// when it opens them, and the dealer is named.
TEST(MaliciousDevice, ThatListsOtherSharesThanItSealedIsNamedAndNoHolderIs) {
  Room room(Options());
  room.tamper = Lie(room, ParseShareKeys, [](Room& r, ShareKeys& m) {
    for (std::size_t at = 0; at < m.dealt.size(); at += kDealtBytes) m.dealt[at] ^= std::byte{1};
    SignDealt(r, m);
  });
  EXPECT_FALSE(RunAll(room).has_value());
  ASSERT_EQ(room.named.size(), 1u);
  EXPECT_EQ(room.named[0].member, *room.MemberOf(kLiar));
  EXPECT_EQ(room.named[0].violation, Violation::kDEALING_INCONSISTENT);
}

TEST(MaliciousDevice, ThatPromisesOtherSharesThanItSendsIsLeftOut) {
  Room room(Options());
  room.tamper =
      Lie(room, ParseShareKeys, [](Room&, ShareKeys& m) { m.dealt[kDealtBytes] ^= std::byte{1}; });
  ExpectOthersFinish(room, RunAll(room), 6);
  ExpectRefused(room, Violation::kMALFORMED);
}

// In a large session shares are checked only once a secret does not fit: those who spoiled it are
// named, and the others' shares open it.
TEST(MaliciousDevice, ThatShowsAWrongShareInALargeSessionIsNamedToo) {
  RoomOptions options = Options();
  options.devices = Unmasking::kProveAtOnce + 1;
  options.rule.complete_up_to = 0;
  options.segments = {{"update", 1, LaneBits::k32, 100}};
  Room room(options);
  room.tamper = Lie(room, ParseUnmaskReply, ShowWrongShare);
  room.Advertise();
  room.Deal();
  const Member liar = *room.MemberOf(kLiar);
  room.SendVectors();
  room.Agree();
  ExpectOthersFinish(room, room.Unmask(), options.devices);
  ASSERT_EQ(room.named.size(), 1u);
  EXPECT_EQ(room.named[0].member, liar);
}

TEST(MaliciousDevice, ThatSpoilsALargeSessionIsNamedAndAnotherTakesItsPlace) {
  RoomOptions options = Options();
  options.devices = Unmasking::kProveAtOnce + 1;
  options.rule.complete_up_to = 0;
  options.segments = {{"update", 1, LaneBits::k32, 100}};
  Room room(options);
  room.Advertise();
  room.Deal();
  room.SendVectors();
  room.Agree();
  const Bytes request = room.server->UnmaskMessage().value();
  Unmasking unmasking = room.server->BeginUnmasking(room.Spool()).value();
  const Member liar = *room.MemberOf(kLiar);
  const auto add = [&](Member member) {
    TestDevice& device = room.devices[room.DeviceOf(member)];
    EXPECT_TRUE(device.Receive(request).ok());
    UnmaskReply reply = ParseUnmaskReply(device.Owed()).value();
    if (member == liar) ShowWrongShare(room, reply);
    return unmasking.Add(reply);
  };
  // Just as many as are needed, the liar among them.
  std::vector<Member> honest = unmasking.Awaited().Members();
  std::erase(honest, liar);
  const std::size_t t = room.cohort().parameters.threshold;
  EXPECT_TRUE(add(liar).ok());
  for (std::size_t i = 0; i + 1 < t; ++i) EXPECT_TRUE(add(honest[i]).ok());
  ASSERT_TRUE(unmasking.Ready());
  EXPECT_TRUE(absl::IsUnavailable(unmasking.Open().status()));
  ASSERT_EQ(unmasking.named().size(), 1u);
  EXPECT_EQ(unmasking.named()[0].member, liar);
  EXPECT_EQ(unmasking.named()[0].violation, Violation::kSHARE_WRONG);
  EXPECT_FALSE(unmasking.Awaited().Contains(liar));
  EXPECT_EQ(ViolationOf(add(liar)), Violation::kOUTSIDER);
  EXPECT_TRUE(add(honest[t - 1]).ok());
  EXPECT_TRUE(unmasking.Open().ok());
  EXPECT_EQ(unmasking.named().size(), 1u);
}

TEST(MaliciousDevice, ThatPromisesAnotherSecretIsNamedAndEndsTheSession) {
  Room room(Options());
  room.tamper = Lie(room, ParseShareKeys, [](Room& r, ShareKeys& m) {
    m.promise.commitment = r.crypto->Sha256(AsBytes("another secret"));
    SignDealt(r, m);
  });
  EXPECT_FALSE(RunAll(room).has_value());
  ASSERT_EQ(room.named.size(), 1u);
  EXPECT_EQ(room.named[0].member, *room.MemberOf(kLiar));
  EXPECT_EQ(room.named[0].violation, Violation::kDEALING_INCONSISTENT);
  ASSERT_TRUE(room.Tell(Accuse{room.named[0]}).ok());
  EXPECT_TRUE(room.server->IsOver());
  EXPECT_TRUE(room.server->named().contains(room.named[0].member));
}

TEST(MaliciousDevice, ThatSealsGarbageForAllIsNamed) {
  Room room(Options());
  room.tamper = Lie(room, ParseShareKeys, [](Room& r, ShareKeys& m) {
    for (std::byte& b : m.dealt) b ^= std::byte{1};
    SignDealt(r, m);
  });
  EXPECT_FALSE(RunAll(room).has_value());
  ASSERT_EQ(room.named.size(), 1u);
  EXPECT_EQ(room.named[0].member, *room.MemberOf(kLiar));
  EXPECT_EQ(room.named[0].violation, Violation::kDEALING_INCONSISTENT);
}

TEST(MaliciousDevice, ThatSendsASecondOtherMessageIsRefusedAndTheFirstCounts) {
  Room room(Options());
  Bytes second;
  room.tamper = Lie(room, ParseShareKeys, [&](Room& r, ShareKeys& m) {
    const ShareKeys honest = m;
    m.promise.commitment = r.crypto->Sha256(AsBytes("another secret"));
    SignDealt(r, m);
    second = Encode(m);
    m = honest;
  });
  room.Advertise();
  room.Deal([](std::size_t device) { return device <= kLiar; });
  ASSERT_FALSE(second.empty());
  Room honest(Options());
  honest.Advertise();
  const Bytes roster = *honest.server->RosterMessage();
  ASSERT_TRUE(honest.devices[kLiar].Receive(roster).ok());
  const ShareKeys first = *ParseShareKeys(honest.devices[kLiar].Owed());
  ASSERT_TRUE(honest.Tell(first).ok());
  ASSERT_TRUE(honest.Tell(first).ok()) << "a retry";
  EXPECT_EQ(ViolationOf(honest.Tell(*ParseShareKeys(second))), Violation::kSECOND_ANSWER);
}

TEST(MaliciousDevice, ThatComesLateIsNotReadAndNotSummed) {
  Room room(Options());
  room.Advertise();
  room.Deal();
  room.SendVectors([](std::size_t device) { return device != kLiar; });
  const Member late = *room.MemberOf(kLiar);
  MaskedHeader header{late, {}, room.task.layout.wire_bytes(), {}};
  EXPECT_EQ(ReasonOf(room.Tell(header)), Reason::kROUND_CLOSED);
  EXPECT_EQ(ReasonOf(room.Tell(VectorsFolded{{late}, "late"})), Reason::kNOT_IN_COHORT);
  room.Agree();
  ExpectOthersFinish(room, room.Unmask(), 6);
}

#ifdef MUSTER_SECAGG_WEAKENABLE
// Without the checks one liar spoils the sum, and nobody knows who.
TEST(MaliciousDevice, WouldSpoilTheSumSilentlyWithoutTheChecks) {
  RoomOptions options = Options();
  options.defences.share_lists = false;
  options.defences.secret_checks = false;
  Room room(options);
  room.tamper = Lie(room, ParseUnmaskReply, ShowWrongShare);
  const auto sums = RunAll(room);
  EXPECT_TRUE(room.named.empty());
  if (sums) EXPECT_NE(*sums, room.PlainSum(room.In<Summed>()->survivors));
}
// With the checks on what comes out alone, an innocent dealer would be blamed.
TEST(MaliciousDevice, WouldHaveAnotherBlamedWithoutLists) {
  RoomOptions options = Options();
  options.defences.share_lists = false;
  Room room(options);
  room.tamper = Lie(room, ParseUnmaskReply, ShowWrongShare);
  EXPECT_FALSE(RunAll(room).has_value());
  ASSERT_EQ(room.named.size(), 1u);
  EXPECT_NE(room.named[0].member, *room.MemberOf(kLiar));
}
#endif
}  // namespace
}  // namespace muster::aggregation::secagg
