#pragma once
// Whether a node takes part in a secure sum, from what it knows before it fetches anything: the
// task must be this assignment's, and no weaker than the site's own floor. Pure.
#include <string>
#include <vector>

#include "aggregation/secagg/named_sums.h"
#include "aggregation/secagg/task.h"
#include "client/link.h"

namespace muster::client {

// The assignment's secure task, checked. The layout of sums must be just what SumFieldsOf gives;
// the length of an update's can be held only against the update (QuantisedUpdate does).
//   errors  INVALID_ARGUMENT (SECURE_VIOLATION) when the task is malformed, or names another query,
//           model, layout, bound or weight cap than the assignment; PERMISSION_DENIED
//           (POLICY_SECURE) below the floor; FAILED_PRECONDITION (ROUND_CLOSED) when it has
//           expired.
//   cost    that of FindParameters.
StatusOr<aggregation::secagg::Task> SecureTaskOf(const Assignment& assignment,
                                                 const aggregation::secagg::LocalFloor& floor,
                                                 const Hasher& hasher, Timestamp now);

// What an assignment that asks for sums (not to train) has its devices give: the metrics of an
// evaluation, or the counts of statistics or of a window. The errors of MetricSumFields, ParseQuery
// and ParseWindowQuery.
StatusOr<std::vector<aggregation::secagg::SumField>> SumFieldsOf(const Assignment& assignment);

// How long their vector is on the wire; 0 when the secure task cannot be read.
std::uint64_t SumsBytes(const Assignment& assignment);

// "campaign/round/attempt", and "/evaluate" or "/statistics" where nothing is trained: what a
// session's task calls its query.
std::string QueryOf(const RoundKey& round, TaskKind kind = TaskKind::kTrain);

// The most that a device of this assignment may weigh, and what one with so many examples weighs.
double WeightCap(const Assignment& assignment);
double WeightOf(const Assignment& assignment, std::uint64_t examples);

// What a session refused, with the reason that the node reports for it; the violation's name stands
// first in the message.
Status ForReport(const Status& refused);

}  // namespace muster::client
