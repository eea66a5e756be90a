#pragma once
// Small text helpers of this folder's messages.
#include <string>
#include <string_view>

namespace muster::config {

std::string LowerCase(std::string_view text);  // ASCII.

// At most 64 characters of foreign text, on one line and free of control characters.
std::string Shortened(std::string_view text);

}  // namespace muster::config
