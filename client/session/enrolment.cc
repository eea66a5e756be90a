#include "client/session/enrolment.h"

#include <array>

#include "base/canonical_json.h"

namespace muster::client {
namespace {
constexpr char kAuthorityKey[] = "authority_key";
constexpr char kLogKey[] = "log_key";
constexpr char kVoucher[] = "voucher";
constexpr char kVoucherSignature[] = "voucher_signature";

// Refusals that no later try will change, whatever code they came with.
bool IsLastWord(const Status& error) {
  switch (ReasonOf(error).value_or(Reason::kOVERLOADED)) {
    case Reason::kTOKEN_UNKNOWN:
    case Reason::kTOKEN_USED:
    case Reason::kTOKEN_EXPIRED:
    case Reason::kSTATEMENT_INVALID:
    case Reason::kSTATEMENT_EXPIRED:
    case Reason::kCSR_INVALID:
    case Reason::kNAME_TAKEN:
    case Reason::kNAME_INVALID:
    case Reason::kFIELD_INVALID: return true;
    default: break;
  }
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented: return true;
    default: return false;
  }
}

bool IsAboutTheStatement(const Status& error) {
  const std::optional<Reason> reason = ReasonOf(error);
  return reason == Reason::kSTATEMENT_EXPIRED || reason == Reason::kSTATEMENT_INVALID;
}

Status PutJson(Files& files, const std::string& name, const Json& json) {
  MUSTER_ASSIGN(const std::string text, CanonicalJson(json));
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  return files.Put(name, parts);
}

StatusOr<Json> ObjectIn(const Bytes& bytes, const std::string& name) {
  StatusOr<Json> json = ParseJson(AsText(bytes));
  if (!json.ok() || !json->is_object()) return DataLoss("{} is not readable", name);
  return json;
}
}  // namespace

MembershipStore::MembershipStore(Files& files, const DeviceName& name)
    : files_(files),
      credentials_(fmt::format("nodes/{}/credentials.json", name.value())),
      attestation_(fmt::format("nodes/{}/statement.json", name.value())) {}

StatusOr<std::optional<Bytes>> MembershipStore::Get(const std::string& name) {
  StatusOr<Bytes> bytes = files_.Get(name);
  if (absl::IsNotFound(bytes.status())) return std::optional<Bytes>();
  MUSTER_TRY(bytes.status());
  return std::optional<Bytes>(*std::move(bytes));
}

StatusOr<std::optional<Credentials>> MembershipStore::LoadCredentials() {
  MUSTER_ASSIGN(const std::optional<Bytes> bytes, Get(credentials_));
  if (!bytes) return std::optional<Credentials>();
  MUSTER_ASSIGN(const Json json, ObjectIn(*bytes, credentials_));
  JsonReader reader(json);
  Credentials out;
  out.device_id = DeviceId(reader.Text("device_id"));
  out.certificate_pem = reader.Text("certificate_pem");
  out.ca_pem = reader.Text("ca_pem");
  const StatusOr<Endpoint> coordinator = Endpoint::Parse(reader.Text("coordinator"));
  if (!reader.status().ok() || !coordinator.ok())
    return DataLoss("{} lacks what it should hold", credentials_);
  out.coordinator = *coordinator;
  // Absent in what was stored before coordinators gave it.
  if (reader.Has(kLogKey)) out.log_key = reader.Text(kLogKey);
  if (!reader.status().ok()) return DataLoss("{} lacks what it should hold", credentials_);
  return std::optional<Credentials>(std::move(out));
}

Status MembershipStore::SaveCredentials(const Credentials& credentials) {
  return PutJson(files_, credentials_,
                 Json{{"device_id", credentials.device_id.value()},
                      {"certificate_pem", credentials.certificate_pem},
                      {"ca_pem", credentials.ca_pem},
                      {"coordinator", credentials.coordinator.Text()},
                      {kLogKey, credentials.log_key}});
}

StatusOr<std::optional<Attestation>> MembershipStore::LoadAttestation() {
  MUSTER_ASSIGN(const std::optional<Bytes> bytes, Get(attestation_));
  if (!bytes) return std::optional<Attestation>();
  MUSTER_ASSIGN(const Json json, ObjectIn(*bytes, attestation_));
  JsonReader reader(json);
  Attestation out;
  out.statement = reader.Text("statement");
  StatusOr<Bytes> signature = FromHex(reader.Text("signature"));
  // Absent in what was stored before there were secure rounds.
  StatusOr<Bytes> key =
      json.contains(kAuthorityKey) ? FromHex(reader.Text(kAuthorityKey)) : Bytes();
  if (reader.Has(kVoucher)) out.voucher = reader.Text(kVoucher);
  StatusOr<Bytes> vouched =
      reader.Has(kVoucherSignature) ? FromHex(reader.Text(kVoucherSignature)) : Bytes();
  if (!reader.status().ok() || !signature.ok() || !key.ok() || !vouched.ok())
    return DataLoss("{} lacks what it should hold", attestation_);
  out.voucher_signature = *std::move(vouched);
  out.signature = *std::move(signature);
  out.authority_key = *std::move(key);
  return std::optional<Attestation>(std::move(out));
}

