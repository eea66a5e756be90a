#pragma once
// What the journal of a world tells, decoded: campaigns, rounds and secure sessions.
#include "aggregation/secagg/members.h"
#include "aggregation/secagg/task.h"
#include "coordinator/campaign/campaign.h"
#include "coordinator/round/round_facts.h"
#include "tests/sim/world.h"

namespace muster::sim {

// The facts of the world's campaign, in order.
std::vector<coordinator::CampaignFact> CampaignFacts(World& world);
// The devices whose updates were counted in an attempt at a round. Fails the test on one that was
// counted twice.
coordinator::DeviceSet CountedIn(World& world, const RoundKey& key);

// One session. A round may have several for a stage, of different devices.
struct SecureHistory {
  explicit SecureHistory(aggregation::secagg::Task t) : task(std::move(t)) {}
  aggregation::secagg::Task task;
  RoundKey round;
  bool trains = true;                                     // Else it sums what devices measured.
  std::vector<DeviceId> members;                          // U1, by index.
  std::vector<aggregation::secagg::MemberSet> survivors;  // Each U3 that was ever fixed.
  bool opened = false;
  bool abandoned = false;

  coordinator::DeviceSet DevicesOf(const aggregation::secagg::MemberSet& set) const;
};
std::vector<SecureHistory> SecureSessions(World& world);

}  // namespace muster::sim
