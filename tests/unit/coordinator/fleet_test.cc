#include "coordinator/fleet/fleet.h"

#include <gtest/gtest.h>

#include "base/statement.h"
#include "platform/sha256.h"
#include "tests/support/fault.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
using testing::Fails;
using testing::HasCode;
using testing::IsOk;

class Trusting final : public Identities {
 public:
  Status Verify(ByteView, ByteView, ByteView) const override { return Ok(); }
  StatusOr<std::string> IssueDevice(const std::string&, const DeviceId&) override {
    return std::string("certificate");
  }
  std::string ca_pem() const override { return "ca"; }
};

class Rows final : public DeviceDirectory {
 public:
  Status Put(const DeviceRecord& record) override {
    rows[record.id] = record;
    return Ok();
  }
  Status Erase(const DeviceId& id) override {
    MUSTER_TRY(testing::AskFault(fault, "erase"));
    rows.erase(id);
    return Ok();
  }
  StatusOr<std::vector<DeviceRecord>> All() override {
    std::vector<DeviceRecord> out;
    for (const auto& [id, row] : rows) out.push_back(row);
    return out;
  }
  std::map<DeviceId, DeviceRecord> rows;
  testing::FaultHook fault;
};

class FleetTest : public ::testing::Test {
 protected:
  void SetUp() override { Restart(); }
  void Restart() {
    fleet = std::make_unique<Fleet>(journal, rows, identities, hasher, clock, log, Bytes(32));
    ASSERT_THAT(fleet->Recover(), IsOk());
  }
  static Statement Of(const std::string& name, int key = 1) {
    Statement out;
    out.identity_key[0] = static_cast<std::byte>(key);
    out.device_id = DeviceIdOf(out.identity_key, platform::OpenSslHasher());
    out.device_name = DeviceName(name);
    out.labels = {{"role", "train"}};
    out.not_after = FromUnixMillis(1'900'000'000'000);
    return out;
  }
  StatusOr<EnrolmentResult> Enrol(const Statement& statement) {
    return fleet->Enrol({EncodeStatement(statement).value(), "", "csr", ""});
  }
  std::vector<std::string> Facts() {
    std::vector<std::string> out;
    EXPECT_THAT(journal.ReadLeaves(0, 1000,
                                   [&out](const JournalRow& row) {
                                     out.push_back(row.fact);
                                     return Ok();
                                   }),
                IsOk());
    return out;
  }

  testing::MemoryJournal journal;
  Rows rows;
  Trusting identities;
  platform::OpenSslHasher hasher;
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  NullLogger log;
  std::unique_ptr<Fleet> fleet;
};

TEST_F(FleetTest, ForgetsWhoADeviceIsAndKeepsItsFacts) {
  const DeviceId id = Enrol(Of("anna-s-car"))->id;
  const std::vector<std::string> before = Facts();
  ASSERT_THAT(fleet->Forget(**fleet->Find(id), Caller::Operator("ann")), IsOk());
  EXPECT_TRUE(rows.rows.empty());
  EXPECT_EQ(fleet->FindByName("anna-s-car"), nullptr);
  EXPECT_THAT(fleet->Find(id), Fails(absl::StatusCode::kPermissionDenied, Reason::kNOT_ENROLLED));
  const std::vector<std::string> after = Facts();
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
  EXPECT_NE(after.back().find("\"DeviceForgotten\""), std::string::npos);
  for (const std::string& fact : after) EXPECT_EQ(fact.find("anna-s-car"), std::string::npos);
  Restart();
  EXPECT_TRUE(fleet->devices().empty());
  // The name is free, and the device may come back.
  EXPECT_THAT(Enrol(Of("anna-s-car", 2)), IsOk());
  EXPECT_THAT(Enrol(Of("another-name")), IsOk());
}

TEST_F(FleetTest, FinishesAForgettingThatACrashCutShort) {
  const DeviceId id = Enrol(Of("anna-s-car"))->id;
  rows.fault = [](std::string_view) { return Unavailable("killed"); };
  EXPECT_FALSE(fleet->Forget(**fleet->Find(id), Caller::Operator("ann")).ok());
  rows.fault = {};
  EXPECT_EQ(rows.rows.size(), 1U);
  Restart();
  EXPECT_TRUE(rows.rows.empty());
  EXPECT_TRUE(fleet->devices().empty());
}

TEST_F(FleetTest, ADeviceThatIsForgottenDoesNotShakeItsQuarantineOff) {
  const DeviceId id = Enrol(Of("liar"))->id;
  fleet->Quarantine(id, "WRONG_SHARE", {CampaignName("c"), RoundNumber(1), 1});
  ASSERT_THAT(fleet->Forget(**fleet->Find(id), Caller::Operator("ann")), IsOk());
  ASSERT_THAT(Enrol(Of("honest")), IsOk());
  EXPECT_TRUE((*fleet->Find(id))->quarantine);
  Restart();
  EXPECT_TRUE((*fleet->Find(id))->quarantine);
  EXPECT_EQ((*fleet->Find(id))->record.name, DeviceName("honest"));
}

TEST_F(FleetTest, AVoucherEnrolsNobody) {
  EXPECT_THAT(Enrol(Voucher(Of("engine-1"))),
              Fails(absl::StatusCode::kUnauthenticated, Reason::kSTATEMENT_INVALID));
}

TEST_F(FleetTest, TakesADevicesNameOutOfItsWords) {
  const DeviceId id = Enrol(Of("car-7"))->id;
  const auto without = [&](std::string text) { return fleet->WithoutName(id, std::move(text)); };
  EXPECT_EQ(without("/data/car-7.csv: line 3"), "/data/" + id.value() + ".csv: line 3");
  EXPECT_EQ(without("car-7 car-7"), id.value() + " " + id.value());
  EXPECT_EQ(without("oscar-77"), "oscar-77");
  EXPECT_EQ(without(""), "");
  EXPECT_EQ(fleet->WithoutName(DeviceId("0"), "car-7"), "car-7");
}

TEST_F(FleetTest, WhatAnOperatorSaysOfAReleaseIsKeptWithoutTheName) {
  const DeviceId id = Enrol(Of("car-7"))->id;
  fleet->Quarantine(id, "WRONG_SHARE", {CampaignName("c"), RoundNumber(1), 1});
  ASSERT_THAT(fleet->Release(**fleet->Find(id), "new board in car-7", Caller::Operator("ann")),
              IsOk());
  EXPECT_EQ(Facts().back().find("car-7"), std::string::npos);
}

}  // namespace
}  // namespace muster::coordinator
