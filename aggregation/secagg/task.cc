#include "aggregation/secagg/task.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "aggregation/secagg/violation.h"
#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {
namespace {

constexpr std::size_t kMostQuery = 256;
constexpr std::string_view kTaskDomain{"muster/secagg/1/task\0", 21};

Status CheckPositive(std::string_view field, double value) {
  if (std::isfinite(value) && value > 0) return Ok();
  return InvalidField(field, "{} is not a finite number above zero", value);
}

void PutCohort(WireWriter& out, const CohortRule& rule) {
  out.Put(static_cast<std::uint8_t>(rule.profile))
      .Put(static_cast<std::uint8_t>(rule.threshold))
      .Put(rule.least)
      .Put(rule.corrupt_ppm)
      .Put(rule.dropout_ppm)
      .Put(rule.privacy_bits)
      .Put(rule.complete_up_to);
}
CohortRule GetCohort(WireReader& in) {
  CohortRule rule;
  rule.profile = static_cast<Profile>(in.Get<std::uint8_t>());
  rule.threshold = static_cast<ThresholdRule>(in.Get<std::uint8_t>());
  rule.least = in.Get<std::uint32_t>();
  rule.corrupt_ppm = in.Get<std::uint32_t>();
  rule.dropout_ppm = in.Get<std::uint32_t>();
  rule.privacy_bits = in.Get<std::uint32_t>();
  rule.complete_up_to = in.Get<std::uint32_t>();
  return rule;
}

Status Below(std::string_view term, std::uint64_t offered, std::uint64_t asked) {
  return Refused(Violation::kBELOW_FLOOR, "{}: the task has {}, this device asks for {}", term,
                 offered, asked);
}
}  // namespace

Status CheckTask(const Task& task) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (task.query.empty() || task.query.size() > kMostQuery ||
      !std::ranges::all_of(task.query, printable))
    return InvalidField("query", "not 1 to {} printable ASCII characters", kMostQuery);
  MUSTER_TRY(CheckPositive("clip", task.clip));
  MUSTER_TRY(CheckPositive("weight_cap", task.weight_cap));
  if (task.suite != kSuite) return InvalidField("suite", "{} is not known", task.suite);
  return FindParameters(task.cohort, task.layout.devices()).status();
}

Bytes EncodeTask(const Task& task) {
  WireWriter out;
  out.Put(task.suite)
      .Raw(task.session)
      .Sized(AsBytes(task.query))
      .Raw(task.model.bytes())
      .Put(std::bit_cast<std::uint64_t>(task.clip))
      .Put(std::bit_cast<std::uint64_t>(task.weight_cap));
  PutCohort(out, task.cohort);
  out.Put(task.noise_micro)
      .Put(static_cast<std::uint64_t>(UnixMillis(task.expiry)))
      .Sized(task.layout.Encode());
  return std::move(out).Take();
}

StatusOr<Task> ParseTask(ByteView bytes) {
  WireReader in(bytes);
  const auto suite = in.Get<std::uint16_t>();
  const auto session = in.Fixed<32>();
  const ByteView query = in.Sized(kMostQuery);
  const Digest model(in.Fixed<32>());
  const auto clip = std::bit_cast<double>(in.Get<std::uint64_t>());
  const auto weight_cap = std::bit_cast<double>(in.Get<std::uint64_t>());
  const CohortRule cohort = GetCohort(in);
  const auto noise = in.Get<std::uint32_t>();
  const auto expiry = static_cast<std::int64_t>(in.Get<std::uint64_t>());
  const ByteView layout_bytes = in.Sized(Segments::kMostEncodedBytes);
  MUSTER_TRY(in.Finish("task"));
  MUSTER_ASSIGN(Segments layout, Segments::Parse(layout_bytes));
  Task task{session, std::string(AsText(query)),
            model,   std::move(layout),
            clip,    weight_cap,
            cohort,  noise,
            suite,   FromUnixMillis(expiry)};
  MUSTER_TRY(CheckTask(task));
  return task;
}

Digest TaskHash(const Task& task, const Hasher& hasher, const Defences& defences) {
  Bytes text(AsBytes(kTaskDomain).begin(), AsBytes(kTaskDomain).end());
  Task bound = task;
  if (!defences.model_binding) bound.model = Digest();
  const Bytes encoded = EncodeTask(bound);
  text.insert(text.end(), encoded.begin(), encoded.end());
  return hasher.Sha256(text);
}

Status CheckFloor(const Task& task, const LocalFloor& floor) {
  const CohortRule& rule = task.cohort;
  if (rule.profile == Profile::kCurious && !floor.allow_curious)
    return Refused(Violation::kBELOW_FLOOR, "profile: this device does not allow curious");
  if (rule.threshold == ThresholdRule::kSemiHonest && !floor.allow_semi_honest)
    return Refused(Violation::kBELOW_FLOOR, "threshold: this device does not allow semi-honest");
  if (rule.least < floor.least) return Below("least", rule.least, floor.least);
  if (rule.corrupt_ppm < floor.corrupt_ppm)
    return Below("corrupt_ppm", rule.corrupt_ppm, floor.corrupt_ppm);
  if (rule.dropout_ppm < floor.dropout_ppm)
    return Below("dropout_ppm", rule.dropout_ppm, floor.dropout_ppm);
  if (rule.privacy_bits < floor.privacy_bits)
    return Below("privacy_bits", rule.privacy_bits, floor.privacy_bits);
  if (rule.profile == Profile::kActive && rule.complete_up_to < floor.complete_up_to)
    return Below("complete_up_to", rule.complete_up_to, floor.complete_up_to);
  if (task.noise_micro < floor.noise_micro)
    return Below("noise_micro", task.noise_micro, floor.noise_micro);
  return Ok();
}

}  // namespace muster::aggregation::secagg
