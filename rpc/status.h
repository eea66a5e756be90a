#pragma once
// Status over the wire and back: the one mapping between base's Status and gRPC's. What broke
// inside is never told outside; it is logged under an id that is.
#include <grpcpp/support/status.h>

#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

namespace muster::rpc {

// Codes are gRPC's own. Reason, field path and further payloads ("muster.v1/<key>") travel as a
// serialised muster.v1.ErrorDetail in the error details. INTERNAL, UNKNOWN and DATA_LOSS say only
// "internal error <id>"; `logger` gets the text with the id. Messages are cut at 1,000 bytes:
// they travel in a header.
grpc::Status ToGrpc(const Status& status, Logger& logger);

// The inverse, from a server that may lie: details that do not parse, or whose reason is unknown
// here, leave a Status without a reason.
Status FromGrpc(const grpc::Status& status);

// How long a caller that got UNAVAILABLE or RESOURCE_EXHAUSTED should stay away.
Status WithRetryAfter(Status status, Duration wait);
std::optional<Duration> RetryAfterOf(const Status& status);

}  // namespace muster::rpc
