#include <gtest/gtest.h>

#include "client/session/session.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/session_world.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;

// One life of a device over a bad line: kills, restarts of the coordinator, counting when it likes.
// Returns how often the device was killed.
int Live(SessionHarness& h, SeededRng& fate) {
  h.faults = {.lose_request = fate.Below(300),
              .lose_reply = fate.Below(300),
              .repeat_reply = fate.Below(300),
              .break_transfer = fate.Below(500),
              .corrupt_download = fate.Below(300),
              .longest_delay_ms = fate.Below(500)};
  h.coordinator.count_at_once = fate.Below(2) == 0;
  h.Boot();
  int kills = 0;
  for (int i = 0; i < 60; ++i) {
    h.RunFor(Duration(fate.Below(2000)));
    switch (fate.Below(6)) {
      case 0:
        h.Crash();
        h.Boot();
        ++kills;
        break;
      case 1: h.coordinator.Restart(); break;
      case 2: h.coordinator.CountReceived(); break;
      default: break;
    }
  }
  h.faults = {};  // The line heals: everything must come to its end.
  for (int i = 0; i < 100 && !h.coordinator.Done(); ++i) {
    h.RunFor(5s);
    h.coordinator.CountReceived();
  }
  h.RunFor(60s);
  return kills;
}

// However the line behaves and whoever is killed: every round gets this device's one update, with
// the bytes that its seed gives, and nothing is held in the end.
TEST(SessionProperty, EveryRoundCountsTheOneUpdateExactlyOnce) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SessionHarness h(seed, 3);
    SeededRng fate(seed * 7919);
    const int kills = Live(h, fate);
    ASSERT_TRUE(h.coordinator.Done());
    int runs = 0;
    for (const auto& item : h.worker.runs) runs += item.second;
    ASSERT_LE(runs, 3 + kills);  // Only a kill can cost a training.
    for (std::uint64_t n = 1; n <= 3; ++n) {
      const RoundKey round{CampaignName("c"), RoundNumber(n), 1};
      ASSERT_THAT(h.coordinator.counted[round], ::testing::ElementsAre(h.Expected(round)));
      for (const Bytes& seen : h.coordinator.seen[round]) ASSERT_EQ(seen, h.Expected(round));
    }
    ASSERT_THAT(h.coordinator.failures, ::testing::IsEmpty());
    ASSERT_FALSE(h.HoldsUpdate());
  }
}

}  // namespace
}  // namespace muster::testing
