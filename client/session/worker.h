#pragma once
// The port between a session and whatever does its tasks: data, pipeline and trainer together. A
// session never sees rows, and a worker never sees the network.
#include <string>

#include "base/status.h"
#include "client/link.h"
#include "client/trainer.h"

namespace muster::client {

// One node's. Run blocks and is called by one thread at a time; the others are for any thread.
class Worker {
 public:
  virtual ~Worker() = default;
  // Does the assignment, whose artefacts are in the agent's blobs.
  //   errors  DATA_* when the node's own data are at fault (the message says where); those of
  //           Trainer::Run; NOT_FOUND when an artefact is not there (any more).
  virtual StatusOr<TrainResult> Run(const Assignment& assignment, std::uint64_t seed) = 0;
  // Changes when the node's data do (time of change and size); cheap.
  virtual std::string DataStamp() = 0;
  // Whether the trainer wants the model's module.
  virtual bool NeedsModule() const = 0;
};

}  // namespace muster::client
