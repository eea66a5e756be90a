// ParseSpiffe on foreign text: what it accepts has exactly one spelling.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "platform/spiffe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const std::string_view text = AsText(std::as_bytes(std::span(data, size)));
  const auto id = platform::ParseSpiffe(text);
  if (id.ok() && id->Uri() != text) std::abort();
  if (!id.ok() && ReasonOf(id.status()) != Reason::kNAME_INVALID) std::abort();
  return 0;
}
