// Devices that say what their rows are made under, against a whole coordinator over TLS: whom a
// model cannot read is asked for nothing and gets no model, hears why by path, and is in nobody's
// way.
#include <gmock/gmock.h>
#include <muster/v1/contract.grpc.pb.h>

#include "base/safetensors.h"
#include "rpc/channel.h"
#include "rpc/chunk_client_stream.h"
#include "tests/e2e/hub.h"
#include "tests/support/status_matchers.h"

namespace muster::e2e {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::HasSubstr;
using enum absl::StatusCode;

Params SomeParams() {
  return {*Layout::Make({{"w", DType::kF32, {4}}}), std::vector<float>{1, 2, 3, 4}};
}

v1::CheckInRequest Ready(const std::string& contract, std::uint64_t version) {
  v1::CheckInRequest request;
  request.set_ready(true);
  request.set_hold_ms(1'000);
  request.mutable_produces()->set_contract(contract);
  request.mutable_produces()->set_version(version);
  return request;
}

class Produces : public ::testing::Test {
 protected:
  Produces() {
    hub_.CreateModel(SomeParams());  // Reads version 1 of contract "law": x of 0 to 1.
    v1::Contract next;
    next.set_name("law");
    next.set_compatibility(v1::Contract::NONE);
    v1::Contract::Field& field = *next.add_fields();
    field.set_name("x");
    field.set_type(v1::Contract::FLOAT);
    field.set_min(0);
    field.set_max(1);
    Apply(next);  // Version 2 differs in its compatibility alone,
    field.set_unit("kPa");
    Apply(next);  // and version 3 in the unit.
  }
  void Apply(const v1::Contract& contract) {
    v1::ApplyContractRequest request;
    *request.mutable_contract() = contract;
    const auto stub = v1::ContractService::NewStub(hub_.as_operator());
    ASSERT_THAT(
        rpc::Call(*stub, &v1::ContractService::Stub::ApplyContract, request, kDeadline).status(),
        IsOk());
  }
  Status Download(const Device& device, const std::string& digest) {
    v1::DownloadRequest request;
    request.set_digest(digest);
    grpc::ClientContext context;
    return rpc::Download(device.channel(), rpc::kEdgeDownload, request, context,
                         [](std::uint64_t, const rpc::ChunkData&) { return Ok(); })
        .status();
  }
  Hub hub_;
};

TEST_F(Produces, WhatTheModelCannotReadIsTurnedAwayByPathAndTheRoundGoesOnWithoutIt) {
  const auto sound = hub_.Enrol("sound"), silent = hub_.Enrol("silent"), odd = hub_.Enrol("odd");
  hub_.Apply(hub_.Plan(3, 3, 2));  // Drawn before anybody said anything.
  const auto told = odd->CheckIn(Ready("law", 3));
  ASSERT_THAT(told, IsOk());
  EXPECT_FALSE(told->has_assignment());
  ASSERT_EQ(told->refusals_size(), 1);
  EXPECT_EQ(told->refusals(0).campaign(), "learn");
  EXPECT_EQ(told->refusals(0).reason(), "CONTRACT_INCOMPATIBLE");
  EXPECT_THAT(told->refusals(0).detail(), HasSubstr("fields[x].unit"));

  const v1::DeviceView view = hub_.Describe(*odd);
  EXPECT_EQ(view.produces_contract(), "law");
  EXPECT_EQ(view.produces_version(), 3u);
  EXPECT_THAT(view.why(), HasSubstr("fields[x].unit"));
  EXPECT_THAT(view.refused_by().at("learn"), HasSubstr("CONTRACT_INCOMPATIBLE: "));
  EXPECT_EQ(view.marks().count("CONTRACT_INCOMPATIBLE"), 1u);
  EXPECT_EQ(hub_.Campaign().refused_updates().at("CONTRACT_INCOMPATIBLE"), 1u);

  // One that produces what can be read, and one that does not say.
  auto task = sound->CheckIn(Ready("law", 2));
  ASSERT_THAT(task, IsOk());
  ASSERT_TRUE(task->has_assignment());
  EXPECT_EQ(task->refusals_size(), 0);
  for (Device* device : {sound.get(), silent.get()}) {
    device->AwaitTask();
    EXPECT_THAT(device->Upload(SerializeParams(SomeParams().View())), IsOk());
  }
  EXPECT_EQ(hub_.AwaitEnd().rounds_published(), 1u);
}

TEST_F(Produces, AModelIsNotForWhoCannotFeedIt) {
  const auto odd = hub_.Enrol("odd"), sound = hub_.Enrol("sound"), silent = hub_.Enrol("silent");
  hub_.Apply(hub_.Plan(3, 1, 1));
  silent->AwaitTask();
  const std::string params = silent->task().params_digest();
  v1::CheckInRequest hello = Ready("law", 3);
  hello.set_hold_ms(0);
  ASSERT_THAT(odd->CheckIn(hello), IsOk());
  ASSERT_THAT(sound->CheckIn(Ready("law", 2)), IsOk());
  const Status refused = Download(*odd, params);
  EXPECT_THAT(refused, Fails(kFailedPrecondition, Reason::kCONTRACT_INCOMPATIBLE));
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("fields[x].unit"));
  EXPECT_THAT(Download(*sound, params), IsOk());
  EXPECT_THAT(Download(*silent, params), IsOk());
}

TEST_F(Produces, AnotherContractOrAVersionThatIsNotThereIsNothingToRead) {
  const auto other = hub_.Enrol("other"), ahead = hub_.Enrol("ahead");
  hub_.Apply(hub_.Plan(2, 1, 1));
  v1::Contract pump;
  pump.set_name("pump");
  v1::Contract::Field& field = *pump.add_fields();
  field.set_name("flow");
  field.set_type(v1::Contract::FLOAT);
  Apply(pump);
  const auto a = other->CheckIn(Ready("pump", 1)), b = ahead->CheckIn(Ready("law", 9));
  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());
  ASSERT_EQ(a->refusals_size(), 1);
  ASSERT_EQ(b->refusals_size(), 1);
  EXPECT_THAT(b->refusals(0).detail(), HasSubstr("there is no such version"));
  for (const char* name : {"", "a/b", "../x"})
    EXPECT_THAT(other->CheckIn(Ready(name, 1)), Fails(kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_THAT(other->CheckIn(Ready("law", 0)), Fails(kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST_F(Produces, ADeviceThatMendsWhatItProducesIsAskedAgain) {
  const auto odd = hub_.Enrol("odd");
  v1::Campaign plan = hub_.Plan(1, 1, 1);
  plan.mutable_plan()->mutable_selection()->set_from(v1::Campaign::AVAILABLE);
  hub_.Apply(plan);
  const auto told = odd->CheckIn(Ready("law", 3));
  ASSERT_THAT(told, IsOk());
  ASSERT_EQ(told->refusals_size(), 1);
  const auto asked = odd->CheckIn(Ready("law", 1));
  ASSERT_THAT(asked, IsOk());
  EXPECT_TRUE(asked->has_assignment());
  EXPECT_EQ(asked->refusals_size(), 0);
  EXPECT_EQ(hub_.Describe(*odd).refused_by_size(), 0);
}

}  // namespace
}  // namespace muster::e2e