Status MembershipStore::SaveAttestation(const Attestation& attestation) {
  return PutJson(files_, attestation_,
                 Json{{"statement", attestation.statement},
                      {"signature", ToHex(attestation.signature)},
                      {kAuthorityKey, ToHex(attestation.authority_key)},
                      {kVoucher, attestation.voucher},
                      {kVoucherSignature, ToHex(attestation.voucher_signature)}});
}

Status MembershipStore::RemoveAttestation() { return files_.Remove(attestation_); }

std::shared_ptr<Enrolment> Enrolment::Make(const EnrolmentConfig& config,
                                           const EnrolmentWorld& world, MembershipStore store,
                                           std::shared_ptr<const DeviceKeys> keys,
                                           std::shared_ptr<EnrolmentLink> link,
                                           EnrolmentOutcome outcome) {
  return std::shared_ptr<Enrolment>(new Enrolment(config, world, std::move(store), std::move(keys),
                                                  std::move(link), std::move(outcome)));
}

Enrolment::Enrolment(const EnrolmentConfig& config, const EnrolmentWorld& world,
                     MembershipStore store, std::shared_ptr<const DeviceKeys> keys,
                     std::shared_ptr<EnrolmentLink> link, EnrolmentOutcome outcome)
    : Stepwise(world.clock, world.strand),
      config_(config),
      world_(world),
      store_(std::move(store)),
      keys_(std::move(keys)),
      link_(std::move(link)),
      outcome_(std::move(outcome)),
      backoff_(world.rng) {}

void Enrolment::Start() {
  const StatusOr<std::optional<Attestation>> saved = store_.LoadAttestation();
  const bool found = saved.ok() && saved->has_value();
  if (const Status begun = found ? Enrol(**saved) : Attest(); !begun.ok()) Fail(begun);
}

Status Enrolment::Attest() {
  const std::string to_sign = AttestBytesToSign(link_->token_id(), config_.name.value());
  MUSTER_ASSIGN(Bytes possession, keys_->Sign(AsBytes(to_sign)));
  link_->Attest({config_.name, config_.labels, keys_->identity(), std::move(possession)},
                Then([](Enrolment& self, const StatusOr<Attestation>& attestation) {
                  self.OnAttested(attestation);
                }));
  return Ok();
}

void Enrolment::OnAttested(const StatusOr<Attestation>& attestation) {
  if (!attestation.ok()) return Fail(Prefixed(attestation.status(), "authority"));
  attested_now_ = true;
  Status next = store_.SaveAttestation(*attestation);
  if (next.ok()) next = Enrol(*attestation);
  if (!next.ok()) Fail(next);
}

Status Enrolment::Enrol(const Attestation& attestation) {
  MUSTER_ASSIGN(std::string csr, keys_->Csr());
  MUSTER_ASSIGN(Bytes signature, keys_->Sign(AsBytes(csr)));
  link_->Enrol({attestation, std::move(csr), std::move(signature)},
               Then([](Enrolment& self, const StatusOr<EnrolmentLink::Enrolled>& enrolled) {
                 self.OnEnrolled(enrolled);
               }));
  return Ok();
}

void Enrolment::OnEnrolled(const StatusOr<EnrolmentLink::Enrolled>& enrolled) {
  if (!enrolled.ok()) return Fail(Prefixed(enrolled.status(), "coordinator"));
  const Credentials credentials{enrolled->device_id, enrolled->certificate_pem, enrolled->ca_pem,
                                link_->coordinator(), enrolled->log_key};
  if (const Status saved = store_.SaveCredentials(credentials); !saved.ok()) return Fail(saved);
  world_.log.Info("enrolled", {{"node", config_.name}, {"device", credentials.device_id}});
  outcome_.enrolled(credentials);
}

void Enrolment::Fail(const Status& error) {
  // An old statement is no reason to give up: the authority gives a new one for the same key.
  const bool stale = IsAboutTheStatement(error) && !attested_now_;
  if (stale)
    if (const Status removed = store_.RemoveAttestation(); !removed.ok())
      world_.log.Warn("statement_not_removed",
                      {{"node", config_.name}, {"error", MessageOf(removed)}});
  if (!stale && IsLastWord(error)) {
    world_.log.Error("enrolment_refused",
                     {{"node", config_.name},
                      {"reason", ReasonOf(error) ? NameOf(*ReasonOf(error)) : "none"},
                      {"error", MessageOf(error)}});
    return outcome_.refused(error);
  }
  const Duration wait = backoff_.Next();
  world_.log.Warn(
      "enrolment_failed",
      {{"node", config_.name}, {"error", MessageOf(error)}, {"retry_ms", wait.count()}});
  After(wait, [](Enrolment& self) { self.Start(); });
  outcome_.retrying(error);
}

}  // namespace muster::client
