#include "cli/html.h"

#include "base/time_text.h"
#include "cli/text.h"

namespace muster::cli {

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : Clean(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string PageTime(std::int64_t unix_ms) {
  if (unix_ms == 0) return "-";
  std::string out = FormatTime(FromUnixMillis(unix_ms));
  if (out.size() < 16) return out;
  out.resize(16);  // To the minute.
  out[10] = ' ';
  return out + " UTC";
}

}  // namespace muster::cli
