#pragma once
// Certificate signing requests (PKCS #10): how a device asks for its certificate. A request
// carries a key and the proof that the asker has its private half, and nothing else that counts.
#include <string>
#include <string_view>

#include "base/status.h"
#include "platform/keys.h"

namespace muster::platform {

// A PEM request for `key`, signed by it, with an empty subject: the CA decides on names.
StatusOr<std::string> MakeCsr(const TlsKey& key);
// The public key of a PEM request. INVALID_ARGUMENT (CSR_INVALID) when it is longer than 16 KiB,
// unreadable, not signed by its own key, or its key is none of ECDSA P-256 or P-384 (as named
// curves), Ed25519, RSA of 2048 to 8192 bits.
StatusOr<PkeyHandle> ReadCsr(std::string_view csr_pem);

}  // namespace muster::platform
