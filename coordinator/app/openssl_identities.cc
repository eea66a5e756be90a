#include "coordinator/app/openssl_identities.h"

#include "platform/keys.h"

namespace muster::coordinator {

Status OpenSslIdentities::Verify(ByteView key, ByteView message, ByteView signature) const {
  return platform::VerifyEd25519(key, message, signature);
}

StatusOr<std::string> OpenSslIdentities::IssueDevice(const std::string& csr_pem,
                                                     const DeviceId& id) {
  return ca_.IssueDevice(csr_pem, id, kDeviceCertificateLifetime);
}

}  // namespace muster::coordinator
