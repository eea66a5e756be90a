// ReadCsr on foreign bytes: it refuses with CSR_INVALID, or gives a usable key.
#include <cstdlib>

#include "platform/csr.h"
#include "tests/fuzz/platform/pem_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto key = platform::ReadCsr(platform::PemText("CERTIFICATE REQUEST", data, size));
  if (key.ok() && EVP_PKEY_get_bits(key->get()) < 250) std::abort();
  if (!key.ok() && ReasonOf(key.status()) != Reason::kCSR_INVALID) std::abort();
  return 0;
}
