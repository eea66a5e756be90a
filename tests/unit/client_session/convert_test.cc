#include "client/rpc/convert.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;

Digest SomeDigest(SeededRng& rng) {
  std::array<std::byte, 32> bytes;
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.Below(256));
  return Digest(bytes);
}

Assignment SomeAssignment(std::uint64_t seed) {
  SeededRng rng(seed);
  Assignment a;
  a.round = {CampaignName("turbofan"), RoundNumber(1 + rng.Below(1000)),
             static_cast<std::uint32_t>(1 + rng.Below(5))};
  a.kind = rng.Below(2) == 0 ? TaskKind::kTrain : TaskKind::kEvaluate;
  a.params = {SomeDigest(rng), 1 + rng.Below(1 << 30)};
  if (rng.Below(2) == 0) a.module = Artefact{SomeDigest(rng), 1 + rng.Below(1 << 20)};
  a.contract = {"engine", rng.Below(9), {{"T30", 1570, 1620, "Cel"}, {"rul", 0, 500, "1"}}};
  a.contract.fields.push_back({.name = "at", .type = FieldType::kTimestamp});
  a.contract.fields[1].nullable = rng.Below(2) == 0;
  a.contract.time_field = "at";
  if (rng.Below(2) == 0) a.contract.freshness = std::chrono::minutes(rng.Below(100) + 1);
  if (rng.Below(2) == 0) a.contract.rows = {OutOfRange::kKeep, 0.25};
  a.model = ModelName("rul-net");
  a.features = {"T30"};
  a.window = {static_cast<std::uint32_t>(1 + rng.Below(30)), 2};
  a.label = {"rul", std::nullopt, 125};
  if (rng.Below(2) == 0) a.label.cap = 125;
  a.loss = static_cast<Loss>(rng.Below(5));
  a.optimizer = {static_cast<OptimizerKind>(rng.Below(2)), 0.05, 0.5, 1e-4};
  a.batch = static_cast<std::uint32_t>(1 + rng.Below(64));
  a.epochs = static_cast<std::uint32_t>(1 + rng.Below(5));
  a.campaign_seed = rng.Next();
  a.metrics = {"rmse", "mae"};
  a.cohort = static_cast<std::uint32_t>(rng.Below(100));
  a.example_cap = rng.Below(1000);
  a.bound = 8;
  a.max_norm = static_cast<double>(rng.Below(3));
  a.secure_task = Bytes(rng.Below(100), std::byte{0xc3});
  a.newest_rows = rng.Below(1000);
  return a;
}

TEST(Convert, AnAssignmentSurvivesTheWay) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const v1::Assignment message = ToMessage(SomeAssignment(seed));
    v1::Assignment wire;
    ASSERT_TRUE(wire.ParseFromString(message.SerializeAsString()));
    const StatusOr<Assignment> back = AssignmentFrom(wire);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(back->round, SomeAssignment(seed).round);
    EXPECT_EQ(back->label.cap, SomeAssignment(seed).label.cap);
    EXPECT_EQ(back->secure_task, SomeAssignment(seed).secure_task);
    EXPECT_EQ(back->newest_rows, SomeAssignment(seed).newest_rows);
    EXPECT_EQ(back->contract.fields.at(0).hi, 1620);
    const ContractView contract = SomeAssignment(seed).contract;
    EXPECT_EQ(back->contract.fields.at(1).nullable, contract.fields.at(1).nullable);
    EXPECT_EQ(back->contract.fields.at(2).type, FieldType::kTimestamp);
    EXPECT_EQ(back->contract.fields.at(2).hi, std::numeric_limits<double>::infinity());
    EXPECT_EQ(back->contract.rows.out_of_range, contract.rows.out_of_range);
    EXPECT_EQ(back->contract.rows.max_bad_share, contract.rows.max_bad_share);
    EXPECT_EQ(back->contract.time_field, "at");
    EXPECT_EQ(back->contract.freshness, contract.freshness);
    EXPECT_EQ(ToMessage(*back).SerializeAsString(), message.SerializeAsString());
  }
}

