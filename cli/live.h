#pragma once
// Lines on a terminal that are drawn over again in place.
#include <string>
#include <vector>

#include "cli/world.h"

namespace muster::cli {

class LiveLines {
 public:
  explicit LiveLines(Screen& screen) : screen_(screen) {}
  // In place of what was drawn last. What the terminal is too low for is left out, and counted.
  void Draw(std::vector<std::string> lines);

 private:
  Screen& screen_;
  std::size_t drawn_ = 0;
};

}  // namespace muster::cli
