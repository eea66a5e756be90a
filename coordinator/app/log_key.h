#pragma once
// The key that signs checkpoints and what is said of models, and the name that it signs under.
#include <memory>
#include <string>

#include "platform/openssl_crypto.h"

namespace muster::coordinator {

struct LogKey {
  std::unique_ptr<platform::OpenSslSigner> signer;
  std::string origin;    // "<trust domain>/<8 hex digits of the key's SHA-256>".
  std::string verifier;  // "origin+id+base64", as `muster audit verify --key` takes it.
};

// Opens the key in `directory`/key.pem, or makes one; writes `directory`/key.pub (the verifier) and
// `directory`/key.pub.pem (the same for openssl). Errors as ReadPrivateFile's.
StatusOr<LogKey> OpenOrCreateLogKey(const std::string& directory, const std::string& trust_domain,
                                    SecureRng& rng);

}  // namespace muster::coordinator
