#include <algorithm>
#include <cmath>

#include "drift/monitors/tracks.h"

namespace muster::drift {

Judgement ShareWindow::Take(bool marked, bool active) {
  if (ring_.size() < window_) {
    ring_.push_back(marked);
  } else {
    marked_ -= ring_[next_];
    ring_[next_] = marked;
    next_ = (next_ + 1) % window_;
  }
  marked_ += marked;
  if (ring_.size() < window_) return {};
  const double share = static_cast<double>(marked_) / window_;
  const bool bad = share > (active ? share_ / 2 : share_);
  return {.state = bad ? Judgement::State::kBad : Judgement::State::kCalm, .statistic = share};
}

Json ShareWindow::Save() const {
  std::string out;
  for (std::size_t i = 0; i < ring_.size(); ++i)
    out += ring_[(next_ + i) % ring_.size()] ? '1' : '0';
  return out;
}

Status ShareWindow::Restore(const Json& json) {
  const std::string text = json.is_string() ? json.get<std::string>() : "?";
  if (text.size() > window_ || text.find_first_not_of("01") != std::string::npos)
    return InvalidField("state.share", "is not at most {} of 0 and 1", window_);
  ring_.clear();
  for (const char c : text) ring_.push_back(c == '1');
  next_ = 0;
  marked_ = static_cast<std::uint32_t>(std::ranges::count(text, '1'));
  return Ok();
}

Judgement DropoutTrack::Take(double x, Mark, bool active) {
  return share_.Take(std::isnan(x), active);
}

std::string DropoutTrack::Say(const Judgement& judgement, std::string_view field) const {
  return fmt::format("{} has no value in {:.0f} % of the last {} rows", field,
                     100 * judgement.statistic, share_.window());
}

Judgement RangeTrack::Take(double x, Mark, bool active) {
  if (std::isnan(x)) return {};
  return share_.Take(x < lo_ || x > hi_, active);
}

std::string RangeTrack::Say(const Judgement& judgement, std::string_view field) const {
  return fmt::format("{} is outside {:.6g}..{:.6g} in {:.0f} % of its last {} values", field, lo_,
                     hi_, 100 * judgement.statistic, share_.window());
}

}  // namespace muster::drift
