#pragma once
// The port between a session and whatever does its tasks: data, pipeline and trainer together. A
// session never sees rows, and a worker never sees the network.
#include <string>

#include "aggregation/secagg/named_sums.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/link.h"
#include "client/trainer.h"

namespace muster::client {

// What statistics take from a node's rows.
struct CountedRows {
  aggregation::secagg::SumValues values;  // Of the query's fields.
  Digest rows;                            // SHA-256 of what they were counted over.
};

// One node's. Run and Count block and are called by one thread at a time; the others are for any
// thread.
class Worker {
 public:
  virtual ~Worker() = default;
  // Does the assignment, whose artefacts are in the agent's blobs.
  //   errors  DATA_* when the node's own data are at fault (the message says where); those of
  //           Trainer::Run; NOT_FOUND when an artefact is not there (any more).
  virtual StatusOr<TrainResult> Run(const Assignment& assignment, std::uint64_t seed) = 0;
  // Counts for an assignment of statistics, whose query ParseQuery or ParseWindowQuery has taken.
  //   errors  DATA_*; FAILED_PRECONDITION (CONTRACT_MISMATCH) when the query is not about the
  //           assignment's contract.
  virtual StatusOr<CountedRows> Count(const Assignment&) {
    return WithReason(FailedPrecondition("this node has no rows to count"), Reason::kTASK_FAILED);
  }
  // Changes when the node's data do (time of change and size); cheap.
  virtual std::string DataStamp() = 0;
  // Whether the trainer wants the model's module.
  virtual bool NeedsModule() const = 0;
};

}  // namespace muster::client
