#include "client/secure/terms.h"

#include <algorithm>

#include "aggregation/secagg/update_layout.h"
#include "aggregation/secagg/violation.h"

namespace muster::client {
namespace {
namespace secagg = aggregation::secagg;

template <typename... Args>
Status Lie(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("secure task: {}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kSECURE_VIOLATION);
}

Status CheckAbout(const secagg::Task& task, const Assignment& assignment) {
  if (assignment.kind != TaskKind::kTrain) return Lie("of a round without an update");
  if (task.query != QueryOf(assignment.round)) return Lie("it is about another query");
  if (task.model != assignment.params.digest) return Lie("it is about another model");
  // Exactly: both are the same number of the same campaign.
  if (task.clip != assignment.bound)
    return Lie("clips at {}, the round at {}", task.clip, assignment.bound);
  if (task.weight_cap != WeightCap(assignment))
    return Lie("caps weights at {}, the round at {}", task.weight_cap, WeightCap(assignment));
  const auto& segments = task.layout.all();
  if (segments.size() != 2 || segments[0].name != secagg::kUpdateSegment ||
      segments[1].name != secagg::kWeightSegment)
    return Lie("its vector is not an update and a weight");
  return Ok();
}
}  // namespace

std::string QueryOf(const RoundKey& round) {
  return fmt::format("{}/{}/{}", round.campaign.value(), round.round.value(), round.attempt);
}

double WeightCap(const Assignment& assignment) {
  return assignment.example_cap > 0 ? static_cast<double>(assignment.example_cap) : 1;
}
double WeightOf(const Assignment& assignment, std::uint64_t examples) {
  if (assignment.example_cap == 0) return 1;
  return static_cast<double>(std::min(examples, assignment.example_cap));
}

StatusOr<secagg::Task> SecureTaskOf(const Assignment& assignment, const secagg::LocalFloor& floor,
                                    Timestamp now) {
  StatusOr<secagg::Task> task = secagg::ParseTask(assignment.secure_task);
  if (!task.ok()) return Lie("{}", MessageOf(task.status()));
  MUSTER_TRY(CheckAbout(*task, assignment));
  if (const Status strong = CheckFloor(*task, floor); !strong.ok()) return ForReport(strong);
  if (now >= task->expiry)
    return WithReason(FailedPrecondition("secure task: it has expired"), Reason::kROUND_CLOSED);
  return task;
}

Status ForReport(const Status& refused) {
  const auto violation = secagg::ViolationOf(refused);
  if (!violation) return refused;
  const Status named = Prefixed(refused, NameOf(*violation));
  switch (*violation) {
    case secagg::Violation::kBELOW_FLOOR:
      return WithReason(PermissionDenied("this site's policy: {}", MessageOf(named)),
                        Reason::kPOLICY_SECURE);
    case secagg::Violation::kTASK_EXPIRED: return WithReason(named, Reason::kROUND_CLOSED);
    default: return WithReason(named, Reason::kSECURE_VIOLATION);
  }
}

}  // namespace muster::client
