#pragma once
// Pieces of HTML pages. Pure.
#include <string>
#include <string_view>

namespace muster::cli {

// Foreign text as text of a page or as the value of an attribute in quotes: it cannot become
// markup, and control characters are blanks.
std::string Escaped(std::string_view text);

// "2026-11-27 09:00 UTC"; "-" for 0.
std::string PageTime(std::int64_t unix_ms);

}  // namespace muster::cli
