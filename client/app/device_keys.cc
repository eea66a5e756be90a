#include "client/app/device_keys.h"

#include "platform/csr.h"
#include "platform/private_file.h"

namespace muster::client {
namespace {
// The key in `path`, or a new one that is on disk before it is used.
template <typename Key, typename Make>
StatusOr<Key> ReadOrMake(const std::string& path, Make make) {
  const StatusOr<Secret> pem = platform::ReadPrivateFile(path);
  if (pem.ok()) {
    StatusOr<Key> key = Key::FromPem(*pem);
    if (!key.ok()) return Prefixed(key.status(), path);
    return key;
  }
  if (!absl::IsNotFound(pem.status())) return pem.status();
  MUSTER_ASSIGN(Key key, make());
  MUSTER_ASSIGN(const Secret made, key.ToPem());
  MUSTER_TRY(platform::WritePrivateFile(path, made));
  return key;
}
}  // namespace

StatusOr<std::shared_ptr<const FileDeviceKeys>> FileDeviceKeys::Open(const std::string& directory,
                                                                     SecureRng& rng) {
  MUSTER_TRY(platform::MakePrivateDirectory(directory));
  MUSTER_ASSIGN(platform::Ed25519PrivateKey identity,
                ReadOrMake<platform::Ed25519PrivateKey>(directory + "/identity.key", [&rng] {
                  return platform::Ed25519PrivateKey::Generate(rng);
                }));
  MUSTER_ASSIGN(platform::TlsKey tls, ReadOrMake<platform::TlsKey>(directory + "/tls.key", [] {
                  return platform::TlsKey::Generate();
                }));
  return std::shared_ptr<const FileDeviceKeys>(
      new FileDeviceKeys(std::move(identity), std::move(tls)));
}

StatusOr<Bytes> FileDeviceKeys::Sign(ByteView message) const {
  MUSTER_ASSIGN(const platform::Ed25519Signature signature, identity_.Sign(message));
  return Bytes(signature.begin(), signature.end());
}

StatusOr<std::string> FileDeviceKeys::Csr() const { return platform::MakeCsr(tls_); }

}  // namespace muster::client
