#pragma once
// X.509 pieces that reading and issuing share. For platform's own .cc files.
#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "platform/openssl_ptr.h"

namespace muster::platform {

// INVALID_ARGUMENT (CERTIFICATE_INVALID) when the text is too long or holds no certificate.
StatusOr<X509Ptr> ReadCertificate(std::string_view pem);
StatusOr<std::string> WriteCertificate(X509* certificate);
// The values of all URI SANs, in order, whatever is in them.
std::vector<std::string> UriSans(const X509* certificate);
StatusOr<Timestamp> ToTimestamp(const ASN1_TIME* time);

}  // namespace muster::platform
