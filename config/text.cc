#include "config/text.h"

#include <algorithm>

namespace muster::config {
std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string Shortened(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::size_t length = std::min(text.size(), kMost);
  // Not in the middle of a UTF-8 sequence.
  while (length < text.size() && length > 0 && (text[length] & 0xc0) == 0x80) --length;
  std::string out(text.substr(0, length));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return length < text.size() ? out + "…" : out;
}

}  // namespace muster::config
