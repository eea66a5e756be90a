#include "coordinator/rpc/convert.h"
#include "registry/names.h"
#include "registry/rpc/convert.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMaxDetail = 512;
constexpr std::size_t kMaxHardware = 63;
constexpr std::size_t kMaxDigest = 64;
constexpr int kMaxMetrics = 16;
constexpr int kMaxRefusals = 16;
constexpr std::uint64_t kMaxVersion = (1ULL << 53) - 1;
constexpr std::uint64_t kMaxExamples = 1ULL << 40;
constexpr std::int64_t kMaxSum = (1LL << 53) - 1;

v1::CheckInReply::HeldState ToProto(HeldState state) {
  switch (state) {
    case HeldState::kNothingHeld: return v1::CheckInReply::NOTHING_HELD;
    case HeldState::kWait: return v1::CheckInReply::WAIT;
    case HeldState::kCounted: return v1::CheckInReply::COUNTED;
    case HeldState::kResend: return v1::CheckInReply::RESEND;
    case HeldState::kClosed: return v1::CheckInReply::CLOSED;
    case HeldState::kRefused: return v1::CheckInReply::REFUSED;
  }
  return v1::CheckInReply::NOTHING_HELD;
}
v1::Assignment::Kind ToProto(TaskKind kind) {
  switch (kind) {
    case TaskKind::kTrain: return v1::Assignment::TRAIN;
    case TaskKind::kEvaluate: return v1::Assignment::EVALUATE;
    case TaskKind::kStatistics: return v1::Assignment::STATISTICS;
  }
  return v1::Assignment::KIND_UNSPECIFIED;
}
StatusOr<TaskKind> FromProto(v1::Assignment::Kind kind) {
  switch (kind) {
    case v1::Assignment::KIND_UNSPECIFIED:
    case v1::Assignment::TRAIN: return TaskKind::kTrain;
    case v1::Assignment::EVALUATE: return TaskKind::kEvaluate;
    case v1::Assignment::STATISTICS: return TaskKind::kStatistics;
    default: return InvalidField("kind", "{} is none", static_cast<int>(kind));
  }
}
}  // namespace

RoundKey FromProto(const v1::RoundKey& in) {
  return {CampaignName(in.campaign()), RoundNumber(in.round()), in.attempt()};
}
v1::RoundKey ToProto(const RoundKey& in) {
  v1::RoundKey out;
  out.set_campaign(in.campaign.value());
  out.set_round(in.round.value());
  out.set_attempt(in.attempt);
  return out;
}

namespace {
StatusOr<ServingState> FromProto(const v1::ServingState& in) {
  MUSTER_TRY(registry::CheckName(in.model(), "serving.model"));
  MUSTER_TRY(registry::CheckName(in.alias(), "serving.alias"));
  for (const std::uint64_t version : {in.version(), in.refused()})
    if (version > kMaxVersion) return InvalidField("serving.version", "{} is none", version);
  if (in.monitors_digest().size() > kMaxDigest)
    return InvalidField("serving.monitors_digest", "is longer than {} bytes", kMaxDigest);
  return ServingState{ModelName(in.model()), in.alias(), VersionNumber(in.version()),
                      VersionNumber(in.refused()), in.monitors_digest()};
}

v1::Serving ToProto(const Serving& in) {
  v1::Serving out;
  *out.mutable_model() = registry::ToProto(in.model);
  out.set_alias(in.alias);
  out.set_version(in.version.value());
  out.set_params_digest(in.params.ToString());
  out.set_params_bytes(in.params_bytes);
  if (in.module) {
    out.set_module_digest(in.module->ToString());
    out.set_module_bytes(in.module_bytes);
  }
  *out.mutable_contract() = registry::ToProto(in.contract.spec);
  out.set_contract_version(in.contract.version.value());
  if (in.certified) {
    v1::Assignment::Certified& certified = *out.mutable_certified();
    for (const std::string& hardware : *in.certified) certified.add_hardware(hardware);
  }
  out.set_signed_artefacts(in.signed_artefacts);
  out.set_monitors(in.monitors);
  out.set_monitors_digest(in.monitors_digest);
  return out;
}
}  // namespace

StatusOr<CheckInRequest> FromProto(const v1::CheckInRequest& in) {
  CheckInRequest out;
  out.hold = Duration(in.hold_ms());
  out.ready = in.ready();
  if (in.hardware().size() > kMaxHardware)
    return InvalidField("hardware", "longer than {} bytes", kMaxHardware);
  out.hardware = in.hardware();
  if (in.has_held()) out.held = FromProto(in.held());
  if (in.has_unfit()) {
    if (!ParseReason(in.unfit().reason()))
      return InvalidArgument("'{}' is not a reason", in.unfit().reason().substr(0, 40));
    out.unfit = Unfit{in.unfit().reason(), in.unfit().detail().substr(0, kMaxDetail)};
  }
  if (in.has_serving()) {
    MUSTER_ASSIGN(out.serving, FromProto(in.serving()));
  }
  if (!in.has_produces()) return out;
  MUSTER_TRY(registry::CheckName(in.produces().contract(), "produces.contract"));
  if (in.produces().version() == 0 || in.produces().version() > kMaxVersion)
    return InvalidField("produces.version", "{} is none", in.produces().version());
  out.produces =
      Produced{ContractName(in.produces().contract()), VersionNumber(in.produces().version())};
  return out;
}

