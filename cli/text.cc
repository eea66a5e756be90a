#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace muster::cli {
namespace {

// One character at the start of `text`: its bytes and its columns.
struct Character {
  std::size_t bytes = 1;
  int columns = 1;
};

bool IsWide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}
bool IsCombining(char32_t c) { return (c >= 0x300 && c <= 0x36f) || c == 0x200d || c == 0xfe0f; }

Character Next(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first == 0x1b) {  // ESC [ … letter.
    std::size_t end = 1;
    while (end < text.size() && !std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
    return {std::min(end + 1, text.size()), 0};
  }
  const std::size_t bytes = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (bytes > text.size()) return {1, 1};  // Not UTF-8: terminals show one sign a byte.
  char32_t c = bytes == 1 ? first : first & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) c = (c << 6) | (text[i] & 0x3fu);
  return {bytes, IsCombining(c) ? 0 : IsWide(c) ? 2 : 1};
}

std::string Units(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 2 * 86'400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86'400);
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character c = Next(text);
    width += c.columns;
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string Clip(std::string_view text, int columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  std::string out;
  bool escaped = false;
  for (int width = 0; !text.empty();) {
    const Character c = Next(text);
    if (width + c.columns > columns - 1) break;
    escaped = escaped || text[0] == '\x1b';
    width += c.columns;
    out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return out + (columns > 0 ? "…" : "") + (escaped ? "\x1b[0m" : "");
}

std::string Clean(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls are 0xc2 0x80 to 0xc2 0x9f in UTF-8.
    const bool c1 =
        c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    out += c < 0x20 || c == 0x7f || c1 ? ' ' : text[i];
  }
  return out;
}

std::string Ago(Timestamp now, std::int64_t unix_ms) {
  if (unix_ms == 0) return "never";
  const std::int64_t seconds = (UnixMillis(now) - unix_ms) / 1000;
  if (seconds == 0) return "just now";
  if (seconds > 0) return Units(seconds) + " ago";
  // What was set to a round figure a moment ago still reads so.
  const std::int64_t ahead = -seconds;
  return "in " + Units(ahead + (ahead >= 3600 ? 1800 : ahead >= 60 ? 30 : 0));
}

std::string Span(Duration duration) {
  const std::int64_t s = std::max<std::int64_t>(0, duration.count() / 1000);
  if (s >= 3600) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  if (s >= 60) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}s", s);
}

std::string ByteText(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Thousands(std::uint64_t value) {
  std::string out = fmt::format("{}", value);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string Real(double value) { return fmt::format("{:.4g}", value); }

std::string Rough(double value) { return fmt::format("{:.2g}", value); }

std::string ShortDigest(std::string_view digest) {
  constexpr std::size_t kShown = 7 + 12;  // "sha256:" and twelve digits.
  return digest.empty() ? "-" : std::string(digest.substr(0, kShown));
}

std::string Bar(std::uint64_t part, std::uint64_t whole, int cells) {
  const double share =
      whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
  const int full = static_cast<int>(share * cells);  // Rounded down: full means all.
  std::string out;
  for (int i = 0; i < cells; ++i) out += i < full ? "█" : "░";
  return out;
}

std::string Sparkline(const std::vector<double>& values, int cells) {
  static constexpr std::array kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t count = std::min<std::size_t>(values.size(), static_cast<std::size_t>(cells));
  const auto first = values.end() - static_cast<std::ptrdiff_t>(count);
  double low = INFINITY, high = -INFINITY;
  for (auto it = first; it != values.end(); ++it) {
    if (!std::isfinite(*it)) continue;
    low = std::min(low, *it);
    high = std::max(high, *it);
  }
  std::string out;
  for (auto it = first; it != values.end(); ++it) {
    if (!std::isfinite(*it)) {
      out += "?";
      continue;
    }
    const double level = high > low ? (*it - low) / (high - low) * 7.0 : 3.0;
    out += kLevels[static_cast<std::size_t>(std::lround(level))];
  }
  return out;
}

std::string Paint::Wrap(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string Paint::Phase(std::string_view phase) const {
  constexpr std::array kBad = {"failed", "cancelled", "abandoned", "unfit", "declined", "expired"};
  constexpr std::array kWarn = {"paused", "waiting", "silent",   "held",
                                "asking", "asked",   "suspended"};
  if (std::ranges::find(kBad, phase) != kBad.end()) return Bad(phase);
  if (std::ranges::find(kWarn, phase) != kWarn.end()) return Warn(phase);
  return Good(phase);
}

}  // namespace muster::cli
