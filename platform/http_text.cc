#include "platform/http_text.h"

#include <algorithm>

namespace muster::platform {
namespace {
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

StatusOr<std::string> PercentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return InvalidArgument("target: an escape that is not %XX");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (IsControl(c)) return InvalidArgument("target: a control character");
    out += c;
  }
  return out;
}
}  // namespace

StatusOr<HttpTarget> ParseTarget(std::string_view target) {
  if (!target.starts_with('/')) return InvalidArgument("target: does not begin with '/'");
  const auto mark = target.find('?');
  const std::string_view raw_path = target.substr(0, mark);
  MUSTER_ASSIGN(std::string path, PercentDecoded(raw_path));
  std::string query(mark == target.npos ? std::string_view() : target.substr(mark + 1));
  if (std::ranges::any_of(query, IsControl)) return InvalidArgument("target: a control character");
  return HttpTarget{std::move(path), std::string(raw_path), std::move(query)};
}

std::string SafeHeaderValue(std::string_view value) {
  std::string out(value);
  std::ranges::replace_if(out, IsControl, ' ');
  return out;
}

}  // namespace muster::platform
