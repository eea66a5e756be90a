#pragma once
// Reading certificates: who they name and how long they hold. Says nothing about trust: whether a
// certificate chains to a CA is checked by TLS (or by CertificateAuthority::Verify).
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "platform/spiffe.h"

namespace muster::platform {

// All take PEM and read its first certificate, which is the peer's own in a chain. INVALID_ARGUMENT
// (CERTIFICATE_INVALID) when there is none, or more than 16 KiB of text.

// The identity in the one URI SAN; UNAUTHENTICATED (CERTIFICATE_INVALID) when the certificate has
// none, several, or one that ParseSpiffe refuses. Other kinds of SAN do not count.
StatusOr<SpiffeId> SpiffeOf(std::string_view certificate_pem);
StatusOr<Timestamp> NotBefore(std::string_view certificate_pem);
StatusOr<Timestamp> NotAfter(std::string_view certificate_pem);
StatusOr<Bytes> CertificateDer(std::string_view certificate_pem);
// Standard base64 with padding, as PEM bodies have, on one line.
StatusOr<std::string> CertificateDerBase64(std::string_view certificate_pem);
// SHA-256 of the DER form: what other tools call the fingerprint.
StatusOr<Digest> CertificateFingerprint(std::string_view certificate_pem);

}  // namespace muster::platform