// An assignment that has neither a model nor anything to train.
v1::Assignment SomeStatistics() {
  Assignment a;
  a.round = SomeAssignment(1).round;
  a.kind = TaskKind::kStatistics;
  a.contract = {"engine", 2, {{"T30", 0, 9, "K"}}};
  a.cohort = 12;
  a.statistics = Bytes(40, std::byte{'q'});
  a.secure_task = Bytes(10, std::byte{0xc3});
  return ToMessage(a);
}

TEST(Convert, StatisticsNeedNoModelAndSurviveTheWay) {
  const v1::Assignment message = SomeStatistics();
  EXPECT_TRUE(message.params_digest().empty());
  EXPECT_FALSE(message.has_model());
  const auto back = AssignmentFrom(message);
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->kind, TaskKind::kStatistics);
  EXPECT_EQ(back->cohort, 12U);
  EXPECT_EQ(back->statistics, Bytes(40, std::byte{'q'}));
  EXPECT_EQ(back->contract.fields.at(0).hi, 9);
  EXPECT_EQ(ToMessage(*back).SerializeAsString(), message.SerializeAsString());
}

TEST(Convert, StatisticsWithoutAQueryOrWithTooLongAOneAreRefused) {
  for (const std::size_t size : {std::size_t{0}, kMostStatisticsBytes + 1}) {
    v1::Assignment message = SomeStatistics();
    message.set_statistics(std::string(size, 'q'));
    EXPECT_THAT(AssignmentFrom(message),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  }
}

TEST(Convert, CheckInsSurviveTheWay) {
  CheckInRequest request;
  request.hold = std::chrono::seconds(30);
  request.ready = true;
  request.held = SomeAssignment(1).round;
  request.unfit = Unfit{Reason::kDATA_EMPTY, "engine.csv: empty"};
  request.produces = Produced{"turbofan", 3};
  const auto asked = CheckInRequestFrom(ToMessage(request));
  ASSERT_THAT(asked, IsOk());
  EXPECT_EQ(asked->hold, request.hold);
  EXPECT_EQ(asked->held, request.held);
  EXPECT_EQ(asked->unfit->reason, Reason::kDATA_EMPTY);
  EXPECT_EQ(asked->unfit->detail, "engine.csv: empty");
  EXPECT_EQ(asked->produces, request.produces);
  for (const HeldState state : {HeldState::kNothingHeld, HeldState::kWait, HeldState::kCounted,
                                HeldState::kResend, HeldState::kClosed, HeldState::kRefused}) {
    CheckInReply reply;
    reply.held = state;
    reply.next = std::chrono::milliseconds(250);
    const auto back = CheckInReplyFrom(ToMessage(reply));
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(back->held, state);
    EXPECT_EQ(back->next, reply.next);
    EXPECT_EQ(back->assignment, nullptr);
  }
}

TEST(Convert, RefusalsSurviveTheWayAndAreBounded) {
  CheckInReply reply;
  reply.refusals.push_back({"learn", Reason::kCONTRACT_INCOMPATIBLE, "fields[a].unit"});
  EXPECT_EQ(CheckInReplyFrom(ToMessage(reply))->refusals, reply.refusals);
  v1::CheckInReply flood;
  for (int i = 0; i < 100; ++i) {
    v1::Refusal& refusal = *flood.add_refusals();
    refusal.set_campaign(std::string(1000, 'c'));
    refusal.set_reason("OF_A_LATER_RELEASE");
    refusal.set_detail(std::string(5000, 'x') + "\n");
  }
  const auto back = CheckInReplyFrom(flood);
  ASSERT_THAT(back, IsOk());
  ASSERT_EQ(back->refusals.size(), kMostRefusals);
  EXPECT_LE(back->refusals[0].campaign.size(), 70U);
  EXPECT_LE(back->refusals[0].detail.size(), 512U);
  EXPECT_EQ(back->refusals[0].detail.find('\n'), std::string::npos);
}

TEST(Convert, ARuleOfRowsThatCannotBeIsRefused) {
  for (const double share : {-0.1, 1.1, std::nan("")}) {
    v1::Assignment message = ToMessage(SomeAssignment(1));
    message.mutable_contract()->mutable_rows()->set_max_bad_share(share);
    EXPECT_THAT(AssignmentFrom(message),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  }
  v1::Assignment message = ToMessage(SomeAssignment(1));
  message.mutable_contract()->set_freshness("soon");
  EXPECT_THAT(AssignmentFrom(message),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(Convert, StepsOfASecureRoundSurviveTheWay) {
  SeededRng rng(1);
  const Digest seen = SomeDigest(rng);
  SecureAsk ask{SomeAssignment(1).round, TaskKind::kEvaluate, Bytes(3, std::byte{0xff}), seen,
                std::chrono::seconds(9)};
  const v1::SecureRequest asked = ToMessage(ask);
  EXPECT_EQ(asked.round().SerializeAsString(), ToMessage(ask.round).SerializeAsString());
  EXPECT_EQ(asked.message(), "\xff\xff\xff");
  EXPECT_EQ(AsBytes(asked.seen()).size(), 32U);
  EXPECT_EQ(asked.hold_ms(), 9000U);
  EXPECT_EQ(asked.kind(), v1::Assignment::EVALUATE);
  ask.seen.reset();
  EXPECT_EQ(ToMessage(ask).seen(), "");

  v1::SecureReply reply;
  reply.set_message("roster");
  reply.set_over(true);
  reply.set_why(std::string(1000, 'x') + "\n");
  const SecureAnswer answer = SecureAnswerFrom(reply);
  EXPECT_EQ(AsText(answer.message), "roster");
  EXPECT_TRUE(answer.over);
  EXPECT_LT(answer.why.size(), 100U);
  EXPECT_EQ(answer.why.find('\n'), std::string::npos);
}

ServingOffer SomeOffer(std::uint64_t seed) {
  const Assignment a = SomeAssignment(seed);
  SeededRng rng(seed);
  ServingOffer out{.model = a.model,
                   .alias = "champion",
                   .version = VersionNumber(1 + rng.Below(100)),
                   .params = a.params,
                   .module = a.module,
                   .contract = a.contract,
                   .features = a.features,
                   .window = a.window,
                   .label = a.label};
  if (rng.Below(2) == 0) out.label = {"rul", std::nullopt, 1, true};
  if (rng.Below(2) == 0) out.certified = std::vector<std::string>(rng.Below(2), "x86-64");
  out.signed_artefacts = "{}";
  if (rng.Below(2) == 0) {
    out.monitors = R"({"monitors":[]})";
    out.monitors_digest = std::string(64, 'a');
  }
  return out;
}

TEST(Convert, WhatIsToBeServedSurvivesTheWayAndTheDisk) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const v1::Serving message = ToMessage(SomeOffer(seed));
    const StatusOr<ServingOffer> back = ServingOfferFrom(message);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(ToMessage(*back).SerializeAsString(), message.SerializeAsString());
    const StatusOr<ServingOffer> kept = ServingOfferFrom(ByteView(back->wire));
    ASSERT_THAT(kept, IsOk());
    EXPECT_EQ(ToMessage(*kept).SerializeAsString(), message.SerializeAsString());
    EXPECT_EQ(kept->label.binary, SomeOffer(seed).label.binary);
  }
}

TEST(Convert, WhatCannotBeServedIsRefused) {
  using Change = std::function<void(v1::Serving&)>;
  const std::pair<const char*, Change> changes[] = {
      {"version", [](auto& m) { m.set_version(0); }},
      {"params_digest", [](auto& m) { m.set_params_digest("sha256:"); }},
      {"params_digest", [](auto& m) { m.set_params_bytes(0); }},
      {"model.label.type", [](auto& m) { m.mutable_model()->mutable_label()->set_type("text"); }},
      {"signed_artefacts",
       [](auto& m) { m.set_signed_artefacts(std::string(kMostSignedBytes + 1, 'x')); }},
      {"monitors", [](auto& m) { m.set_monitors(std::string(kMostMonitorBytes + 1, 'x')); }}};
  for (const auto& [field, change] : changes) {
    SCOPED_TRACE(field);
    v1::Serving message = ToMessage(SomeOffer(1));
    change(message);
    const auto got = ServingOfferFrom(message);
    EXPECT_THAT(got, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
    EXPECT_EQ(FieldOf(got.status()), field);
  }
  const std::string garbage = "\xff\xff";
  EXPECT_FALSE(ServingOfferFrom(AsBytes(garbage)).ok());
}

TEST(Convert, InRoundZeroOnlyEvaluationIsDone) {
  v1::Assignment message = ToMessage(SomeAssignment(1));
  message.mutable_round()->set_round(0);
  message.set_kind(v1::Assignment::TRAIN);
  EXPECT_EQ(FieldOf(AssignmentFrom(message).status()), "round.round");
  message.set_kind(v1::Assignment::EVALUATE);
  const auto task = AssignmentFrom(message);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->round.round, RoundNumber(0));
}

TEST(Convert, RefusesWhatNoTaskCouldBeMadeOf) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::pair<std::string, std::function<void(v1::Assignment&)>>> changes = {
      {"round.campaign", [](auto& m) { m.mutable_round()->clear_campaign(); }},
      {"round.round", [](auto& m) { m.mutable_round()->set_round(1ULL << 53); }},
      {"round.attempt", [](auto& m) { m.mutable_round()->set_attempt(0); }},
      {"kind", [](auto& m) { m.set_kind(v1::Assignment::KIND_UNSPECIFIED); }},
      {"params_digest", [](auto& m) { m.set_params_digest("sha256:00"); }},
      {"params_digest", [](auto& m) { m.set_params_bytes(0); }},
      {"module_digest", [](auto& m) { m.set_module_digest("../../etc/passwd"); }},
      {"training.loss", [](auto& m) { m.mutable_training()->set_loss("magic"); }},
      {"training.optimizer.name",
       [](auto& m) { m.mutable_training()->mutable_optimizer()->set_name("lbfgs"); }},
      {"training.optimizer.momentum",
       [](auto& m) { m.mutable_training()->mutable_optimizer()->set_momentum(-1); }},
      {"learning_rate", [nan](auto& m) { m.set_learning_rate(nan); }},
      {"training.batch", [](auto& m) { m.mutable_training()->set_batch(2'000'000); }},
      {"training.epochs", [](auto& m) { m.mutable_training()->set_epochs(2'000'000); }},
      {"model.label.scale", [](auto& m) { m.mutable_model()->mutable_label()->set_scale(0); }},
      {"model.label.max", [nan](auto& m) { m.mutable_model()->mutable_label()->set_max(nan); }},
      {"bound", [](auto& m) { m.set_bound(0); }},
      {"bound", [nan](auto& m) { m.set_bound(nan); }},
      {"max_norm", [](auto& m) { m.set_max_norm(-1); }},
      {"statistics", [](auto& m) { m.set_statistics("{}"); }},
      {"secure_task",
       [](auto& m) { m.set_secure_task(std::string(kMostSecureTaskBytes + 1, 'x')); }}};
  for (const auto& [field, change] : changes) {
    SCOPED_TRACE(field);
    v1::Assignment message = ToMessage(SomeAssignment(1));
    change(message);
    const auto got = AssignmentFrom(message);
    EXPECT_THAT(got, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
    EXPECT_EQ(FieldOf(got.status()), field);
  }
}

}  // namespace
}  // namespace muster::client
