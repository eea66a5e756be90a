#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/seeded.h"
#include "client/telemetry/spool.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"
#include "tests/unit/client_telemetry/frail_folder.h"

namespace muster::testing {
namespace {
using client::TelemetryClass;
using client::TelemetryRecord;
using client::TelemetrySpool;
using Key = std::pair<TelemetryClass, std::uint64_t>;
constexpr std::array kClasses = {TelemetryClass::kAlarm, TelemetryClass::kFeedback,
                                 TelemetryClass::kState, TelemetryClass::kSummary};

// Events that differ, in a number that none of their lengths depends on.
client::TelemetryEvent EventOf(TelemetryClass cls, std::uint64_t n) {
  switch (cls) {
    case TelemetryClass::kAlarm: return Alarm(fmt::format("alarm {:06}", n));
    case TelemetryClass::kFeedback: return Said(fmt::format("tap-{:06}", n));
    case TelemetryClass::kState: return State(fmt::format("state {:06}", n));
    case TelemetryClass::kSummary: return Summary(100'000 + n);
  }
  return Alarm();
}

// A machine with a spool, and what must hold of it.
class Machine {
 public:
  explicit Machine(client::SpoolLimits limits) : limits_(limits) {}

  // False: the disk died meanwhile.
  bool Open() {
    spool_.reset();
    auto opened =
        TelemetrySpool::Open("n", std::make_unique<FrailFolder>(disk), limits_, rng_, log_);
    if (!opened.ok()) return false;
    spool_ = *std::move(opened);
    return true;
  }
  void Repair() {
    disk->dead = false;
    disk->left = std::numeric_limits<std::uint64_t>::max();
    ASSERT_TRUE(Open());
  }
  void Add(TelemetryClass cls) {
    const client::TelemetryEvent event = EventOf(cls, ++count_);
    const Status added = spool_->Add(event);
    if (added.ok())
      kept_.push_back(event);
    else
      maybe_.push_back(event);
  }
  // The coordinator takes a batch; the device hears of it, or not.
  void Deliver(bool heard) {
    const auto batch = spool_->Next();
    if (!batch.ok()) return;
    std::map<TelemetryClass, std::uint64_t> through;
    for (const TelemetryRecord& record : batch->records) {
      const auto [it, first] = delivered_.try_emplace({record.cls, record.sequence}, record.event);
      EXPECT_EQ(it->second, record.event) << "a sequence was given twice";
      EXPECT_FALSE(acknowledged_.contains({record.cls, record.sequence}))
          << "it was acknowledged, and came again";
      through[record.cls] = record.sequence;
    }
    if (!heard || !spool_->Acknowledge(through).ok()) return;
    for (const TelemetryRecord& record : batch->records)
      acknowledged_.insert({record.cls, record.sequence});
  }
  void DeliverAll() {
    while (!spool_->Next()->records.empty()) Deliver(true);
  }
  // What Add acknowledged was delivered, but for what the bound pushed out; nothing else was.
  void Check(bool bounded) {
    std::vector<client::TelemetryEvent> got;
    for (const auto& [key, event] : delivered_) got.push_back(event);
    if (!bounded) {
      for (const auto& event : kept_)
        ASSERT_THAT(got, ::testing::Contains(event)) << "it was acknowledged, and is lost";
    }
    for (const auto& event : got)
      ASSERT_TRUE(std::ranges::find(kept_, event) != kept_.end() ||
                  std::ranges::find(maybe_, event) != maybe_.end());
  }
  std::uint64_t added() const { return kept_.size(); }
  std::uint64_t delivered() const { return delivered_.size(); }
  TelemetrySpool& spool() { return *spool_; }

  const std::shared_ptr<FrailDisk> disk = std::make_shared<FrailDisk>();

 private:
  const client::SpoolLimits limits_;
  CountingRng rng_;
  NullLogger log_;
  std::unique_ptr<TelemetrySpool> spool_;
  std::uint64_t count_ = 0;
  std::vector<client::TelemetryEvent> kept_;
  std::vector<client::TelemetryEvent> maybe_;
  std::map<Key, client::TelemetryEvent> delivered_;
  std::set<Key> acknowledged_;
};

// A short life that touches everything: several segments, acknowledgements in part and in whole.
void Live(Machine& machine) {
  if (!machine.Open()) return;
  for (int i = 0; i < 4; ++i) machine.Add(TelemetryClass::kAlarm);
  machine.Add(TelemetryClass::kSummary);
  machine.Deliver(true);
  machine.Add(TelemetryClass::kFeedback);
  machine.Add(TelemetryClass::kAlarm);
  machine.Deliver(false);
  if (!machine.Open()) return;
  machine.Add(TelemetryClass::kSummary);
  machine.Add(TelemetryClass::kAlarm);
}

// Whichever byte was the last that the disk took: what was acknowledged is there, no sequence is
// given twice, and what was delivered does not come again.
TEST(SpoolProperty, ADiskThatDiesAtAnyByteLosesNothingThatWasAcknowledged) {
  const client::SpoolLimits limits{.segment_bytes = 1024};
  std::uint64_t whole = 0;
  {
    Machine machine(limits);
    machine.disk->left = 1 << 20;
    Live(machine);
    whole = (1 << 20) - machine.disk->left;
  }
  ASSERT_GT(whole, 2500U);
  for (std::uint64_t at = 0; at <= whole; ++at) {
    SCOPED_TRACE(::testing::Message() << "bytes=" << at);
    Machine machine(limits);
    machine.disk->left = at;
    Live(machine);
    machine.Repair();
    machine.Add(TelemetryClass::kAlarm);
    machine.DeliverAll();
    machine.Check(/*bounded=*/false);
    if (::testing::Test::HasFailure()) return;
  }
}

// However it goes: adds, deliveries that are heard or not, kills and dying disks.
TEST(SpoolProperty, WhatWasAcknowledgedIsDeliveredAndWhatWasDeliveredDoesNotComeAgain) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng fate(seed);
    Machine machine({.segment_bytes = 512 + fate.Below(4096)});
    machine.Repair();
    for (int i = 0; i < 60; ++i) {
      switch (fate.Below(12)) {
        case 0: machine.Deliver(true); break;
        case 1: machine.Deliver(false); break;
        case 2: machine.Repair(); break;  // kill -9, and a start.
        case 3: machine.disk->left = fate.Below(3000); break;
        default: machine.Add(kClasses[fate.Below(kClasses.size())]);
      }
      if (machine.disk->dead) machine.Repair();
    }
    machine.Repair();
    machine.DeliverAll();
    machine.Check(/*bounded=*/false);
    if (::testing::Test::HasFailure()) return;
  }
}

// At the bound: what is missing was overwritten, and counted; the newest are there, in order.
TEST(SpoolProperty, WhatTheBoundPushesOutIsCountedAndIsTheOldestOfItsClass) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng fate(seed);
    Machine machine({.most_bytes = client::kLeastSpoolBytes});
    ASSERT_TRUE(machine.Open());
    for (int i = 0; i < 600; ++i) {
      machine.Add(kClasses[fate.Below(4)]);
      ASSERT_LE(machine.spool().counts().bytes, client::kLeastSpoolBytes);
    }
    const client::SpoolCounts counts = machine.spool().counts();
    EXPECT_GT(counts.overwritten, 0U);
    for (const TelemetryClass cls : kClasses) {
      const auto left = *machine.spool().Pending(cls);
      for (std::size_t i = 1; i < left.size(); ++i)
        ASSERT_EQ(left[i].sequence, left[i - 1].sequence + 1) << "a hole";
    }
    machine.DeliverAll();
    EXPECT_EQ(machine.delivered() + counts.overwritten, machine.added());
    machine.Check(/*bounded=*/true);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace muster::testing
