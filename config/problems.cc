#include "config/problems.h"

namespace muster::config {
namespace {
constexpr std::size_t kMostShown = 20;
}

void Problems::Add(Position at, std::string_view path, Reason reason, std::string_view text) {
  if (count_++ == 0) {
    reason_ = reason;
    path_ = path;
  }
  if (count_ > kMostShown) return;
  lines_ += fmt::format("{}{}:{}:{}: {}{}{}", count_ > 1 ? "\n" : "", file_, at.line, at.column,
                        path, path.empty() ? "" : ": ", text);
}

Status Problems::status() const {
  if (empty()) return Ok();
  const std::string more =
      count_ > kMostShown ? fmt::format("\nand {} more", count_ - kMostShown) : std::string();
  Status status = WithReason(InvalidArgument("{}{}", lines_, more), reason_);
  return path_.empty() ? status : WithField(std::move(status), path_);
}

}  // namespace muster::config
