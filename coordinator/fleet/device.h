#pragma once
// A device as the coordinator knows it, and the ports through which it is remembered and certified.
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "coordinator/selection/selection.h"

namespace muster::coordinator {

// The mapping from pseudonym to the operator's name: a row of its own, so that it can be erased
// while the facts, which name only the pseudonym, stay.
struct DeviceRecord {
  DeviceId id;
  DeviceName name;
  LabelMap labels;
  std::string identity_key;  // Hex of the Ed25519 public key.
  Timestamp enrolled_at;
  friend bool operator==(const DeviceRecord&, const DeviceRecord&) = default;
};

class DeviceDirectory {
 public:
  virtual ~DeviceDirectory() = default;
  // Durable on return. ALREADY_EXISTS (NAME_TAKEN) when another id has the name; replaces the
  // row of the same id.
  virtual Status Put(const DeviceRecord& record) = 0;
  // Durable on return, and nothing of the row is left to read. OK when there is none.
  virtual Status Erase(const DeviceId& id) = 0;
  virtual StatusOr<std::vector<DeviceRecord>> All() = 0;
};

// What enrolment needs of cryptography; coordinator/app gives OpenSSL's.
class Identities {
 public:
  virtual ~Identities() = default;
  // OK when `signature` over `message` is by the Ed25519 key.
  virtual Status Verify(ByteView key, ByteView message, ByteView signature) const = 0;
  // A certificate for the CSR's key with the device's SPIFFE URI alone. CSR_INVALID.
  virtual StatusOr<std::string> IssueDevice(const std::string& csr_pem, const DeviceId& id) = 0;
  virtual std::string ca_pem() const = 0;
};

}  // namespace muster::coordinator
