#pragma once
// The devices: enrolment, what is known of each, and the marks against them.
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/caller.h"
#include "base/fact.h"
#include "base/journal.h"
#include "base/log.h"
#include "coordinator/fleet/device.h"
#include "coordinator/fleet/produced.h"
#include "coordinator/serving/serving_state.h"

namespace muster::coordinator {

struct EnrolmentRequest {
  std::string statement;  // Canonical JSON that the enrolment authority signed.
  std::string signature;  // Ed25519 by the authority.
  std::string csr_pem;
  std::string csr_signature;  // Ed25519 over the CSR by the device's identity key.
};
struct EnrolmentResult {
  DeviceId id;
  std::string certificate_pem;
  std::string ca_pem;
};

// What a node said keeps it from taking part.
struct Unfit {
  std::string reason;
  std::string detail;
};

struct Device {
  DeviceRecord record;
  std::uint64_t next_seq = 0;                  // Of stream "device/<id>".
  std::map<std::string, std::uint64_t> marks;  // Refusals and failures by reason.
  std::uint64_t updates_counted = 0;           // Since the coordinator started.
  std::optional<Timestamp> last_seen;
  std::optional<Unfit> unfit;
  std::optional<Produced> produces;  // What its rows are made under, as it says.
  // Campaigns that want it and may not ask it, since the coordinator started: what cannot be read.
  std::map<CampaignName, std::string> refusals;
  bool refusals_told = true;  // Whether it has heard of all of them.
  bool forgotten = false;     // Its row is to be erased.
  std::string hardware;       // Its class, as it said since the coordinator started.
  // What it serves by an alias, as it said since the coordinator started.
  std::optional<ServingState> serving;
  // What it was caught lying about in a secure sum; it is asked for nothing until it is released.
  std::optional<std::string> quarantine;
};

// Use cases around devices. Used on the control strand only.
class Fleet {
 public:
  // `authority_key` is the Ed25519 public key of the enrolment authority, 32 bytes.
  Fleet(Journal& journal, DeviceDirectory& directory, Identities& identities, const Hasher& hasher,
        Clock& clock, Logger& log, Bytes authority_key);

  // Reads the directory and the devices' streams. Before anything else.
  Status Recover();

  // Idempotent for the same identity key: a lost answer is asked for again and gets a new
  // certificate. UNAUTHENTICATED (STATEMENT_INVALID, STATEMENT_EXPIRED), INVALID_ARGUMENT
  // (CSR_INVALID), ALREADY_EXISTS (NAME_TAKEN).
  StatusOr<EnrolmentResult> Enrol(const EnrolmentRequest& request);

  // PERMISSION_DENIED (NOT_ENROLLED) for an id that never enrolled here.
  StatusOr<Device*> Find(const DeviceId& id);
  Device* FindByName(std::string_view name_or_id);
  const std::map<DeviceId, Device>& devices() const { return devices_; }
  // Those that carry all of `labels` and are not in quarantine.
  std::vector<Candidate> Matching(const LabelMap& labels) const;

  // Notes that a device was refused or failed; the mark is a fact of its stream.
  void Mark(const DeviceId& id, Reason reason, const RoundKey& round);
  // Keeps a liar away from what comes next; a fact of its stream. The evidence is in the session's.
  void Quarantine(const DeviceId& id, const std::string& violation, const RoundKey& round);
  // Ends it, durably. FAILED_PRECONDITION (RESOURCE_NOT_FOUND) when there is none.
  Status Release(Device& device, const std::string& why, const Caller& by);
  // Erases who the device is; a fact of its stream, which keeps the pseudonym, says so. From then
  // on it is unknown until it enrols anew.
  Status Forget(Device& device, const Caller& by);
  // What a device said in its own words, without its name: facts hold nothing else that tells it.
  std::string WithoutName(const DeviceId& id, std::string text) const;
  void Seen(Device& device, std::optional<Unfit> unfit, std::string hardware);

 private:
  Status Remember(Device& device, FactHeader header, Json body);
  Status Erase(const DeviceId& id);
  // What a row of its stream says about it.
  static Status Believe(Device& device, const JournalRow& row);

  Journal& journal_;
  DeviceDirectory& directory_;
  Identities& identities_;
  const Hasher& hasher_;
  Clock& clock_;
  Logger& log_;
  Bytes authority_key_;
  std::map<DeviceId, Device> devices_;
  std::map<DeviceName, DeviceId> by_name_;
};

}  // namespace muster::coordinator
