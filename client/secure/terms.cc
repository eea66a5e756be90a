#include "client/secure/terms.h"

#include <algorithm>

#include "aggregation/secagg/metric_sums.h"
#include "aggregation/secagg/named_sums.h"
#include "aggregation/secagg/update_layout.h"
#include "aggregation/secagg/violation.h"
#include "aggregation/statistics/window.h"

namespace muster::client {
namespace {
namespace secagg = aggregation::secagg;
namespace statistics = aggregation::statistics;
static_assert(kMostStatisticsBytes == statistics::kMostQueryBytes);

template <typename... Args>
Status Lie(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("secure task: {}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kSECURE_VIOLATION);
}

// Exactly: both are the same number of the same campaign.
Status CheckScale(const secagg::Task& task, double clip, double weight_cap) {
  if (task.clip != clip) return Lie("clips at {}, the round at {}", task.clip, clip);
  if (task.weight_cap != weight_cap)
    return Lie("caps weights at {}, the round at {}", task.weight_cap, weight_cap);
  return Ok();
}

Status CheckUpdate(const secagg::Task& task, const Assignment& assignment) {
  if (task.model != assignment.params.digest) return Lie("it is about another model");
  const auto& segments = task.layout.all();
  if (segments.size() != 2 || segments[0].name != secagg::kUpdateSegment ||
      segments[1].name != secagg::kWeightSegment)
    return Lie("its vector is not an update and a weight");
  return CheckScale(task, assignment.bound, WeightCap(assignment));
}

Status CheckSums(const secagg::Task& task, const Assignment& assignment, const Hasher& hasher) {
  const bool statistics = assignment.kind == TaskKind::kStatistics;
  if (task.model != (statistics ? hasher.Sha256(assignment.statistics) : assignment.params.digest))
    return Lie("it is about another {}", statistics ? "count" : "model");
  const auto fields = SumFieldsOf(assignment);
  if (!fields.ok()) return Lie("{}", MessageOf(fields.status()));
  const auto layout = secagg::SumsLayout(*fields, task.layout.devices());
  if (!layout.ok() || *layout != task.layout) return Lie("its vector is not of what is asked for");
  return CheckScale(task, 1, 1);
}

Status CheckAbout(const secagg::Task& task, const Assignment& assignment, const Hasher& hasher) {
  if (task.query != QueryOf(assignment.round, assignment.kind))
    return Lie("it is about another query");
  return assignment.kind == TaskKind::kTrain ? CheckUpdate(task, assignment)
                                             : CheckSums(task, assignment, hasher);
}
}  // namespace

std::string QueryOf(const RoundKey& round, TaskKind kind) {
  const std::string name =
      fmt::format("{}/{}/{}", round.campaign.value(), round.round.value(), round.attempt);
  return kind == TaskKind::kTrain ? name : fmt::format("{}/{}", name, NameOf(kind));
}

StatusOr<std::vector<secagg::SumField>> SumFieldsOf(const Assignment& assignment) {
  if (assignment.kind != TaskKind::kStatistics) return secagg::MetricSumFields(assignment.metrics);
  const std::string_view asked = AsText(assignment.statistics);
  if (statistics::IsWindowQuery(asked)) {
    MUSTER_ASSIGN(const statistics::WindowQuery query, statistics::ParseWindowQuery(asked));
    return statistics::FieldsOf(query);
  }
  MUSTER_ASSIGN(const statistics::Query query, statistics::ParseQuery(asked));
  return statistics::FieldsOf(query);
}

std::uint64_t SumsBytes(const Assignment& assignment) {
  const StatusOr<secagg::Task> task = secagg::ParseTask(assignment.secure_task);
  return task.ok() ? task->layout.wire_bytes() : 0;
}

double WeightCap(const Assignment& assignment) {
  return assignment.example_cap > 0 ? static_cast<double>(assignment.example_cap) : 1;
}
double WeightOf(const Assignment& assignment, std::uint64_t examples) {
  if (assignment.example_cap == 0) return 1;
  return static_cast<double>(std::min(examples, assignment.example_cap));
}

StatusOr<secagg::Task> SecureTaskOf(const Assignment& assignment, const secagg::LocalFloor& floor,
                                    const Hasher& hasher, Timestamp now) {
  StatusOr<secagg::Task> task = secagg::ParseTask(assignment.secure_task);
  if (!task.ok()) return Lie("{}", MessageOf(task.status()));
  MUSTER_TRY(CheckAbout(*task, assignment, hasher));
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
