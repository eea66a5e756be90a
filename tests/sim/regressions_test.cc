// Every seed that ever failed, with what it found.
#include <gtest/gtest.h>

#include "tests/sim/chaos.h"

namespace muster::sim {
namespace {

TEST(SimRegressions, ACampaignWhoseFirstFactWasWrittenButNotAnsweredCanBeAppliedAgain) {
  RunChaos(100);
}

TEST(SimRegressions, ACheckpointThatTheJournalTookWithoutAnsweringIsAcknowledgedAfterAll) {
  RunChaos(111);
}

}  // namespace
}  // namespace muster::sim
