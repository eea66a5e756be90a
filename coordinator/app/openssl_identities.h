#pragma once
// Enrolment's cryptography from OpenSSL: signatures of devices and of the authority, and device
// certificates from the embedded CA.
#include "coordinator/fleet/device.h"
#include "platform/certificate_authority.h"

namespace muster::coordinator {

// Device certificates live so long; renewal comes well before.
inline constexpr Duration kDeviceCertificateLifetime{90LL * 86'400'000};

class OpenSslIdentities final : public Identities {
 public:
  explicit OpenSslIdentities(const platform::CertificateAuthority& ca) : ca_(ca) {}
  Status Verify(ByteView key, ByteView message, ByteView signature) const override;
  StatusOr<std::string> IssueDevice(const std::string& csr_pem, const DeviceId& id) override;
  std::string ca_pem() const override { return ca_.certificate_pem(); }

 private:
  const platform::CertificateAuthority& ca_;
};

}  // namespace muster::coordinator
