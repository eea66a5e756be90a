#include "client/rpc/convert.h"

#include <array>
#include <cmath>

#include "base/time_text.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
constexpr std::uint64_t kMaxInteger = (1ULL << 53) - 1;
constexpr std::uint32_t kMaxBatch = 1'000'000;
constexpr std::uint32_t kMaxEpochs = 100'000;
constexpr int kMaxFields = 4096;
constexpr int kMaxMetrics = 64;
constexpr Duration kLongestRest = std::chrono::hours(1);
constexpr std::size_t kMostWhy = 64;
constexpr std::size_t kMostName = 63;
constexpr std::size_t kMostDetail = 509;  // And "...".
constexpr std::size_t kMostMonitorsDigest = 64;
constexpr int kMostCertified = 256;
constexpr int kMostProofHashes = 64;
constexpr std::size_t kMostLogKeyBytes = 512;

Bytes BytesOf(const std::string& text) {
  const ByteView bytes = AsBytes(text);
  return {bytes.begin(), bytes.end()};
}

// One row for each pair of words: the agent's and the wire's.
template <typename Enum, typename Wire>
struct Pair {
  Enum value;
  Wire wire;
};
using LossName = Pair<Loss, std::string_view>;
constexpr std::array kLosses = {
    LossName{Loss::kMse, "mse"}, LossName{Loss::kL1, "l1"}, LossName{Loss::kHuber, "huber"},
    LossName{Loss::kCrossEntropy, "cross_entropy"}, LossName{Loss::kBce, "bce"}};
using OptimizerName = Pair<OptimizerKind, std::string_view>;
constexpr std::array kOptimizers = {OptimizerName{OptimizerKind::kSgd, "sgd"},
                                    OptimizerName{OptimizerKind::kAdam, "adam"}};
using KindPair = Pair<TaskKind, v1::Assignment::Kind>;
constexpr std::array kKinds = {KindPair{TaskKind::kTrain, v1::Assignment::TRAIN},
                               KindPair{TaskKind::kEvaluate, v1::Assignment::EVALUATE},
                               KindPair{TaskKind::kStatistics, v1::Assignment::STATISTICS}};
using TypePair = Pair<FieldType, v1::Contract::Type>;
constexpr std::array kFieldTypes = {TypePair{FieldType::kFloat, v1::Contract::FLOAT},
                                    TypePair{FieldType::kInteger, v1::Contract::INTEGER},
                                    TypePair{FieldType::kText, v1::Contract::TEXT},
                                    TypePair{FieldType::kBoolean, v1::Contract::BOOLEAN},
                                    TypePair{FieldType::kTimestamp, v1::Contract::TIMESTAMP}};
using HeldPair = Pair<HeldState, v1::CheckInReply::HeldState>;
constexpr std::array kHeldStates = {
    HeldPair{HeldState::kNothingHeld, v1::CheckInReply::NOTHING_HELD},
    HeldPair{HeldState::kWait, v1::CheckInReply::WAIT},
    HeldPair{HeldState::kCounted, v1::CheckInReply::COUNTED},
    HeldPair{HeldState::kResend, v1::CheckInReply::RESEND},
    HeldPair{HeldState::kClosed, v1::CheckInReply::CLOSED},
    HeldPair{HeldState::kRefused, v1::CheckInReply::REFUSED}};

template <typename Table, typename Wire>
auto ValueOf(const Table& table, const Wire& wire, std::string_view path)
    -> StatusOr<decltype(table[0].value)> {
  for (const auto& row : table)
    if (row.wire == wire) return row.value;
  return InvalidField(path, "is not known to this agent");
}
template <typename Table, typename Enum>
auto WireOf(const Table& table, Enum value) {
  for (const auto& row : table)
    if (row.value == value) return row.wire;
  return table[0].wire;
}

Status CheckRate(std::string_view path, double value) {
  if (std::isfinite(value) && value >= 0 && value <= 1e6) return Ok();
  return InvalidField(path, "{} is not in 0 to 1e6", value);
}

StatusOr<std::uint32_t> Count(std::string_view path, std::uint32_t value, std::uint32_t unset,
                              std::uint32_t most) {
  if (value <= most) return value == 0 ? unset : value;
  return InvalidField(path, "{} is more than {}", value, most);
}

