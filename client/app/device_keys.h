#pragma once
// A node's keys as files in its state directory, made when the node is new. They are never sent,
// logged or copied; the TLS key is handed to the TLS library alone.
#include <memory>
#include <string>

#include "base/rng.h"
#include "base/secret.h"
#include "client/identity.h"
#include "platform/keys.h"

namespace muster::client {

class FileDeviceKeys final : public DeviceKeys {
 public:
  // Reads DIR/identity.key and DIR/tls.key, or makes them (0600, durable). FAILED_PRECONDITION when
  // others could read them; INVALID_ARGUMENT when they are no such keys.
  static StatusOr<std::shared_ptr<const FileDeviceKeys>> Open(const std::string& directory,
                                                              SecureRng& rng);
  const IdentityKey& identity() const override { return identity_.PublicKey(); }
  StatusOr<Bytes> Sign(ByteView message) const override;
  StatusOr<std::string> Csr() const override;
  StatusOr<Secret> TlsKeyPem() const { return tls_.ToPem(); }

 private:
  FileDeviceKeys(platform::Ed25519PrivateKey identity, platform::TlsKey tls)
      : identity_(std::move(identity)), tls_(std::move(tls)) {}
  const platform::Ed25519PrivateKey identity_;
  const platform::TlsKey tls_;
};

}  // namespace muster::client
