#include "client/secure/contribution.h"

#include "base/strong.h"
#include "client/secure/terms.h"
#include "client/secure/vector.h"

namespace muster::client {
namespace secagg = aggregation::secagg;

Contribution::Contribution(std::shared_ptr<const SecureIdentity> identity,
                           std::shared_ptr<ContributionLedger> ledger, SecureSubject subject,
                           secagg::Task task)
    : identity_(std::move(identity)),
      ledger_(std::move(ledger)),
      subject_(std::move(subject)),
      task_(std::move(task)) {}

StatusOr<secagg::LaneVector> Contribution::VectorOf(const SecureInput& input) const {
  const SecureIdentity& who = *identity_;
  return std::visit(
      Overloaded{
          [&](const SecureUpdate& update) {
            return QuantisedUpdate(task_, update.values, update.weight, who.crypto, who.rng);
          },
          [&](const SecureSums& sums) { return SumsVector(task_, sums.fields, sums.values); }},
      input);
}

Status Contribution::Begin(const SecureInput& input, const secagg::LocalFloor& floor,
                           Timestamp now) {
  const SecureIdentity& who = *identity_;
  MUSTER_ASSIGN(secagg::LaneVector vector, VectorOf(input));
  StatusOr<secagg::DeviceSession> session = secagg::DeviceSession::Start(
      task_, floor, who.statement, {who.crypto, *who.signer, who.rng, who.check}, now);
  if (!session.ok()) return ForReport(session.status());
  vector_.emplace(std::move(vector));
  session_.emplace(*std::move(session));
  return Ok();
}

Status Contribution::Handle(ByteView message, Timestamp now) {
  const StatusOr<secagg::DeviceEvent> event = secagg::ParseDeviceEvent(message);
  if (!event.ok())
    return WithReason(Prefixed(event.status(), "MALFORMED"), Reason::kSECURE_VIOLATION);
  if (const Status handled = session_->Handle(*event, now); !handled.ok())
    return ForReport(handled);
  if (std::holds_alternative<secagg::SendToServer>(Owed())) wire_.reset();
  return Ok();
}

Status Contribution::Mask(Timestamp now) {
  const auto* masking = std::get_if<secagg::Masking>(&session_->state());
  if (masking == nullptr || !vector_) return Internal("there is nothing to mask");
  MUSTER_TRY(ledger_->Enter(subject_.question, now));
  secagg::LaneVector vector = *std::exchange(vector_, std::nullopt);
  MUSTER_ASSIGN(Bytes wire, MaskedWire(std::move(vector), masking->seeds, identity_->crypto));
  wire_ = std::make_shared<const Bytes>(std::move(wire));
  return ForReport(session_->Handle(secagg::VectorMasked{}, now));
}

secagg::DeviceEffect Contribution::Owed() const { return session_->Pending().front(); }

bool Contribution::Answered() const {
  return std::holds_alternative<secagg::Answered>(session_->state());
}

}  // namespace muster::client
