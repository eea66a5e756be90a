// What a coordinator sends to a device, as bytes of protobuf: an assignment that conversion accepts
// means the same after another trip, and its secure task is refused or is the assignment's own.
#include <cstdint>
#include <cstdlib>

#include "client/rpc/convert.h"
#include "client/secure/terms.h"
#include "platform/sha256.h"

namespace {
using namespace muster;          // NOLINT: a fuzz target has no namespace of its own.
using namespace muster::client;  // NOLINT

void Assigned(const v1::Assignment& message) {
  const StatusOr<Assignment> assignment = AssignmentFrom(message);
  if (!assignment.ok()) return;
  const StatusOr<Assignment> again = AssignmentFrom(ToMessage(*assignment));
  if (!again.ok() || again->round != assignment->round ||
      again->secure_task != assignment->secure_task)
    std::abort();
  const auto task = SecureTaskOf(*assignment, {.least = 2, .allow_curious = true},
                                 platform::OpenSslHasher(), Timestamp());
  if (task.ok() && task->query != QueryOf(assignment->round, assignment->kind)) std::abort();
  if (task.ok() && assignment->kind == TaskKind::kTrain &&
      (task->model != assignment->params.digest || task->clip != assignment->bound))
    std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int length = static_cast<int>(size - 1);
  v1::Assignment assignment;
  v1::CheckInReply reply;
  v1::SecureReply secure;
  switch (data[0] % 3) {
    case 0:
      if (assignment.ParseFromArray(data + 1, length)) Assigned(assignment);
      break;
    case 1:
      if (reply.ParseFromArray(data + 1, length)) static_cast<void>(CheckInReplyFrom(reply));
      break;
    default:
      if (secure.ParseFromArray(data + 1, length) && SecureAnswerFrom(secure).why.size() > 70)
        std::abort();
  }
  return 0;
}
