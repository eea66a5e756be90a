// Devices with good certificates and bad intentions, against a whole coordinator over TLS: every
// lie is refused with its reason, and the model is what the honest devices alone make of it.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "aggregation/accumulator.h"
#include "aggregation/server_rule.h"
#include "base/crc32c.h"
#include "base/safetensors.h"
#include "platform/sha256.h"
#include "platform/sql_journal.h"
#include "platform/system_clock.h"
#include "rpc/chunk_codec.h"
#include "rpc/raw_message.h"
#include "tests/e2e/hub.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/raw_client.h"

namespace muster::e2e {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Pair;
using enum absl::StatusCode;

constexpr std::size_t kWidth = 100'000;  // Two chunks of 256 KiB.
constexpr std::uint64_t kTooMany = 1'000'000'000'000'000;

Layout TheLayout() {
  return *Layout::Make({{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {1, kWidth}}});
}

// Another one for each `seed`; within the bound.
Params SomeParams(int seed) {
  Params params{TheLayout(), std::vector<float>(kWidth + 1)};
  for (std::size_t i = 0; i < params.values.size(); ++i)
    params.values[i] = std::sin(static_cast<float>(i * 7 + 13 * static_cast<std::size_t>(seed)));
  return params;
}
Bytes FileOf(const Params& params) { return SerializeParams(params.View()); }
Bytes HonestFile(int seed) { return FileOf(SomeParams(seed)); }

Bytes With(float value) {
  Params params = SomeParams(1);
  params.values[kWidth / 2] = value;
  return FileOf(params);
}
// Zeros in another layout.
Bytes Shaped(const std::vector<TensorSpec>& specs, std::size_t bytes) {
  const std::string header = SafetensorsHeader(specs);
  Bytes file(header.size() + bytes);
  std::memcpy(file.data(), header.data(), header.size());
  return file;
}

// What the rule makes of the base and these updates in a round of `select`.
std::string ExpectedDigest(const Params& base, const std::vector<Params>& deltas,
                           std::uint32_t select) {
  aggregation::Accumulator sum(base.values.size(), *aggregation::FixedPoint::Make(select));
  for (const Params& delta : deltas) EXPECT_THAT(sum.Fold(delta.values, 1, 1), IsOk());
  std::vector<float> mean(base.values.size());
  EXPECT_THAT(sum.Mean(mean), IsOk());
  Params next = base;
  aggregation::ServerState state;
  EXPECT_THAT(aggregation::Step(aggregation::FedAvg{}, state, next.values, mean), IsOk());
  return platform::OpenSslHasher().Sha256(FileOf(next)).ToString();
}

grpc::ByteBuffer ChunkOf(ByteView file, std::uint64_t offset, std::size_t size,
                         std::uint32_t flip = 0) {
  const ByteView data = file.subspan(offset, size);
  return rpc::EncodeChunk(offset, Crc32c(data) ^ flip, grpc::Slice(data.data(), data.size()));
}

class HostileUpload : public ::testing::Test {
 protected:
  // A round over `devices`, each of which has its task when this returns.
  void Begin(const v1::Campaign& campaign, const std::vector<Device*>& devices) {
    hub_.Apply(campaign);
    std::vector<std::thread> threads;
    for (Device* device : devices) threads.emplace_back([device] { device->AwaitTask(); });
    for (std::thread& thread : threads) thread.join();
  }

  // A stream of these messages; ends early when the server ends it.
  Status Stream(const Device& device, const Announced& announced,
                const std::vector<grpc::ByteBuffer>& chunks) {
    grpc::ClientContext context;
    Announce(context, announced);
    context.AddMetadata("muster-bytes", fmt::format("{}", announced.bytes));
    rpc::SetTimeout(context, kDeadline);
    rpc::RawClient client(device.channel(), "/muster.v1.EdgeService/Upload", context);
    for (const grpc::ByteBuffer& chunk : chunks)
      if (!client.Write(chunk)) return client.Finish();
    client.WritesDone();
    return client.Finish();
  }

