#include "registry/http/media.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace muster::registry {
namespace {
constexpr std::array<std::string_view, 3> kAnswered = {
    kSchemaRegistryV1, "application/vnd.schemaregistry+json", "application/json"};
constexpr std::string_view kGeneric = "application/octet-stream";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// What stands before the next `separator`, which is taken off `rest`, too.
std::string_view Next(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return Trimmed(part);
}

bool Same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

struct Range {
  std::string_view type;
  double quality = 1;
};

Range RangeFrom(std::string_view text) {
  Range out;
  out.type = Next(text, ';');
  while (!text.empty()) {
    const std::string_view parameter = Next(text, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string_view value = parameter.substr(2);
    double quality = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
    if (error == std::errc{} && quality >= 0 && quality <= 1) out.quality = quality;
  }
  return out;
}

// How closely the range means the type: 0 not at all.
int Closeness(std::string_view range, std::string_view type) {
  if (Same(range, type)) return 3;
  if (Same(range, "application/*")) return 2;
  return range == "*/*" || range == "*" ? 1 : 0;
}

// What the closest of the ranges says of the type.
double QualityOf(std::string_view accept, std::string_view type) {
  double quality = 0;
  int closest = 0;
  while (!accept.empty()) {
    const Range range = RangeFrom(Next(accept, ','));
    const int closeness = Closeness(range.type, type);
    if (closeness > closest || (closeness == closest && closeness > 0 && range.quality > quality)) {
      closest = closeness;
      quality = range.quality;
    }
  }
  return quality;
}
}  // namespace

bool IsReadable(std::string_view content_type) {
  const std::string_view type = Next(content_type, ';');
  return Same(type, kGeneric) ||
         std::ranges::any_of(kAnswered, [&](std::string_view known) { return Same(type, known); });
}

std::optional<std::string_view> Negotiate(std::string_view accept) {
  if (Trimmed(accept).empty()) return kAnswered.front();
  std::optional<std::string_view> best;
  double most = 0;
  for (const std::string_view type : kAnswered) {
    const double quality = QualityOf(accept, type);
    if (quality <= most) continue;
    most = quality;
    best = type;
  }
  return best;
}

}  // namespace muster::registry
