#pragma once
// Foreign text (stderr of a trainer, an exception, a column name) made fit for one line of a log.
#include <string>
#include <string_view>

namespace muster::client {

// Printable text without line breaks: control characters and bytes that are not ASCII become
// spaces, runs of spaces become one, and what is beyond `max` bytes is cut and marked with "...".
std::string OneLine(std::string_view text, std::size_t max = 240);

}  // namespace muster::client
