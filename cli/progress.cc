#include "cli/progress.h"

#include "cli/text.h"

namespace muster::cli {

std::string ProgressText(const std::string& label, std::uint64_t done, std::uint64_t total) {
  if (total == 0) return fmt::format("{}  {}", Clean(label), ByteText(done));
  const auto percent =
      static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total));
  return fmt::format("{}  {} {:>3}%  {} of {}", Clean(label), Bar(done, total, 24), percent,
                     ByteText(done), ByteText(total));
}

Progress::Progress(World& world, std::string label, std::uint64_t total)
    : world_(world),
      label_(std::move(label)),
      total_(total),
      next_(world.clock.Now() + std::chrono::milliseconds(500)) {}

Progress::~Progress() {
  if (shown_) world_.screen.Err("\r\x1b[K");
}

void Progress::At(std::uint64_t done) {
  const Timestamp now = world_.clock.Now();
  if (now < next_ || !world_.screen.ErrIsTerminal()) return;
  next_ = now + std::chrono::milliseconds(100);
  shown_ = true;
  world_.screen.Err("\r" + Clip(ProgressText(label_, done, total_), world_.screen.Columns()) +
                    "\x1b[K");
}

}  // namespace muster::cli
