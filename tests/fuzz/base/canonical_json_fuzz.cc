// ParseJson on foreign bytes: what it accepts and CanonicalJson can write has one text, which reads
// back as the same value.
#include <cstdlib>

#include "base/bytes.h"
#include "base/canonical_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto value = ParseJson(AsText(std::as_bytes(std::span(data, size))));
  if (!value.ok()) return 0;
  const auto text = CanonicalJson(*value);
  if (!text.ok()) return 0;
  const auto again = ParseJson(*text);
  if (!again.ok() || *again != *value || *CanonicalJson(*again) != *text) std::abort();
  return 0;
}