StatusOr<Artefact> ArtefactFrom(std::string_view path, const std::string& digest,
                                std::uint64_t bytes) {
  const StatusOr<Digest> parsed = Digest::Parse(digest);
  if (!parsed.ok()) return InvalidField(path, "{}", MessageOf(parsed.status()));
  if (bytes == 0 || bytes > kMaxInteger) return InvalidField(path, "of {} bytes", bytes);
  return Artefact{*parsed, bytes};
}

ContractField FieldFrom(const v1::Contract::Field& message) {
  ContractField out;
  out.name = message.name();
  if (message.has_min()) out.lo = message.min();
  if (message.has_max()) out.hi = message.max();
  out.unit = message.unit();
  for (const auto& row : kFieldTypes)
    if (row.wire == message.type()) out.type = row.value;
  out.nullable = message.nullable();
  return out;
}

Status ReadRows(const v1::Contract& message, ContractView& out) {
  const v1::Contract::Rows& rows = message.rows();
  if (rows.out_of_range() == v1::Contract::KEEP) out.rows.out_of_range = OutOfRange::kKeep;
  if (rows.has_max_bad_share()) out.rows.max_bad_share = rows.max_bad_share();
  if (!(out.rows.max_bad_share >= 0 && out.rows.max_bad_share <= 1))  // NaN falls here too.
    return InvalidField("contract.rows.max_bad_share", "{} is not in 0 to 1",
                        out.rows.max_bad_share);
  out.time_field = message.time_field();
  if (message.freshness().empty()) return Ok();
  const StatusOr<Duration> freshness = ParseDuration(message.freshness());
  if (!freshness.ok())
    return InvalidField("contract.freshness", "{}", MessageOf(freshness.status()));
  out.freshness = *freshness;
  return Ok();
}

StatusOr<ContractView> ContractFrom(const v1::Contract& message, std::uint64_t version) {
  if (message.fields_size() > kMaxFields)
    return InvalidField("contract.fields", "more than {}", kMaxFields);
  ContractView out;
  out.name = message.name();
  out.version = version;
  for (const v1::Contract::Field& field : message.fields()) out.fields.push_back(FieldFrom(field));
  MUSTER_TRY(ReadRows(message, out));
  return out;
}

v1::Contract ToMessage(const ContractView& contract) {
  v1::Contract out;
  out.set_name(contract.name);
  for (const ContractField& field : contract.fields) {
    v1::Contract::Field& to = *out.add_fields();
    to.set_name(field.name);
    to.set_type(WireOf(kFieldTypes, field.type));
    to.set_unit(field.unit);
    if (std::isfinite(field.lo)) to.set_min(field.lo);
    if (std::isfinite(field.hi)) to.set_max(field.hi);
    to.set_nullable(field.nullable);
  }
  const bool keep = contract.rows.out_of_range == OutOfRange::kKeep;
  out.mutable_rows()->set_out_of_range(keep ? v1::Contract::KEEP : v1::Contract::QUARANTINE);
  out.mutable_rows()->set_max_bad_share(contract.rows.max_bad_share);
  out.set_time_field(contract.time_field);
  if (contract.freshness) out.set_freshness(FormatDuration(*contract.freshness));
  return out;
}

// Into an Assignment or a ServingOffer.
template <typename Out>
Status ReadModel(const v1::Model& message, Out& out) {
  out.model = ModelName(message.name());
  const v1::Model::Input& input = message.input();
  if (input.features_size() > kMaxFields)
    return InvalidField("model.input.features", "more than {}", kMaxFields);
  out.features.assign(input.features().begin(), input.features().end());
  out.window.rows = std::max(input.window().rows(), 1U);
  out.window.stride = std::max(input.window().stride(), 1U);
  const v1::Model::Label& label = message.label();
  out.label.field = label.field();
  if (label.has_max()) out.label.cap = label.max();
  if (label.has_scale()) out.label.scale = label.scale();
  if (!std::isfinite(out.label.scale) || out.label.scale <= 0)
    return InvalidField("model.label.scale", "{} is not positive", out.label.scale);
  if (out.label.cap && !std::isfinite(*out.label.cap))
    return InvalidField("model.label.max", "is not a finite number");
  if (!label.type().empty() && label.type() != "number" && label.type() != "binary")
    return InvalidField("model.label.type", "is not known to this agent");
  out.label.binary = label.type() == "binary";
  return Ok();
}