  Hub hub_;
  const Params base_ = SomeParams(0);
};

TEST_F(HostileUpload, ChunksThatLieAreRefusedAndTheHonestUploadGoesOnWhereItWas) {
  hub_.CreateModel(base_);
  const auto device = hub_.Enrol("press-1");
  Begin(hub_.Plan(1, 1, 1), {device.get()});
  const Bytes file = HonestFile(1);
  const std::size_t chunk = rpc::kMaxChunkBytes;
  ASSERT_GT(file.size(), chunk);
  ASSERT_LT(file.size(), 2 * chunk);
  const std::size_t rest = file.size() - chunk;
  const Announced announced{device->task().round(), file.size()};
  const auto send = [&](const std::vector<grpc::ByteBuffer>& chunks) {
    return Stream(*device, announced, chunks);
  };

  EXPECT_THAT(send({}), Fails(kInvalidArgument, Reason::kUPLOAD_TRUNCATED));
  EXPECT_THAT(send({ChunkOf(file, chunk, rest), ChunkOf(file, 0, chunk)}),
              Fails(kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  EXPECT_THAT(send({ChunkOf(file, 0, chunk, 1)}), Fails(kInvalidArgument, Reason::kCHUNK_CORRUPT));
  EXPECT_THAT(send({rpc::RawBuffer(std::string(100, '\xff'))}),
              Fails(kInvalidArgument, Reason::kCHUNK_CORRUPT));
  const Bytes large(chunk + 1);
  EXPECT_THAT(send({ChunkOf(large, 0, large.size())}),
              Fails(kInvalidArgument, Reason::kCHUNK_TOO_LARGE));
  EXPECT_EQ(*device->Offset(announced.round, file.size()), 0u);

  // The first half comes; what follows is wrong.
  EXPECT_THAT(send({ChunkOf(file, 0, chunk)}), Fails(kInvalidArgument, Reason::kUPLOAD_TRUNCATED));
  EXPECT_EQ(*device->Offset(announced.round, file.size()), chunk);
  EXPECT_THAT(send({ChunkOf(file, 0, chunk)}),
              Fails(kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  EXPECT_THAT(send({ChunkOf(file, chunk, rest, 0x80000000)}),
              Fails(kInvalidArgument, Reason::kCHUNK_CORRUPT));
  EXPECT_THAT(send({ChunkOf(file, chunk + 1, rest - 1)}),
              Fails(kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  Bytes more = file;
  more.resize(file.size() + 1);
  EXPECT_THAT(send({ChunkOf(more, chunk, rest + 1)}),
              Fails(kInvalidArgument, Reason::kUPLOAD_TOO_LARGE));

  EXPECT_EQ(*device->Offset(announced.round, file.size()), chunk);
  EXPECT_THAT(device->Upload(file, announced, chunk), IsOk());
  EXPECT_EQ(hub_.AwaitEnd().latest_digest(), ExpectedDigest(base_, {SomeParams(1)}, 1));
}

TEST_F(HostileUpload, MoreThanTheModelCanNeedIsRefusedBeforeAnyByte) {
  hub_.CreateModel(base_);
  const auto device = hub_.Enrol("press-1");
  Begin(hub_.Plan(1, 1, 1), {device.get()});
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1} << 30, ~std::uint64_t{0}})
    EXPECT_THAT(Stream(*device, {device->task().round(), bytes}, {}),
                Fails(kInvalidArgument, Reason::kUPLOAD_TOO_LARGE))
        << bytes;
  EXPECT_THAT(device->Upload(HonestFile(1)), IsOk());
  EXPECT_EQ(hub_.AwaitEnd().rounds_published(), 1u);
}

TEST_F(HostileUpload, AnUploadOnlyCountsForARoundThatTheDeviceIsInAndOnce) {
  hub_.CreateModel(base_);
  const auto first = hub_.Enrol("first"), second = hub_.Enrol("second"), late = hub_.Enrol("late");
  const auto outsider = hub_.Enrol("outsider", {{"role", "test"}});
  // Two of three are enough.
  Begin(hub_.Plan(3, 2, 2), {first.get(), second.get(), late.get()});
  const v1::RoundKey round = first->task().round();
  const Bytes file = HonestFile(1);

  EXPECT_THAT(outsider->Upload(file, {round, file.size()}),
              Fails(kPermissionDenied, Reason::kNOT_IN_COHORT));
  v1::RoundKey other = round;
  other.set_campaign("another");
  EXPECT_THAT(first->Upload(file, {other, file.size()}), Fails(kNotFound, Reason::kUNKNOWN_ROUND));
  other = round;
  other.set_round(2);
  EXPECT_THAT(first->Upload(file, {other, file.size()}), Fails(kNotFound, Reason::kUNKNOWN_ROUND));
  other = round;
  other.set_attempt(2);
  EXPECT_THAT(first->Upload(file, {other, file.size()}), Fails(kNotFound, Reason::kUNKNOWN_ROUND));

  EXPECT_THAT(first->Upload(file), IsOk());
  const Bytes again = HonestFile(9);
  EXPECT_THAT(first->Upload(again), Fails(kFailedPrecondition, Reason::kALREADY_COUNTED));
  EXPECT_EQ(first->AwaitVerdict(), v1::CheckInReply::COUNTED);
  EXPECT_THAT(first->Upload(again), Fails(kFailedPrecondition, Reason::kALREADY_COUNTED));

  EXPECT_THAT(second->Upload(HonestFile(2)), IsOk());
  const v1::CampaignView view = hub_.AwaitEnd();
  EXPECT_THAT(late->Upload(HonestFile(3)), Fails(kNotFound, Reason::kUNKNOWN_ROUND));
  EXPECT_EQ(late->AwaitVerdict(), v1::CheckInReply::CLOSED);
  EXPECT_EQ(view.latest_digest(), ExpectedDigest(base_, {SomeParams(1), SomeParams(2)}, 3));
  EXPECT_EQ(hub_.Campaign().latest_digest(), view.latest_digest());
}

TEST_F(HostileUpload, TwoStreamsOfOneUpdateDoNotMix) {
  hub_.CreateModel(base_);
  const auto device = hub_.Enrol("press-1");
  Begin(hub_.Plan(1, 1, 1), {device.get()});
  const Bytes file = HonestFile(1), other = HonestFile(2);
  const v1::RoundKey round = device->task().round();
  grpc::ClientContext context;
  Announce(context, {round, file.size()});
  context.AddMetadata("muster-bytes", fmt::format("{}", file.size()));
  rpc::SetTimeout(context, kDeadline);
  rpc::RawClient slow(device->channel(), "/muster.v1.EdgeService/Upload", context);
  ASSERT_TRUE(slow.Write(ChunkOf(file, 0, rpc::kMaxChunkBytes)));
  while (*device->Offset(round, file.size()) == 0) std::this_thread::yield();

  EXPECT_THAT(device->Upload(other), Fails(kAborted, Reason::kUPLOAD_BUSY));
  ASSERT_TRUE(slow.Write(ChunkOf(file, rpc::kMaxChunkBytes, file.size() - rpc::kMaxChunkBytes)));
  ASSERT_TRUE(slow.WritesDone());
  EXPECT_EQ(hub_.AwaitEnd().latest_digest(), ExpectedDigest(base_, {SomeParams(1)}, 1));
}

struct Lie {
  std::string name;
  Bytes file;
  std::uint64_t examples;
  Reason reason;
};

std::vector<Lie> Lies() {
  const float inf = std::numeric_limits<float>::infinity();
  const TensorSpec bias{"bias", DType::kF32, {1}};
  const std::size_t bytes = 4 * kWidth;
  Bytes cut = HonestFile(1);
  cut.pop_back();
  return {
      {"nan", With(std::nanf("")), 10, Reason::kUPDATE_NON_FINITE},
      {"inf", With(inf), 10, Reason::kUPDATE_NON_FINITE},
      {"minus-inf", With(-inf), 10, Reason::kUPDATE_NON_FINITE},
      {"beyond-bound", With(16.5f), 10, Reason::kUPDATE_OVER_BOUND},
      {"beyond-norm", FileOf({TheLayout(), std::vector<float>(kWidth + 1, 15.0f)}), 10,
       Reason::kUPDATE_OVER_NORM},
      {"transposed", Shaped({bias, {"weight", DType::kF32, {kWidth, 1}}}, bytes + 4), 10,
       Reason::kUPDATE_WRONG_LAYOUT},
      {"flat", Shaped({bias, {"weight", DType::kF32, {kWidth}}}, bytes + 4), 10,
       Reason::kUPDATE_WRONG_LAYOUT},
      {"single", Shaped({bias, {"weight", DType::kF32, {1}}}, 8), 10, Reason::kUPDATE_WRONG_LAYOUT},
      {"missing", Shaped({{"weight", DType::kF32, {1, kWidth}}}, bytes), 10,
       Reason::kUPDATE_WRONG_LAYOUT},
      {"renamed", Shaped({bias, {"weights", DType::kF32, {1, kWidth}}}, bytes + 4), 10,
       Reason::kUPDATE_WRONG_LAYOUT},
      {"extra",
       Shaped({bias, {"more", DType::kF32, {1}}, {"weight", DType::kF32, {1, kWidth}}}, bytes + 8),
       10, Reason::kUPDATE_WRONG_LAYOUT},
      {"half",
       Shaped({{"bias", DType::kF16, {1}}, {"weight", DType::kF16, {1, kWidth}}}, bytes / 2 + 2),
       10, Reason::kUPDATE_WRONG_DTYPE},
      {"integers", Shaped({bias, {"weight", DType::kI32, {1, kWidth}}}, bytes + 4), 10,
       Reason::kUPDATE_WRONG_DTYPE},
      {"cut", cut, 10, Reason::kUPDATE_UNREADABLE},
      {"garbage", Bytes(1000, std::byte{0xff}), 10, Reason::kUPDATE_UNREADABLE},
      {"one-byte", Bytes(1), 10, Reason::kUPDATE_UNREADABLE},
      {"nobody", HonestFile(1), 0, Reason::kUPDATE_OVER_WEIGHT},
      {"boast", HonestFile(1), kTooMany, Reason::kUPDATE_OVER_WEIGHT},
      {"boast-most", HonestFile(1), ~std::uint64_t{0}, Reason::kUPDATE_OVER_WEIGHT},
  };
}

TEST_F(HostileUpload, UpdatesThatLieAreRefusedByNameMarkTheirDeviceAndLeaveTheHonestSum) {
  hub_.CreateModel(base_);
  const std::vector<Lie> lies = Lies();
  constexpr int kHonest = 3;
  std::vector<std::unique_ptr<Device>> liars, honest;
  std::vector<Device*> all;
  for (const Lie& lie : lies) all.push_back(liars.emplace_back(hub_.Enrol(lie.name)).get());
  for (int i = 1; i <= kHonest; ++i)
    all.push_back(honest.emplace_back(hub_.Enrol(fmt::format("honest-{}", i))).get());
  const auto select = static_cast<std::uint32_t>(all.size());
  v1::Campaign campaign = hub_.Plan(select, select, kHonest);
  campaign.mutable_aggregation()->set_max_norm(1'000);
  Begin(campaign, all);

  const auto lie_at = [&](std::size_t i) {
    SCOPED_TRACE(lies[i].name);
    EXPECT_THAT(liars[i]->Upload(lies[i].file, lies[i].examples),
                Fails(kInvalidArgument, lies[i].reason));
    EXPECT_EQ(liars[i]->AwaitVerdict(), v1::CheckInReply::REFUSED);
    // It is out of this round, whatever it sends now.
    EXPECT_THAT(liars[i]->Upload(HonestFile(1)), Fails(kPermissionDenied, Reason::kNOT_IN_COHORT));
  };
  // Before and between the honest ones.
  for (std::size_t i = 0; i < lies.size() / 2; ++i) lie_at(i);
  std::vector<Params> deltas;
  const auto be_honest_at = [&](int i) {
    EXPECT_THAT(honest[static_cast<std::size_t>(i - 1)]->Upload(HonestFile(i)), IsOk());
    deltas.push_back(SomeParams(i));
  };
  be_honest_at(1);
  be_honest_at(2);
  for (std::size_t i = lies.size() / 2; i < lies.size(); ++i) lie_at(i);
  be_honest_at(3);  // Until then the round is open.

  const v1::CampaignView view = hub_.AwaitEnd();
  EXPECT_EQ(view.phase(), "completed");
  EXPECT_EQ(view.latest_digest(), ExpectedDigest(base_, deltas, select));
  std::map<std::string, std::uint64_t> refused;
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const std::string reason(NameOf(lies[i].reason));
    ++refused[reason];
    const v1::DeviceView device = hub_.Describe(*liars[i]);
    EXPECT_EQ(device.marks().size(), 1u) << lies[i].name;
    EXPECT_EQ(device.marks().at(reason), 1u) << lies[i].name;
    EXPECT_EQ(device.updates_counted(), 0u);
  }
  for (const auto& device : honest) {
    EXPECT_TRUE(hub_.Describe(*device).marks().empty());
    EXPECT_EQ(hub_.Describe(*device).updates_counted(), 1u);
  }
  const std::map<std::string, std::uint64_t> told(view.refused_updates().begin(),
                                                  view.refused_updates().end());
  EXPECT_EQ(told, refused);
}

TEST_F(HostileUpload, MoreExamplesThanTheCapAreRefusedAndNotClamped) {
  hub_.CreateModel(base_);
  const auto greedy = hub_.Enrol("greedy"), honest = hub_.Enrol("honest");
  v1::Campaign campaign = hub_.Plan(2, 2, 1);
  campaign.mutable_aggregation()->mutable_weights()->set_uniform(false);
  campaign.mutable_aggregation()->mutable_weights()->set_example_cap(100);
  Begin(campaign, {greedy.get(), honest.get()});
  EXPECT_THAT(greedy->Upload(HonestFile(2), 101),
              Fails(kInvalidArgument, Reason::kUPDATE_OVER_WEIGHT));
  EXPECT_THAT(honest->Upload(HonestFile(1), 100), IsOk());
  EXPECT_EQ(hub_.AwaitEnd().latest_digest(), ExpectedDigest(base_, {SomeParams(1)}, 2));
}

TEST_F(HostileUpload, EvaluationsBeyondMeasureDoNotStopTheRound) {
  hub_.CreateModel(base_);
  const auto trainer = hub_.Enrol("trainer");
  const auto first = hub_.Enrol("first", {{"role", "test"}});
  const auto second = hub_.Enrol("second", {{"role", "test"}});
  v1::Campaign campaign = hub_.Plan(1, 1, 1);
  (*campaign.mutable_evaluation()->mutable_labels())["role"] = "test";
  campaign.mutable_evaluation()->set_every(1);
  campaign.mutable_evaluation()->set_enrolled_at_least(2);
  Begin(campaign, {trainer.get()});
  ASSERT_THAT(trainer->Upload(HonestFile(1)), IsOk());
  for (Device* tester : {first.get(), second.get()}) {
    tester->AwaitTask();
    EXPECT_THAT(tester->Report(1, {{"sse", (1LL << 53) - 1}}), IsOk());
  }
  const v1::CampaignView view = hub_.AwaitEnd();
  EXPECT_EQ(view.phase(), "completed");
  EXPECT_EQ(view.latest_digest(), ExpectedDigest(base_, {SomeParams(1)}, 1));
}

TEST_F(HostileUpload, EvaluationsOfLiarsAndOfDevicesThatWereNotAskedCountForNothing) {
  hub_.CreateModel(base_);
  const auto trainer = hub_.Enrol("trainer"), tester = hub_.Enrol("tester", {{"role", "test"}});
  std::vector<decltype(hub_.Enrol(""))> liars;
  for (const char* name : {"liar-1", "liar-2", "liar-3"})
    liars.push_back(hub_.Enrol(name, {{"role", "test"}}));
  const auto outsider = hub_.Enrol("outsider", {{"role", "none"}});
  v1::Campaign campaign = hub_.Plan(1, 1, 1);
  (*campaign.mutable_evaluation()->mutable_labels())["role"] = "test";
  campaign.mutable_evaluation()->set_every(1);
  campaign.mutable_evaluation()->add_metrics("rmse");
  campaign.mutable_evaluation()->set_enrolled_at_least(4);
  Begin(campaign, {trainer.get()});
  ASSERT_THAT(trainer->Upload(HonestFile(1)), IsOk());
  tester->AwaitTask();
  ASSERT_EQ(tester->task().kind(), v1::Assignment::EVALUATE);

  const auto report = [&](Device& device, std::int64_t sse, std::uint64_t examples) {
    return device.Report(tester->task().round(), examples, {{"sse", sse}});
  };
  EXPECT_THAT(report(*outsider, 1, 1), Fails(kPermissionDenied, Reason::kNOT_IN_COHORT));
  EXPECT_THAT(report(*trainer, 1, 1), Fails(kPermissionDenied, Reason::kNOT_IN_COHORT));
  const std::vector<std::pair<std::int64_t, std::uint64_t>> lies = {
      {4'000'000, 0}, {4'000'000, kTooMany}, {-1, 1}};
  for (std::size_t i = 0; i < lies.size(); ++i) {
    liars[i]->AwaitTask();
    EXPECT_THAT(report(*liars[i], lies[i].first, lies[i].second),
                Fails(kInvalidArgument, Reason::kUPDATE_BAD_METRICS));
  }
  // The round waits for no better word from them: it ends with the honest report.
  EXPECT_THAT(report(*tester, 4'000'000, 1), IsOk());
  const v1::CampaignView view = hub_.AwaitEnd();
  ASSERT_EQ(view.evaluations_size(), 1);
  EXPECT_DOUBLE_EQ(view.evaluations(0).metrics().at("rmse"), 2.0);
  EXPECT_EQ(view.evaluations(0).devices(), 1u);
}

// --- Who may call at all ---

using Callers = HostileUpload;

TEST_F(Callers, OperatorsCannotActAsDevicesAndTheAttemptIsAFact) {
  const auto stub = v1::EdgeService::NewStub(hub_.as_operator());
  EXPECT_THAT(rpc::Call(*stub, &v1::EdgeService::Stub::CheckIn, {}, kDeadline).status(),
              Fails(kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  Device device("operator", hub_.as_operator());
  EXPECT_THAT(device.Upload(HonestFile(1), Announced{}),
              Fails(kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  const auto journal = platform::SqlJournal::OpenSqlite(hub_.data_dir() + "/journal.db");
  ASSERT_THAT(journal.status(), IsOk());
  std::vector<std::string> rows;
  // Denials are recorded behind the answer.
  for (const auto end = std::chrono::steady_clock::now() + kDeadline;
       rows.size() < 2 && std::chrono::steady_clock::now() < end;) {
    rows.clear();
    ASSERT_THAT((*journal)->Read("denials", 0,
                                 [&](const JournalRow& row) {
                                   rows.push_back(row.fact);
                                   return Ok();
                                 }),
                IsOk());
  }
  EXPECT_THAT(rows, ElementsAre(::testing::HasSubstr("\"by\":\"operator/admin\""),
                                ::testing::HasSubstr("\"method\":\"Upload\"")));
}

TEST_F(Callers, DevicesCannotActAsOperators) {
  const auto device = hub_.Enrol("press-1");
  const auto campaigns = v1::CampaignService::NewStub(device->channel());
  v1::ApplyCampaignRequest request;
  *request.mutable_campaign() = hub_.Plan(1, 1, 1);
  EXPECT_THAT(
      rpc::Call(*campaigns, &v1::CampaignService::Stub::ApplyCampaign, request, kDeadline).status(),
      Fails(kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
}

TEST_F(Callers, WithoutACertificateNothingButEnrolmentAnswers) {
  const auto stub = v1::EdgeService::NewStub(hub_.Anonymous());
  EXPECT_THAT(rpc::Call(*stub, &v1::EdgeService::Stub::CheckIn, {}, kDeadline).status(),
              Fails(kUnauthenticated, Reason::kCERTIFICATE_MISSING));
  const auto fleet = v1::FleetService::NewStub(hub_.Anonymous());
  EXPECT_THAT(rpc::Call(*fleet, &v1::FleetService::Stub::ListDevices, {}, kDeadline).status(),
              Fails(kUnauthenticated, Reason::kCERTIFICATE_MISSING));
}

TEST_F(Callers, OnlyTheAuthoritysFreshStatementsEnrol) {
  platform::OpenSslRng rng;
  const Timestamp now = platform::SystemClock().Now();
  const auto tls = platform::TlsKey::Generate();
  const auto forger = platform::Ed25519PrivateKey::Generate(rng);
  const std::map<std::string, std::string> labels;
  EXPECT_THAT(hub_.TryEnrol("forged", labels, *forger, *tls, now + std::chrono::hours(1)).status(),
              Fails(kUnauthenticated, Reason::kSTATEMENT_INVALID));
  EXPECT_THAT(
      hub_.TryEnrol("stale", labels, hub_.authority(), *tls, now - std::chrono::hours(1)).status(),
      Fails(kUnauthenticated, Reason::kSTATEMENT_EXPIRED));
  const auto taken = hub_.Enrol("taken");
  EXPECT_THAT(
      hub_.TryEnrol("taken", labels, hub_.authority(), *tls, now + std::chrono::hours(1)).status(),
      Fails(kAlreadyExists, Reason::kNAME_TAKEN));
}

}  // namespace
}  // namespace muster::e2e
