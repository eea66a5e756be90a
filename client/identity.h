#pragma once
// Who a node is, as ports: its keys, which never leave their owner, and what the authority and the
// coordinator gave it for them.
#include <functional>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/statement.h"
#include "base/status.h"

namespace muster::client {

// A node's identity key (Ed25519) and the key under its TLS certificate. Safe from any thread.
class DeviceKeys {
 public:
  virtual ~DeviceKeys() = default;
  virtual const IdentityKey& identity() const = 0;
  virtual StatusOr<Bytes> Sign(ByteView message) const = 0;  // By the identity key.
  virtual StatusOr<std::string> Csr() const = 0;             // PEM, for the TLS key.
};

// What makes a node a member: enough to connect, but for the TLS key.
struct Credentials {
  DeviceId device_id;
  std::string certificate_pem;
  std::string ca_pem;  // Of the coordinator.
  Endpoint coordinator;
  std::string log_key = {};  // Its log's verifier; empty: it gave none.
};

// What the authority says of a node, and its signature.
struct Attestation {
  std::string statement;
  Bytes signature;
  Bytes authority_key = {};  // Its Ed25519 key, over the line that the join token pinned.
  // The same of the node's pseudonym alone, for secure rounds; empty: none was given.
  std::string voucher = {};
  Bytes voucher_signature = {};
};

// The two servers that a node meets while it joins. Each call is answered once, from any thread;
// never after the link is gone.
class EnrolmentLink {
 public:
  struct AttestAsk {
    DeviceName name;
    std::map<std::string, std::string> labels;
    IdentityKey identity_key{};
    Bytes possession_signature;
  };
  struct EnrolAsk {
    Attestation attestation;
    std::string csr_pem;
    Bytes csr_signature;
  };
  struct Enrolled {
    DeviceId device_id;
    std::string certificate_pem;
    std::string ca_pem;
    std::string log_key = {};
  };
  virtual ~EnrolmentLink() = default;
  // Of the join token that the asker was given.
  virtual const std::string& token_id() const = 0;
  virtual const Endpoint& coordinator() const = 0;
  // TOKEN_UNKNOWN, TOKEN_USED, TOKEN_EXPIRED, NAME_INVALID, NAME_TAKEN.
  virtual void Attest(const AttestAsk& ask, std::function<void(StatusOr<Attestation>)> done) = 0;
  // STATEMENT_INVALID, STATEMENT_EXPIRED, CSR_INVALID, NAME_TAKEN.
  virtual void Enrol(const EnrolAsk& ask, std::function<void(StatusOr<Enrolled>)> done) = 0;
};

}  // namespace muster::client
