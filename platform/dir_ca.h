#pragma once
// A certificate authority that lives in a directory: ca.pem and ca-key.pem. The key is written
// before the certificate, so a certificate on disk always has its key beside it.
#include <string>

#include "platform/certificate_authority.h"

namespace muster::platform {

// The CA under `directory` (mode 0700), made on the first call. FAILED_PRECONDITION when the one
// there is of another trust domain, when its key is missing, or when the key or the directory is
// open to others (remedy in the text). One process at a time: the data directory's lock sees to it.
StatusOr<CertificateAuthority> OpenOrCreateCa(const std::string& directory,
                                              const std::string& trust_domain, const Clock& clock,
                                              SecureRng& rng);

}  // namespace muster::platform
