// The certificate readers on foreign bytes: they refuse with CERTIFICATE_INVALID or agree that
// there is a certificate, and an identity is always one that ParseSpiffe accepts.
#include <cstdlib>

#include "platform/certificate.h"
#include "tests/fuzz/platform/pem_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const std::string pem = platform::PemText("CERTIFICATE", data, size);
  const auto id = platform::SpiffeOf(pem);
  if (id.ok() && !platform::ParseSpiffe(id->Uri()).ok()) std::abort();
  if (!id.ok() && ReasonOf(id.status()) != Reason::kCERTIFICATE_INVALID) std::abort();
  const auto end = platform::NotAfter(pem);
  if (!end.ok() && ReasonOf(end.status()) != Reason::kCERTIFICATE_INVALID) std::abort();
  const auto der = platform::CertificateDer(pem);
  if (id.ok() && !der.ok()) std::abort();
  return 0;
}
