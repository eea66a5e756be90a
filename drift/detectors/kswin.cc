#include "drift/detectors/kswin.h"

#include <algorithm>
#include <cstdlib>

#include "drift/detectors/kolmogorov.h"

namespace muster::drift {
namespace {
constexpr double kLeastDistance = 0.1;
}

Kswin::Kswin(const Config& config, Sampler& sampler)
    : config_(config),
      sampler_(sampler),
      critical_steps_(KolmogorovSteps(config.stat_size, config.alpha)),
      ring_(config.window_size),
      side_(config.window_size),
      drawn_(config.stat_size) {
  order_.reserve(config.window_size);
}

void Kswin::Reset() {
  order_.clear();
  std::fill(side_.begin(), side_.end(), std::int8_t{0});
  next_slot_ = 0;
  draws_ = 0;
  distance_ = 0;
}

std::uint32_t Kswin::SlotAt(std::uint32_t age) const {
  const std::uint32_t slot = next_slot_ + age;  // When full, the next to go is the oldest.
  return slot < config_.window_size ? slot : slot - config_.window_size;
}

void Kswin::Push(double x) {
  const auto by_value = [](const Entry& e, double value) { return e.value < value; };
  const std::uint32_t slot = next_slot_;
  const auto to = std::lower_bound(order_.begin(), order_.end(), x, by_value);
  if (order_.size() < config_.window_size) {
    order_.insert(to, {x, slot});
  } else {
    auto from = std::lower_bound(order_.begin(), order_.end(), ring_[slot], by_value);
    while (from->slot != slot) ++from;
    if (from < to) {
      std::move(from + 1, to, from);
      *(to - 1) = {x, slot};
    } else {
      std::move_backward(to, from, from + 1);
      *to = {x, slot};
    }
  }
  ring_[slot] = x;
  side_[slot] = 1;
  const std::uint32_t w = config_.window_size;
  side_[slot >= config_.stat_size ? slot - config_.stat_size : slot + w - config_.stat_size] = 0;
  next_slot_ = slot + 1 == w ? 0 : slot + 1;
}

Verdict Kswin::Update(double x) {
  if (!IsMeasurable(x)) return {Change::kIgnored, order_.size(), distance_};
  Push(x);
  const bool full = order_.size() == config_.window_size;
  const Change change = full && Differs() ? Change::kDrift : Change::kNone;
  const Verdict verdict{change, order_.size(), distance_};
  if (change == Change::kDrift) Reset();
  return verdict;
}

bool Kswin::Differs() {
  sampler_.Sample(draws_++, config_.window_size - config_.stat_size, drawn_);
  for (const std::uint32_t age : drawn_) side_[SlotAt(age)] = -1;
  const std::uint32_t steps = Steps();
  distance_ = static_cast<double>(steps) / config_.stat_size;
  for (const std::uint32_t age : drawn_) side_[SlotAt(age)] = 0;
  return steps >= critical_steps_ && distance_ > kLeastDistance;
}

std::uint32_t Kswin::Steps() const {
  std::int32_t ahead = 0;
  std::int32_t most = 0;
  for (std::size_t i = 0; i + 1 < order_.size(); ++i) {
    ahead += side_[order_[i].slot];
    // Values that are equal count together: only after the last of them are the counts compared.
    if (order_[i].value != order_[i + 1].value) most = std::max(most, std::abs(ahead));
  }
  return static_cast<std::uint32_t>(most);
}

Json Kswin::Save() const {
  if (order_.empty()) return nullptr;
  Json window = Json::array();  // The oldest first.
  const bool full = order_.size() == config_.window_size;
  for (std::uint32_t i = 0; i < order_.size(); ++i)
    window.push_back(DecimalText(ring_[full ? SlotAt(i) : i]));
  FieldWriter writer;
  writer("draws", draws_);
  writer("distance", distance_);
  writer("window", std::move(window));
  return std::move(writer).Take();
}

Status Kswin::Restore(const Json& json) {
  if (json.is_null()) {
    Reset();
    return Ok();
  }
  std::uint64_t draws = 0;
  double distance = 0;
  FieldReader reader(json, "state");
  reader("draws", draws);
  reader("distance", distance);
  const Json& window = reader.At("window");
  MUSTER_TRY(reader.Finish());
  if (!window.is_array() || window.empty() || window.size() > config_.window_size)
    return InvalidField("state.window", "is not a list of 1..{} values", config_.window_size);
  if (draws > kMostStateCount || !IsFraction(distance))
    return InvalidField("state", "no window has come to {} draws or a distance of {}", draws,
                        distance);
  std::vector<double> values;
  for (const Json& item : window) {
    MUSTER_ASSIGN(values.emplace_back(), ReadNumber(item, "state.window"));
    if (!IsMeasurable(values.back())) return InvalidField("state.window", "holds no such value");
  }
  Reset();
  for (const double value : values) Push(value);
  draws_ = draws;
  distance_ = distance;
  return Ok();
}

}  // namespace muster::drift
