#pragma once
// One assignment from its artefacts to what is sent back: run, check, screen. Blocks as long as the
// trainer does; touches neither the network nor the session.
#include <map>
#include <variant>

#include "client/secure/contribution.h"
#include "client/session/held_update.h"
#include "client/session/worker.h"

namespace muster::client {

// Sums over the examples in millionths.
struct EvaluationReport {
  std::uint64_t examples = 0;
  std::map<std::string, std::int64_t> sums_micro;
};
// A SecureUpdate when the assignment has a secure task.
using TaskOutcome = std::variant<HeldUpdate, EvaluationReport, SecureUpdate>;

// The same for every attempt at a round, so that a second attempt trains the same update.
std::uint64_t TrainingSeed(const Assignment& assignment, const DeviceName& device);

//   errors  those of Worker::Run; INVALID_ARGUMENT with UPDATE_NON_FINITE, UPDATE_WRONG_LAYOUT or
//           UPDATE_BAD_METRICS when what the worker gave cannot be sent.
StatusOr<TaskOutcome> RunTask(Worker& worker, const Assignment& assignment,
                              const DeviceName& device);

// Whether an error is about the node's own data.
bool IsDataError(const Status& status);

}  // namespace muster::client
