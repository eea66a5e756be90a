// A node that serves, on a pool's threads, while rows come, rules change and others look at it.
#include <absl/synchronization/notification.h>

#include "base/strand.h"
#include "client/serving/node_serving.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "tests/support/memory_blobs.h"
#include "tests/unit/client_serving/serving_harness.h"

namespace muster::testing {
namespace {
constexpr int kRows = 600;
constexpr int kChanges = 20;

class ServingThreads : public ::testing::Test {
 protected:
  std::shared_ptr<const client::ServingOffer> WithRules(int window) {
    harness_.monitors = fmt::format(
        R"({{"monitors":[{{"fields":["t"],"kind":"range","max":"1000","name":"m.r","window":{}}}]}})",
        window);
    auto offer = harness_.Offer(1);
    offer.monitors_digest = fmt::format("digest-{}", window);
    return std::make_shared<const client::ServingOffer>(std::move(offer));
  }
  void Look(const client::NodeServing& node) {
    const std::vector<std::string> fields = {"t"};
    while (!last_.HasBeenNotified()) {
      if (const auto state = node.State()) EXPECT_EQ(state->model, ModelName("m"));
      EXPECT_THAT(node.rows()->Newest(ModelName("m"), VersionNumber(1), "w", fields, 100), IsOk());
      EXPECT_THAT(node.rows()->Given("w", 0), IsOk());
    }
  }

  ServingHarness harness_;
  absl::Notification last_;  // Row was predicted.
};

TEST_F(ServingThreads, EveryRowIsServedOnceWhileRulesChangeAndOthersLook) {
  harness_.Model(1, [this](std::span<const float> x) {
    if (std::lround(x.back() * 10'000) == kRows) last_.Notify();  // In scaled units.
    return x.back();
  });
  ASSERT_THAT(harness_.core->Install(harness_.Offer(1)), IsOk());
  std::vector<std::shared_ptr<const client::ServingOffer>> offers;
  for (int i = 0; i < kChanges; ++i) offers.push_back(WithRules(30 + i));

  platform::SystemClock clock;
  NullLogger log;
  MemoryFiles files;
  MemoryBlobs blobs;
  platform::ThreadPool pool(clock, log, {.threads = 3});
  Strand strand(pool);
  client::ByteBudget budget(files, clock, 0);
  client::ArtefactCache artefacts(blobs, files, budget, strand, log);
  const auto node = client::NodeServing::Make(
      {.name = DeviceName("engine-1"), .poll = std::chrono::milliseconds(1)},
      std::move(harness_.core), clock, pool, artefacts, log);
  node->Start();
  ASSERT_TRUE(pool.Drain(std::chrono::seconds(30)));  // It knows what it serves.
  std::thread looks([&] { Look(*node); });
  absl::Mutex mu;
  int changed = 0;
  for (int row = 1; row <= kRows; ++row) {
    if (row % (kRows / kChanges) == 0)
      strand.Post([&, offer = offers[static_cast<std::size_t>(row * kChanges / kRows - 1)]] {
        node->Offered(offer, nullptr, [&](const Status& status) {
          EXPECT_THAT(status, IsOk());
          absl::MutexLock lock(&mu);
          ++changed;
        });
      });
    harness_.Append(fmt::format("{},\n", static_cast<double>(row) / 100));
  }
  last_.WaitForNotification();
  looks.join();
  {
    absl::MutexLock lock(&mu);
    const auto all = [&changed] { return changed == kChanges; };
    mu.Await(absl::Condition(&all));
  }
  node->Stop();
  pool.Stop(std::chrono::seconds(10));
  EXPECT_EQ(harness_.sink.lines.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(node->rows()->last(), static_cast<std::uint64_t>(kRows));
}

}  // namespace
}  // namespace muster::testing
