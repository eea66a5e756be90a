// ParseTarget on foreign text: a path it gives begins with '/' and holds no control character.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "platform/http_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const auto target = platform::ParseTarget(AsText(std::as_bytes(std::span(data, size))));
  if (!target.ok()) return 0;
  if (!target->path.starts_with('/') || !target->raw_path.starts_with('/')) std::abort();
  if (std::ranges::any_of(target->path, control) || std::ranges::any_of(target->query, control))
    std::abort();
  return 0;
}
