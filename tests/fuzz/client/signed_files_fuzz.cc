// CheckSignedFiles on foreign text: what a stranger wrote is never what the log's key signed.
#include <cstdlib>

#include "client/witness/signed_files.h"
#include "platform/openssl_crypto.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const muster::platform::OpenSslCrypto crypto;
  const muster::SigningPublic key{std::byte{9}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (muster::client::CheckSignedFiles(text, {}, key, crypto).ok()) std::abort();
  return 0;
}
