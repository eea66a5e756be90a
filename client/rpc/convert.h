#pragma once
// muster.v1 messages of the edge service to the agent's own words and back. What comes from a
// coordinator is checked here, once: past this border an Assignment can be carried out.
#include <muster/v1/edge.pb.h>

#include "base/status.h"
#include "client/link.h"

namespace muster::client {

// INVALID_ARGUMENT (FIELD_INVALID) with the field's path in all that follow.
StatusOr<RoundKey> RoundKeyFrom(const v1::RoundKey& message);
v1::RoundKey ToMessage(const RoundKey& key);

// Refuses what no task could be made of: digests and kinds it cannot read, losses, optimisers and
// metrics it does not know, numbers that are not finite or out of range, artefacts without bytes.
// Contract fields without a range keep an empty one: only those that the model reads need one.
StatusOr<Assignment> AssignmentFrom(const v1::Assignment& message);
// The inverse, as a coordinator would send it.
v1::Assignment ToMessage(const Assignment& assignment);

// What is to be served, judged as an assignment is; the rules in it are bounded text still.
StatusOr<ServingOffer> ServingOfferFrom(const v1::Serving& message);
// The same of ServingOffer::wire. DATA_LOSS when it is no such message.
StatusOr<ServingOffer> ServingOfferFrom(ByteView wire);
v1::Serving ToMessage(const ServingOffer& offer);

v1::CheckInRequest ToMessage(const CheckInRequest& request);
StatusOr<CheckInRequest> CheckInRequestFrom(const v1::CheckInRequest& message);
StatusOr<CheckInReply> CheckInReplyFrom(const v1::CheckInReply& message);
v1::CheckInReply ToMessage(const CheckInReply& reply);

// The messages inside are secagg's to judge; `why` is cut to one bounded line.
v1::SecureRequest ToMessage(const SecureAsk& ask);
SecureAnswer SecureAnswerFrom(const v1::SecureReply& message);

// The texts are the witness's to judge; they and the proof are bounded here.
StatusOr<LogHead> LogHeadFrom(const v1::LogHead& message);

}  // namespace muster::client
