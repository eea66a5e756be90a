// What a trainer leaves behind, as foreign bytes: an update or metrics that are accepted are
// finite, bounded and of the base model's layout; what is refused has an UPDATE_* reason.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/bytes.h"
#include "client/exec/task_dir.h"

namespace {
using namespace muster;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckMetrics(std::string_view text) {
  const auto metrics = client::DecodeMetrics(text, 1000);
  if (!metrics.ok()) return Require(ReasonOf(metrics.status()) == Reason::kUPDATE_BAD_METRICS);
  Require(metrics->examples >= 1 && metrics->examples <= 1000 && std::isfinite(metrics->loss));
  Require(client::EncodeMetrics(*metrics).ok());
}

void CheckUpdate(ByteView file) {
  static const Layout layout =
      *Layout::Make({{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {1, 2}}});
  const auto update = client::DecodeUpdate(file, layout);
  if (!update.ok()) {
    const auto reason = ReasonOf(update.status());
    return Require(reason == Reason::kUPDATE_UNREADABLE || reason == Reason::kUPDATE_WRONG_DTYPE ||
                   reason == Reason::kUPDATE_WRONG_LAYOUT || reason == Reason::kUPDATE_NON_FINITE);
  }
  Require(update->layout == layout && update->values.size() == 3);
  Require(std::all_of(update->values.begin(), update->values.end(),
                      [](float v) { return std::isfinite(v); }));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  CheckMetrics(AsText(bytes));
  CheckUpdate(bytes);
  return 0;
}
