#pragma once
// How many bytes this agent moved today (UTC), kept on disk so that a restart does not forget it.
// Without a limit it writes nothing.
#include <cstdint>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/status.h"

namespace muster::client {

// Shared by the sessions of an agent, on their one strand.
class ByteBudget {
 public:
  // Reads what an earlier run of the agent left; unreadable counts as nothing used.
  ByteBudget(Files& files, const Clock& clock, std::uint64_t bytes_a_day);

  std::uint64_t Used();  // Today.
  // Sets `bytes` aside before they move, durably: a crash may count too much, never too little.
  // PERMISSION_DENIED (POLICY_BYTES) when the day's limit forbids them, and then none are taken;
  // the errors of Files::Put.
  Status Take(std::uint64_t bytes);
  // What was taken and did not move after all.
  void GiveBack(std::uint64_t bytes);

 private:
  void TurnDay();
  Status Save();
  Files& files_;
  const Clock& clock_;
  const std::uint64_t limit_;
  std::int64_t day_ = 0;  // Since 1970.
  std::uint64_t used_ = 0;
};

}  // namespace muster::client
