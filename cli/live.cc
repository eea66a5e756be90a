#include "cli/live.h"

#include <fmt/format.h>

namespace muster::cli {

void LiveLines::Draw(std::vector<std::string> lines) {
  // A line that has left the screen at its top cannot be drawn over; the last one is the cursor's.
  const std::size_t most = screen_.Rows() > 2 ? static_cast<std::size_t>(screen_.Rows()) - 1 : 0;
  if (most > 0 && lines.size() > most) {
    const std::size_t hidden = lines.size() - most + 1;
    lines.resize(most - 1);
    lines.push_back(fmt::format("… {} more lines", hidden));
  }
  // Back to the first line of the last drawing, then overwrite it and clear what is left.
  std::string out = drawn_ > 0 ? fmt::format("\x1b[{}A", drawn_) : "";
  for (const std::string& line : lines) out += "\r" + line + "\x1b[K\n";
  screen_.Out(out + "\x1b[J");
  drawn_ = lines.size();
}

}  // namespace muster::cli
