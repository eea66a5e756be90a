#pragma once
// One round's shell around its pure core: journals what was decided, then believes it.
#include <string>
#include <vector>

#include "base/caller.h"
#include "base/journal.h"
#include "coordinator/round/round.h"

namespace muster::coordinator {

// Used on the control strand only. Borrowed ports outlive it.
class RoundDriver {
 public:
  RoundDriver(RoundPlan plan, Journal& journal, Clock& clock);

  // Reads the round's stream; true when it has been opened before.
  StatusOr<bool> Recover();
  // Opens a round that Recover() did not find.
  Status Open(const std::vector<DeviceId>& drawn);
  // The same of one that only evaluates `params`.
  Status OpenEvaluation(const Digest& params, DeviceSet evaluators);

  // Decide, record, believe. After an error nothing has changed. True when facts came of it. When
  // the journal holds facts that this driver does not know (an append whose answer was lost), it
  // believes those first and decides again.
  StatusOr<bool> Handle(const RoundEvent& event, const Caller& by);

  const RoundPlan& plan() const { return plan_; }
  const RoundState& state() const { return state_; }

 private:
  Status Begin(const RoundFacts& facts, Timestamp now);
  StatusOr<bool> HandleOnce(const RoundEvent& event, const Caller& by);
  Status CatchUp();
  Status Record(const RoundFacts& facts, const Caller& by, Timestamp now);

  RoundPlan plan_;
  Journal& journal_;
  Clock& clock_;
  RoundState state_;
  std::uint64_t next_seq_ = 0;
};

}  // namespace muster::coordinator
