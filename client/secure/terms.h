#pragma once
// Whether a node takes part in a secure round, from what it knows before it fetches anything: the
// task must be this assignment's, and no weaker than the site's own floor. Pure.
#include "aggregation/secagg/task.h"
#include "client/link.h"

namespace muster::client {

// The assignment's secure task, checked. Its layout's length can be held only against an update
// (QuantisedUpdate does).
//   errors  INVALID_ARGUMENT (SECURE_VIOLATION) when the task is malformed, or names another query,
//           model, bound or weight cap than the assignment; PERMISSION_DENIED (POLICY_SECURE) below
//           the floor; FAILED_PRECONDITION (ROUND_CLOSED) when it has expired.
//   cost    that of FindParameters.
StatusOr<aggregation::secagg::Task> SecureTaskOf(const Assignment& assignment,
                                                 const aggregation::secagg::LocalFloor& floor,
                                                 Timestamp now);

// "campaign/round/attempt": what a round's task calls its query.
std::string QueryOf(const RoundKey& round);

// The most that a device of this assignment may weigh, and what one with so many examples weighs.
double WeightCap(const Assignment& assignment);
double WeightOf(const Assignment& assignment, std::uint64_t examples);

// What a session refused, with the reason that the node reports for it; the violation's name stands
// first in the message.
Status ForReport(const Status& refused);

}  // namespace muster::client
