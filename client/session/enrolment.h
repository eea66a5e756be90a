#pragma once
// How a node becomes a member, once in its life: the authority attests its identity key, the
// coordinator trades that for a certificate. Each step's fruit is on disk before the next begins,
// and each step may be repeated, so a crash at any point costs nothing. (Renewing a certificate
// before it expires will start here too: Credentials are replaced as a whole.)
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/rng.h"
#include "client/identity.h"
#include "client/session/backoff.h"
#include "client/session/stepwise.h"

namespace muster::client {

// A node's membership on disk.
class MembershipStore {
 public:
  MembershipStore(Files& files, const DeviceName& name);
  // nullopt when there is none; DATA_LOSS when it cannot be read.
  StatusOr<std::optional<Credentials>> LoadCredentials();
  Status SaveCredentials(const Credentials& credentials);
  StatusOr<std::optional<Attestation>> LoadAttestation();
  Status SaveAttestation(const Attestation& attestation);
  Status RemoveAttestation();

 private:
  StatusOr<std::optional<Bytes>> Get(const std::string& name);
  Files& files_;
  const std::string credentials_;
  const std::string attestation_;
};

struct EnrolmentConfig {
  DeviceName name;
  std::map<std::string, std::string> labels;
};
struct EnrolmentWorld {
  Clock& clock;
  Executor& strand;
  Rng& rng;
  Logger& log;
};
// What comes of it. Called on the strand.
struct EnrolmentOutcome {
  std::function<void(const Credentials&)> enrolled;
  // The servers' last word; the node needs its operator.
  std::function<void(const Status&)> refused;
  // A try failed and another will follow; may come often.
  std::function<void(const Status&)> retrying;
};

// Used on its world's strand. Dropping it ends it.
class Enrolment : public Stepwise<Enrolment> {
 public:
  static std::shared_ptr<Enrolment> Make(const EnrolmentConfig& config, const EnrolmentWorld& world,
                                         MembershipStore store,
                                         std::shared_ptr<const DeviceKeys> keys,
                                         std::shared_ptr<EnrolmentLink> link,
                                         EnrolmentOutcome outcome);
  void Start();

 private:
  Enrolment(const EnrolmentConfig& config, const EnrolmentWorld& world, MembershipStore store,
            std::shared_ptr<const DeviceKeys> keys, std::shared_ptr<EnrolmentLink> link,
            EnrolmentOutcome outcome);
  Status Attest();
  void OnAttested(const StatusOr<Attestation>& attestation);
  Status Enrol(const Attestation& attestation);
  void OnEnrolled(const StatusOr<EnrolmentLink::Enrolled>& enrolled);
  void Fail(const Status& error);

  const EnrolmentConfig config_;
  const EnrolmentWorld world_;
  MembershipStore store_;
  const std::shared_ptr<const DeviceKeys> keys_;
  const std::shared_ptr<EnrolmentLink> link_;
  const EnrolmentOutcome outcome_;
  Backoff backoff_;
  bool attested_now_ = false;  // The statement is of this life, not an old one from disk.
};

}  // namespace muster::client
