#include "registry/formats/json/meter.h"

#include <algorithm>

namespace muster::registry::formats::json {
namespace {
constexpr int kDeepest = 2'000;  // What a thread's stack has room for, whatever is asked.
constexpr std::uint64_t kStepsOfPattern = 200;  // Compiling one, and keeping it.
constexpr std::int64_t kMostPatternMemory = 256 << 10;

template <typename... Args>
Status TooComplex(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(ResourceExhausted(f, std::forward<Args>(args)...), Reason::kSCHEMA_TOO_COMPLEX);
}
}  // namespace

Meter::Meter(const CompareBudget& budget) : budget_(budget), left_(budget.steps) {
  budget_.depth = std::min(budget_.depth, kDeepest);
}

bool Meter::Spend(std::uint64_t steps) {
  if (!status_.ok()) return false;
  if (steps > left_) {
    status_ = TooComplex("comparing takes more than {} steps", budget_.steps);
    return false;
  }
  left_ -= steps;
  return true;
}

bool Meter::Allows(int depth) {
  if (status_.ok() && depth > budget_.depth)
    status_ = TooComplex("more than {} pairs of schemas stand inside one another", budget_.depth);
  return status_.ok();
}

std::optional<bool> Patterns::Found(std::string_view pattern, std::string_view text) {
  auto& regex = compiled_[pattern];
  if (!regex) {
    if (!meter_.Spend(kStepsOfPattern)) return std::nullopt;
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kMostPatternMemory);
    options.set_never_capture(true);
    regex = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  }
  if (!regex->ok() || !meter_.Spend(1 + text.size() / 64)) return std::nullopt;
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex);
}

}  // namespace muster::registry::formats::json