Status ReadTraining(const v1::Assignment& message, Assignment& out) {
  const v1::Campaign::Training& training = message.training();
  const v1::Campaign::Optimizer& optimizer = training.optimizer();
  MUSTER_ASSIGN(out.loss, ValueOf(kLosses, std::string_view(training.loss()), "training.loss"));
  const std::string name = optimizer.name().empty() ? "sgd" : optimizer.name();
  MUSTER_ASSIGN(out.optimizer.kind,
                ValueOf(kOptimizers, std::string_view(name), "training.optimizer.name"));
  MUSTER_TRY(CheckRate("learning_rate", message.learning_rate()));
  MUSTER_TRY(CheckRate("training.optimizer.momentum", optimizer.momentum()));
  MUSTER_TRY(CheckRate("training.optimizer.weight_decay", optimizer.weight_decay()));
  out.optimizer.learning_rate = message.learning_rate();
  out.optimizer.momentum = optimizer.momentum();
  out.optimizer.weight_decay = optimizer.weight_decay();
  MUSTER_ASSIGN(out.batch, Count("training.batch", training.batch(), 32, kMaxBatch));
  MUSTER_ASSIGN(out.epochs, Count("training.epochs", training.epochs(), 1, kMaxEpochs));
  return Ok();
}

Status ReadLimits(const v1::Assignment& message, Assignment& out) {
  out.example_cap = message.example_cap();
  out.bound = message.bound();
  out.max_norm = message.max_norm();
  if (!std::isfinite(out.bound) || out.bound <= 0)
    return InvalidField("bound", "{} is not positive", out.bound);
  if (!std::isfinite(out.max_norm) || out.max_norm < 0)
    return InvalidField("max_norm", "{} is negative or not finite", out.max_norm);
  return Ok();
}

// Training or evaluation: of a model, with its parameters.
Status ReadTask(const v1::Assignment& message, Assignment& out) {
  if (!message.statistics().empty())
    return InvalidField("statistics", "stands beside a model; one of the two is asked for");
  MUSTER_ASSIGN(out.params,
                ArtefactFrom("params_digest", message.params_digest(), message.params_bytes()));
  if (!message.module_digest().empty()) {
    MUSTER_ASSIGN(out.module,
                  ArtefactFrom("module_digest", message.module_digest(), message.module_bytes()));
  }
  MUSTER_TRY(ReadModel(message.model(), out));
  MUSTER_TRY(ReadTraining(message, out));
  out.campaign_seed = message.campaign_seed();
  if (message.metrics_size() > kMaxMetrics) return InvalidField("metrics", "too many");
  out.metrics.assign(message.metrics().begin(), message.metrics().end());
  out.newest_rows = message.newest_rows();
  return ReadLimits(message, out);
}

Status ReadStatistics(const v1::Assignment& message, Assignment& out) {
  const std::size_t size = message.statistics().size();
  if (size == 0 || size > kMostStatisticsBytes)
    return InvalidField("statistics", "{} bytes, 1 to {} are allowed", size, kMostStatisticsBytes);
  out.statistics = BytesOf(message.statistics());
  return Ok();
}

// What its signatures and certificates are, for the session to judge.
template <typename Message, typename Out>
Status ReadTrust(const Message& message, Out& out) {
  if (message.signed_artefacts().size() > kMostSignedBytes)
    return InvalidField("signed_artefacts", "{} bytes, at most {} are allowed",
                        message.signed_artefacts().size(), kMostSignedBytes);
  out.signed_artefacts = message.signed_artefacts();
  if (!message.has_certified()) return Ok();
  if (message.certified().hardware_size() > kMostCertified)
    return InvalidField("certified.hardware", "more than {}", kMostCertified);
  const auto& hardware = message.certified().hardware();
  out.certified.emplace(hardware.begin(), hardware.end());
  return Ok();
}

StatusOr<Digest> HashFrom(std::string_view path, const std::string& bytes) {
  std::array<std::byte, 32> out;
  const ByteView view = AsBytes(bytes);
  if (view.size() != out.size()) return InvalidField(path, "{} bytes are no SHA-256", view.size());
  std::copy(view.begin(), view.end(), out.begin());
  return Digest(out);
}

