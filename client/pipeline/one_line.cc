#include "client/pipeline/one_line.h"

namespace muster::client {

std::string OneLine(std::string_view text, std::size_t max) {
  std::string out;
  for (const char c : text) {
    if (out.size() > max) break;
    if (c > 0x20 && c < 0x7f)
      out.push_back(c);
    else if (!out.empty() && out.back() != ' ')
      out.push_back(' ');
  }
  if (out.size() > max) return out.substr(0, max) + "...";
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace muster::client