v1::CheckInReply ToProto(const CheckInReply& in) {
  v1::CheckInReply out;
  out.set_held(ToProto(in.held));
  if (in.assignment) *out.mutable_assignment() = ToProto(*in.assignment);
  out.set_next_ms(static_cast<std::uint32_t>(in.next.count()));
  if (in.serve) *out.mutable_serve() = ToProto(*in.serve);
  for (const auto& [campaign, why] : in.refusals) {
    if (out.refusals_size() == kMaxRefusals) break;
    v1::Refusal& refusal = *out.add_refusals();
    refusal.set_campaign(campaign.value());
    refusal.set_reason(std::string(NameOf(Reason::kCONTRACT_INCOMPATIBLE)));
    refusal.set_detail(why.substr(0, kMaxDetail));
  }
  return out;
}

v1::Assignment ToProto(const Assignment& in) {
  v1::Assignment out;
  *out.mutable_round() = ToProto(in.round);
  out.set_kind(ToProto(in.kind));
  out.set_params_digest(in.params.ToString());
  out.set_params_bytes(in.params_bytes);
  if (in.module) {
    out.set_module_digest(in.module->ToString());
    out.set_module_bytes(in.module_bytes);
  }
  *out.mutable_contract() = registry::ToProto(in.contract.spec);
  out.set_contract_version(in.contract.version.value());
  *out.mutable_model() = registry::ToProto(in.model);
  v1::Campaign::Training& training = *out.mutable_training();
  training.set_loss(in.training.loss);
  training.mutable_optimizer()->set_name(in.training.optimizer);
  training.mutable_optimizer()->set_momentum(in.training.momentum);
  training.mutable_optimizer()->set_weight_decay(in.training.weight_decay);
  training.set_batch(in.training.batch);
  training.set_epochs(in.training.epochs);
  out.set_learning_rate(in.learning_rate);
  out.set_campaign_seed(in.campaign_seed);
  for (const std::string& metric : in.metrics) out.add_metrics(metric);
  out.set_cohort(in.cohort);
  out.set_example_cap(in.example_cap);
  out.set_bound(in.bound);
  out.set_max_norm(in.max_norm.value_or(0));
  out.set_secure_task(std::string(AsText(in.secure_task)));
  out.set_statistics(std::string(AsText(in.statistics)));
  out.set_newest_rows(in.newest_rows);
  if (in.certified) {
    v1::Assignment::Certified& certified = *out.mutable_certified();
    for (const std::string& hardware : *in.certified) certified.add_hardware(hardware);
  }
  out.set_signed_artefacts(in.signed_artefacts);
  return out;
}

StatusOr<SecureAsk> FromProto(const v1::SecureRequest& in) {
  const ByteView message = AsBytes(in.message()), seen = AsBytes(in.seen());
  SecureAsk out;
  out.round = FromProto(in.round());
  MUSTER_ASSIGN(out.kind, FromProto(in.kind()));
  out.message.assign(message.begin(), message.end());
  out.hold = Duration(in.hold_ms());
  if (seen.empty()) return out;
  std::array<std::byte, 32> digest;
  if (seen.size() != digest.size())
    return InvalidField("seen", "{} bytes are no SHA-256", seen.size());
  std::copy(seen.begin(), seen.end(), digest.begin());
  out.seen = Digest(digest);
  return out;
}

v1::SecureReply ToProto(const SecureAnswer& in) {
  v1::SecureReply out;
  out.set_message(std::string(AsText(in.message)));
  out.set_over(in.over);
  out.set_why(in.why);
  return out;
}

StatusOr<EvaluationSums> FromProto(const v1::ReportEvaluationRequest& in) {
  const auto bad = [](std::string_view what) {
    return WithReason(InvalidArgument("evaluation report: {}", what), Reason::kUPDATE_BAD_METRICS);
  };
  if (in.examples() == 0 || in.examples() > kMaxExamples) return bad("examples not in 1 to 2^40");
  if (in.sums_micro_size() > kMaxMetrics) return bad("more than 16 sums");
  EvaluationSums out;
  out.examples = in.examples();
  for (const auto& [name, micro] : in.sums_micro()) {
    if (name.empty() || name.size() > 40) return bad("a sum's name is not 1 to 40 characters");
    if (micro < 0 || micro > kMaxSum) return bad("a sum is not in 0 to 2^53");
    out.sums_micro[name] = micro;
  }
  return out;
}

v1::DeviceView ToProto(const DeviceSnapshot& in) {
  const Device& device = in.device;
  v1::DeviceView out;
  out.set_id(device.record.id.value());
  out.set_name(device.record.name.value());
  out.mutable_labels()->insert(device.record.labels.begin(), device.record.labels.end());
  out.set_enrolled_unix_ms(UnixMillis(device.record.enrolled_at));
  if (device.last_seen) out.set_last_seen_unix_ms(UnixMillis(*device.last_seen));
  out.set_state(in.activity);
  if (device.quarantine)
    out.set_why("named a liar in a secure sum: " + *device.quarantine);
  else if (device.unfit)
    out.set_why(device.unfit->reason + ": " + device.unfit->detail);
  else if (!device.refusals.empty())
    out.set_why(fmt::format("{}: {}", NameOf(Reason::kCONTRACT_INCOMPATIBLE),
                            device.refusals.begin()->second));
  if (device.produces) {
    out.set_produces_contract(device.produces->contract.value());
    out.set_produces_version(device.produces->version.value());
  }
  for (const auto& [campaign, why] : device.refusals)
    (*out.mutable_refused_by())[campaign.value()] =
        fmt::format("{}: {}", NameOf(Reason::kCONTRACT_INCOMPATIBLE), why);
  out.mutable_marks()->insert(device.marks.begin(), device.marks.end());
  out.set_updates_counted(device.updates_counted);
  out.set_hardware(device.hardware);
  return out;
}

}  // namespace muster::coordinator