// What ReadModel reads.
template <typename In>
void AddModel(const In& a, v1::Model& model) {
  model.set_name(a.model.value());
  for (const std::string& feature : a.features) model.mutable_input()->add_features(feature);
  model.mutable_input()->mutable_window()->set_rows(a.window.rows);
  model.mutable_input()->mutable_window()->set_stride(a.window.stride);
  model.mutable_label()->set_field(a.label.field);
  if (a.label.cap) model.mutable_label()->set_max(*a.label.cap);
  if (a.label.binary)
    model.mutable_label()->set_type("binary");
  else
    model.mutable_label()->set_scale(a.label.scale);
}

// What ReadTask reads.
void AddTask(const Assignment& a, v1::Assignment& out) {
  out.set_params_digest(a.params.digest.ToString());
  out.set_params_bytes(a.params.bytes);
  if (a.module) {
    out.set_module_digest(a.module->digest.ToString());
    out.set_module_bytes(a.module->bytes);
  }
  AddModel(a, *out.mutable_model());
  v1::Campaign::Training& training = *out.mutable_training();
  training.set_loss(std::string(WireOf(kLosses, a.loss)));
  training.mutable_optimizer()->set_name(std::string(WireOf(kOptimizers, a.optimizer.kind)));
  training.mutable_optimizer()->set_momentum(a.optimizer.momentum);
  training.mutable_optimizer()->set_weight_decay(a.optimizer.weight_decay);
  training.set_batch(a.batch);
  training.set_epochs(a.epochs);
  out.set_learning_rate(a.optimizer.learning_rate);
  out.set_campaign_seed(a.campaign_seed);
  for (const std::string& metric : a.metrics) out.add_metrics(metric);
  out.set_example_cap(a.example_cap);
  out.set_bound(a.bound);
  out.set_max_norm(a.max_norm);
  out.set_newest_rows(a.newest_rows);
}
}  // namespace

StatusOr<RoundKey> RoundKeyFrom(const v1::RoundKey& message) {
  if (message.campaign().empty()) return InvalidField("round.campaign", "is missing");
  if (message.round() > kMaxInteger)
    return InvalidField("round.round", "{} is no round", message.round());
  if (message.attempt() == 0) return InvalidField("round.attempt", "0 is no attempt");
  return RoundKey{CampaignName(message.campaign()), RoundNumber(message.round()),
                  message.attempt()};
}

v1::RoundKey ToMessage(const RoundKey& key) {
  v1::RoundKey out;
  out.set_campaign(key.campaign.value());
  out.set_round(key.round.value());
  out.set_attempt(key.attempt);
  return out;
}

StatusOr<Assignment> AssignmentFrom(const v1::Assignment& message) {
  Assignment out;
  MUSTER_ASSIGN(out.round, RoundKeyFrom(message.round()));
  MUSTER_ASSIGN(out.kind, ValueOf(kKinds, message.kind(), "kind"));
  if (out.round.round.value() == 0 && out.kind != TaskKind::kEvaluate)
    return InvalidField("round.round", "in round 0 nothing but evaluation is done");
  MUSTER_ASSIGN(out.contract, ContractFrom(message.contract(), message.contract_version()));
  out.cohort = message.cohort();
  MUSTER_TRY(out.kind == TaskKind::kStatistics ? ReadStatistics(message, out)
                                               : ReadTask(message, out));
  if (message.secure_task().size() > kMostSecureTaskBytes)
    return InvalidField("secure_task", "{} bytes, at most {} are allowed",
                        message.secure_task().size(), kMostSecureTaskBytes);
  out.secure_task = BytesOf(message.secure_task());
  MUSTER_TRY(ReadTrust(message, out));
  return out;
}

v1::Assignment ToMessage(const Assignment& a) {
  v1::Assignment out;
  *out.mutable_round() = ToMessage(a.round);
  out.set_kind(WireOf(kKinds, a.kind));
  *out.mutable_contract() = ToMessage(a.contract);
  out.set_contract_version(a.contract.version);
  out.set_cohort(a.cohort);
  out.set_secure_task(std::string(AsText(a.secure_task)));
  out.set_signed_artefacts(a.signed_artefacts);
  if (a.certified) {
    v1::Assignment::Certified& certified = *out.mutable_certified();
    for (const std::string& hardware : *a.certified) certified.add_hardware(hardware);
  }
  if (a.kind == TaskKind::kStatistics)
    out.set_statistics(std::string(AsText(a.statistics)));
  else
    AddTask(a, out);
  return out;
}

