#pragma once
// One assignment from its artefacts to what is sent back: run, check, screen. Blocks as long as the
// trainer does; touches neither the network nor the session.
#include <optional>
#include <variant>

#include "aggregation/secagg/metric_sums.h"
#include "client/secure/contribution.h"
#include "client/session/held_update.h"
#include "client/session/worker.h"

namespace muster::client {

using EvaluationReport = aggregation::secagg::MetricSums;
// What goes into a secure sum, and, of statistics, what it was counted over.
struct SecureOffer {
  SecureInput input;
  std::optional<Digest> rows;
};
// A SecureOffer when the assignment has a secure task, and nothing else then.
using TaskOutcome = std::variant<HeldUpdate, EvaluationReport, SecureOffer>;

// The same for every attempt at a round, so that a second attempt trains the same update.
std::uint64_t TrainingSeed(const Assignment& assignment, const DeviceName& device);

//   errors  those of the worker; INVALID_ARGUMENT with UPDATE_NON_FINITE, UPDATE_WRONG_LAYOUT or
//           UPDATE_BAD_METRICS when what it gave cannot be sent; those of SumFieldsOf.
StatusOr<TaskOutcome> RunTask(Worker& worker, const Assignment& assignment,
                              const DeviceName& device);

// Whether an error is about the node's own data.
bool IsDataError(const Status& status);

}  // namespace muster::client
