#pragma once
// A node's part in one secure sum, without the network: the session, the vector under its masks,
// and the ledger. It blocks and computes; SecureUpload carries its messages. Everything secret in
// it lives in memory alone and goes with it.
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "aggregation/secagg/device_session.h"
#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/named_sums.h"
#include "client/link.h"
#include "client/secure/identity.h"
#include "client/secure/ledger.h"

namespace muster::client {

// A trained update as it enters a secure round.
struct SecureUpdate {
  std::vector<float> values;  // In the layout's order, screened.
  double weight = 1;          // At most the task's cap.
};

// Integers of which only the sums over many devices are to be known.
struct SecureSums {
  std::vector<aggregation::secagg::SumField> fields;
  aggregation::secagg::SumValues values;
};
using SecureInput = std::variant<SecureUpdate, SecureSums>;

// Which session of which round, and what the ledger calls it.
struct SecureSubject {
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;
  Question question;
};

class Contribution {
 public:
  Contribution(std::shared_ptr<const SecureIdentity> identity,
               std::shared_ptr<ContributionLedger> ledger, SecureSubject subject,
               aggregation::secagg::Task task);

  // Makes the vector and begins the session. The errors of QuantisedUpdate or SumsVector and of
  // DeviceSession::Start, as ForReport has them. Others only after this was OK.
  Status Begin(const SecureInput& input, const aggregation::secagg::LocalFloor& floor,
               Timestamp now);
  // Judges one message of the server. SECURE_VIOLATION when it lies; ROUND_CLOSED after expiry.
  Status Handle(ByteView message, Timestamp now);
  // Enters the contribution in the ledger and masks the vector, when that is what is owed.
  // The errors of ContributionLedger::Enter.
  Status Mask(Timestamp now);

  // What is to be done next.
  aggregation::secagg::DeviceEffect Owed() const;
  Digest DigestOf(ByteView message) const { return identity_->crypto.Sha256(message); }
  // The server may need the reply again: it keeps shares in memory alone.
  bool Answered() const;
  // The masked vector, from Mask until the server is past it; else null.
  const std::shared_ptr<const Bytes>& wire() const { return wire_; }
  const RoundKey& round() const { return subject_.round; }
  TaskKind kind() const { return subject_.kind; }
  Timestamp expiry() const { return task_.expiry; }

 private:
  StatusOr<aggregation::secagg::LaneVector> VectorOf(const SecureInput& input) const;

  const std::shared_ptr<const SecureIdentity> identity_;
  const std::shared_ptr<ContributionLedger> ledger_;
  const SecureSubject subject_;
  const aggregation::secagg::Task task_;
  std::optional<aggregation::secagg::LaneVector> vector_;
  std::shared_ptr<const Bytes> wire_;
  std::optional<aggregation::secagg::DeviceSession> session_;
};  // Used from one thread at a time.

}  // namespace muster::client