StatusOr<ServingOffer> ServingOfferFrom(const v1::Serving& message) {
  ServingOffer out;
  out.alias = OneLine(message.alias(), kMostName);
  out.version = VersionNumber(message.version());
  if (message.version() == 0 || message.version() > kMaxInteger)
    return InvalidField("version", "{} is none", message.version());
  MUSTER_ASSIGN(out.params,
                ArtefactFrom("params_digest", message.params_digest(), message.params_bytes()));
  if (!message.module_digest().empty()) {
    MUSTER_ASSIGN(out.module,
                  ArtefactFrom("module_digest", message.module_digest(), message.module_bytes()));
  }
  MUSTER_ASSIGN(out.contract, ContractFrom(message.contract(), message.contract_version()));
  MUSTER_TRY(ReadModel(message.model(), out));
  MUSTER_TRY(ReadTrust(message, out));
  if (message.monitors().size() > kMostMonitorBytes)
    return InvalidField("monitors", "{} bytes, at most {} are allowed", message.monitors().size(),
                        kMostMonitorBytes);
  out.monitors = message.monitors();
  out.monitors_digest = OneLine(message.monitors_digest(), kMostMonitorsDigest);
  out.wire = BytesOf(message.SerializeAsString());
  return out;
}

StatusOr<ServingOffer> ServingOfferFrom(ByteView wire) {
  v1::Serving message;
  if (!message.ParseFromArray(wire.data(), static_cast<int>(wire.size())))
    return DataLoss("no serving offer: {} bytes", wire.size());
  return ServingOfferFrom(message);
}

v1::Serving ToMessage(const ServingOffer& offer) {
  v1::Serving out;
  AddModel(offer, *out.mutable_model());
  out.set_alias(offer.alias);
  out.set_version(offer.version.value());
  out.set_params_digest(offer.params.digest.ToString());
  out.set_params_bytes(offer.params.bytes);
  if (offer.module) {
    out.set_module_digest(offer.module->digest.ToString());
    out.set_module_bytes(offer.module->bytes);
  }
  *out.mutable_contract() = ToMessage(offer.contract);
  out.set_contract_version(offer.contract.version);
  if (offer.certified) {
    v1::Assignment::Certified& certified = *out.mutable_certified();
    for (const std::string& hardware : *offer.certified) certified.add_hardware(hardware);
  }
  out.set_signed_artefacts(offer.signed_artefacts);
  out.set_monitors(offer.monitors);
  out.set_monitors_digest(offer.monitors_digest);
  return out;
}

v1::CheckInRequest ToMessage(const CheckInRequest& request) {
  v1::CheckInRequest out;
  out.set_hold_ms(static_cast<std::uint32_t>(request.hold.count()));
  out.set_ready(request.ready);
  out.set_hardware(request.hardware);
  if (request.held) *out.mutable_held() = ToMessage(*request.held);
  if (request.unfit) {
    out.mutable_unfit()->set_reason(std::string(NameOf(request.unfit->reason)));
    out.mutable_unfit()->set_detail(request.unfit->detail);
  }
  if (request.produces) {
    out.mutable_produces()->set_contract(request.produces->contract);
    out.mutable_produces()->set_version(request.produces->version);
  }
  if (request.serving) {
    v1::ServingState& serving = *out.mutable_serving();
    serving.set_model(request.serving->model.value());
    serving.set_alias(request.serving->alias);
    serving.set_version(request.serving->version.value());
    serving.set_refused(request.serving->refused.value());
    serving.set_monitors_digest(request.serving->monitors_digest);
  }
  return out;
}

