#include "cli/live.h"

#include <fmt/format.h>

namespace muster::cli {

void LiveLines::Draw(const std::vector<std::string>& lines) {
  // Back to the first line of the last drawing, then overwrite it and clear what is left.
  std::string out = drawn_ > 0 ? fmt::format("\x1b[{}A", drawn_) : "";
  for (const std::string& line : lines) out += "\r" + line + "\x1b[K\n";
  screen_.Out(out + "\x1b[J");
  drawn_ = lines.size();
}

}  // namespace muster::cli
