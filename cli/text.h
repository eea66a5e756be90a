#pragma once
// Numbers, times and names as people read them. Pure; never prints.
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace muster::cli {

// Columns that `text` takes on a terminal; escape sequences take none. One a character: East Asian
// wide characters and emoji count two.
int DisplayWidth(std::string_view text);
// The first `columns` columns; what is cut ends in "…". Escape sequences stay and are closed.
std::string Clip(std::string_view text, int columns);
// Foreign text on one line without control characters, so that it cannot steer the terminal.
std::string Clean(std::string_view text);

// "3m ago", "just now"; "never" for 0; "in 2h" when it lies ahead.
std::string Ago(Timestamp now, std::int64_t unix_ms);
// "1h02m", "4m05s", "12s": for elapsed times and estimates.
std::string Span(Duration duration);
// "1.2 MiB".
std::string ByteText(std::uint64_t bytes);
// "1,234,567".
std::string Thousands(std::uint64_t value);
// Four significant digits: "13.42", "0.05", "1.2e-07".
std::string Real(double value);
// Two: for p-values and distances, of which the magnitude says all.
std::string Rough(double value);
// "sha256:1a2b3c4d5e6f" of a whole digest's text; "-" for none.
std::string ShortDigest(std::string_view digest);

// "████████░░░░" of `cells` cells; full only when part >= whole.
std::string Bar(std::uint64_t part, std::uint64_t whole, int cells);
// The last `cells` values as "▇▅▃▂▁", from the least to the greatest of them.
std::string Sparkline(const std::vector<double>& values, int cells);

// Colours for a terminal, or nothing at all.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Dim(std::string_view text) const { return Wrap("2", text); }
  std::string Good(std::string_view text) const { return Wrap("32", text); }
  std::string Warn(std::string_view text) const { return Wrap("33", text); }
  std::string Bad(std::string_view text) const { return Wrap("31", text); }
  // By what the word means: running and completed good, paused and waiting warn, failed bad.
  std::string Phase(std::string_view phase) const;

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;
  bool on_;
};

}  // namespace muster::cli