StatusOr<CheckInRequest> CheckInRequestFrom(const v1::CheckInRequest& message) {
  CheckInRequest out;
  out.hold = Duration(message.hold_ms());
  out.ready = message.ready();
  out.hardware = message.hardware();
  if (message.has_held()) {
    MUSTER_ASSIGN(out.held, RoundKeyFrom(message.held()));
  }
  if (message.has_unfit()) {
    const std::optional<Reason> reason = ParseReason(message.unfit().reason());
    if (!reason) return InvalidField("unfit.reason", "is not known");
    out.unfit = Unfit{*reason, message.unfit().detail()};
  }
  if (message.has_produces())
    out.produces = Produced{message.produces().contract(), message.produces().version()};
  if (message.has_serving())
    out.serving = ServingState{ModelName(message.serving().model()), message.serving().alias(),
                               VersionNumber(message.serving().version()),
                               VersionNumber(message.serving().refused()),
                               message.serving().monitors_digest()};
  return out;
}

StatusOr<CheckInReply> CheckInReplyFrom(const v1::CheckInReply& message) {
  CheckInReply out;
  MUSTER_ASSIGN(out.held, ValueOf(kHeldStates, message.held(), "held"));
  if (message.has_assignment()) {
    MUSTER_ASSIGN(Assignment assignment, AssignmentFrom(message.assignment()));
    out.assignment = std::make_shared<const Assignment>(std::move(assignment));
  }
  out.next = std::min(Duration(message.next_ms()), kLongestRest);
  for (const v1::Refusal& refusal : message.refusals()) {
    if (out.refusals.size() == kMostRefusals) break;
    // A later coordinator may know other reasons; its sentence says what they are.
    const Reason reason = ParseReason(refusal.reason()).value_or(Reason::kCONTRACT_INCOMPATIBLE);
    out.refusals.push_back(
        {OneLine(refusal.campaign(), kMostName), reason, OneLine(refusal.detail(), kMostDetail)});
  }
  if (message.has_serve()) {
    MUSTER_ASSIGN(ServingOffer offer, ServingOfferFrom(message.serve()));
    out.serve = std::make_shared<const ServingOffer>(std::move(offer));
  }
  return out;
}

v1::CheckInReply ToMessage(const CheckInReply& reply) {
  v1::CheckInReply out;
  out.set_held(WireOf(kHeldStates, reply.held));
  if (reply.assignment) *out.mutable_assignment() = ToMessage(*reply.assignment);
  out.set_next_ms(static_cast<std::uint32_t>(reply.next.count()));
  for (const Refusal& refusal : reply.refusals) {
    v1::Refusal& to = *out.add_refusals();
    to.set_campaign(refusal.campaign);
    to.set_reason(std::string(NameOf(refusal.reason)));
    to.set_detail(refusal.detail);
  }
  if (reply.serve) *out.mutable_serve() = ToMessage(*reply.serve);
  return out;
}

v1::SecureRequest ToMessage(const SecureAsk& ask) {
  v1::SecureRequest out;
  *out.mutable_round() = ToMessage(ask.round);
  out.set_kind(WireOf(kKinds, ask.kind));
  out.set_message(std::string(AsText(ask.message)));
  if (ask.seen) out.set_seen(std::string(AsText(ask.seen->bytes())));
  out.set_hold_ms(static_cast<std::uint32_t>(ask.hold.count()));
  return out;
}

SecureAnswer SecureAnswerFrom(const v1::SecureReply& message) {
  return {BytesOf(message.message()), message.over(), OneLine(message.why(), kMostWhy)};
}

StatusOr<LogHead> LogHeadFrom(const v1::LogHead& message) {
  LogHead out{message.checkpoint(), message.key(), {}, {}};
  if (out.checkpoint.size() > kMostCheckpointBytes)
    return InvalidField("checkpoint", "{} bytes, at most {} are allowed", out.checkpoint.size(),
                        kMostCheckpointBytes);
  if (out.key.size() > kMostLogKeyBytes)
    return InvalidField("key", "{} bytes, at most {} are allowed", out.key.size(),
                        kMostLogKeyBytes);
  if (message.proof_size() > kMostProofHashes)
    return InvalidField("proof", "more than {} hashes", kMostProofHashes);
  if (message.past_root().empty()) return out;
  MUSTER_ASSIGN(out.past_root, HashFrom("past_root", message.past_root()));
  for (const std::string& hash : message.proof()) {
    MUSTER_ASSIGN(out.proof.emplace_back(), HashFrom("proof", hash));
  }
  return out;
}

}  // namespace muster::client
