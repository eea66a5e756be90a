#include "registry/formats/avro/error.h"

#include <algorithm>

#include "registry/formats/avro/value.h"

namespace muster::registry::formats::avro {
namespace {
constexpr std::size_t kShownBytes = 60;
}  // namespace

std::string Shown(std::string_view text) {
  std::size_t end = std::min(text.size(), kShownBytes);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  std::string escaped;
  WriteText(text.substr(0, end), escaped);
  return escaped.substr(1, escaped.size() - 2) + (end < text.size() ? "..." : "");
}

}  // namespace muster::registry::formats::avro
