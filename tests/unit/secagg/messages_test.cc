#include "aggregation/secagg/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "aggregation/secagg/device_session.h"
#include "aggregation/secagg/server_facts.h"
#include "aggregation/secagg/violation.h"
#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

// Every message of a session in which one device vanishes, and the parser of each.
std::vector<Bytes> Transcript() {
  RoomOptions options{.devices = 6};
  options.rule.dropout_ppm = 200'000;
  Room room(options);
  room.Advertise();
  room.Deal();
  room.SendVectors([](std::size_t device) { return device != 3; });
  room.Agree();
  EXPECT_TRUE(room.Unmask().has_value());
  return room.transcript;
}
// How many parsers take these bytes, each writing the very same again.
int Readings(ByteView bytes) {
  int readings = 0;
  const auto attempt = [&](const auto& parsed) {
    if (!parsed.ok()) {
      EXPECT_EQ(ViolationOf(parsed.status()), Violation::kMALFORMED);
      return;
    }
    ++readings;
    const Bytes again = Encode(*parsed);
    EXPECT_TRUE(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  };
  attempt(ParseAdvertiseKeys(bytes));
  attempt(ParseRoster(bytes));
  attempt(ParseShareKeys(bytes));
  attempt(ParseInboundShares(bytes));
  attempt(ParseMaskedHeader(bytes));
  attempt(ParseAgreementRequest(bytes));
  attempt(ParseAgreement(bytes));
  attempt(ParseUnmaskRequest(bytes));
  attempt(ParseUnmaskReply(bytes));
  return readings;
}

TEST(Messages, EachReadsInOneWayAndWritesTheSameBytes) {
  const std::vector<Bytes> transcript = Transcript();
  EXPECT_GT(transcript.size(), 30u);
  for (const Bytes& message : transcript) EXPECT_EQ(Readings(message), 1);
}

TEST(Messages, CutShortOrWithMoreBehindAreRefused) {
  for (const Bytes& message : Transcript()) {
    for (std::size_t cut = 0; cut < message.size(); cut += 1 + message.size() / 50)
      EXPECT_EQ(Readings(ByteView(message).first(cut)), 0);
    Bytes longer = message;
    longer.push_back(std::byte{0});
    EXPECT_EQ(Readings(longer), 0);
  }
}

TEST(Messages, FlippedBitsAreReadCanonicallyOrNotAtAll) {
  SeededRng rng(7);
  for (const Bytes& message : Transcript())
    for (int i = 0; i < 200; ++i) {
      Bytes changed = message;
      changed[rng.Below(changed.size())] ^= static_cast<std::byte>(1u << rng.Below(8));
      EXPECT_LE(Readings(changed), 1);
    }
}

TEST(Messages, HugeCountsAreRefusedBeforeAnythingIsAllocated) {
  for (const Bytes& message : Transcript()) {
    Bytes changed = message;
    for (std::size_t at = 1; at + 4 <= std::min<std::size_t>(changed.size(), 16); ++at) {
      changed = message;
      for (std::size_t i = 0; i < 4; ++i) changed[at + i] = std::byte{0xff};
      EXPECT_LE(Readings(changed), 1);
    }
  }
}

TEST(Messages, SetsWithStrayBitsAreRefused) {
  const AgreementRequest request{MemberSet::All(6)};
  Bytes bytes = Encode(request);
  ASSERT_TRUE(ParseAgreementRequest(bytes).ok());
  bytes[5] |= std::byte{0x40};
  EXPECT_FALSE(ParseAgreementRequest(bytes).ok());
}

TEST(Task, ReadsBackAndRefusesOtherBytes) {
  const Task task = TaskOf({});
  const Bytes bytes = EncodeTask(task);
  const auto parsed = ParseTask(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, task);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(ParseTask(ByteView(bytes).first(cut)).ok());
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(ParseTask(longer).ok());
}

TEST(Task, EveryByteIsInTheHash) {
  const Room room(RoomOptions{});
  const Digest hash = TaskHash(room.task, *room.crypto);
  const Bytes bytes = EncodeTask(room.task);
  int read = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= std::byte{1};
    const auto other = ParseTask(changed);
    if (!other.ok()) continue;
    ++read;
    EXPECT_NE(TaskHash(*other, *room.crypto), hash) << "byte " << i;
  }
  EXPECT_GT(read, 100);
}

TEST(Task, OutOfRangeFieldsAreRefused) {
  const auto refused = [](const std::function<void(Task&)>& change) {
    Task task = TaskOf({});
    change(task);
    return ReasonOf(CheckTask(task)) == Reason::kFIELD_INVALID;
  };
  EXPECT_TRUE(refused([](Task& t) { t.query = ""; }));
  EXPECT_TRUE(refused([](Task& t) { t.query = "line\nbreak"; }));
  EXPECT_TRUE(refused([](Task& t) { t.query = std::string(257, 'x'); }));
  EXPECT_TRUE(refused([](Task& t) { t.clip = 0; }));
  EXPECT_TRUE(refused([](Task& t) { t.clip = std::nan(""); }));
  EXPECT_TRUE(refused([](Task& t) { t.weight_cap = -1; }));
  EXPECT_TRUE(refused([](Task& t) { t.suite = 2; }));
  EXPECT_TRUE(refused([](Task& t) { t.cohort.least = 6; }));
}

TEST(Floor, EachTermIsTheDevicesOwn) {
  const Task task = TaskOf({});
  const LocalFloor same{.least = 3, .privacy_bits = 20};
  EXPECT_TRUE(CheckFloor(task, same).ok());
  const auto refused = [&](const std::function<void(LocalFloor&)>& change) {
    LocalFloor floor = same;
    change(floor);
    return ViolationOf(CheckFloor(task, floor)) == Violation::kBELOW_FLOOR;
  };
  EXPECT_TRUE(refused([](LocalFloor& f) { f.least = 4; }));
  EXPECT_TRUE(refused([](LocalFloor& f) { f.corrupt_ppm = 1; }));
  EXPECT_TRUE(refused([](LocalFloor& f) { f.dropout_ppm = 1; }));
  EXPECT_TRUE(refused([](LocalFloor& f) { f.privacy_bits = 21; }));
  EXPECT_TRUE(refused([](LocalFloor& f) { f.complete_up_to = 257; }));
  EXPECT_TRUE(refused([](LocalFloor& f) { f.noise_micro = 1; }));
  Task curious = task;
  curious.cohort.profile = Profile::kCurious;
  EXPECT_EQ(ViolationOf(CheckFloor(curious, same)), Violation::kBELOW_FLOOR);
}

TEST(ServerFacts, ForeignRowsAreDataLoss) {
  EXPECT_EQ(DecodeServerFact("{}").status().code(), absl::StatusCode::kDataLoss);
  for (const char* row : {R"({"at":1,"by":"c","type":"Unheard"})",
                          R"({"at":1,"by":"c","deadline":1,"member":1024,"type":"SharesDealt"})",
                          R"({"at":1,"by":"c","type":"SurvivorsFixed","deadline":1,)"
                          R"("survivors":{"devices":4,"bits":"_w"}})"})
    EXPECT_EQ(DecodeServerFact(row).status().code(), absl::StatusCode::kDataLoss) << row;
}
}  // namespace
}  // namespace muster::aggregation::secagg
